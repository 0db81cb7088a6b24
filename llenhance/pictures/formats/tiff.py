"""TIFF. `tiff_samples.py` reads what Pillow does not, `tiff_writer.py` writes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, cast

import numpy as np
from PIL import TiffImagePlugin, UnidentifiedImageError

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import guard, native, photoshop, pillow, tiff_exif
from llenhance.pictures.formats.format import ANY_LENGTH, Format, Writer
from llenhance.pictures.formats.tiff_directory import Directory, first_directory
from llenhance.pictures.formats.tiff_pages import Pages, alone, check, pages_in
from llenhance.pictures.formats.tiff_samples import as_bytes, layout_in, samples_in
from llenhance.pictures.formats.tiff_strips import refuse_incomplete
from llenhance.pictures.formats.tiff_writer import write, write_pages
from llenhance.pictures.leftovers import left_behind
from llenhance.pictures.parts import tiff as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, upright
from llenhance.pictures.sequence import PictureSequence

_BEGINNINGS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: 64-bit offsets
_NOT_FOR_PILLOW: Final = b"MM\0+"  # it knows 64-bit offsets in the other byte order alone

# Tags of a TIFF directory.
_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOR, _SAMPLES, _ORIENTATION, _TILE_WIDTH = (
    254, 256, 257, 258, 259, 262, 277, 274, 322,
)  # fmt: skip
_TILE_HEIGHT, _IPTC, _PHOTOSHOP, _DNG = 323, 33723, 34377, 50706

_COMPRESSIONS: Final = frozenset(
    {1, 2, 3, 4, 5, 7, 8, 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000}
)
_UNREADABLE: Final = {
    6: "old-style JPEG", 9: "JBIG", 10: "JBIG", 34661: "JBIG", 34712: "JPEG 2000", 34887: "LERC",
    34892: "lossy JPEG", 33003: "JPEG 2000", 33005: "JPEG 2000", 50001: "WebP", 50002: "JPEG XL",
    52546: "JPEG XL",
}  # fmt: skip
_TILE_AT_MOST: Final = 2**26  # bytes, or eight times the picture

_SPACES: Final = {
    0: "gray", 1: "gray", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB",
    10: "ITULAB", 32844: "LogL", 32845: "LogLuv",
}  # fmt: skip
_RAW: Final = (32803, 34892)  # what a sensor saw, as color


def _begins(data: bytes) -> bool:
    return data.startswith(_BEGINNINGS)


def _read(data: bytes) -> Picture:
    picture, pages = _page(data), pages_in(data)
    if len(pages.starts) == 1:
        return replace(picture, notes=(*picture.notes, *_copies(pages)))
    note = Note("first-frame-only", frames=len(pages.starts))
    return replace(picture, notes=(note, *picture.notes))


def _sequence(data: bytes) -> PictureSequence | None:
    """Return the pages, each with all that is said of it; None if there is one."""
    pages = pages_in(data)
    if len(pages.starts) == 1:
        return None
    check(pages)

    def read() -> Iterator[Picture]:
        yield _page(data)  # of the first one, what else is in the file is told by `others`
        for start in pages.starts[1:]:
            page = alone(data, start)
            picture = _page(page)
            yield replace(picture, notes=(*picture.notes, *left_behind(parts.others(page))))

    return PictureSequence(
        kind="pages", count=len(pages.starts), read=read, notes=tuple(_copies(pages))
    )


def _copies(pages: Pages) -> Iterator[Note]:
    if not pages.is_whole:
        yield Note("page-not-there")
    if pages.copies:
        yield Note("reduced-copies-left-behind", count=pages.copies)


def _page(data: bytes) -> Picture:
    """Return the picture of the first directory."""
    directory = first_directory(data)
    _refuse_unreadable(directory)
    with native.overheard() as heard:
        picture = _picture_in(data, directory)
    notes = list(picture.notes)
    if heard.count:
        if (picture.pixels == picture.pixels[0, 0]).all():  # nothing is right
            raise ValueError(heard.lines[0])
        notes.append(Note("damaged-data-used", complaint=heard.lines[0], count=heard.count))
    blocks, captions = (
        entry.content if (entry := directory.entries.get(tag)) else b""
        for tag in (_PHOTOSHOP, _IPTC)
    )
    blocks = photoshop.with_captions(blocks, captions)
    iptc, lost = photoshop.true_of_result(blocks, turned=_way(directory) != 1)
    notes = [note for note in notes if note.code != "iptc-left-behind"]
    if lost or (captions and not blocks):
        notes.append(Note("photoshop-left-behind"))
    return replace(picture, iptc=iptc or None, notes=tuple(notes))


def _picture_in(data: bytes, directory: Directory) -> Picture:
    layout = layout_in(directory)
    unknown = data.startswith(_NOT_FOR_PILLOW)
    if layout is None or (layout.for_pillow and not unknown):
        try:
            image = cast("TiffImagePlugin.TiffImageFile", pillow.open_file(data, "TIFF"))
        except UnidentifiedImageError as reason:
            raise _not_readable(directory) from reason
        refuse_incomplete(directory)
        if _ORIENTATION not in directory.entries:
            image.getexif()[_ORIENTATION] = 1  # else Pillow turns it by its XMP
        picture = _first_frame(image, data, directory)
        if image.mode == "CMYK" and 16 in directory.numbers(_BITS):
            picture = replace(picture, notes=(*picture.notes, Note("read-with-8-bits")))
        return picture
    refuse_incomplete(directory)
    if layout.separate:
        planes = [as_bytes(data, directory, layout, plane=n) for n in range(layout.samples)]
    else:
        planes = [as_bytes(data, directory, layout)]
    told: list[Note] = []

    def deep(_: int) -> tuple[Pixels, Pixels | None]:
        stored, cover, notes = samples_in(planes, directory, layout)
        told.extend(notes)
        way = _way(directory)
        alpha = None if cover is None else np.ascontiguousarray(upright(cover, way))
        return np.ascontiguousarray(upright(stored, way)), alpha

    picture = _first_frame(planes[0], data, directory, deep)
    return replace(picture, notes=(*picture.notes, *told))


def _first_frame(
    image: TiffImagePlugin.TiffImageFile,
    data: bytes,
    directory: Directory,
    deep: pillow.Deep | None = None,
) -> Picture:
    way = _way(directory)
    try:
        exif = tiff_exif.exif_in(data)
    except (ValueError, LookupError, struct.error):
        picture = pillow.first_frame(image, frames=1, deep=deep, orientation=way, exif=b"")
        return replace(picture, notes=(*picture.notes, Note("damaged-exif-left-behind")))
    return pillow.first_frame(image, frames=1, deep=deep, orientation=way, exif=exif)


def _way(directory: Directory) -> int:
    """Return how the picture lies in the file, 1 to 8."""
    way = directory.number(_ORIENTATION, 1)
    return way if 1 <= way <= 8 else 1


def _refuse_unreadable(directory: Directory) -> None:
    """Look at what is declared before anything is done about it."""
    width, height = directory.number(_WIDTH), directory.number(_HEIGHT)
    if not width or not height:
        raise ValueError("it has no size")
    guard.check_size(width, height)
    preview = directory.number(_KIND) & 1  # a reduced resolution comes first
    if _DNG in directory.entries or preview or directory.number(_COLOR) in _RAW:
        raise PictureError("camera-raw", "picture")
    compression = directory.number(_COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        kind = _UNREADABLE.get(compression, f"number {compression}")
        raise PictureError("compression-not-readable", "picture", compression=kind)
    bits, samples = directory.numbers(_BITS, (1,)), directory.number(_SAMPLES, 1)
    if layout_in(directory) is None and not set(bits) <= {1, 2, 4, 8, 16, 32, 64}:
        raise PictureError("unusual-depth", "picture", bits=max(bits))
    tile = directory.number(_TILE_WIDTH) * directory.number(_TILE_HEIGHT)
    if tile * samples * max(bits) // 8 > max(_TILE_AT_MOST, width * height * samples * max(bits)):
        raise PictureError("tile-too-large", "picture", megapixels=tile // 10**6)


def _not_readable(directory: Directory) -> PictureError:
    """Return the error for a layout of samples that is not known here."""
    color = directory.number(_COLOR, 1)
    return PictureError(
        "samples-not-readable",
        "picture",
        samples=directory.number(_SAMPLES, 1),
        bits=max(directory.numbers(_BITS, (1,))),
        space=_SPACES.get(color, f"color space {color}"),
    )


FORMAT: Final = Format(
    title="TIFF",
    extensions=(".tif", ".tiff"),
    mime="image/tiff",
    begins=_begins,
    read=_read,
    sequence=_sequence,
    others=parts.others,
    writer=Writer(
        write=write,
        pages=write_pages,
        side=2**31 - 1,
        deep=True,
        gray=True,
        iptc=ANY_LENGTH,
    ),
)
