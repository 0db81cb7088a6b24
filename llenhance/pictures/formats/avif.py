"""AVIF."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Final

from PIL import ImageFile

from llenhance.memory import is_short
from llenhance.messages.note import Note
from llenhance.pictures import cicp, heif, pillow
from llenhance.pictures.exif import ORIENTATION, directory
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import avif as parts
from llenhance.pictures.picture import Picture

_MORE_THAN_8_BITS: Final = 64  # flag in the decoder's configuration: 10 or 12 bits
_CODEC: Final = (
    20_000_000  # bytes of memory that writing takes; measured: 5 MB, and 20 to 30 a pixel
)
_EACH_PIXEL: Final = 45
_FINE: Final = 90  # from this quality on, color keeps its full size
_UNUSED: Final = 0xFFF1  # a tag that means nothing to anybody


def _begins(data: bytes) -> bool:
    brands = data[8 : int.from_bytes(data[:4], "big")]
    return data[4:8] == b"ftyp" and (b"avif" in brands or b"avis" in brands)


def _read(data: bytes) -> Picture:
    image = pillow.open_file(data, "AVIF")
    orientation = image.getexif().get(ORIENTATION, 1)  # of the boxes, which alone count
    try:
        boxes = heif.boxes_in(data)
    except (ValueError, LookupError, struct.error):  # a sequence may have none: as Pillow says
        boxes = heif.Boxes(b"", None)
    notes: list[Note] = []
    told = _colors(image, boxes.numbers, notes)
    if told is not None:
        image.info["icc_profile"] = told.profile(gray=image.mode[:1] == "L")
    picture = pillow.first_frame(image, orientation=orientation, exif=boxes.exif or None)
    if boxes.numbers is not None and "icc_profile" in image.info:
        cicp.end_at_white(picture.pixels, boxes.numbers[1], notes)
    at = data.find(b"av1C")
    if at >= 0 and data[at + 6] & _MORE_THAN_8_BITS:
        notes.append(Note("read-with-8-bits"))
    return replace(picture, notes=(*picture.notes, *notes))


def _colors(
    image: ImageFile.ImageFile, numbers: tuple[int, int] | None, notes: list[Note]
) -> cicp.Told | None:
    """Return what the numbers say, if no profile says more."""
    if numbers is None or (image.info.get("icc_profile") and numbers[1] not in cicp.HDR):
        return None
    return cicp.told_by(*numbers, notes)


def _write(picture: Picture, quality: int | None) -> bytes:
    if is_short(_CODEC + _EACH_PIXEL * picture.width * picture.height):
        raise MemoryError  # libaom does not notice that it gets none, and ends the process
    fine = quality is not None and quality >= _FINE
    subsampling = "4:4:4" if fine else "4:2:0"
    hidden = _without_orientation(picture.exif)
    data = pillow.save(
        replace(picture, exif=hidden), "AVIF", quality=quality, subsampling=subsampling
    )
    if picture.exif is None or hidden is None or hidden == picture.exif:
        return data
    if data.count(hidden) != 1:
        raise ValueError("the EXIF data was not written as it is")
    return data.replace(hidden, picture.exif)


def _without_orientation(exif: bytes | None) -> bytes | None:
    """Return EXIF data in which Pillow finds no orientation: otherwise it writes all of it anew."""
    if exif is None:
        return None
    order, entries, _ = directory(exif)
    at = entries.get(ORIENTATION)
    if at is None:
        return exif
    return exif[:at] + struct.pack(f"{order}H", _UNUSED) + exif[at + 2 :]


FORMAT: Final = Format(
    title="AVIF",
    extensions=(".avif",),
    mime="image/avif",
    begins=_begins,
    read=_read,
    others=parts.others,
    writer=Writer(write=_write, side=65536, quality=85, dpi=None),
)
