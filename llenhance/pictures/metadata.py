"""What a file says about its picture: resolution, XMP and EXIF data, for an upright picture.

EXIF bytes are changed in place and never rewritten: makers' notes hold offsets that would break.
"""

from __future__ import annotations

import re
import struct
from typing import Final, cast

from PIL import ExifTags, Image, TiffImagePlugin

from llenhance.messages.note import Note
from llenhance.pictures.guard import DECODER_ERRORS
from llenhance.pictures.pixels import TURNS

# Value types of TIFF directories: bytes per value, and letter of `struct`.
BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
TIFF_KINDS: Final = {
    BYTE: (1, "B"), SHORT: (2, "H"), LONG: (4, "I"), RATIONAL: (8, "I"), UNDEFINED: (1, "B")
}  # fmt: skip

# EXIF directory entries that describe the picture, not the way in which a file stores it.
DESCRIPTIVE: Final = frozenset(
    {270, 271, 272, 305, 306, 315, 316, 18246, 18249, 33432, 34665, 34853, *range(40091, 40096)}
)
EXIF_POINTERS: Final = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    """Return dots per inch across and down; None if the file does not tell."""
    if 282 not in getattr(image, "tag_v2", {282: None}):
        return None  # Pillow says 1 where a TIFF says nothing
    try:
        across, down = (float(value) for value in image.info.get("dpi", ()))
    except (TypeError, ValueError, ArithmeticError):  # a fraction over 0, one value, a word
        return None
    # What is not a number, or none that a device could have, tells nothing.
    return (across, down) if all(0.01 <= value <= 1e6 for value in (across, down)) else None


def upright_xmp(image: Image.Image, orientation: int) -> tuple[bytes | None, int]:
    """Return the XMP packet with orientation 1, and the orientation: XMP's if EXIF has none."""
    xmp: object = image.info.get("xmp")
    if not isinstance(xmp, bytes) or not xmp:
        return None, orientation or 1
    pattern = rb"""(tiff:Orientation(?:=["']|>))([1-8])"""
    found = re.search(pattern, xmp)
    if found and not orientation:
        orientation = int(found[2])
    return re.sub(pattern, rb"\g<1>1", xmp), orientation or 1


def upright_exif(image: Image.Image, notes: list[Note]) -> tuple[bytes | None, int]:
    """Return EXIF data for an upright picture, and its orientation before: 0 if it has none.

    Damaged data is left behind, and `notes` gets a note.
    """
    try:
        whole = image.info.get("exif") or _exif_of_tiff(image)
        exif = bytearray(whole.removeprefix(b"Exif\0\0"))
        if not exif:
            return None, 0
        order, entries, end = directory(exif)
        orientation = 0
        if (at := entries.get(274)) is not None:
            kind = struct.unpack_from(f"{order}H", exif, at + 2)[0]
            letter = "I" if kind == LONG else "H"
            orientation = struct.unpack_from(f"{order}{letter}", exif, at + 8)[0]
            struct.pack_into(f"{order}HIHH", exif, at + 2, SHORT, 1, 1, 0)
        if end + 4 <= len(exif):  # some writers leave the offset of the next directory out
            (thumbnail,) = struct.unpack_from(f"{order}I", exif, end)
            struct.pack_into(f"{order}I", exif, end, 0)
            _erase_thumbnail(exif, thumbnail)
    except (struct.error, *DECODER_ERRORS):
        notes.append(Note("damaged-exif-left-behind"))
        return None, 0
    return bytes(exif), orientation if orientation in TURNS else 0


def _erase_thumbnail(exif: bytearray, start: int) -> None:
    """Blank the thumbnail that the directory at `start` points to; cut it off if it is the end."""
    if not start:
        return
    try:
        order, entries, _ = directory(exif, start)
        for offset_tag, length_tag in ((513, 514), (273, 279)):  # JPEG, uncompressed
            if offset_tag in entries and length_tag in entries:
                (offset,) = struct.unpack_from(f"{order}I", exif, entries[offset_tag] + 8)
                (length,) = struct.unpack_from(f"{order}I", exif, entries[length_tag] + 8)
                if offset + length >= len(exif) > offset > start:
                    del exif[offset:]
                elif offset > start:  # it lies behind its directory, as writers place it
                    exif[offset : offset + length] = bytes(length)
    except (struct.error, LookupError, ValueError):
        return  # nothing refers to that directory any more: there is no thumbnail to be seen


def _exif_of_tiff(image: Image.Image) -> bytes:
    """Return as EXIF data what a TIFF's own directory says about the picture; b"" if nothing."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return b""
    found, kept = image.getexif(), Image.Exif()
    for tag in DESCRIPTIVE & set(found):
        if tag in EXIF_POINTERS:
            kept.get_ifd(tag).update(found.get_ifd(tag))
        else:
            kept[tag] = found[tag]
    return kept.tobytes() if DESCRIPTIVE & set(found) else b""


def has_resolution(exif: bytes) -> bool:
    """Tell whether EXIF data says how many dots an inch has."""
    return 282 in directory(exif)[1]


def descriptive(exif: bytes) -> dict[int, bytes]:
    """Return the directory entries, 12 bytes each, that a TIFF file can take from EXIF data."""
    _, entries, _ = directory(exif)
    return {tag: exif[at : at + 12] for tag, at in entries.items() if tag in DESCRIPTIVE}


def directory(exif: bytes | bytearray, start: int | None = None) -> tuple[str, dict[int, int], int]:
    """Return the byte order, the position of each tag's entry, and of the next directory's offset.

    Args:
        exif: EXIF data.
        start: where the directory begins; None is the first one.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}[bytes(exif[:4])]
    if start is None:
        start = cast("int", struct.unpack_from(f"{order}I", exif, 4)[0])
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    end = start + 2 + 12 * count
    if end > len(exif):
        raise ValueError("the directory is longer than the data")
    positions = range(start + 2, end, 12)
    return order, {struct.unpack_from(f"{order}H", exif, at)[0]: at for at in positions}, end
