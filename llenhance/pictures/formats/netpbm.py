"""PBM, PGM and PPM (together PNM): a few numbers of text, then plain pixels. They are only read."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from PIL import Image

from llenhance.messages.note import Note
from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import bands


def _begins(data: bytes) -> bool:
    return data[:1] == b"P" and data[1:2] in b"123456" and data[2:3] in b" \t\n\v\f\r#"


def _read(data: bytes) -> Picture:
    image = Image.open(BytesIO(data), formats=("PPM",))
    tile = cast("Any", image).tile[0]
    if tile.codec_name == "ppm":  # Pillow takes seconds per megapixel, and keeps 8 bits of color
        return _scaled(data, image, offset=tile.offset, white=tile.args[-1])
    if image.mode == "I":  # grays of more than 8 bits, which Pillow has scaled to 65535
        return Picture.from_array(np.asarray(image).astype(np.uint16))
    picture = pillow.first_frame(image)
    if tile.codec_name == "ppm_plain" and image.mode == "RGB" and tile.args[-1] > 255:
        return replace(picture, notes=(Note("read-with-8-bits"),))
    return picture


def _scaled(data: bytes, image: Image.Image, *, offset: int, white: int) -> Picture:
    """Return binary pixels whose white is another number than 255, scaled to 8 or 16 bits."""
    stored, full = (np.dtype(">u2"), 65535) if white > 255 else (np.dtype(np.uint8), 255)
    shape = (image.height, image.width, len(image.getbands()))
    count = int(np.prod(shape))
    values = np.frombuffer(data, stored, count, offset).reshape(shape)
    pixels = np.empty(shape, stored.newbyteorder("="))
    for part, scaled in zip(bands(values), bands(pixels), strict=True):
        scaled[:] = np.minimum((part.astype(np.uint64) * full + white // 2) // white, full)
    return Picture.from_array(pixels)


FORMAT: Final = Format(
    title="PNM",
    extensions=(".ppm", ".pgm", ".pbm", ".pnm"),
    mime="image/x-portable-anymap",
    begins=_begins,
    read=_read,
)
