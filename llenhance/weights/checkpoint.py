"""Files of `torch.save` that nobody vouches for, to tensors: nothing is called, memory is bounded.

torch's restricted loader runs no code, but makes what the file asks for, however large. So the
pickle is read as a list of instructions first, and refused unless it only names what tensors need.
"""

from __future__ import annotations

import pickletools
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any, Final, cast

import torch
from torch import Tensor

from llenhance.errors import WeightsError
from llenhance.weights.file import check_file

_NAMED: Final = {  # by pickles of dictionaries of tensors
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int")),
}
_CALLING: Final = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
"""Instructions that name or make objects in other ways, which torch does not write."""

_LONGEST: Final = 16_000_000  # bytes of a pickle: 80 times that of the authors' large network
_PICKLES: Final = 5  # at the start of what torch wrote before 1.6; storages follow


def read_checkpoint(source: Path, *, remedy: str) -> dict[str, Tensor]:
    """Return a flat state dict as the file has it: of any types, shapes and numbers.

    Args:
        source: the file.
        remedy: what to do where it is refused.

    Raises:
        WeightsError: it cannot be read, is damaged, or is something else.
    """
    check_file(source)
    try:
        _check(source)
        with warnings.catch_warnings():  # torch warns of pickles that are none of its own
            warnings.simplefilter("ignore")
            checkpoint: object = torch.load(source, map_location="cpu", weights_only=True)
    except WeightsError as error:
        raise WeightsError(str(source), error.problem, remedy) from None
    except Exception as reason:  # parsers raise whatever the bytes lead them to
        problem = "is damaged, no checkpoint, or one that wants to run code"
        raise WeightsError(str(source), problem, remedy) from reason
    entries = cast("dict[object, object]", checkpoint) if isinstance(checkpoint, dict) else {}
    state = {k: v for k, v in entries.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if not state or len(state) != len(entries):
        raise WeightsError(str(source), "is no flat dictionary of tensors", remedy)
    return state


def _check(source: Path) -> None:
    if not zipfile.is_zipfile(source):
        with source.open("rb") as file:
            for _ in range(_PICKLES):
                _check_pickle(file)
        return
    with zipfile.ZipFile(source) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > source.stat().st_size:
            raise WeightsError(str(source), "is packed, which checkpoints are not", "")
        for entry in entries:
            if entry.filename.endswith(".pkl"):
                with archive.open(entry) as file:
                    _check_pickle(file)


def _check_pickle(file: IO[bytes]) -> None:
    """Refuse a pickle that names anything but what tensors need; leave the file after its end."""
    start = file.tell()
    for instruction, value, _ in pickletools.genops(cast("Any", file)):
        known = instruction.name != "GLOBAL" or value in _NAMED
        if not known or instruction.name in _CALLING:
            problem = "wants to run code, or to make other things than tensors"
            raise WeightsError(str(file), problem, "")
        if file.tell() - start > _LONGEST:
            raise WeightsError(str(file), "is too long for a checkpoint", "")
