"""The content of a file in, a `Picture` out.

What a picture cannot carry along is never dropped in silence: `Picture.notes` says it. What is
particular to a format is in its file in `formats/`.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

from llenhance.errors import PictureError, UsageError, expect
from llenhance.messages.note import Note
from llenhance.pictures import guard
from llenhance.pictures.formats import FORMATS, format_in
from llenhance.pictures.formats.format import Format
from llenhance.pictures.leftovers import left_behind
from llenhance.pictures.limits import MEGAPIXELS, check_limit
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence, one

_PAGES: Final = (b"<!doctype html", b"<html")  # what a failed download leaves
_BEGINNING: Final = 256  # bytes


def decode(data: bytes, *, name: str, max_megapixels: float = MEGAPIXELS) -> Picture:
    """Return the picture in the content of a file; of several the first, and a note says so.

    Grays, palettes, CMYK and LAB become RGB; 16 bits stay 16 bits. More pixels than allowed
    are refused before memory is allocated for them.

    Args:
        data: the whole content; its first bytes tell the format.
        name: what error messages call it.
        max_megapixels: how many million pixels it may have, more than 0. What says that it has
            more may be a small file that is made to take all memory.

    Raises:
        UsageError: `data` is something else than bytes, or `max_megapixels` is not above 0.
        PictureError: empty, damaged, incomplete, too large, or of a format that cannot be read.
        ResourceError: there is not enough memory.
    """
    format = _format_of(data, name=name, max_megapixels=max_megapixels)
    about = FORMATS[format]
    with _reading(about, data, name=name, max_megapixels=max_megapixels) as heard:
        picture = about.read(data)
    notes = (*picture.notes, *_others(about, data), *guard.notes_of(heard))
    return replace(picture, source_format=format, notes=notes)


def decode_all(data: bytes, *, name: str, max_megapixels: float = MEGAPIXELS) -> PictureSequence:
    """Return all pictures in the content of a file: one, its pages, or the frames of an animation.

    They are decoded when they are asked for, one by one, and raise then what `decode` raises. Other
    pictures of a JPEG file are left out, with a note: they are previews, or for the other eye.

    Args:
        data: as for `decode`.
        name: as for `decode`.
        max_megapixels: how many million pixels each picture may have.

    Raises:
        UsageError: as `decode` does.
        PictureError: as `decode` does; or all pictures together are too many pixels.
        ResourceError: there is not enough memory.
    """
    format = _format_of(data, name=name, max_megapixels=max_megapixels)
    about = FORMATS[format]

    def reading() -> AbstractContextManager[list[str]]:
        return _reading(about, data, name=name, max_megapixels=max_megapixels)

    found = None
    heard: list[str] = []
    if about.sequence is not None:
        with reading() as heard:
            found = about.sequence(data)
    if found is None:
        return one(decode(data, name=name, max_megapixels=max_megapixels))
    return replace(
        found,
        read=lambda: _one_by_one(found, reading, format),
        notes=(*found.notes, *_others(about, data), *guard.notes_of(heard)),
    )


def _one_by_one(
    found: PictureSequence, reading: Callable[[], AbstractContextManager[list[str]]], format: str
) -> Iterator[Picture]:
    """Yield each picture; between two of them, others may be read."""
    pictures: Iterator[Picture] | None = None
    while True:
        with reading() as heard:
            pictures = iter(found) if pictures is None else pictures  # opens the file
            picture = next(pictures, None)
        if picture is None:
            return
        notes = (*picture.notes, *guard.notes_of(heard))
        yield replace(picture, source_format=format, notes=notes)


@contextmanager
def _reading(
    about: Format, data: bytes, *, name: str, max_megapixels: float
) -> Generator[list[str]]:
    with guard.reading(
        name=name, format=about.title, data=data, max_megapixels=max_megapixels
    ) as heard:
        try:
            yield heard
        except UsageError as reason:  # of a `Picture` that cannot be: it is the file that is wrong
            raise PictureError("damaged-picture", name, format=about.title) from reason


def _format_of(data: bytes, *, name: str, max_megapixels: float) -> str:
    expect(name, str, name="the name")
    if not isinstance(data, bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError("no-picture-bytes", name, given=type(data).__name__)
    check_limit(max_megapixels)
    if not data:
        raise PictureError("empty-file", name)
    format = format_in(data)
    if format is None:
        is_page = data[:_BEGINNING].removeprefix(BOM_UTF8).lstrip().lower().startswith(_PAGES)
        raise PictureError("web-page" if is_page else "format-not-known", name)
    return format


def _others(about: Format, data: bytes) -> tuple[Note, ...]:
    """Return a note of all parts of the file that nobody knows."""
    try:
        return left_behind(about.others(data))
    except guard.DECODER_ERRORS:  # the pixels could be read; what else there is cannot be told
        return (Note("parts-not-known"),)
