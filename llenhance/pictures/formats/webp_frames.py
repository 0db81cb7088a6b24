"""An animated WebP from still ones: each frame in the file is one without its beginning.

libwebp can write animations too, but it needs all of them at once from Pillow, and puts equal
frames together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from llenhance.pictures.changes import changed_part, same
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import Timing

_ICC, _ALPHA, _EXIF, _XMP, _MOVES = 0x20, 0x10, 0x08, 0x04, 0x02  # flags of the header
_REPLACES: Final = 2  # flag of a frame: it is not laid over what is there
_OF_PIXELS: Final = (b"ALPH", b"VP8 ", b"VP8L")
_LONGEST: Final = 2**24 - 1  # milliseconds
_MOST: Final = 2**16 - 1  # plays


def write_frames(
    pictures: Iterable[Picture], timing: Timing, *, write: Callable[[Picture], bytes]
) -> bytes:
    """Return the content of an animated WebP. A frame after the first holds what changed.

    Args:
        pictures: of one size and type; all have alpha, or none has.
        timing: of as many frames.
        write: returns the content of a WebP with one picture.
    """
    frames: list[bytes] = []
    first: Picture | None = None
    before: Picture | None = None
    place, pixels = b"", b""
    for milliseconds, picture in zip(timing.whole(), pictures, strict=True):
        first = picture if first is None else first
        top, left, part = changed_part(picture, before, step=2)
        # Where nothing has changed, the same is drawn again: with loss, a pixel alone is another.
        if before is None or not same(picture, before):
            numbers = (left // 2, top // 2, part.width - 1, part.height - 1)
            place = b"".join(number.to_bytes(3, "little") for number in numbers)
            still = write(replace(part, icc_profile=None, exif=None, xmp=None))
            pixels = b"".join(whole for kind, whole in _chunks(still) if kind in _OF_PIXELS)
        shown = min(milliseconds, _LONGEST).to_bytes(3, "little")
        frames.append(_chunk(b"ANMF", place + shown + bytes([_REPLACES]) + pixels))
        before = picture
    if first is None:
        raise ValueError("there is no frame")
    flags, beside = _MOVES, dict[bytes, bytes]()
    for flag, kind, block in (
        (_ICC, b"ICCP", first.icc_profile), (_EXIF, b"EXIF", first.exif), (_XMP, b"XMP ", first.xmp)
    ):  # fmt: skip
        if block is not None:
            flags |= flag
            beside[kind] = _chunk(kind, block)
    flags |= _ALPHA if first.alpha is not None else 0
    size = b"".join((side - 1).to_bytes(3, "little") for side in (first.width, first.height))
    plays = min(timing.plays, _MOST).to_bytes(2, "little")
    body = (
        _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size),
        beside.get(b"ICCP", b""),
        _chunk(b"ANIM", bytes(4) + plays),  # a background that nobody shows
        *frames,
        beside.get(b"EXIF", b""),
        beside.get(b"XMP ", b""),
    )
    length = 4 + sum(map(len, body))
    return b"".join((b"RIFF", length.to_bytes(4, "little"), b"WEBP", *body))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return b"".join((kind, len(body).to_bytes(4, "little"), body, b"\0" * (len(body) % 2)))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the whole of each chunk."""
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        yield data[at : at + 4], data[at:end]
        at = end
