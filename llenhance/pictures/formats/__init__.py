"""The formats of pictures, one file each. To add a format, add a file and an entry to `FORMATS`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

from llenhance.errors import UsageError, expect
from llenhance.messages.note import Note
from llenhance.pictures.formats import (
    avif,
    bmp,
    gif,
    heic,
    jpeg,
    jxl,
    netpbm,
    pam,
    png,
    raw,
    tiff,
    webp,
)
from llenhance.pictures.formats.format import Format

FORMATS: Final[Mapping[str, Format]] = {
    "JPEG": jpeg.FORMAT,
    "PNG": png.FORMAT,
    "WEBP": webp.FORMAT,
    "RAW": raw.FORMAT,  # most of these files begin as TIFF files do
    "TIFF": tiff.FORMAT,
    "BMP": bmp.FORMAT,
    "AVIF": avif.FORMAT,
    "GIF": gif.FORMAT,
    "PPM": netpbm.PPM,
    "PGM": netpbm.PGM,
    "PBM": netpbm.PBM,
    "PNM": netpbm.PNM,
    "PAM": pam.FORMAT,
    "HEIC": heic.FORMAT,
    "JXL": jxl.FORMAT,
}
"""Formats by key. The first that a file begins like is its own."""

FALLBACK: Final = "JPEG"
"""Format of the results of pictures whose own format is unknown, such as those from a pipe."""

HEAD: Final = 16384
"""How many of the first bytes of a file `format_in` needs."""


def format_in(data: bytes) -> str | None:
    """Return the key of the format of a file, told from its first bytes; None if it is unknown."""
    return next((key for key, format in FORMATS.items() if format.begins(data)), None)


def format_named(path: PurePath | str) -> str | None:
    """Return the key of the format that a file's extension belongs to; None if it is unknown.

    Args:
        path: a file's name, or an extension such as '.png' or 'png'.
    """
    extension = _extension(path)
    for key, format in FORMATS.items():
        if extension in format.extensions:
            return key
    return None


def format_of(path: PurePath | str) -> str:
    """Return the key of the format that a file of this name is written in.

        format_of("photo.jpg")  # 'JPEG'

    Args:
        path: a file's name, or an extension such as '.png' or 'png'.

    Raises:
        UsageError: the extension is missing, or belongs to no format that can be written.
    """
    _refuse_heic(str(path), _extension(path))
    key = format_named(path)
    if key is None:
        raise UsageError("extension-unknown", str(path), extensions=_writable_extensions())
    if FORMATS[key].writer is None:
        raise UsageError(
            "extension-read-only",
            str(path),
            format=FORMATS[key].title,
            extensions=_writable_extensions(),
        )
    return key


def format_called(name: str) -> str:
    """Return the key of a format by its key, title or extension, in any case: 'WebP' is 'WEBP'.

    Raises:
        UsageError: there is no such format.
    """
    expect(name, str, name="the format")
    _refuse_heic(name, name)
    for key, format in FORMATS.items():
        if name.casefold() in (key.casefold(), format.title.casefold()):
            return key
    key = format_named(name)
    if key is None:
        raise UsageError("unknown-format", name, formats=writable_titles())
    return key


def format_to_write(name: str) -> str:
    """Return the key of a format that can be written, by any of its names.

    Raises:
        UsageError: there is no such format, or it can only be read.
    """
    key = format_called(name)
    if FORMATS[key].writer is None:
        raise UsageError("format-read-only", FORMATS[key].title, formats=writable_titles())
    return key


def result_format(
    source: str, *, rich: bool = False, wanted: str | None = None
) -> tuple[str, Note | None]:
    """Return the format in which the result of a picture is written, and a note if it is another.

    Args:
        source: the picture's own format, a key of `FORMATS`; anything else counts as unknown.
        rich: whether it has more than 8 bits per channel, or transparency.
        wanted: the format that was asked for: its key, title or extension. There is no note then.

    Raises:
        UsageError: there is no such format.
    """
    if wanted is not None:
        return format_called(wanted), None
    if source not in FORMATS:
        return FALLBACK, None
    about = FORMATS[source]
    if about.writer is not None:
        return source, None
    substitute = (about.rich_substitute if rich else "") or about.substitute
    written = FORMATS[substitute].title
    return substitute, Note("format-not-written", format=about.title, written=written)


def readable_extensions() -> frozenset[str]:
    """Return the extensions, in lower case, of files that can be read."""
    return frozenset(
        extension
        for format in FORMATS.values()
        for extension in (*format.extensions, *format.more_extensions)
    )


def writable_titles() -> str:
    """Return the names of the formats that can be written, for a message.

    PNM is whichever of PBM, PGM and PPM fits: it is understood, and left out here.
    """
    return ", ".join(f.title for key, f in FORMATS.items() if f.writer and key != "PNM")


def _refuse_heic(name: str, called: str) -> None:
    """Raise if a format is HEIC, which is only read, with words about what comes closest to it."""
    if called.casefold().removeprefix(".") in ("heic", "heif", "hif"):
        raise UsageError("heic-not-written", name, formats=writable_titles())


def _writable_extensions() -> str:
    return ", ".join(format.extensions[0] for format in FORMATS.values() if format.writer)


def _extension(path: PurePath | str) -> str:
    text = str(path)
    return (PurePath(text).suffix or f".{text.removeprefix('.')}").lower()
