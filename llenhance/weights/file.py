"""Weights files: safetensors that say what they are. Which file a name means: `models.py`."""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import safetensors
import torch
from safetensors.torch import save
from torch.overrides import TorchFunctionMode

from llenhance.errors import SingularMatrixError, WeightsError
from llenhance.files.whole import write_whole
from llenhance.model.architecture import Architecture
from llenhance.model.flow import InvertibleConv
from llenhance.model.llflow import LLFlow

FORMAT: Final = "llenhance weights 1"

LARGEST: Final = 2_000_000_000
"""Bytes that a file may have, and the network that it holds: thirteen times the authors' large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the header of a weights file says.

    Attributes:
        architecture: of the network.
        training: how it came to be: source, steps, scores; JSON values, empty if unknown.
    """

    architecture: Architecture
    training: Mapping[str, object] = field(default_factory=dict[str, object])


def describe(path: Path) -> Description:
    """Read the header of a weights file.

    Raises:
        WeightsError: unreadable, not safetensors, or a header that describes nothing known here.
    """
    check_file(path)
    try:
        with _opened(path) as file:
            header: dict[str, str] = file.metadata() or {}
    except OSError as reason:
        raise WeightsError(str(path), "cannot be read", "Check the file") from reason
    except safetensors.SafetensorError as reason:
        remedy = "Get the file again"
        raise WeightsError(str(path), "is damaged or no safetensors file", remedy) from reason
    if header.get("format") != FORMAT:
        problem = "is a safetensors file, but not one of llenhance's weights"
        raise WeightsError(str(path), problem, "Use a file that llenhance wrote")
    try:
        training: Any = json.loads(header["training"])
        if not isinstance(training, dict):
            raise ValueError("the training record is a JSON object")
        return Description(
            architecture=Architecture.from_json(header["architecture"]),
            training=cast("dict[str, object]", training),
        )
    except (KeyError, ValueError, RecursionError) as reason:
        problem = f"has a header that describes no network known here ({reason})"
        remedy = "Update llenhance, or get the file again"
        raise WeightsError(str(path), problem, remedy) from reason


def check_file(path: Path) -> None:
    """Refuse what is no file, such as a pipe that nobody ends, or one that no network can fill.

    Raises:
        WeightsError: it is one of these, or cannot be looked at.
    """
    try:
        status = path.stat()
    except OSError as reason:
        problem = f"cannot be read: {reason.strerror}"
        raise WeightsError(str(path), problem, "Check its name") from reason
    if not stat.S_ISREG(status.st_mode):
        raise WeightsError(str(path), "is no file", "Name a weights file")
    if status.st_size > LARGEST:
        problem = f"has {status.st_size / 1e9:.1f} GB, more than any network known here"
        raise WeightsError(str(path), problem, "Get the file again")


def _opened(path: Path) -> Any:
    return safetensors.safe_open(path, framework="pt")  # its types say nothing of the result


def load(path: Path) -> LLFlow:
    """Return the network of a weights file, in float32 and evaluation mode, on the CPU.

    Raises:
        WeightsError: see `describe`; or tensors that are missing, unexpected, of another shape or
            type, or not finite.
        SingularMatrixError: the flow cannot be inverted.
    """
    architecture = describe(path).architecture
    with torch.device("meta"), _Undrawn():
        model = LLFlow(architecture)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if 4 * sum(math.prod(shape) for shape in expected.values()) > LARGEST:
        problem = "has a header of a network that would not fit into memory"
        raise WeightsError(str(path), problem, "Get the file again")
    tensors: dict[str, torch.Tensor] = {}
    try:
        with _opened(path) as file:
            present: set[str] = set(file.keys())
            _refuse(path, "lacks", expected.keys() - present)
            _refuse(path, "has the unknown", present - expected.keys())
            for name, shape in expected.items():
                if tuple(file.get_slice(name).get_shape()) != shape:
                    _refuse(path, "has a wrong shape for", {name})
                tensors[name] = file.get_tensor(name)
    except (OSError, safetensors.SafetensorError) as reason:
        raise WeightsError(str(path), "is damaged", "Get the file again") from reason
    for name, tensor in tensors.items():
        if tensor.dtype not in (torch.float16, torch.bfloat16, torch.float32):
            _refuse(path, f"has the type {tensor.dtype} for", {name})
        # A copy: what is mapped from a file that shrinks later would kill the process.
        tensors[name] = tensor.to(torch.float32, copy=True)
        if not tensors[name].isfinite().all():
            _refuse(path, "has infinite or undefined numbers in", {name})
    model.load_state_dict(tensors, assign=True)
    model.eval().requires_grad_(requires_grad=False)
    check_invertible(model, path)
    return model


def check_invertible(model: LLFlow, path: Path) -> None:
    """Refuse a network whose flow has a matrix without an inverse.

    Args:
        model: on the CPU.
        path: of its file, for the sentence.

    Raises:
        SingularMatrixError: there is one.
    """
    for part in model.modules():
        if isinstance(part, InvertibleConv):
            try:
                part.check()
            except SingularMatrixError as reason:
                raise SingularMatrixError(str(path), *reason.args[1:]) from reason


class _Undrawn(TorchFunctionMode):
    """Leaves out random numbers: on tensors without storage, asking for them imports for 1 s."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func.__name__ in ("normal_", "kaiming_normal_"):  # of a tensor, or of torch.nn.init
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def _refuse(path: Path, problem: str, names: set[str]) -> None:
    if names:
        first = sorted(names)[0]
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise WeightsError(str(path), f"{problem} tensor {first}{others}", "Get the file again")


def store(
    model: LLFlow,
    path: Path,
    *,
    training: Mapping[str, object],
    dtype: torch.dtype,
    overwrite: bool,
) -> None:
    """Write a network as a weights file, whole or not at all.

    Args:
        model: any device.
        path: of the new file.
        training: how it came to be; JSON values.
        dtype: of the stored numbers, float16 for shipping.
        overwrite: whether an existing file is replaced.

    Raises:
        PictureError: the file exists or its folder cannot be written.
        ResourceError: the disk is full.
        WeightsError: a number is out of the type's range.
    """
    tensors = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
    }
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            _refuse(path, f"cannot hold as {dtype} the", {name})
    header = {
        "format": FORMAT,
        "architecture": model.architecture.to_json(),
        "training": json.dumps(dict(training), sort_keys=True),
    }
    write_whole(path, save(tensors, metadata=header), overwrite=overwrite)
