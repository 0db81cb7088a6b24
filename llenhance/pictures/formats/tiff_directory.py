"""A directory of a TIFF file: its entries, before anything is made of them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KINDS: Final = {
    1: (1, "B"), 2: (1, "B"), 3: (2, "H"), 4: (4, "I"), 5: (8, ""), 6: (1, "b"), 7: (1, "B"),
    8: (2, "h"), 9: (4, "i"), 10: (8, ""), 11: (4, "f"), 12: (8, "d"), 13: (4, "I"),
    16: (8, "Q"), 17: (8, "q"), 18: (8, "Q"),
}  # fmt: skip
"""Types of values: bytes of each, and its letter of `struct`; fractions have none."""


_FEW: Final = 8  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the type of its values, their number, and their bytes in the file's order."""

    kind: int
    count: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The entries of a directory by tag; those whose values lie outside of the file are missing.

    Attributes:
        order: of bytes: '<' or '>'.
        entries: by tag.
        following: where the next directory begins; 0 if there is none.
        repeated: tags that come again with something else, against the rules; the first one counts.
    """

    order: str
    entries: Mapping[int, Entry]
    following: int
    repeated: frozenset[int] = frozenset()

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the whole numbers of an entry, or the default if there is none."""
        entry = self.entries.get(tag)
        letter = KINDS[entry.kind][1] if entry else ""
        if entry is None or not letter or letter in "fd":
            return default
        return struct.unpack(f"{self.order}{entry.count}{letter}", entry.content)

    def number(self, tag: int, default: int = 0) -> int:
        """Return the first whole number of an entry, or the default if there is none."""
        return self.numbers(tag, (default,))[0]


def first_directory(data: bytes) -> Directory:
    """Return the first directory of a TIFF file, of 32- or 64-bit offsets.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    return directory_at(data, first_start(data))


def first_start(data: bytes) -> int:
    """Return where the first directory of a TIFF file begins.

    Raises:
        LookupError, struct.error: it is no TIFF file.
    """
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    big = data[2:4] in (b"+\0", b"\0+")
    start: int = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, 8 if big else 4)[0]
    return start


def directory_at(data: bytes, start: int, *, tags: frozenset[int] | None = None) -> Directory:
    """Return the directory of a TIFF file that begins at `start`.

    Args:
        data: the content of the file.
        start: where in it.
        tags: of the entries that are wanted, if their values are few: there may be very many
            directories. None is all.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    big = data[2:4] in (b"+\0", b"\0+")
    counter, size, word = ("Q", 20, "Q") if big else ("H", 12, "I")
    (count,) = struct.unpack_from(f"{order}{counter}", data, start)
    start += struct.calcsize(f"={counter}")
    if start + size * count > len(data):
        raise ValueError("the directory is longer than the data")
    entries: dict[int, Entry] = {}
    repeated: set[int] = set()
    for at in range(start, start + size * count, size):
        tag, kind, values = struct.unpack_from(f"{order}HH{word}", data, at)
        length = KINDS.get(kind, (0, ""))[0] * values
        place = at + struct.calcsize(f"=HH{word}")
        if length > size - (place - at):
            (place,) = struct.unpack_from(f"{order}{word}", data, place)
        wanted = tags is None or (tag in tags and length <= _FEW)
        if wanted and values and length and place + length <= len(data):
            entry = Entry(kind, values, data[place : place + length])
            if entries.setdefault(tag, entry) != entry:
                repeated.add(tag)
    end = start + size * count
    following = 0
    if end + struct.calcsize(f"={word}") <= len(data):
        (following,) = struct.unpack_from(f"{order}{word}", data, end)
    return Directory(
        order=order, entries=entries, following=following, repeated=frozenset(repeated)
    )
