"""EXIF data from a TIFF file, whose directories hold it among everything else.

The values are taken over byte for byte, whatever their text is coded in. A maker's note keeps its
place where it lies near the beginning: it may hold offsets.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

# Entries of the first directory that describe the picture, not the way in which a file stores it.
DESCRIPTIVE: Final = frozenset(
    {269, 270, 271, 272, 285, 297, 305, 306, 315, 316, 18246, 18249, 33432, 34665, 34853}
    | {32781, 37393, 37394, 37395}  # number, secrecy and history of the picture (TIFF/EP)
    | set(range(40091, 40096))
    | {36867, 36868}  # where some scanners put them
    | {33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113}  # GeoTIFF, and what GDAL adds
)
_ORIENTATION, _EXIF, _GPS, _INTEROPERABILITY, _MAKER_NOTE = (274, 34665, 34853, 40965, 37500)
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_POINTERS_64: Final = {16: "Q", 18: "Q"}
_NEAR: Final = 60000  # bytes: further away a maker's note is moved


class _Entry(NamedTuple):
    kind: int
    values: int
    content: bytes
    at: int


_Directory = dict[int, _Entry]


def exif_in(data: bytes) -> bytes:
    """Return EXIF data with what the first picture of a TIFF file says; b"" if it says nothing.

    The orientation is that of the file, if there is anything else.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    is_big = data[2:4] in (b"+\0", b"\0+")
    (start,) = struct.unpack_from(f"{order}{'Q' if is_big else 'I'}", data, 8 if is_big else 4)
    first = _read(data, order, start, is_big=is_big)
    if not DESCRIPTIVE & first.keys():
        return b""
    within: dict[int, _Directory] = {}
    for tag, parent in ((_EXIF, first), (_GPS, first), (_INTEROPERABILITY, None)):
        entry = (within.get(_EXIF, {}) if parent is None else parent).pop(tag, None)
        if entry is not None and entry.values == 1:
            start = int.from_bytes(entry.content, "little" if order == "<" else "big")
            try:
                within[tag] = _read(data, order, start, is_big=is_big)
            except (ValueError, struct.error):
                continue
    return _Layout(order, within.get(_EXIF, {}).get(_MAKER_NOTE)).whole(_described(first), within)


def entry_in(data: bytes, tag: int) -> bytes:
    """Return the bytes of an entry of the first directory; b"" if there is none.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    entry = _first(data)[1].get(tag)
    return b"" if entry is None else entry.content


def joined(first: bytes, *, exif: bytes | None, gps: bytes | None) -> bytes:
    """Return EXIF data of which each directory is the first one of a TIFF file of its own.

    Args:
        first: what describes the picture.
        exif: how it was taken.
        gps: where.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    order, entries = _first(first)
    within: dict[int, _Directory] = {}
    for tag, part in ((_EXIF, exif), (_GPS, gps)):
        entries.pop(tag, None)  # it would point into the file
        if part is not None and part[:2] == first[:2]:
            within[tag] = _first(part)[1]
    return _Layout(order, None).whole(_described(entries), within)


def _described(first: _Directory) -> _Directory:
    """Return the entries that describe the picture, and the one of its orientation."""
    return {tag: e for tag, e in first.items() if tag in DESCRIPTIVE or tag == _ORIENTATION}


def _first(data: bytes) -> tuple[str, _Directory]:
    """Return the order of bytes, and the first directory of a file of 32-bit offsets."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    return order, _read(data, order, start, is_big=False)


def _read(data: bytes, order: str, start: int, *, is_big: bool) -> _Directory:
    word, size, counter = ("Q", 20, "Q") if is_big else ("I", 12, "H")
    (count,) = struct.unpack_from(f"{order}{counter}", data, start)
    start += 8 if is_big else 2
    if start + size * count > len(data):
        raise ValueError("the directory is longer than the data")
    found: _Directory = {}
    for at in range(start, start + size * count, size):
        tag, kind, values = struct.unpack_from(f"{order}HH{word}", data, at)
        length = (8 if kind in _POINTERS_64 else _SIZES.get(kind, 0)) * values
        place = at + size - (8 if is_big else 4)
        if length > (8 if is_big else 4):
            (place,) = struct.unpack_from(f"{order}{word}", data, place)
        if length and place + length <= len(data):
            # The first one counts, as everywhere: `parts/tiff.py` tells of others.
            found.setdefault(tag, _Entry(kind, values, data[place : place + length], place))
    return found


class _Layout:
    """EXIF data that grows, around a maker's note that stays where it is."""

    def __init__(self, order: str, note: _Entry | None) -> None:
        self._order = order
        near = note is not None and note.at >= 8 and note.at + len(note.content) < _NEAR
        self._note = note if note is not None and near and len(note.content) > 4 else None
        self._parts: dict[int, bytes] = {}
        self._end = 8

    def whole(self, first: _Directory, within: dict[int, _Directory]) -> bytes:
        start = self._room(2 + 12 * (len(first) + sum(t != _INTEROPERABILITY for t in within)) + 4)
        if _INTEROPERABILITY in within and _EXIF in within:
            within[_EXIF][_INTEROPERABILITY] = self._pointer(within[_INTEROPERABILITY])
        for tag in (_EXIF, _GPS):
            if tag in within:
                first[tag] = self._pointer(within[tag])
        self._put(first, start)
        mark = b"II*\0" if self._order == "<" else b"MM\0*"
        exif = bytearray(self._end)
        exif[:8] = mark + struct.pack(f"{self._order}I", start)
        for at, part in self._parts.items():
            exif[at : at + len(part)] = part
        return bytes(exif)

    def _pointer(self, entries: _Directory) -> _Entry:
        start = self._room(2 + 12 * len(entries) + 4)
        self._put(entries, start)
        return _Entry(4, 1, struct.pack(f"{self._order}I", start), 0)

    def _put(self, entries: _Directory, start: int) -> None:
        usable = {t: e for t, e in sorted(entries.items()) if e.kind in _SIZES}
        table = struct.pack(f"{self._order}H", len(usable))
        for tag, entry in usable.items():
            content = entry.content.ljust(4, b"\0")
            if len(content) > 4:
                is_note = entry is self._note
                at = entry.at if is_note else self._room(len(content))
                self._parts[at] = content
                self._end = max(self._end, at + len(content)) if is_note else self._end
                content = struct.pack(f"{self._order}I", at)
            table += struct.pack(f"{self._order}HHI", tag, entry.kind, entry.values) + content
        self._parts[start] = table

    def _room(self, size: int) -> int:
        """Return an even position where so many bytes have room."""
        at = self._end + self._end % 2
        if self._note is not None:
            begin, end = self._note.at, self._note.at + len(self._note.content)
            if at < end and at + size > begin:
                at = end + end % 2
        self._end = at + size
        return at
