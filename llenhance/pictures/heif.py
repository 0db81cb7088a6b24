"""What Pillow does not pass on of an AVIF file as it is: EXIF data, and numbers for colors."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_META: Final = b"meta"
_FULL: Final = 4  # bytes of version and flags, which some boxes begin with
_MOST: Final = 10_000  # boxes or items that are looked at


class Boxes(NamedTuple):
    """What the boxes tell of the main picture.

    Attributes:
        exif: the EXIF data; b"" if there is none.
        numbers: primaries and transfer of H.273; None if the file tells none.
    """

    exif: bytes
    numbers: tuple[int, int] | None


def boxes_in(data: bytes) -> Boxes:
    """Return what the boxes of a file tell.

    Raises:
        ValueError, LookupError, struct.error: the file is damaged.
    """
    meta = dict(_boxes(data, 0, len(data)))[_META]
    parts = dict(_boxes(data, meta[0] + _FULL, meta[1]))
    return Boxes(exif=_exif(data, parts), numbers=_numbers(data, parts))


Span = tuple[int, int]


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, Span]]:
    """Yield kind, begin and end of the content of each box; of a kind the last one counts."""
    for _ in range(_MOST):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        size = size or end - at
        if size < head or at + size > end:
            return
        yield kind, (at + head, at + size)
        at += size


class _Reader:
    """Numbers one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def number(self, size: int) -> int:
        value = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        if self._at > len(self._data):
            raise ValueError("the file ends within a box")
        return value


def _numbers(data: bytes, parts: dict[bytes, Span]) -> tuple[int, int] | None:
    begin, _ = parts[b"pitm"]
    main = _Reader(data, begin + _FULL).number(4 if data[begin] else 2)
    properties = dict(_boxes(data, *parts[b"iprp"]))
    found = list(_boxes(data, *properties[b"ipco"]))
    reader = _Reader(data, (at := properties[b"ipma"][0]) + _FULL)
    wide = data[at + 3] & 1
    for _ in range(min(reader.number(4), _MOST)):
        item = reader.number(4 if data[at] else 2)
        for _ in range(reader.number(1)):
            index = reader.number(2) & 0x7FFF if wide else reader.number(1) & 0x7F
            if item != main or not 1 <= index <= len(found):
                continue
            kind, (start, _) = found[index - 1]
            if kind == b"colr" and data[start : start + 4] == b"nclx":
                primaries, transfer = struct.unpack_from(">2H", data, start + 4)
                return primaries, transfer
    return None


def _exif(data: bytes, parts: dict[bytes, Span]) -> bytes:
    begin, end = parts[b"iinf"]
    first = begin + _FULL + (4 if data[begin] else 2)
    for _, (start, _) in _boxes(data, first, end):
        version = data[start]
        item = _Reader(data, start + _FULL).number(4 if version == 3 else 2)
        at = start + _FULL + (4 if version == 3 else 2) + 2
        if data[at : at + 4] == b"Exif":
            content = _content(data, parts, item)
            (skipped,) = struct.unpack_from(">I", content)
            return content[4 + skipped :]
    return b""


def _content(data: bytes, parts: dict[bytes, Span], wanted: int) -> bytes:
    """Return the bytes of an item (ISO/IEC 14496-12, 8.11.3)."""
    at = parts[b"iloc"][0]
    version = data[at]
    reader = _Reader(data, at + _FULL)
    sizes = reader.number(2)
    offset, length, base, index = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15)
    for _ in range(min(reader.number(4 if version == 2 else 2), _MOST)):
        item = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)  # which file: this one
        start = reader.number(base)
        if method == 1:
            start += parts[b"idat"][0]
        content = b""
        for _ in range(min(reader.number(2), _MOST)):
            if version and index:
                reader.number(index)
            place, size = reader.number(offset) + start, reader.number(length)
            content += data[place : place + size] if item == wanted else b""
        if item == wanted:
            return content
    raise ValueError("the data of an item is nowhere")
