"""Import of the authors' checkpoints: their parameter names become ours, all else is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from llenhance.errors import WeightsError
from llenhance.model.architecture import LARGE, SMALL, Architecture
from llenhance.model.llflow import LLFlow
from llenhance.weights.checkpoint import read_checkpoint
from llenhance.weights.digest import sha256
from llenhance.weights.file import check_invertible, store

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

DEAD: Final = frozenset(  # in the published files, but read in neither direction of the network
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

_REMEDY: Final = "Use one of the authors' released files for the LOL data set"


def our_name(theirs: str) -> str:
    """Return our parameter name for one of the authors' state dict."""
    for pattern, replacement in RENAMING:
        theirs = re.sub(pattern, replacement, theirs)
    return theirs


def converted(
    checkpoint: Mapping[str, Tensor], architecture: Architecture, *, name: str
) -> dict[str, Tensor]:
    """Return our state dict of the authors' one, complete and without its dead parameters.

    Args:
        checkpoint: the authors' names to tensors.
        architecture: what it is of.
        name: of the file, for errors.

    Raises:
        WeightsError: a parameter that is missing, unexpected, or of another shape or kind, by name.
    """
    with torch.device("meta"):
        expected = {key: value.shape for key, value in LLFlow(architecture).state_dict().items()}
    alive = [key for key in checkpoint if key not in DEAD]
    theirs = {our_name(key): key for key in alive}
    for kind, names in (
        ("names twice the", sorted(our_name(key) for key in set(alive) - set(theirs.values()))),
        ("lacks", sorted(expected.keys() - theirs.keys())),
        ("has the unexpected", sorted(theirs[key] for key in theirs.keys() - expected.keys())),
    ):
        if names:
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise WeightsError(name, f"{kind} parameter {names[0]}{others}", _REMEDY)
    for key, shape in expected.items():
        tensor = checkpoint[theirs[key]]
        if tensor.shape != shape:
            found = tuple(tensor.shape)
            problem = f"has the shape {found} for {theirs[key]} instead of {tuple(shape)}"
            raise WeightsError(name, problem, _REMEDY)
        strided = tensor.layout == torch.strided and tensor.device.type == "cpu"
        if not tensor.is_floating_point() or not strided:
            problem = f"has {tensor.dtype} numbers, {tensor.layout}, for {theirs[key]}"
            raise WeightsError(name, problem, _REMEDY)
    return {key: checkpoint[theirs[key]].float().contiguous() for key in expected}


def import_checkpoint(source: Path, *, target: Path, overwrite: bool) -> Architecture:
    """Write an authors' checkpoint as one of our weights files, in float32.

    Args:
        source: ``.pth``, a flat state dict.
        target: of the new safetensors file.
        overwrite: whether an existing one is replaced.

    Returns:
        What it turned out to be: `architecture.SMALL` or `architecture.LARGE`.

    Raises:
        WeightsError: not such a checkpoint; nothing in it is executed.
        PictureError: a file cannot be read or written.
    """
    checkpoint = read_checkpoint(source, remedy=_REMEDY)
    first = checkpoint.get("RRDB.conv_first.weight")
    width = 0 if first is None or first.dim() == 0 else len(first)
    presets = {preset.features: preset for preset in (SMALL, LARGE)}
    if width not in presets:
        problem = "is no checkpoint of the authors' small or large network"
        raise WeightsError(str(source), problem, _REMEDY)
    architecture = presets[width]
    state = converted(checkpoint, architecture, name=str(source))
    with torch.device("meta"):
        model = LLFlow(architecture)
    model.load_state_dict(state, assign=True)
    check_invertible(model.requires_grad_(requires_grad=False), source)
    digest = sha256(source)
    training: dict[str, object] = {"source": "checkpoint of the LLFlow authors", "sha256": digest}
    store(model, target, training=training, dtype=torch.float32, overwrite=overwrite)
    return architecture
