"""WebP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from PIL import ImageFile

from llenhance.errors import PictureError
from llenhance.pictures import guard, pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.formats.webp_coding import LEAST, coding_of
from llenhance.pictures.formats.webp_frames import write_frames
from llenhance.pictures.parts import webp as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pillow_frames import frames_in
from llenhance.pictures.sequence import PictureSequence, Timing

_QUALITY: Final = 90
_EFFORT: Final = 75  # of packing without loss, 0 to 100
_MOVES: Final = 2  # a flag of the header
_MOVING_AT_MOST: Final = 2**26  # pixels: a kilobyte could cost gigabytes, several times each


def _begins(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _read(data: bytes) -> Picture:
    return replace(pillow.first_frame(_opened(data)), coding=coding_of(data))


def _sequence(data: bytes) -> PictureSequence | None:
    coding = coding_of(data)
    return frames_in(
        lambda: _opened(data),
        lambda image: replace(pillow.first_frame(image, frames=1), coding=coding),
        plays=lambda told: told or 0,
    )


def _opened(data: bytes) -> ImageFile.ImageFile:
    width, height = _size(data)
    # First what no other limit would allow, so that nobody tries one.
    if data[12:16] == b"VP8X" and data[20] & _MOVES and width * height > _MOVING_AT_MOST:
        most = _MOVING_AT_MOST // 10**6
        raise PictureError("animation-too-large", "picture", megapixels=most)
    guard.check_size(width, height)  # Pillow takes memory for the pixels before it looks
    return pillow.open_file(data, "WEBP")


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height as the first chunk tells them; zeros if it is of no known kind."""
    kind, bits = data[12:16], int.from_bytes(data[21:25], "little")
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width, height
    if kind == b"VP8L":
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return width, height
    return 0, 0


def _write(picture: Picture, quality: int | None) -> bytes:
    # `exact`: colors under full transparency stay.
    if picture.coding is not None and picture.coding.lossless:
        return pillow.save(picture, "WEBP", lossless=True, quality=_EFFORT, exact=True)
    return pillow.save(
        picture, "WEBP", quality=_QUALITY if quality is None else quality, exact=True
    )


def _write_frames(pictures: Iterable[Picture], timing: Timing, quality: int | None) -> bytes:

    def write(part: Picture) -> bytes:
        return _write(part, part.coding.quality if part.coding else quality)

    return write_frames(pictures, timing, write=write)


FORMAT: Final = Format(
    title="WebP",
    extensions=(".webp",),
    mime="image/webp",
    begins=_begins,
    read=_read,
    sequence=_sequence,
    others=parts.others,
    writer=Writer(
        write=_write, frames=_write_frames, side=16383, quality=_QUALITY, least=LEAST, dpi=None
    ),
)
