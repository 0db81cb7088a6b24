"""Weights files: safetensors files that say what they are. `find.py` tells which one a name means.

>>> load(find("nano").path).architecture.features
32
"""

from __future__ import annotations

import json
import math
import stat
import struct
from collections.abc import Callable, Generator, Iterable, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import safetensors
import torch
from safetensors.torch import save
from torch.overrides import TorchFunctionMode

from llenhance.errors import ResourceError, SingularMatrixError, WeightsError
from llenhance.files.whole import write_whole
from llenhance.memory import is_shortage
from llenhance.model.architecture import Architecture
from llenhance.model.linear import InvertibleConv
from llenhance.model.llflow import LLFlow
from llenhance.system import system_errors

FORMAT: Final = "llenhance weights 1"

LARGEST: Final = 2_000_000_000
"""Bytes that a file, and the network in it, may have: thirteen times the authors' large one."""


_LONGEST_HEADER: Final = 4_000_000
"""Bytes that the list of tensors in a file may have: far more than the authors' large one needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the header of a weights file says.

    Attributes:
        architecture: what its network looks like.
        training: how it was made: source, steps, scores; JSON values, empty if unknown.
    """

    architecture: Architecture
    training: Mapping[str, object] = field(default_factory=dict[str, object])


def describe(path: Path) -> Description:
    """Read the header of a weights file.

    Raises:
        WeightsError: the file cannot be read, is not a safetensors file, or its header describes
            no network known here.
    """
    check_file(path)
    with _read_errors(path), _opened(path) as file:
        header: dict[str, str] = file.metadata() or {}
    if header.get("format") != FORMAT:
        raise WeightsError("weights-foreign", str(path))
    try:
        training: Any = json.loads(header["training"])
        if not isinstance(training, dict):
            raise ValueError("the training record is a JSON object")
        return Description(
            architecture=Architecture.from_json(header["architecture"]),
            training=cast("dict[str, object]", training),
        )
    except (KeyError, ValueError, RecursionError) as reason:
        raise WeightsError("weights-header-unknown", str(path), reason=str(reason)) from reason


def check_file(path: Path) -> None:
    """Refuse a path that is not a file, such as a pipe that nobody ends, or a file that is too big.

    Raises:
        WeightsError: there is no such file, it is refused, or the system does not tell.
    """
    with system_errors(path, WeightsError):
        status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise WeightsError("is-a-folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise WeightsError("weights-not-regular", str(path))
    if status.st_size > LARGEST:
        raise WeightsError("weights-too-large", str(path), gigabytes=status.st_size / 1e9)


def _opened(path: Path) -> Any:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    if length > _LONGEST_HEADER:  # it takes many times its length to understand it
        raise WeightsError("weights-damaged", str(path))
    return safetensors.safe_open(path, framework="pt")  # its types say nothing of the result


@contextmanager
def _read_errors(path: Path) -> Generator[None]:
    with system_errors(path, WeightsError):
        try:
            yield
        except safetensors.SafetensorError as reason:
            if is_shortage(reason):
                raise ResourceError("out-of-memory", str(path)) from reason
            raise WeightsError("weights-damaged", str(path)) from reason


def load(path: Path) -> LLFlow:
    """Return the network of a weights file, in float32 and evaluation mode, on the CPU.

    Raises:
        WeightsError: as `describe`; or a tensor is missing, unexpected, of another shape or type,
            or not finite.
        SingularMatrixError: the flow cannot be inverted.
    """
    architecture = describe(path).architecture
    with torch.device("meta"), _Undrawn():
        model = LLFlow(architecture)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if 4 * sum(math.prod(shape) for shape in expected.values()) > LARGEST:
        raise WeightsError("network-too-large", str(path))
    tensors: dict[str, torch.Tensor] = {}
    with _read_errors(path), _opened(path) as file:
        present: set[str] = set(file.keys())
        if lacking := expected.keys() - present:
            raise WeightsError("tensors-missing", str(path), tensors=in_short(lacking))
        if unknown := present - expected.keys():
            raise WeightsError("tensors-unknown", str(path), tensors=in_short(unknown))
        for name, shape in expected.items():
            if tuple(file.get_slice(name).get_shape()) != shape:
                raise WeightsError("tensor-shape-wrong", str(path), tensor=name)
            tensors[name] = file.get_tensor(name)
    for name, tensor in tensors.items():
        if tensor.dtype not in (torch.float16, torch.bfloat16, torch.float32):
            raise WeightsError("tensor-type-wrong", str(path), tensor=name, type=str(tensor.dtype))
        # A copy: what is mapped from a file that shrinks later would kill the process.
        tensors[name] = tensor.to(torch.float32, copy=True)
        if not tensors[name].isfinite().all():
            raise WeightsError("tensor-not-finite", str(path), tensor=name)
    model.load_state_dict(tensors, assign=True)
    model.eval().requires_grad_(requires_grad=False)
    check_invertible(model, path)
    return model


def check_invertible(model: LLFlow, path: Path) -> None:
    """Refuse a network whose flow has a matrix without an inverse.

    Args:
        model: on the CPU.
        path: of its file, for the error.

    Raises:
        SingularMatrixError: there is one.
    """
    for part in model.modules():
        if isinstance(part, InvertibleConv):
            try:
                part.check()
            except SingularMatrixError as reason:
                raise reason.about(str(path)) from reason


class _Undrawn(TorchFunctionMode):
    """Skips random numbers: on tensors without storage, torch imports for 1 s to draw them."""

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


def in_short(names: Set[str]) -> str:
    """Return the first of some names and how many there are besides, for messages."""
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first


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
        model: on any device.
        path: of the new file.
        training: how the model was made; JSON values.
        dtype: of the stored numbers; float16 for files that are shipped.
        overwrite: whether an existing file is replaced.

    Raises:
        PictureError: the file exists, or its folder cannot be written.
        ResourceError: the disk is full.
        WeightsError: a number is out of the range of `dtype`.
    """
    tensors = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
    }
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise WeightsError("tensor-out-of-range", str(path), tensor=name, type=str(dtype))
    header = {
        "format": FORMAT,
        "architecture": model.architecture.to_json(),
        "training": json.dumps(dict(training), sort_keys=True),
    }
    write_whole(path, save(tensors, metadata=header), overwrite=overwrite)
