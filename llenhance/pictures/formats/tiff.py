"""TIFF. `tiff_writer.py` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

import numpy as np
from PIL import TiffImagePlugin

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.formats.tiff_writer import write
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import bands

_BEGINNINGS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: 64-bit offsets

# Tags of a TIFF directory.
_KIND, _BITS, _ORIENTATION, _PLANES, _EXTRA, _IPTC, _PHOTOSHOP, _DNG = (
    254, 258, 274, 284, 338, 33723, 34377, 50706,
)  # fmt: skip


def _begins(data: bytes) -> bool:
    return data.startswith(_BEGINNINGS)


def _read(data: bytes) -> Picture:
    image = cast("TiffImagePlugin.TiffImageFile", pillow.open_file(data, "TIFF"))
    tags = cast("Mapping[int, Any]", image.tag_v2)
    _refuse_unreadable(tags)
    if _ORIENTATION not in tags:
        image.getexif()[_ORIENTATION] = 1  # else Pillow turns it by its XMP, and OpenCV does not
    is_deep = image.mode in ("RGB", "RGBA") and 16 in tags.get(_BITS, ())
    picture = pillow.first_frame(image, deep=data if is_deep else None)
    if is_deep and tags.get(_EXTRA) == (1,):
        _divide_by_alpha(picture)
    notes = list(picture.notes)
    if image.mode == "CMYK" and 16 in tags.get(_BITS, ()):
        notes.append(Note("read-with-8-bits"))
    if {_IPTC, _PHOTOSHOP} & set(tags) and Note("iptc-left-behind") not in notes:
        notes.append(Note("iptc-left-behind"))
    return replace(picture, notes=tuple(notes))


def _refuse_unreadable(tags: Mapping[int, Any]) -> None:
    if _DNG in tags or tags.get(_KIND, 0) & 1:  # 1: reduced resolution, a preview comes first
        raise PictureError("camera-raw", "picture")
    depths = set(cast("tuple[int, ...]", tags.get(_BITS, (1,))))
    if not depths <= {1, 2, 4, 8, 16}:
        raise PictureError("unusual-depth", "picture", bits=max(depths))
    if 16 in depths and tags.get(_PLANES) == 2:  # Pillow 13 and OpenCV 5 return wrong pixels
        raise PictureError("separate-channels", "picture")


def _divide_by_alpha(picture: Picture) -> None:
    """Undo, in place, that 16-bit colors were multiplied by alpha."""
    if picture.alpha is None:
        return
    for part, cover in zip(bands(picture.pixels), bands(picture.alpha), strict=True):
        full = part * (65535 / np.maximum(cover, 1))[..., None]
        part[:] = np.minimum(full + 0.5, 65535)


FORMAT: Final = Format(
    title="TIFF",
    extensions=(".tif", ".tiff"),
    mime="image/tiff",
    begins=_begins,
    read=_read,
    writer=Writer(write=write, side=2**31 - 1, deep=True),
)
