"""How often an AVIF animation is shown, which Pillow neither reads nor writes.

The boxes of the track tell it (ISO/IEC 14496-12, 8.6.6): an edit that repeats, and how long the
track is with all repetitions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from llenhance.pictures.boxes import boxes

_PARENTS: Final = (b"moov", b"trak", b"edts", b"mdia")
_REPEATS: Final = 1  # a flag of the edit
_DATED: Final = (b"mvhd", b"tkhd", b"mdhd")
_MOST: Final = 1000  # boxes that are looked at


class _Box(NamedTuple):
    kind: bytes
    at: int  # of its content, which begins with a version and flags
    end: int


def plays_in(data: bytes) -> int:
    """Return how often the animation is shown; 0, for ever, if that is said or nothing is.

    Raises:
        LookupError, struct.error: the file is damaged.
    """
    found = {box.kind: box for box in _boxes(data, 0, len(data))}
    if b"elst" not in found:
        return 0
    edit, track = found[b"elst"], found[b"tkhd"]
    if not data[edit.at + 3] & _REPEATS:
        return 1
    whole, longest = _duration(data, track)
    once = struct.unpack_from(">Q" if data[edit.at] else ">I", data, edit.at + 8)[0]
    return 0 if whole == longest or not once else max(1, -(-whole // once))


def with_plays(data: bytes, plays: int) -> bytes:
    """Return an animation that Pillow wrote, to be shown so often, and without the date.

    The same pictures then give the same file.

    Raises:
        LookupError, struct.error: Pillow writes something else than it did.
    """
    result = bytearray(data)
    found = list(_boxes(data, 0, len(data)))
    edits = [box for box in found if box.kind == b"elst"]
    (once,) = struct.unpack_from(">Q", data, edits[0].at + 8)
    for box in found:
        if box.kind in _DATED:
            result[box.at + 4 : box.at + 20] = bytes(16)
        if box.kind in (b"mvhd", b"tkhd") and plays:
            struct.pack_into(
                ">Q", result, box.at + (24 if box.kind == b"mvhd" else 28), once * plays
            )
        if box.kind == b"elst":
            result[box.at + 3] = 0 if plays == 1 else _REPEATS
    return bytes(result)


def _duration(data: bytes, track: _Box) -> tuple[int, int]:
    """Return the duration of a track, and the number that means that it has no end."""
    if data[track.at]:
        return struct.unpack_from(">Q", data, track.at + 28)[0], 2**64 - 1
    return struct.unpack_from(">I", data, track.at + 20)[0], 2**32 - 1


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    """Yield the boxes, and behind a parent its children."""
    for kind, (begin, stop) in boxes(data, at, end, most=_MOST):
        yield _Box(kind, begin, stop)
        if kind in _PARENTS:
            yield from _boxes(data, begin, stop)
