"""A `Picture` in, the content of a file out; and what the file will not hold.

`check_fits` and `losses` tell before any work what `encode` would refuse or drop. What is
particular to a format is in its file in `formats/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np

from llenhance.errors import PictureError, UsageError, expect
from llenhance.messages.note import Note
from llenhance.pictures import guard, metadata
from llenhance.pictures.formats import FORMATS, format_called, writable_titles
from llenhance.pictures.formats.format import Writer
from llenhance.pictures.picture import Picture


def encode(picture: Picture, *, format: str, quality: int | None = None, name: str) -> bytes:
    """Return the content of a file with the picture; `losses` tells what it does not hold.

    Args:
        picture: stays as it is.
        format: a format that can be written: a key of `FORMATS`, a title or an extension.
        quality: 1 to 100; without it 95 for JPEG, 90 for WebP, 85 for AVIF.
        name: what error messages call the picture.

    Raises:
        UsageError: a format that cannot be written, or a quality out of range.
        PictureError: the format cannot hold a picture of this size.
        ResourceError: there is not enough memory.
    """
    format = format_called(format)
    writer = check_fits(picture, format=format, quality=quality, name=name)
    gone = (field for field, _ in _missing(picture, format) if field)
    kept = replace(picture, **cast("dict[str, Any]", dict.fromkeys(gone)))
    pixels = picture.width * picture.height
    with guard.writing(name=name, format=FORMATS[format].title, pixels=pixels):
        return writer.write(kept, writer.quality if quality is None else quality)


def check_fits(picture: Picture, *, format: str, quality: int | None = None, name: str) -> Writer:
    """Raise, before any work, what `encode` would raise for this size, format and quality.

    Returns:
        How the format is written, and what it can hold.

    Raises:
        UsageError: a format that cannot be written, or a quality out of range.
        PictureError: the format cannot hold a picture of this size.
    """
    expect(picture, Picture, name="the picture")
    format = format_called(format)
    writer = _writer_of(format)
    if quality is not None:
        expect(quality, int, name="quality")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError("quality-out-of-range", "quality", quality=quality)
    if max(picture.width, picture.height) > writer.side:
        raise PictureError(
            "too-large-for-format",
            name,
            width=picture.width,
            height=picture.height,
            side=writer.side,
            format=FORMATS[format].title,
        )
    return writer


def losses(picture: Picture, *, format: str, quality: int | None = None) -> tuple[Note, ...]:
    """Return what files of a format cannot hold of the picture, without encoding it.

    Args:
        picture: any.
        format: a format that can be written: a key of `FORMATS`, a title or an extension.
        quality: as for `encode`; lossless formats ignore it, and a note says so.
    """
    expect(picture, Picture, name="the picture")
    format = format_called(format)
    told = [note for _, note in _missing(picture, format) if note is not None]
    if quality is not None and _writer_of(format).quality is None:
        told.append(Note("quality-ignored", format=FORMATS[format].title))
    return tuple(told)


def _writer_of(format: str) -> Writer:
    about = FORMATS[format]
    if about.writer is None:
        raise UsageError("format-read-only", about.title, formats=writable_titles())
    return about.writer


def _missing(picture: Picture, format: str) -> Iterator[tuple[str, Note | None]]:
    """Yield what a format cannot hold: the field of `Picture`, if any, and a note if it matters."""
    title, writer = FORMATS[format].title, _writer_of(format)
    if picture.alpha is not None and not writer.alpha:
        hides = picture.alpha.min() < np.iinfo(picture.alpha.dtype).max
        yield "alpha", Note("transparency-lost", format=title) if hides else None
    if picture.depth == 16 and not writer.deep:
        yield "", Note("depth-lost", format=title)
    for field, longest, lost, too_long in (
        ("icc_profile", writer.icc_profile, "color-profile-lost", "color-profile-too-long"),
        ("exif", writer.exif, "exif-lost", "exif-too-long"),
        ("xmp", writer.xmp, "xmp-lost", "xmp-too-long"),
        ("iptc", writer.iptc, "iptc-lost", "iptc-lost"),
    ):
        value: bytes | None = getattr(picture, field)
        if value is not None and len(value) > longest:
            if longest and too_long != lost:
                yield field, Note(too_long, format=title, size=len(value), most=longest)
            else:
                yield field, Note(lost, format=title)
    if picture.dpi is not None and not _can_count(writer, picture.dpi):
        kept = picture.exif if picture.exif and len(picture.exif) <= writer.exif else None
        in_exif = kept is not None and metadata.has_resolution(kept)
        yield "dpi", None if in_exif else Note("resolution-lost", format=title)


def _can_count(writer: Writer, dpi: tuple[float, float]) -> bool:
    if writer.dpi is None:
        return False
    least, most = writer.dpi
    return all(least <= round(value) <= most for value in dpi)
