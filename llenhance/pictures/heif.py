"""What decoders do not pass on of AVIF and HEIC files as it is.

EXIF data, numbers for colors, bits per channel, and how the picture lies in the file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from llenhance.pictures.boxes import MOST, Span, boxes
from llenhance.pictures.pixels import TURNS, upright

_META: Final = b"meta"
_ITEM: Final = re.compile(b"infe")
_FULL: Final = 4  # bytes of version and flags, which some boxes begin with


class Boxes(NamedTuple):
    """What the boxes tell of the main picture.

    Attributes:
        exif: the EXIF data; b"" if there is none.
        numbers: primaries and transfer of H.273; None if the file tells none.
        kind: four letters for the way in which it is coded, such as av01, hvc1 or grid.
        orientation: of EXIF, 1 to 8, as the boxes tell it.
        bits: per channel; 0 if the file does not tell.
        subsampling: of AVIF's color, such as '4:2:0'; None if there is no color, or it is not told.
    """

    exif: bytes
    numbers: tuple[int, int] | None
    kind: bytes = b""
    orientation: int = 1
    bits: int = 0
    subsampling: str | None = None


def boxes_in(data: bytes) -> Boxes:
    """Return what the boxes of a file tell.

    Raises:
        ValueError, LookupError, struct.error: the file is damaged.
    """
    meta = dict(boxes(data, 0, len(data)))[_META]
    parts = dict(boxes(data, meta[0] + _FULL, meta[1]))
    main = _main(data, parts)
    properties = list(_properties(data, parts, main))
    bits, subsampling = _coding(data, properties)
    kinds = _kinds(data, parts)
    return Boxes(
        exif=_exif(data, parts, kinds),
        numbers=_numbers(data, properties),
        kind=kinds.get(main, b""),
        orientation=_orientation(data, properties),
        bits=bits,
        subsampling=subsampling,
    )


def has_true_texts(data: bytes) -> bool:
    """Tell whether items say in letters what they are.

    pi_heif 1.7 ends the process where the media type of an item is not UTF-8.
    """
    for kind, (begin, end) in boxes(data, 0, len(data)):
        if kind != _META:
            continue
        for found in _ITEM.finditer(data, begin, end):
            at = found.start() - 4
            size = int.from_bytes(data[at : at + 4], "big")
            head = 8 + _FULL + (4 if data[at + 8] == 3 else 2) + 2
            told = data[at + head : min(at + size, end)]
            try:
                b"".join((told[:4], *told[4:].split(b"\0")[1:2])).decode()  # kind, media type
            except UnicodeDecodeError:
                return False
    return True


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


def _main(data: bytes, parts: dict[bytes, Span]) -> int:
    """Return the number of the item that is the main picture."""
    begin, _ = parts[b"pitm"]
    return _Reader(data, begin + _FULL).number(4 if data[begin] else 2)


def _properties(data: bytes, parts: dict[bytes, Span], main: int) -> Iterator[tuple[bytes, Span]]:
    """Yield the properties of an item in their order, which counts for how it is turned."""
    properties = dict(boxes(data, *parts[b"iprp"]))
    found = list(boxes(data, *properties[b"ipco"]))
    reader = _Reader(data, (at := properties[b"ipma"][0]) + _FULL)
    wide = data[at + 3] & 1
    for _ in range(min(reader.number(4), MOST)):
        item = reader.number(4 if data[at] else 2)
        for _ in range(reader.number(1)):
            index = reader.number(2) & 0x7FFF if wide else reader.number(1) & 0x7F
            if item == main and 1 <= index <= len(found):
                yield found[index - 1]


def _numbers(data: bytes, properties: list[tuple[bytes, Span]]) -> tuple[int, int] | None:
    for kind, (start, _) in properties:
        if kind == b"colr" and data[start : start + 4] == b"nclx":
            primaries, transfer = struct.unpack_from(">2H", data, start + 4)
            return primaries, transfer
    return None


def _orientation(data: bytes, properties: list[tuple[bytes, Span]]) -> int:
    """Return which of the eight orientations all turns together are."""
    corners = np.arange(4).reshape(2, 2)
    seen = corners
    for kind, (start, _) in properties:
        if kind == b"irot":  # counterclockwise
            seen = np.rot90(seen, data[start] & 3)
        elif kind == b"imir":
            seen = seen[:, ::-1] if data[start] & 1 else seen[::-1]
    return next(way for way in TURNS if (upright(corners, way) == seen).all())


def _coding(data: bytes, properties: list[tuple[bytes, Span]]) -> tuple[int, str | None]:
    """Return bits per channel and the subsampling, as far as the properties tell them."""
    bits, subsampling = 0, None
    for kind, (start, end) in properties:
        if kind == b"pixi" and end > start + 5:
            bits = data[start + 5]
        elif kind == b"av1C" and end > start + 2:
            mono, across, down = (bool(data[start + 2] & bit) for bit in (16, 8, 4))
            bits = (12 if data[start + 2] & 32 else 10) if data[start + 2] & 64 else 8
            told = {(False, False): "4:4:4", (True, False): "4:2:2", (True, True): "4:2:0"}
            subsampling = None if mono else told.get((across, down))
        elif kind == b"hvcC" and end > start + 17:
            bits = 8 + (data[start + 17] & 7)
    return bits, subsampling


def _kinds(data: bytes, parts: dict[bytes, Span]) -> dict[int, bytes]:
    """Return the kind of each item."""
    begin, end = parts[b"iinf"]
    kinds: dict[int, bytes] = {}
    for _, (start, _) in boxes(data, begin + _FULL + (4 if data[begin] else 2), end):
        wide = data[start] == 3
        item = _Reader(data, start + _FULL).number(4 if wide else 2)
        at = start + _FULL + (4 if wide else 2) + 2  # behind the number of its protection
        kinds[item] = data[at : at + 4]
    return kinds


def _exif(data: bytes, parts: dict[bytes, Span], kinds: dict[int, bytes]) -> bytes:
    for item, kind in kinds.items():
        if kind == b"Exif":
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
    for _ in range(min(reader.number(4 if version == 2 else 2), MOST)):
        item = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)  # which file: this one
        start = reader.number(base)
        if method == 1:
            start += parts[b"idat"][0]
        content = b""
        for _ in range(min(reader.number(2), MOST)):
            if version and index:
                reader.number(index)
            place, size = reader.number(offset) + start, reader.number(length)
            content += data[place : place + size] if item == wanted else b""
        if item == wanted:
            return content
    raise ValueError("the data of an item is nowhere")
