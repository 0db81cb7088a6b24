"""Read checkpoints of `torch.save` that nobody vouches for, without running what is in them.

torch's restricted loader runs no code, but allocates whatever the file asks for, however large. So
the pickle is first read as a list of instructions, and refused if it names anything that tensors do
not need.
"""

from __future__ import annotations

import pickletools
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any, Final, cast

import torch
from torch import Tensor

from llenhance.errors import LlenhanceError, WeightsError
from llenhance.system import system_errors
from llenhance.weights.file import check_file

_NAMED: Final = {  # by the pickles of state dicts
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int")),
}
_CALLING: Final = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
"""Instructions that name or make objects in ways that torch does not use."""

_LONGEST: Final = 16_000_000  # bytes of a pickle: 80 times that of the authors' large network
_PICKLES: Final = 5  # at the start of what torch wrote before 1.6; storages follow


def read_checkpoint(source: Path) -> dict[str, Tensor]:
    """Return the flat state dict in a file; types, shapes and numbers are not checked.

    Raises:
        WeightsError: the file cannot be read, is damaged, or is something else.
    """
    check_file(source)
    with system_errors(source, WeightsError):
        source.open("rb").close()
    try:
        _check(source)
        with warnings.catch_warnings():  # torch warns of pickles that it did not write
            warnings.simplefilter("ignore")
            checkpoint: object = torch.load(source, map_location="cpu", weights_only=True)
    except LlenhanceError:
        raise
    except Exception as reason:  # parsers raise whatever the bytes lead them to
        raise WeightsError("checkpoint-damaged", str(source)) from reason
    entries = cast("dict[object, object]", checkpoint) if isinstance(checkpoint, dict) else {}
    state = {k: v for k, v in entries.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if not state or len(state) != len(entries):
        raise WeightsError("checkpoint-not-flat", str(source))
    return state


def _check(source: Path) -> None:
    if not zipfile.is_zipfile(source):
        with source.open("rb") as file:
            for _ in range(_PICKLES):
                _check_pickle(file, source)
        return
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > source.stat().st_size:
            raise WeightsError("checkpoint-compressed", str(source))
        for entry in entries:
            if entry.filename.endswith(".pkl"):
                with archive.open(entry) as file:
                    _check_pickle(file, source)


def _check_pickle(file: IO[bytes], source: Path) -> None:
    """Refuse a pickle that names anything but what tensors need; leave the file after its end."""
    start = file.tell()
    for instruction, value, _ in pickletools.genops(cast("Any", file)):
        known = instruction.name != "GLOBAL" or value in _NAMED
        if not known or instruction.name in _CALLING:
            raise WeightsError("checkpoint-runs-code", str(source))
        if file.tell() - start > _LONGEST:
            raise WeightsError("checkpoint-too-long", str(source))
