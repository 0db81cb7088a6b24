"""What a picture file is and holds, as far as people ask about it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageCms

from llenhance.messages.note import Note
from llenhance.pictures import guard, heif, metadata
from llenhance.pictures.coding import Coding
from llenhance.pictures.decode import decode_all
from llenhance.pictures.exif import tells_adobe_rgb
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.formats.png_chunks import chunks
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import TURNS
from llenhance.pictures.provenance import Provenance, record_in
from llenhance.pictures.texts import Text

_MAKE, _MODEL, _EXIF_DIRECTORY, _TAKEN = 271, 272, 34665, 36867  # tags of EXIF data
_PROFILE, _ORIENTATION = 34675, 274  # tags of TIFF
_BY_NUMBERS: Final = {b"cICP": "cICP", b"iCCP": "ICC profile", b"sRGB": "sRGB chunk"}
_PROFILES: Final = (b"colrprof", b"colrrICC")
_ROOM: Final = 120  # characters of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a picture file is and holds.

    Attributes:
        format: a key of `formats.FORMATS`.
        width: of the upright picture, in pixels; of several the first.
        height: likewise.
        pictures: how many there are.
        depth: bits per channel.
        gray: whether it has one channel of color.
        alpha: whether it has transparency.
        color_space: its name, such as 'sRGB' or 'Display P3'.
        color_source: what in the file tells the color space, such as 'ICC profile'; None if nothing
            does, which means sRGB.
        orientation: of EXIF, 1 to 8: how the picture lies in the file.
        coding: how its pixels are compressed; None if that is not known.
        blocks: bytes of metadata by kind: EXIF, XMP, IPTC, ICC profile.
        texts: comments and the like.
        dpi: dots per inch, across and down; None if it does not tell.
        taken: when the photograph was taken, as the camera wrote it; None if it does not tell.
        camera: make and model; None if it does not tell.
        record: what made the picture, if llenhance did and the file says so.
        notes: what a result would lose, and whatever else is to be said.
    """

    format: str
    width: int
    height: int
    pictures: int
    depth: int
    gray: bool
    alpha: bool
    color_space: str
    color_source: str | None
    orientation: int
    coding: Coding | None
    blocks: dict[str, int]
    texts: tuple[Text, ...]
    dpi: tuple[float, float] | None
    taken: str | None
    camera: str | None
    record: Provenance | None
    notes: tuple[Note, ...]


def about(data: bytes, *, name: str) -> About:
    """Return what a picture file is and holds.

    Args:
        data: the whole content.
        name: what error messages call it.

    Raises:
        PictureError: it cannot be read.
        ResourceError: there is not enough memory.
    """
    sequence = decode_all(data, name=name)
    picture = next(iter(sequence))
    notes = [*sequence.notes, *picture.notes]
    orientation, source = 1, None
    with guard.reading(name=name, format=FORMATS[picture.source_format].title, data=data):
        with suppress(struct.error, *guard.DECODER_ERRORS):  # the picture was read: it is no damage
            orientation, source = _stored(data, picture)
        taken, camera = _taken_with(picture.exif)
        space = _space_of(picture)
    record = None
    try:
        record = record_in(picture.xmp)
    except ValueError:
        notes.append(Note("record-not-readable"))
    held = {"EXIF": picture.exif, "XMP": picture.xmp, "IPTC": picture.iptc}
    held["ICC profile"] = picture.icc_profile if source == "ICC profile" else None
    coding = picture.coding
    return About(
        format=picture.source_format,
        width=picture.width,
        height=picture.height,
        pictures=sequence.count,
        depth=coding.bits if coding is not None and coding.bits else picture.depth,
        gray=picture.gray,
        alpha=picture.alpha is not None,
        color_space=space,
        color_source=source,
        orientation=orientation,
        coding=coding,
        blocks={kind: len(block) for kind, block in held.items() if block is not None},
        texts=picture.texts,
        dpi=picture.dpi,
        taken=taken,
        camera=camera,
        record=record,
        notes=tuple(dict.fromkeys(notes)),
    )


def _stored(data: bytes, picture: Picture) -> tuple[int, str | None]:
    """Return how a picture lies in its file, and what there tells its colors."""
    looks: dict[str, Callable[[bytes, Picture], tuple[int, str | None]]] = {
        "TIFF": _stored_in_tiff,
        "AVIF": _stored_in_boxes,
        "HEIC": _stored_in_boxes,
    }
    return looks.get(picture.source_format, _stored_for_pillow)(data, picture)


def _stored_in_tiff(data: bytes, _: Picture) -> tuple[int, str | None]:
    directory = first_directory(data)
    way = directory.number(_ORIENTATION, 1)
    return way if way in TURNS else 1, "ICC profile" if _PROFILE in directory.entries else None


def _stored_in_boxes(data: bytes, picture: Picture) -> tuple[int, str | None]:
    boxes = heif.boxes_in(data)
    if picture.icc_profile is not None and any(kind in data for kind in _PROFILES):
        return boxes.orientation, "ICC profile"
    return boxes.orientation, None if boxes.numbers is None else "nclx"


def _stored_for_pillow(data: bytes, picture: Picture) -> tuple[int, str | None]:
    exif = picture.exif or b""
    with Image.open(BytesIO(data)) as image:
        orientation = metadata.orientation_of(image, metadata.exif_of(image, []))
        has_profile = bool(image.info.get("icc_profile"))
    if picture.source_format == "PNG":
        kinds = {kind for kind, _, _ in chunks(data)}
        for kind, title in _BY_NUMBERS.items():
            if kind in kinds:
                return orientation, title
        numbers = [kind.decode() for kind in (b"gAMA", b"cHRM") if kind in kinds]
        if numbers:
            return orientation, " and ".join(numbers)
    elif has_profile:
        return orientation, "ICC profile"
    return orientation, "EXIF" if exif and tells_adobe_rgb(exif) else None


def _space_of(picture: Picture) -> str:
    if picture.icc_profile is None:
        return "sRGB"
    try:
        name = ImageCms.getProfileDescription(BytesIO(picture.icc_profile)).strip("\0 \n")
    except guard.DECODER_ERRORS:
        name = ""
    return name[:_ROOM] or "a profile without a name"


def _taken_with(exif: bytes | None) -> tuple[str | None, str | None]:
    """Return when and with what a photograph was taken."""
    if not exif:
        return None, None
    try:
        found = Image.Exif()
        found.load(b"Exif\0\0" + exif)
        taken = _words(found.get_ifd(_EXIF_DIRECTORY).get(_TAKEN))
        make, model = _words(found.get(_MAKE)), _words(found.get(_MODEL))
    except (struct.error, *guard.DECODER_ERRORS):
        return None, None
    if make and model and model.startswith(make):  # some say it twice
        make = ""
    return taken or None, " ".join(filter(None, (make, model))) or None


def _words(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return " ".join(text.strip("\0 ").split())[:_ROOM] if isinstance(text, str) else ""
