"""AVIF."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llenhance.messages.note import Note
from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.picture import Picture

_MORE_THAN_8_BITS: Final = 64  # flag in the decoder's configuration: 10 or 12 bits
_FINE: Final = 90  # from this quality on, color keeps its full size


def _begins(data: bytes) -> bool:
    brands = data[8 : int.from_bytes(data[:4], "big")]
    return data[4:8] == b"ftyp" and (b"avif" in brands or b"avis" in brands)


def _read(data: bytes) -> Picture:
    picture = pillow.first_frame(pillow.open_file(data, "AVIF"))
    at = data.find(b"av1C")
    if at >= 0 and data[at + 6] & _MORE_THAN_8_BITS:
        return replace(picture, notes=(*picture.notes, Note("read-with-8-bits")))
    return picture


def _write(picture: Picture, quality: int | None) -> bytes:
    fine = quality is not None and quality >= _FINE
    subsampling = "4:4:4" if fine else "4:2:0"
    return pillow.save(picture, "AVIF", quality=quality, subsampling=subsampling)


FORMAT: Final = Format(
    title="AVIF",
    extensions=(".avif",),
    mime="image/avif",
    begins=_begins,
    read=_read,
    writer=Writer(write=_write, side=65536, quality=85, dpi=None),
)
