"""What a file says about its picture: resolution, XMP and EXIF data, for an upright picture.

Everything keeps its bytes but what would not be true of the result; `exif.py` and `xmp.py` change
that in place.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

from PIL import Image, JpegImagePlugin, TiffImagePlugin

from llenhance.messages.note import Note
from llenhance.pictures import xmp as packets
from llenhance.pictures.credentials import credentials_at
from llenhance.pictures.exif import (
    LONG,
    ORIENTATION,
    SHORT,
    directory,
    erase_thumbnail,
    holds_picture,
    turn,
)
from llenhance.pictures.exif_repair import drop_impossible
from llenhance.pictures.guard import DECODER_ERRORS
from llenhance.pictures.pixels import TURNS
from llenhance.pictures.tiff_exif import DESCRIPTIVE

_POINTERS: Final = (34665, 34853)
_RESOLUTION, _UNIT, _CENTIMETERS = 282, 296, 3


def dpi_of(image: Image.Image, exif: bytes, orientation: int) -> tuple[float, float] | None:
    """Return dots per inch across and down of the upright picture; None if the file does not tell.

    Args:
        image: loaded.
        exif: its EXIF data.
        orientation: how the picture lies in the file.
    """
    told: object = image.info.get("dpi", ())
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        told = told if _RESOLUTION in image.tag_v2 else ()  # Pillow says 1 where it says nothing
    elif isinstance(image, JpegImagePlugin.JpegImageFile) and not image.info.get("jfif_unit"):
        told = _dpi_in(exif)  # Pillow says 72 where it says nothing
    try:
        across, down = (float(value) for value in told)  # pyright: ignore
    except (TypeError, ValueError, ArithmeticError):  # a fraction over 0, one value, a word
        return None
    # What is not a number, or none that a device could have, tells nothing.
    if not all(0.01 <= value <= 1e6 for value in (across, down)):
        return None
    return (down, across) if TURNS[orientation][0] else (across, down)


def orientation_of(image: Image.Image, exif: bytes) -> int:
    """Return how the picture lies in the file, 1 to 8: by EXIF data, by XMP if that is silent."""
    orientation = 0
    with suppress(struct.error, *DECODER_ERRORS):
        orientation = _orientation_in(exif) if exif else 0
    found = packets.orientation_in(xmp_of(image))
    return orientation or found or 1


def upright_exif(
    told: bytes, orientation: int, size: tuple[int, int], notes: list[Note]
) -> bytes | None:
    """Return EXIF data for an upright picture. Damaged data is left behind with a note.

    Args:
        told: EXIF data as the file has it; b"" if there is none.
        orientation: how the picture lay in the file.
        size: width and height of the upright picture.
        notes: gets the note.
    """
    try:
        exif = bytearray(told)
        if not exif:
            return None
        order, entries, end = directory(exif)
        if (at := entries.get(ORIENTATION)) is not None:
            struct.pack_into(f"{order}HIHH", exif, at + 2, SHORT, 1, 1, 0)
        if end + 4 <= len(exif):  # some writers leave the offset of the next directory out
            (thumbnail,) = struct.unpack_from(f"{order}I", exif, end)
            struct.pack_into(f"{order}I", exif, end, 0)
            erase_thumbnail(exif, thumbnail)
        turn(exif, orientation, size)
        if dropped := drop_impossible(exif):
            notes.append(Note("exif-entries-left-behind", count=dropped))
        if holds_picture(exif):
            notes.append(Note("maker-preview-kept"))
    except (struct.error, *DECODER_ERRORS):
        notes.append(Note("damaged-exif-left-behind"))
        return None
    return bytes(exif)


def upright_xmp(
    image: Image.Image, orientation: int, size: tuple[int, int], notes: list[Note]
) -> bytes | None:
    """Return the XMP packet of an image for an upright picture that stands alone in its file."""
    video = "video" in image.info
    return upright_packet(xmp_of(image), orientation, size, notes, video=video)


def upright_packet(
    xmp: bytes,
    orientation: int,
    size: tuple[int, int],
    notes: list[Note],
    *,
    video: bool = False,
) -> bytes | None:
    """Return an XMP packet for an upright picture that stands alone in its file; b"" is none.

    With `video`, the one of a motion photo stands behind it.
    """
    if not xmp:
        return None
    if packets.is_hostile(xmp):
        notes.append(Note("damaged-xmp-left-behind"))
        return None
    if credentials_at(xmp) == "elsewhere":
        notes.append(Note("address-of-credentials-left-behind"))
    if b"hdrgm:Version" in xmp:
        notes.append(Note("gain-map-left-behind"))
    return packets.upright(packets.without_promises(xmp, video=video), orientation, size, notes)


def exif_of(image: Image.Image, notes: list[Note]) -> bytes:
    """Return EXIF data as the file has it; b"" if there is none, or none that can be read."""
    told: object = image.info.get("exif")
    if isinstance(told, bytes) and told:
        return told.removeprefix(b"Exif\0\0")
    try:
        return _exif_of_tiff(image)
    except (struct.error, *DECODER_ERRORS):
        notes.append(Note("damaged-exif-left-behind"))
        return b""


def xmp_of(image: Image.Image) -> bytes:
    """Return the XMP packet as the file has it; b"" if there is none."""
    xmp: object = image.info.get("xmp")
    return xmp if isinstance(xmp, bytes) else b""


def _orientation_in(exif: bytes) -> int:
    order, entries, _ = directory(exif)
    if (at := entries.get(ORIENTATION)) is None:
        return 0
    kind = struct.unpack_from(f"{order}H", exif, at + 2)[0]
    letter = "I" if kind == LONG else "H"
    orientation: int = struct.unpack_from(f"{order}{letter}", exif, at + 8)[0]
    return orientation if orientation in TURNS else 0


def _dpi_in(exif: bytes) -> tuple[float, float] | tuple[()]:
    """Return dots per inch across and down; nothing if EXIF data does not tell."""
    try:
        order, entries, _ = directory(exif)
        values: list[float] = []
        for tag in (_RESOLUTION, _RESOLUTION + 1):
            at = entries.get(tag, entries[_RESOLUTION])
            (place,) = struct.unpack_from(f"{order}I", exif, at + 8)
            above, below = struct.unpack_from(f"{order}2I", exif, place)
            values.append(above / below)
        unit = 2
        if _UNIT in entries:
            (unit,) = struct.unpack_from(f"{order}H", exif, entries[_UNIT] + 8)
    except (struct.error, LookupError, ValueError, ArithmeticError):
        return ()
    if unit not in (2, _CENTIMETERS):
        return ()
    factor = 2.54 if unit == _CENTIMETERS else 1.0
    return values[0] * factor, values[1] * factor


def _exif_of_tiff(image: Image.Image) -> bytes:
    """Return as EXIF data what the directory of an image that Pillow opened says, written anew.

    Files are read with `tiff_exif.py`, which keeps the bytes; here there is no file any more.
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return b""
    found, kept = image.getexif(), Image.Exif()
    for tag in DESCRIPTIVE & set(found):
        if tag in _POINTERS:
            kept.get_ifd(tag).update(found.get_ifd(tag))
        else:
            kept[tag] = found[tag]
    return kept.tobytes().removeprefix(b"Exif\0\0") if DESCRIPTIVE & set(found) else b""


def has_resolution(exif: bytes) -> bool:
    """Tell whether EXIF data says how many dots an inch has."""
    return _RESOLUTION in directory(exif)[1]


def descriptive(exif: bytes) -> dict[int, bytes]:
    """Return the directory entries, 12 bytes each, that a TIFF file can take from EXIF data."""
    _, entries, _ = directory(exif)
    return {tag: exif[at : at + 12] for tag, at in entries.items() if tag in DESCRIPTIVE}
