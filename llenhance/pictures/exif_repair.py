"""Takes entries out of EXIF data that cannot be right: their values would lie outside of it.

In another kind of file something else may lie there. A directory closes up in place, so that what
stays keeps its position.
"""

from __future__ import annotations

import struct
from typing import Final

SIZES: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1
}  # fmt: skip
DIRECTORIES: Final = frozenset({34665, 34853, 40965})  # EXIF, GPS, interoperability


def drop_impossible(exif: bytearray) -> int:
    """Take the entries out, and return how many there were.

    Args:
        exif: a TIFF structure; it is changed.

    Raises:
        ValueError, LookupError, struct.error: its first directory does not lie in it.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}[bytes(exif[:4])]
    (start,) = struct.unpack_from(f"{order}I", exif, 4)
    if not _fits(exif, order, start):
        raise ValueError("the directory is longer than the data")
    return _close_up(exif, order, start, {start})


def _fits(exif: bytearray, order: str, start: int) -> bool:
    """Tell whether a directory lies in the data."""
    if not 8 <= start <= len(exif) - 2:
        return False
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    return start + 2 + 12 * count <= len(exif)


def _close_up(exif: bytearray, order: str, start: int, seen: set[int]) -> int:
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    first, end = start + 2, start + 2 + 12 * count
    kept: list[bytes] = []
    dropped = 0
    for at in range(first, end, 12):
        tag, kind, values, place = struct.unpack_from(f"{order}HHII", exif, at)
        length = SIZES.get(kind, 0) * values
        good = kind in SIZES and (length <= 4 or place + length <= len(exif))
        if good and tag in DIRECTORIES:
            good = kind in (4, 13) and values == 1 and place not in seen
            good = good and _fits(exif, order, place)
            if good:
                seen.add(place)
                dropped += _close_up(exif, order, place, seen)
        if good:
            kept.append(bytes(exif[at : at + 12]))
    if len(kept) < count:
        dropped += count - len(kept)
        following = bytes(exif[end : end + 4])
        table = struct.pack(f"{order}H", len(kept)) + b"".join(kept) + following
        exif[start : start + len(table)] = table
    return dropped
