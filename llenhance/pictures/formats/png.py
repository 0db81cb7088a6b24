"""PNG. OpenCV writes the pixels; the chunks with everything else are added here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import cv2
import numpy as np
from PIL import ImageFile

from llenhance.messages.note import Note
from llenhance.pictures import opencv, pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.picture import Picture

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = len(_SIGNATURE) + 25  # with the IHDR chunk, which is always first
_BITS_AT: Final = 24  # where the IHDR chunk tells the bits per channel
_COMPRESSION: Final = 4  # within 3 % of level 6 on photographs, in half of the time
_METER: Final = 0.0254  # of an inch


def _begins(data: bytes) -> bool:
    return data.startswith(_SIGNATURE)


def _read(data: bytes) -> Picture:
    image = pillow.open_file(data, "PNG")
    is_deep = data[_BITS_AT] == 16 and not image.mode.startswith("I;16")
    deep = partial(
        opencv.deep_pixels, data, (image.height, image.width), image.has_transparency_data
    )
    picture = pillow.first_frame(image, deep=deep if is_deep else None)
    if _has_texts(image) and Note("comments-left-behind") not in picture.notes:
        return replace(picture, notes=(*picture.notes, Note("comments-left-behind")))
    return picture


def _has_texts(image: ImageFile.ImageFile) -> bool:
    texts: Mapping[str, object] = getattr(image, "text", {})
    return bool(texts.keys() - {"XML:com.adobe.xmp"})


def _write(picture: Picture, quality: int | None) -> bytes:
    pixels, alpha = picture.pixels, picture.alpha
    if alpha is None:
        stored = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    else:
        stored = np.dstack([pixels[..., 2], pixels[..., 1], pixels[..., 0], alpha])
    done, coded = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not done:
        raise ValueError("OpenCV could not write the PNG")
    view = coded.data
    return b"".join((view[:_HEADER], _chunks(picture), view[_HEADER:]))


def _chunks(picture: Picture) -> bytes:
    """Return the chunks that stand between the header and the pixels."""
    chunks: dict[bytes, bytes] = {}
    if picture.icc_profile is not None:
        chunks[b"iCCP"] = b"ICC profile\0\0" + zlib.compress(picture.icc_profile)
    if picture.dpi is not None:
        across, down = (round(value / _METER) for value in picture.dpi)
        chunks[b"pHYs"] = struct.pack(">IIB", across, down, 1)
    if picture.exif is not None:
        chunks[b"eXIf"] = picture.exif
    if picture.xmp is not None:
        chunks[b"iTXt"] = b"XML:com.adobe.xmp" + b"\0" * 5 + picture.xmp  # not compressed
    return b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks.items()
    )


FORMAT: Final = Format(
    title="PNG",
    extensions=(".png",),
    mime="image/png",
    begins=_begins,
    read=_read,
    writer=Writer(write=_write, side=1_000_000, deep=True),  # the side is a limit of libpng
)
