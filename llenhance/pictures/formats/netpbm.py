"""The formats of Netpbm: a few numbers of text, then plain pixels. Programs pipe them to others.

PBM is black and white, PGM gray, PPM color, PNM any of the three, and PAM (`pam.py`) also has
transparency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from PIL import Image

from llenhance.messages.note import Note
from llenhance.pictures import pillow, texts
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, bands

_COLORED: Final = (3, 6)  # kinds
_WITHOUT_WHITE: Final = (1, 4)  # their header ends with the size
_HEADER: Final = 2**16  # bytes in which it ends, comments and all


def _begins(*kinds: int) -> Callable[[bytes], bool]:
    numbers = "".join(map(str, kinds)).encode()
    return lambda data: (
        data[:1] == b"P" and data[1:2] in numbers and data[2:3] in b" \t\n\v\f\r#" and len(data) > 2
    )


def _read(data: bytes) -> Picture:
    kind = int(data[1:2])
    found = tuple(texts.comment(one, form="Netpbm") for one in _comments(data, kind))
    return replace(_picture_in(data), gray=kind not in _COLORED, texts=found)


def _picture_in(data: bytes) -> Picture:
    image = Image.open(BytesIO(data), formats=("PPM",))
    tile = cast("Any", image).tile[0]
    if tile.codec_name == "ppm":  # Pillow takes seconds per megapixel, and keeps 8 bits of color
        shape = (image.height, image.width, len(image.getbands()))
        return Picture.from_array(scaled(data, shape, offset=tile.offset, white=tile.args[-1]))
    if image.mode == "I":  # grays of more than 8 bits, which Pillow has scaled to 65535
        return Picture.from_array(np.asarray(image).astype(np.uint16))
    picture = pillow.first_frame(image)
    if tile.codec_name == "ppm_plain" and image.mode == "RGB" and tile.args[-1] > 255:
        return replace(picture, notes=(Note("read-with-8-bits"),))
    return picture


def _comments(data: bytes, kind: int) -> list[bytes]:
    """Return the comments among the numbers of the header."""
    found: list[bytes] = []
    head, at = data[:_HEADER], 2
    for _ in range(2 if kind in _WITHOUT_WHITE else 3):
        while head[at : at + 1] in (b" ", b"\t", b"\n", b"\v", b"\f", b"\r", b"#"):
            if head[at : at + 1] == b"#":
                line = head[at + 1 :].splitlines()[:1] or [b""]
                found.append(line[0].removeprefix(b" "))
                at += 1 + len(line[0])
            else:
                at += 1
        while head[at : at + 1].isdigit():
            at += 1
    return found


def scaled(data: bytes, shape: tuple[int, int, int], *, offset: int, white: int) -> Pixels:
    """Return binary pixels of any white, scaled to 8 or 16 bits.

    Args:
        data: the content of a file.
        shape: height, width and channels.
        offset: where the pixels begin.
        white: the largest value, 1 to 65535.

    Raises:
        ValueError: the data ends in the middle.
    """
    stored, full = (np.dtype(">u2"), 65535) if white > 255 else (np.dtype(np.uint8), 255)
    values = np.frombuffer(data, stored, int(np.prod(shape)), offset).reshape(shape)
    pixels = np.empty(shape, stored.newbyteorder("="))
    if white == full:
        pixels[:] = values
        return pixels
    for part, place in zip(bands(values), bands(pixels), strict=True):
        place[:] = np.minimum((part.astype(np.uint64) * full + white // 2) // white, full)
    return pixels


def comment_lines(picture: Picture) -> bytes:
    """Return the comments of a picture for a header."""
    lines = [
        line for text in picture.texts for line in (texts.as_comment(text) or b"").split(b"\n")
    ]
    return b"".join(b"# " + line.replace(b"\r", b"") + b"\n" for line in lines)


def stored_bytes(pixels: Pixels) -> bytes:
    """Return pixels as these formats store them: the higher byte of 16 bits first."""
    return pixels.astype(pixels.dtype.newbyteorder(">"), copy=False).tobytes()


def _write_gray(picture: Picture, quality: int | None) -> bytes:
    return _written(5, picture, picture.pixels[..., 0])


def _write_color(picture: Picture, quality: int | None) -> bytes:
    return _written(6, picture, picture.pixels)


def _write_any(picture: Picture, quality: int | None) -> bytes:
    return (_write_gray if picture.is_gray else _write_color)(picture, quality)


def _written(kind: int, picture: Picture, pixels: Pixels) -> bytes:
    white = 2**picture.depth - 1
    size = f"{picture.width} {picture.height}\n{white}\n".encode("ascii")
    return b"".join((b"P%d\n" % kind, comment_lines(picture), size, stored_bytes(pixels)))


def writer(
    write: Callable[[Picture, int | None], bytes], *, color: bool = True, alpha: bool = False
) -> Writer:
    """Return how pictures are written in one of these formats."""
    return Writer(
        write=write,
        side=2**31 - 1,
        color=color,
        alpha=alpha,
        deep=True,
        icc_profile=0,
        exif=0,
        xmp=0,
        texts="comments",
        dpi=None,
    )


PPM: Final = Format(
    title="PPM",
    extensions=(".ppm",),
    mime="image/x-portable-pixmap",
    begins=_begins(3, 6),
    read=_read,
    writer=writer(_write_color),
)

PGM: Final = Format(
    title="PGM",
    extensions=(".pgm",),
    mime="image/x-portable-graymap",
    begins=_begins(2, 5),
    read=_read,
    writer=writer(_write_gray, color=False),
)

PBM: Final = Format(
    title="PBM",
    extensions=(".pbm",),
    mime="image/x-portable-bitmap",
    begins=_begins(1, 4),
    read=_read,
    substitute="PGM",
)

PNM: Final = Format(
    title="PNM",
    extensions=(".pnm",),
    mime="image/x-portable-anymap",
    begins=lambda _: False,  # files are one of the above
    read=_read,
    writer=writer(_write_any),
)
