"""EXIF data without positions: erased in place, so that everything else keeps its bytes and place.

What makers' notes hold is not known here, and stays.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llenhance.pictures.exif import directory
from llenhance.pictures.exif_repair import SIZES

_EXIF, _GPS, _INTEROPERABILITY, _MAKER_NOTE = 34665, 34853, 40965, 37500
_USER_COMMENT, _WINDOWS_TEXTS = 37510, range(40091, 40096)
_GEO_TIFF: Final = frozenset({33550, 33922, 34264, 34735, 34736, 34737})
_ASCII: Final = 2

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a directory: where it stands, and where its values are if they are elsewhere."""

    tag: int
    kind: int
    at: int
    values: Span


def without_position(exif: bytes, tells: Callable[[str], bool]) -> bytes:
    """Return EXIF data of the same length without positions.

    The GPS directory, GeoTIFF keys, and texts that tell a position are overwritten with zeros; the
    entries that pointed to them are gone, and the directory that they were in has closed up.

    Args:
        exif: as pictures hold it: its entries lie in it.
        tells: whether a text tells a position.

    Raises:
        ValueError, LookupError, struct.error: it is damaged.
    """
    data = bytearray(exif)
    order = {b"II*\0": "<", b"MM\0*": ">"}[exif[:4]]
    gone: list[Span] = []
    kept: list[Span] = [(0, 8)]
    for start in _directories(exif):
        entries = _entries(exif, order, start)
        left: list[_Entry] = []
        for entry in entries:
            if _tells_position(exif, entry, tells):
                gone += _spans_of(exif, order, entry)
            else:
                left.append(entry)
        kept += [entry.values for entry in left]
        end = start + 2 + 12 * len(entries)
        kept.append((start, end + 4))
        if len(left) < len(entries):
            table = struct.pack(f"{order}H", len(left))
            table += b"".join(exif[entry.at : entry.at + 12] for entry in left)
            table += exif[end : end + 4]
            data[start : end + 4] = table.ljust(len(data[start : end + 4]), b"\0")
    _erase(data, gone, kept)
    return bytes(data)


def has_maker_note(exif: bytes) -> bool:
    """Tell whether there is a camera maker's note: nobody but the maker knows what it holds."""
    order = "<" if exif[:2] == b"II" else ">"
    try:
        return any(
            entry.tag == _MAKER_NOTE
            for start in _directories(exif)
            for entry in _entries(exif, order, start)
        )
    except (ValueError, LookupError, struct.error):
        return False


def _directories(exif: bytes) -> list[int]:
    """Return where the directories begin that are no GPS directory."""
    order, entries, _ = directory(exif)
    (first,) = struct.unpack_from(f"{order}I", exif, 4)
    found = [first]
    for pointer in (_EXIF, _INTEROPERABILITY):
        if pointer not in entries:
            break
        (start,) = struct.unpack_from(f"{order}I", exif, entries[pointer] + 8)
        if start in found:
            break
        _, entries, _ = directory(exif, start)
        found.append(start)
    return found


def _entries(exif: bytes, order: str, start: int) -> list[_Entry]:
    found: list[_Entry] = []
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, values, place = struct.unpack_from(f"{order}HHII", exif, at)
        length = SIZES.get(kind, 0) * values
        where = (at + 8, at + 8 + length) if length <= 4 else (place, place + length)
        found.append(_Entry(tag, kind, at, where))
    return found


def _tells_position(exif: bytes, entry: _Entry, tells: Callable[[str], bool]) -> bool:
    if entry.tag == _GPS or entry.tag in _GEO_TIFF:
        return True
    content = exif[slice(*entry.values)]
    if entry.tag in _WINDOWS_TEXTS:
        return tells(content.decode("utf-16-le", "replace"))
    if entry.tag == _USER_COMMENT:
        code, text = content[:8], content[8:]
        if code == b"UNICODE\0":
            both = (text.decode(way, "replace") for way in ("utf-16-le", "utf-16-be"))
            return any(map(tells, both))
        return tells(text.decode("utf-8", "replace"))
    return entry.kind == _ASCII and tells(content.decode("utf-8", "replace"))


def _spans_of(exif: bytes, order: str, entry: _Entry) -> list[Span]:
    """Return where an entry's values are, with the directory that it may point to."""
    if entry.tag != _GPS:
        return [entry.values]
    (start,) = struct.unpack_from(f"{order}I", exif, entry.at + 8)
    try:
        inside = _entries(exif, order, start)
    except struct.error:  # it points out of the data: there is nothing to erase
        return []
    return [(start, start + 2 + 12 * len(inside) + 4), *(one.values for one in inside)]


def _erase(data: bytearray, gone: list[Span], kept: list[Span]) -> None:
    """Overwrite spans with zeros, as far as nothing that is kept lies there."""
    for begin, end in gone:
        begin, end = max(0, begin), min(end, len(data))
        over = sorted((max(a, begin), min(b, end)) for a, b in kept if a < end and b > begin)
        for a, b in [*over, (end, end)]:
            if begin < a:
                data[begin:a] = bytes(a - begin)
            begin = max(begin, b)
