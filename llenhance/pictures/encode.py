"""A `Picture` in, the content of a file out; and what the file will not hold.

`check_fits` and `losses` tell before any work what `encode` would refuse or drop. What is
particular to a format is in its file in `formats/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np

from llenhance.errors import PictureError, UsageError, expect
from llenhance.messages.note import Note
from llenhance.pictures import guard, icc, metadata, photoshop, spaces, texts, xmp
from llenhance.pictures.coding import coding_for_result
from llenhance.pictures.formats import FORMATS, format_called, writable_titles
from llenhance.pictures.formats.format import Writer
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import equal_channels
from llenhance.pictures.sequence import PictureSequence


def encode(picture: Picture, *, format: str, quality: int | None = None, name: str) -> bytes:
    """Return the content of a file with the picture; `losses` tells what it does not hold.

    Args:
        picture: stays as it is.
        format: a format that can be written: a key of `FORMATS`, a title or an extension.
        quality: 1 to 100; without it that of the file that the picture comes from, if it has the
            same format, else 95 for JPEG, 90 for WebP, 85 for AVIF.
        name: what error messages call the picture.

    Raises:
        UsageError: a format that cannot be written, or a quality out of range.
        PictureError: the format cannot hold a picture of this size, or with colors.
        ResourceError: there is not enough memory.
    """
    format = format_called(format)
    writer = check_fits(picture, format=format, quality=quality, name=name)
    kept, wanted = _held(picture, format, quality=quality)
    pixels = picture.width * picture.height
    with guard.writing(name=name, format=FORMATS[format].title, pixels=pixels):
        return writer.write(kept, wanted)


def check_fits(picture: Picture, *, format: str, quality: int | None = None, name: str) -> Writer:
    """Raise, before any work, what `encode` would raise for this size, format and quality.

    Returns:
        How the format is written, and what it can hold.

    Raises:
        UsageError: a format that cannot be written, or a quality out of range.
        PictureError: the format cannot hold a picture of this size, or with colors.
    """
    expect(picture, Picture, name="the picture")
    expect(name, str, name="the name")
    format = format_called(format)
    writer = _writer_of(format)
    if quality is not None:
        expect(quality, int, name="quality")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError("quality-out-of-range", "quality", quality=quality)
    if not writer.color and not equal_channels(picture.pixels):
        raise PictureError("color-not-held", name, format=FORMATS[format].title)
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


def encode_all(
    pictures: Iterable[Picture],
    sequence: PictureSequence,
    *,
    format: str,
    quality: int | None = None,
    name: str,
) -> bytes:
    """Return the content of a file with all pictures, which are taken one by one.

    Args:
        pictures: what became of those of the sequence, in their order.
        sequence: says whether they are pages or frames, and how these are shown.
        format: one that `check_holds` allows.
        quality: as for `encode`.
        name: what error messages call the file.

    Raises:
        UsageError: as `encode` does.
        PictureError: as `encode` does; or files of the format do not hold so many pictures.
        ResourceError: there is not enough memory.
    """
    format = format_called(format)
    if sequence.count == 1:
        return encode(next(iter(pictures)), format=format, quality=quality, name=name)
    check_holds(sequence, format=format, name=name)
    writer = _writer_of(format)
    wanted = writer.quality if quality is None else quality
    raised: list[Exception] = []

    def held() -> Iterator[Picture]:
        try:
            for picture in pictures:
                check_fits(picture, format=format, quality=quality, name=name)
                yield _held(picture, format, quality=quality)[0]
        except Exception as reason:  # not of the writer: it is raised again as it is
            raised.append(reason)
            raise

    try:
        with guard.writing(name=name, format=FORMATS[format].title):
            if sequence.timing is not None and writer.frames is not None:
                return writer.frames(held(), sequence.timing, wanted)
            if writer.pages is not None:
                return writer.pages(held(), wanted)
    except Exception:
        if raised:
            raise raised[0]  # noqa: B904  # where it comes from is told already
        raise
    raise AssertionError("files that do not hold it were refused")


def check_holds(
    sequence: PictureSequence, *, format: str, name: str, depth: int = 8
) -> tuple[Note, ...]:
    """Raise, before any work, if files of a format do not hold all pictures of a sequence.

    Args:
        sequence: any.
        format: a format that can be written.
        name: what error messages call the file.
        depth: bits per channel of its pictures.

    Returns:
        What is lost of the way in which they belong together.

    Raises:
        UsageError: a format that cannot be written.
        PictureError: they do not hold them.
    """
    format = format_called(format)
    writer = _writer_of(format)
    if sequence.count == 1:
        return ()
    if sequence.timing is not None:
        if writer.frames is not None:
            lost = depth == 16 and writer.deep and not writer.deep_frames
            return (Note("depth-lost", format=FORMATS[format].title),) if lost else ()
        if writer.pages is not None:
            return (Note("timing-lost", format=FORMATS[format].title),)
    elif writer.pages is not None:
        return ()
    usable = [
        about.title
        for about in FORMATS.values()
        if about.writer and (about.writer.pages or (sequence.timing and about.writer.frames))
    ]
    raise PictureError(
        "several-pictures",
        name,
        count=sequence.count,
        kind=sequence.kind,
        format=FORMATS[format].title,
        formats=", ".join(usable),
    )


def _held(picture: Picture, format: str, *, quality: int | None) -> tuple[Picture, int | None]:
    """Return what files of a format hold of a picture, with their coding, and the quality."""
    writer = _writer_of(format)
    coding = coding_for_result(
        picture.coding if picture.source_format == format else None,
        asked=quality,
        least=writer.least,
        usual=writer.quality,
    )
    picture = spaces.without_gray_profile(picture) if _becomes_srgb(picture, writer) else picture
    gone = [field for field, _ in _missing(picture, format) if field]
    kept = replace(picture, **cast("dict[str, Any]", dict.fromkeys(gone)), coding=coding)
    if "video" in gone and kept.xmp is not None:
        kept = replace(kept, xmp=xmp.without_promises(kept.xmp))
    if kept.iptc is not None:
        kept = replace(kept, iptc=photoshop.with_resolution(kept.iptc, picture.dpi))
    lost = set(texts.without_place(kept.texts, writer.texts))
    return replace(kept, texts=tuple(t for t in kept.texts if t not in lost)), coding.quality


def _writer_of(format: str) -> Writer:
    about = FORMATS[format]
    if about.writer is None:
        raise UsageError("format-read-only", about.title, formats=writable_titles())
    return about.writer


def _missing(picture: Picture, format: str) -> Iterator[tuple[str, Note | None]]:
    """Yield what a format cannot hold: the field of `Picture`, if any, and a note if it matters."""
    title, writer = FORMATS[format].title, _writer_of(format)
    if becomes_srgb := _becomes_srgb(picture, writer):
        yield "", Note("converted-to-srgb", space="gray")
    if picture.alpha is not None and not writer.alpha:
        hides = picture.alpha.min() < np.iinfo(picture.alpha.dtype).max
        yield "alpha", Note("transparency-lost", format=title) if hides else None
    if picture.depth == 16 and not writer.deep:
        yield "", Note("depth-lost", format=title)
    elif picture.depth == 16 and _bits_of(picture, format) > writer.bits:
        yield "", Note("depth-reduced", format=title, bits=writer.bits)
    for field, longest, lost, too_long in (
        ("icc_profile", writer.icc_profile, "color-profile-lost", "color-profile-too-long"),
        ("exif", writer.exif, "exif-lost", "exif-too-long"),
        ("xmp", writer.xmp, "xmp-lost", "xmp-too-long"),
        ("iptc", writer.iptc, "iptc-lost", "iptc-lost"),
    ):
        value: bytes | None = getattr(picture, field)
        if field == "icc_profile" and becomes_srgb:
            continue
        if value is not None and len(value) > longest:
            if longest and too_long != lost:
                yield field, Note(too_long, format=title, size=len(value), most=longest)
            else:
                yield field, Note(lost, format=title)
    if picture.video is not None and not writer.video:
        yield "video", Note("video-lost", format=title, size=len(picture.video))
    if lost := texts.without_place(picture.texts, writer.texts):
        yield "", Note("texts-lost", format=title, texts=texts.names_of(lost))
    if picture.dpi is not None and not _can_count(writer, picture.dpi):
        kept = picture.exif if picture.exif and len(picture.exif) <= writer.exif else None
        in_exif = kept is not None and metadata.has_resolution(kept)
        yield "dpi", None if in_exif else Note("resolution-lost", format=title)


def _bits_of(picture: Picture, format: str) -> int:
    """Return the bits per channel that a format would have to keep; 0 if it keeps all."""
    bits = picture.coding.bits if picture.coding else None
    return 0 if bits and picture.source_format == format else bits or 16


def _becomes_srgb(picture: Picture, writer: Writer) -> bool:
    """Tell whether a profile for grays has no place: the file will have three channels."""
    profile = picture.icc_profile
    if profile is None or icc.space_of(profile) != "GRAY":
        return False
    return not (writer.gray and len(profile) <= writer.icc_profile and picture.is_gray)


def _can_count(writer: Writer, dpi: tuple[float, float]) -> bool:
    if writer.dpi is None:
        return False
    least, most = writer.dpi
    return all(least <= round(value) <= most for value in dpi)
