"""A picture from pixels and blocks of metadata that a decoder returned apart from each other.

What Pillow opens goes through `pillow.py` instead.
"""

from __future__ import annotations

from llenhance.messages.note import Note
from llenhance.pictures import cicp, metadata, profiles
from llenhance.pictures.coding import Coding
from llenhance.pictures.exif import tells_adobe_rgb
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels


def upright_picture(
    pixels: Pixels,
    alpha: Pixels | None,
    *,
    gray: bool,
    icc_profile: bytes | None,
    exif: bytes,
    xmp: bytes,
    orientation: int,
    notes: list[Note],
    coding: Coding | None = None,
) -> Picture:
    """Return a picture whose pixels are upright already.

    Args:
        pixels: (H, W, 3), uint8 or uint16, C-contiguous.
        alpha: (H, W) of the same type, or None.
        gray: whether the file has one channel of color.
        icc_profile: of the file; None if it has none.
        exif: as in the file; b"" if there is none.
        xmp: the same for an XMP packet.
        orientation: how the picture lay in the file, 1 to 8.
        notes: of what was left behind so far; goes into the picture, with more.
        coding: how the file was coded.
    """
    if icc_profile is None and not gray and tells_adobe_rgb(exif):
        icc_profile = cicp.ADOBE_RGB.profile()
    pixels, icc_profile = profiles.kept(pixels, icc_profile, notes, gray=gray)
    size = (pixels.shape[1], pixels.shape[0])
    return Picture(
        pixels=pixels,
        alpha=alpha,
        icc_profile=icc_profile,
        exif=metadata.upright_exif(exif, orientation, size, notes),
        xmp=metadata.upright_packet(xmp, orientation, size, notes),
        gray=gray,
        coding=coding,
        notes=tuple(notes),
    )
