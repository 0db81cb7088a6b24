"""The content of a file in, a `Picture` out.

What a picture cannot carry along is never dropped in silence: `Picture.notes` says it. What is
particular to a format is in its file in `formats/`.
"""

from __future__ import annotations

from dataclasses import replace

from llenhance.errors import PictureError, UsageError
from llenhance.messages.note import Note
from llenhance.pictures import guard
from llenhance.pictures.formats import FORMATS, format_in
from llenhance.pictures.formats.format import Format
from llenhance.pictures.leftovers import left_behind
from llenhance.pictures.picture import Picture


def decode(data: bytes, *, name: str) -> Picture:
    """Return the picture in the content of a file.

    Grays, palettes, CMYK and LAB become RGB; 16 bits stay 16 bits. More than 2**28 pixels are
    refused before memory is allocated for them.

    Args:
        data: the whole content; its first bytes tell the format.
        name: what error messages call it.

    Raises:
        PictureError: empty, damaged, incomplete, too large, or of a format that cannot be read.
        ResourceError: there is not enough memory.
    """
    if not isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError("no-picture-bytes", str(name), given=type(data).__name__)
    if not data:
        raise PictureError("empty-file", name)
    format = format_in(data)
    if format is None:
        raise PictureError("heic-not-readable" if _is_heic(data) else "format-not-known", name)
    about = FORMATS[format]
    with guard.reading(name=name, format=about.title, data=data) as heard:
        try:
            picture = about.read(data)
        except UsageError as reason:  # of a `Picture` that cannot be: it is the file that is wrong
            raise PictureError("damaged-picture", name, format=about.title) from reason
    notes = (*picture.notes, *_others(about, data), *guard.notes_of(heard))
    return replace(picture, source_format=format, notes=notes)


def _others(about: Format, data: bytes) -> tuple[Note, ...]:
    """Return a note of all parts of the file that nobody knows."""
    try:
        return left_behind(about.others(data))
    except guard.DECODER_ERRORS:  # the pixels could be read; what else there is cannot be told
        return (Note("parts-not-known"),)


def _is_heic(data: bytes) -> bool:
    brands = data[8 : int.from_bytes(data[:4], "big")]
    return data[4:8] == b"ftyp" and any(one in brands for one in (b"heic", b"heix", b"mif1"))
