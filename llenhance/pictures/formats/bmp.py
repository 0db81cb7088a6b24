"""BMP: pixels and a resolution, nothing else."""

from __future__ import annotations

from typing import Final

from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import bmp as parts
from llenhance.pictures.picture import Picture


def _begins(data: bytes) -> bool:
    return data.startswith(b"BM")


def _read(data: bytes) -> Picture:
    return pillow.first_frame(pillow.open_file(data, "BMP"))


def _write(picture: Picture, quality: int | None) -> bytes:
    return pillow.save(picture, "BMP", dpi=picture.dpi or (0, 0))  # 0 means "not told"


FORMAT: Final = Format(
    title="BMP",
    extensions=(".bmp",),
    mime="image/bmp",
    begins=_begins,
    read=_read,
    others=parts.others,
    writer=Writer(write=_write, side=2**31 - 1, alpha=False, icc_profile=0, exif=0, xmp=0),
)
