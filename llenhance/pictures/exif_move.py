"""EXIF data that moves to another place of a TIFF file, or into one of the other byte order.

All its directories point with offsets from the beginning of the file. What a maker's note points to
by itself cannot be known: it keeps its bytes.
"""

from __future__ import annotations

import struct
from typing import Final

from llenhance.pictures.exif import directory
from llenhance.pictures.exif_repair import DIRECTORIES, SIZES

_UNITS: Final = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
"""Bytes of what is swapped in another byte order, by the type of values; of others nothing is."""


def moved(exif: bytes, *, to: int, order: str) -> tuple[bytes, dict[int, bytes]]:
    """Return EXIF data for another place, and the entries of its first directory by tag.

    Args:
        exif: a TIFF structure without entries that point out of it (`exif_repair.py`).
        to: offset in the file where it will begin.
        order: '<' or '>': the byte order of the file.

    Raises:
        ValueError, LookupError, struct.error: its first directory does not lie in it.
    """
    old, entries, _ = directory(exif)
    result = bytearray(exif)
    _Mover(result, to, old, order).directory(struct.unpack_from(f"{old}I", exif, 4)[0])
    return bytes(result), {tag: bytes(result[at : at + 12]) for tag, at in entries.items()}


class _Mover:
    """Changes directories in place; each of them, and each value, once."""

    def __init__(self, exif: bytearray, by: int, old: str, new: str) -> None:
        self._exif, self._by, self._old, self._new = exif, by, old, new
        self._done: set[int] = set()

    def directory(self, start: int) -> None:
        (count,) = struct.unpack_from(f"{self._old}H", self._exif, start)
        struct.pack_into(f"{self._new}H", self._exif, start, count)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            self._entry(at)

    def _entry(self, at: int) -> None:
        tag, kind, count, place = struct.unpack_from(f"{self._old}HHII", self._exif, at)
        struct.pack_into(f"{self._new}HHI", self._exif, at, tag, kind, count)
        if tag in DIRECTORIES:
            if place not in self._done:
                self._done.add(place)
                self.directory(place)
        elif (length := SIZES[kind] * count) <= 4:
            self._swap(at + 8, kind, length)
            return
        elif place not in self._done:
            self._done.add(place)
            self._swap(place, kind, length)
        struct.pack_into(f"{self._new}I", self._exif, at + 8, place + self._by)

    def _swap(self, at: int, kind: int, length: int) -> None:
        unit = _UNITS.get(kind)
        if unit is None or self._old == self._new:
            return
        for one in range(at, at + length, unit):
            self._exif[one : one + unit] = self._exif[one : one + unit][::-1]
