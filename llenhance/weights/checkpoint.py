"""Read checkpoints of `torch.save` that nobody vouches for, without running what is in them.

They never get to torch's own loader, which runs no code either, but takes whatever memory a file
asks for. `unpickle.py` makes a list of tensors of the pickle. The numbers of those that are wanted
are read from the places in this list, and from nowhere else: what is checked is what is read.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import torch
from torch import Tensor

from llenhance.errors import LlenhanceError, WeightsError
from llenhance.memory import is_shortage, lack_of_memory_told
from llenhance.system import system_errors
from llenhance.weights.file import check_file
from llenhance.weights.unpickle import CodeError, Layout, Storage, TooLongError, unpickled

_LONGEST: Final = (
    2_000_000  # bytes of a pickle, or an archive's index: ten times the authors' large
)
_MOST_TENSORS: Final = 20_000  # as many times more than they have
_WIDEST: Final = 4  # numbers in a tensor's place, for each number in it

Reader = Callable[[Storage, int, int], bytes]
"""Reads bytes of a storage, from a position and so many."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An open checkpoint.

    Attributes:
        tensors: all of its tensors, by name, without their numbers: on the device `meta`.
        read: returns the tensor of a name, with its numbers.
    """

    tensors: Mapping[str, Tensor]
    read: Callable[[str], Tensor]


@contextmanager
def opened_checkpoint(source: Path) -> Generator[Checkpoint]:
    """Open the flat state dict in a file; types, shapes and numbers are not checked.

    Raises:
        WeightsError: the file cannot be read, is damaged, or is something else.
        ResourceError: there is not enough memory.
    """
    check_file(source)
    with system_errors(source, WeightsError):
        file = _Sparing(source, "rb")
    with file, lack_of_memory_told(str(source)):
        with _damage_told(source):
            entries, read = _in_archive(file) if _is_archive(file) else _in_pickles(file)
            layouts = _flat(entries, source)
            tensors = {name: _without_numbers(layout) for name, layout in layouts.items()}

        def tensor(name: str) -> Tensor:
            with _damage_told(source):
                return _with_numbers(layouts[name], read)

        yield Checkpoint(tensors, tensor)


@contextmanager
def _damage_told(source: Path) -> Generator[None]:
    try:
        yield
    except LlenhanceError:
        raise
    except CodeError as reason:
        raise WeightsError("checkpoint-runs-code", str(source)) from reason
    except TooLongError as reason:
        raise WeightsError("checkpoint-too-long", str(source)) from reason
    except _CompressedError as reason:
        raise WeightsError("checkpoint-compressed", str(source)) from reason
    except Exception as reason:  # parsers raise whatever the bytes lead them to
        if is_shortage(reason):
            raise
        raise WeightsError("checkpoint-damaged", str(source)) from reason


class _CompressedError(Exception):
    """A part of an archive is compressed."""


class _Sparing(io.FileIO):
    """A file of which no more than `most` bytes are read at once, if there is a limit."""

    most: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if self.most is not None:
            here = self.tell()
            left = self.seek(0, io.SEEK_END) - here
            self.seek(here)
            size = left if size is None or size < 0 else min(size, left)
            if size > self.most:
                raise TooLongError
        return super().read(-1 if size is None else size) or b""


def _flat(entries: object, source: Path) -> dict[str, Layout]:
    state = cast("dict[str, object]", entries) if isinstance(entries, dict) else {}
    layouts = {
        name: value
        for name, value in cast("dict[object, object]", state).items()
        if isinstance(name, str) and isinstance(value, Layout)
    }
    if not layouts or len(layouts) != len(state):
        raise WeightsError("checkpoint-not-flat", str(source))
    if len(layouts) > _MOST_TENSORS:
        raise TooLongError
    return layouts


def _without_numbers(layout: Layout) -> Tensor:
    return torch.empty_strided(
        layout.shape, layout.stride, dtype=layout.storage.dtype, device="meta"
    )


def _with_numbers(layout: Layout, read: Reader) -> Tensor:
    dtype = layout.storage.dtype
    if layout.span > _WIDEST * math.prod(layout.shape):
        raise ValueError("a tensor is scattered over a place much larger than itself")
    if not layout.span:
        return torch.empty(layout.shape, dtype=dtype)
    size = layout.span * dtype.itemsize
    data = bytearray(read(layout.storage, layout.offset * dtype.itemsize, size))
    if len(data) != size:
        raise EOFError("the file ends within a tensor")
    return torch.frombuffer(data, dtype=dtype).as_strided(layout.shape, layout.stride)


# --- Archives, since torch 1.6 ------------------------------------------------------------------


def _is_archive(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(4) == b"PK\3\4"


def _in_archive(file: _Sparing) -> tuple[object, Reader]:
    file.most = _LONGEST
    archive = zipfile.ZipFile(cast("IO[bytes]", file))
    file.most = None
    parts = {entry.filename: entry for entry in archive.infolist()}
    if len(parts) != len(archive.infolist()):
        raise ValueError("two parts have one name")
    (pickle,) = (name for name in parts if name.endswith("/data.pkl") and name.count("/") == 1)
    folder = pickle.removesuffix("data.pkl")

    def read(name: str, start: int, size: int) -> bytes:
        entry = parts[folder + name]
        if entry.compress_type != zipfile.ZIP_STORED:
            raise _CompressedError
        with archive.open(entry) as part:
            part.seek(start)
            return part.read(size)

    def read_storage(storage: Storage, start: int, size: int) -> bytes:
        name = f"data/{storage.key}"
        if parts[folder + name].file_size != storage.length * storage.dtype.itemsize:
            raise ValueError("a storage is not as long as the pickle says")
        return read(name, start, size)

    if folder + "byteorder" in parts and read("byteorder", 0, 16) != b"little":
        raise ValueError("its numbers are stored with the high byte first")
    content = read("data.pkl", 0, _LONGEST + 1)
    return unpickled(io.BytesIO(content), longest=_LONGEST), read_storage


# --- Pickles one after the other, before torch 1.6 ----------------------------------------------


_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001


def _in_pickles(file: IO[bytes]) -> tuple[object, Reader]:
    file.seek(0)
    stream = io.BytesIO(file.read(2 * _LONGEST))
    magic, protocol, system, entries, keys = (unpickled(stream, longest=_LONGEST) for _ in range(5))
    said = cast("dict[str, Any]", system) if isinstance(system, dict) else {}
    if (magic, protocol) != (_MAGIC, _PROTOCOL) or said.get("little_endian") is not True:
        raise ValueError("this is no checkpoint, or its numbers have the high byte first")
    listed = cast("dict[object, object]", entries) if isinstance(entries, dict) else {}
    storages = {v.storage.key: v.storage for v in listed.values() if isinstance(v, Layout)}
    starts: dict[str, int] = {}
    end = stream.tell()
    for key in cast("list[str]", keys):
        storage = storages[key]
        file.seek(end)
        (count,) = struct.unpack("<q", file.read(8))
        if count != storage.length or key in starts:
            raise ValueError("a storage is not as long as the pickle says")
        starts[key] = end + 8
        end += 8 + count * storage.dtype.itemsize
    if end > file.seek(0, io.SEEK_END):
        raise EOFError("the file ends within a tensor")

    def read(storage: Storage, start: int, size: int) -> bytes:
        if storage != storages[storage.key]:
            raise ValueError("one storage is told in two ways")
        file.seek(starts[storage.key] + start)
        return file.read(size)

    return listed, read
