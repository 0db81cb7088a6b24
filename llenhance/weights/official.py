"""Import the checkpoints of the LLFlow authors: their parameter names become ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from llenhance.errors import WeightsError
from llenhance.model.architecture import LARGE, SMALL, Architecture
from llenhance.model.llflow import LLFlow
from llenhance.weights.checkpoint import opened_checkpoint
from llenhance.weights.digest import sha256
from llenhance.weights.file import check_invertible, in_short, store

RENAMING: Final = (  # the authors' name -> ours; applied in this order
    (r"^RRDB\.RRDB_trunk\.", "encoder.trunk."),
    (r"\.RDB1\.", ".0."),
    (r"\.RDB2\.", ".1."),
    (r"\.RDB3\.", ".2."),
    (r"^RRDB\.fine_tune_color_map\.0\.", "encoder.colour_map."),
    (r"^RRDB\.", "encoder."),
    (r"^flowUpsamplerNet\.", "flow."),
    (r"\.affine\.fAffine\.", ".coupling.affine."),
    (r"\.affine\.fFeatures\.", ".coupling.injection."),
    (r"(\.affine|\.injection)\.0\.", r"\1.first."),
    (r"(\.affine|\.injection)\.2\.", r"\1.middle."),
    (r"(\.affine|\.injection)\.4\.", r"\1.last."),
)

DEAD: Final = frozenset(  # in the published files, but used in neither direction of the network
    f"{module}.{parameter}"
    for module in (
        "RRDB.downconv3",
        "RRDB.HRconv",
        "RRDB.conv_last",
        "RRDB.awb_para",
        "flowUpsamplerNet.f.0",
    )
    for parameter in ("weight", "bias")
)


def our_name(theirs: str) -> str:
    """Return our name of one of the authors' parameters.

    >>> our_name("RRDB.RRDB_trunk.0.RDB1.conv1.weight")
    'encoder.trunk.0.0.conv1.weight'
    """
    for pattern, replacement in RENAMING:
        theirs = re.sub(pattern, replacement, theirs)
    return theirs


def converted(
    checkpoint: Mapping[str, Tensor],
    architecture: Architecture,
    *,
    name: str,
    read: Callable[[str], Tensor] | None = None,
) -> dict[str, Tensor]:
    """Return our state dict for the authors' one, complete and without its dead parameters.

    Args:
        checkpoint: tensors by the authors' names.
        architecture: what the network looks like.
        name: of the file, for errors.
        read: returns the tensor of a name with its numbers, if those in `checkpoint` have none; it
            is called once all of them were found to be right.

    Raises:
        WeightsError: a parameter is missing, unexpected, or of another shape or kind; it is named.
    """
    with torch.device("meta"):
        expected = {key: value.shape for key, value in LLFlow(architecture).state_dict().items()}
    alive = [key for key in checkpoint if key not in DEAD]
    theirs = {our_name(key): key for key in alive}
    if twice := {our_name(key) for key in set(alive) - set(theirs.values())}:
        raise WeightsError("parameters-twice", name, parameters=in_short(twice))
    if lacking := expected.keys() - theirs.keys():
        raise WeightsError("parameters-missing", name, parameters=in_short(lacking))
    if unexpected := {theirs[key] for key in theirs.keys() - expected.keys()}:
        raise WeightsError("parameters-unexpected", name, parameters=in_short(unexpected))
    for key, shape in expected.items():
        tensor = checkpoint[theirs[key]]
        if tensor.shape != shape:
            raise WeightsError(
                "parameter-shape-wrong",
                name,
                parameter=theirs[key],
                found=str(tuple(tensor.shape)),
                expected=str(tuple(shape)),
            )
        present = tensor.device.type == "cpu" or read is not None
        strided = tensor.layout == torch.strided and present
        if not tensor.is_floating_point() or not strided:
            raise WeightsError(
                "parameter-type-wrong",
                name,
                parameter=theirs[key],
                type=str(tensor.dtype),
                layout=str(tensor.layout),
            )
    numbers = checkpoint.__getitem__ if read is None else read
    return {key: numbers(theirs[key]).float().contiguous() for key in expected}


def import_checkpoint(
    source: Path, *, target: Path, overwrite: bool, digest: str | None = None
) -> Architecture:
    """Write an authors' checkpoint as one of our weights files, in float32.

    Nothing in the checkpoint is executed.

    Args:
        source: path of the checkpoint, ``.pth``, a flat state dict.
        target: path of the new safetensors file.
        overwrite: whether an existing file is replaced.
        digest: SHA-256 of the checkpoint, if it is known already.

    Returns:
        What the network turned out to be: `architecture.SMALL` or `architecture.LARGE`.

    Raises:
        WeightsError: it cannot be read, or is not a checkpoint of the authors.
        PictureError: the new file cannot be written.
        ResourceError: the disk is full.
    """
    with opened_checkpoint(source) as checkpoint:
        architecture = _architecture_of(checkpoint.tensors, source)
        state = converted(checkpoint.tensors, architecture, name=str(source), read=checkpoint.read)
    with torch.device("meta"):
        model = LLFlow(architecture)
    model.load_state_dict(state, assign=True)
    check_invertible(model.requires_grad_(requires_grad=False), source)
    training: dict[str, object] = {
        "source": "checkpoint of the LLFlow authors",
        "sha256": digest or sha256(source),
    }
    store(model, target, training=training, dtype=torch.float32, overwrite=overwrite)
    return architecture


def _architecture_of(checkpoint: Mapping[str, Tensor], source: Path) -> Architecture:
    first = checkpoint.get("RRDB.conv_first.weight")
    width = 0 if first is None or first.dim() == 0 else len(first)
    presets = {preset.features: preset for preset in (SMALL, LARGE)}
    if width not in presets:
        raise WeightsError("checkpoint-unknown-network", str(source))
    return presets[width]
