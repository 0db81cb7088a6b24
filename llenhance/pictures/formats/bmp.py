"""BMP: pixels and a resolution, nothing else."""

from __future__ import annotations

import struct
from typing import Final

from llenhance.pictures import metadata, opencv, pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import bmp as parts
from llenhance.pictures.picture import Picture

_SIZE_AT: Final = 18
_COMPRESSION_AT: Final = 30
_RUNS: Final = (1, 2)  # lengths of runs, of 8 or 4 bits


def _begins(data: bytes) -> bool:
    return data.startswith(b"BM")


def _read(data: bytes) -> Picture:
    if int.from_bytes(data[_COMPRESSION_AT : _COMPRESSION_AT + 4], "little") not in _RUNS:
        return pillow.first_frame(pillow.open_file(data, "BMP"))
    # Before the number of pixels is told, which another limit would allow.
    opencv.check_sides(*(abs(side) for side in struct.unpack_from("<ii", data, _SIZE_AT)))
    image = pillow.open_file(data, "BMP")
    # Pillow takes half a minute for a small file that says it is large.
    pixels = opencv.shallow_pixels(data, size=(image.height, image.width))
    return Picture(pixels=pixels, dpi=metadata.dpi_of(image, b"", 1))


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
