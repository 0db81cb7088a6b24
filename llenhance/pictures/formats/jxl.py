"""JPEG XL. It is read, not written: no free package writes 16 bits with a color profile."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import cicp, guard, optional, whole
from llenhance.pictures.depth import to_16_bits
from llenhance.pictures.formats import jxl_header
from llenhance.pictures.formats.format import Format
from llenhance.pictures.parts import jxl as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels

_DEEPEST: Final = 16


def _begins(data: bytes) -> bool:
    return data.startswith((jxl_header.CODESTREAM, jxl_header.CONTAINER))


def _read(data: bytes) -> Picture:
    codec = cast("Any", optional.library("imagecodecs", extra="jxl", format="JPEG XL"))
    blocks = cast("Any", optional.library("pylibjxl", extra="jxl", format="JPEG XL"))
    header = jxl_header.header_of(data)
    guard.check_size(*header.size)
    if header.is_float:
        raise PictureError("white-undefined", "picture")
    if header.bits > _DEEPEST:
        raise PictureError("unusual-depth", "picture", bits=header.bits)
    notes = [Note("animation-left-behind")] if header.moves else []
    values = cast("NDArray[Any]", codec.jpegxl_decode(data, index=0 if header.moves else None))
    pixels, alpha, gray = _channels(values, header.bits)
    _, told = blocks.decode(data, metadata=True)
    profile = cast("bytes | None", told.get("icc"))
    if header.told is not None:
        profile = header.told.profile(gray=gray)
        cicp.end_at_white(pixels, header.transfer, notes)
    return whole.upright_picture(
        pixels,
        alpha,
        gray=gray,
        icc_profile=profile,
        exif=told.get("exif", b""),
        xmp=told.get("xmp", b""),
        orientation=header.orientation,
        notes=notes,
    )


def _channels(values: NDArray[Any], bits: int) -> tuple[Pixels, Pixels | None, bool]:
    """Return RGB, alpha, and whether there is one channel of color.

    Raises:
        ValueError: they are none of gray, gray and alpha, RGB, RGB and alpha.
    """
    values = values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or not 1 <= values.shape[2] <= 4 or values.dtype.kind != "u":
        raise ValueError("channels of an unknown kind")
    if values.dtype == np.uint16 and bits < _DEEPEST:
        values = to_16_bits(values, bits=bits)
    elif bits < 8:
        full = 2**bits - 1
        values = (values.clip(0, full).astype(np.uint16) * 255 // full).astype(np.uint8)
    colors = 1 if values.shape[2] < 3 else 3
    alpha = np.ascontiguousarray(values[..., -1]) if values.shape[2] in (2, 4) else None
    pixels = np.empty((*values.shape[:2], 3), values.dtype)
    pixels[:] = values[..., :colors]
    return pixels, alpha, colors == 1


FORMAT: Final = Format(
    title="JPEG XL",
    extensions=(".jxl",),
    mime="image/jxl",
    begins=_begins,
    read=_read,
    others=parts.others,
    substitute="PNG",
)
