"""HEIC and HEIF, as telephones and some cameras write them. They are read, not written.

Writing HEVC is left to others: the free encoder's license is not for everybody
(`docs/decisions/0017-formats.md`).
"""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import cicp, guard, heif, optional, whole
from llenhance.pictures.coding import Coding
from llenhance.pictures.depth import to_16_bits
from llenhance.pictures.formats.format import Format
from llenhance.pictures.parts import avif as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, bands

_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_READABLE: Final = (b"hvc1", b"hev1", b"grid", b"iovl", b"iden", b"tmap", b"")
# What a picture is that belongs to another one (ISO/IEC 23008-12, and HEVC's own name for it).
_TRANSPARENCY: Final = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1",
)  # fmt: skip
_CODECS: Final = {
    b"av01": "AV1", b"avc1": "H.264", b"jpeg": "JPEG", b"j2k1": "JPEG 2000", b"vvc1": "VVC",
    b"unci": "none, in a layout of its own",
}  # fmt: skip


def _begins(data: bytes) -> bool:
    size = int.from_bytes(data[:4], "big")
    return data[4:8] == b"ftyp" and any(
        data[at : at + 4] in _BRANDS for at in (8, *range(16, min(size, 256), 4))
    )


def _is_rich(head: bytes) -> bool:
    if any(kind in head for kind in _TRANSPARENCY):
        return True
    at = head.find(b"hvcC")  # that of the main picture or of its tiles comes first
    return 0 <= at < len(head) - 21 and head[at + 21] & 7 > 0


def _read(data: bytes) -> Picture:
    library = cast("Any", optional.library("pi_heif", extra="heic", format="HEIC"))
    boxes = _boxes(data)
    file = library.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    image = file[file.primary_index]
    guard.check_size(*image.size)
    notes = [Note("main-picture-only", count=len(file))] if len(file) > 1 else []
    pixels, alpha, gray = _pixels(image)
    profile: bytes | None = image.info.get("icc_profile") or None
    if boxes.numbers is not None and (profile is None or boxes.numbers[1] in cicp.HDR):
        told = cicp.told_by(*boxes.numbers, notes)
        if told is not None:
            profile = told.profile(gray=gray)
            cicp.end_at_white(pixels, boxes.numbers[1], notes)
    return whole.upright_picture(
        pixels,
        alpha,
        gray=gray,
        icc_profile=profile,
        exif=boxes.exif,
        xmp=image.info.get("xmp") or b"",
        orientation=boxes.orientation,
        notes=notes,
        coding=Coding(bits=boxes.bits) if boxes.bits > 8 else None,
    )


def _boxes(data: bytes) -> heif.Boxes:
    """Return what the boxes tell.

    Raises:
        PictureError: the pixels are not coded as HEVC.
        ValueError, LookupError, struct.error: the file is damaged.
    """
    boxes = heif.boxes_in(data)
    if not heif.has_true_texts(data):
        raise ValueError("an item has no name")
    if boxes.kind not in _READABLE:
        kind = _CODECS.get(boxes.kind, boxes.kind.decode("ascii", "replace"))
        raise PictureError("compression-not-readable", "picture", compression=kind)
    return boxes


def _pixels(image: Any) -> tuple[Pixels, Pixels | None, bool]:
    """Return upright pixels, alpha, and whether there is one channel of color."""
    kind, _, depth = str(image.mode).partition(";")
    values = cast("NDArray[np.uint8 | np.uint16]", np.asarray(image))
    if values.ndim == 2:
        values = values[..., None]
    if depth:
        values = to_16_bits(values.astype(np.uint16, copy=False), bits=int(depth))
    has_alpha = kind in ("RGBA", "RGBa", "LA", "La")
    alpha = np.ascontiguousarray(values[..., -1]) if has_alpha else None
    colors = values[..., :-1] if alpha is not None else values
    if alpha is not None and kind[-1] == "a":
        colors = _without_cover(colors, alpha)
    pixels = np.empty((*values.shape[:2], 3), values.dtype)
    pixels[:] = colors
    return pixels, alpha, colors.shape[2] == 1


def _without_cover(colors: Pixels, alpha: Pixels) -> Pixels:
    """Return the colors of which the file holds the part that the alpha lets be seen."""
    full = np.iinfo(colors.dtype).max
    result = np.zeros_like(colors)
    for part, cover, place in zip(bands(colors), bands(alpha), bands(result), strict=True):
        shown = np.maximum(cover, 1)[..., None].astype(np.float32)
        place[:] = np.rint(np.minimum(part * (full / shown), full))
    return result


FORMAT: Final = Format(
    title="HEIC",
    extensions=(".heic",),
    more_extensions=(".heif", ".hif"),
    mime="image/heic",
    begins=_begins,
    read=_read,
    others=parts.others,
    substitute="JPEG",
    is_rich=_is_rich,
    rich_substitute="AVIF",
)
