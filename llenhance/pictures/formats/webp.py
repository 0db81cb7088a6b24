"""WebP."""

from __future__ import annotations

from typing import Final

from llenhance.errors import PictureError
from llenhance.pictures import guard, pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import webp as parts
from llenhance.pictures.picture import Picture

_MOVES: Final = 2  # a flag of the header
_MOVING_AT_MOST: Final = 2**26  # pixels: a kilobyte could cost gigabytes, several times each


def _begins(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _read(data: bytes) -> Picture:
    width, height = _size(data)
    guard.check_size(width, height)  # Pillow takes memory for the pixels before it looks
    if data[12:16] == b"VP8X":
        if data[20] & _MOVES and width * height > _MOVING_AT_MOST:
            most = _MOVING_AT_MOST // 10**6
            raise PictureError("animation-too-large", "picture", megapixels=most)
    return pillow.first_frame(pillow.open_file(data, "WEBP"))


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
    return pillow.save(picture, "WEBP", quality=quality, exact=True)


FORMAT: Final = Format(
    title="WebP",
    extensions=(".webp",),
    mime="image/webp",
    begins=_begins,
    read=_read,
    others=parts.others,
    writer=Writer(write=_write, side=16383, quality=90, dpi=None),
)
