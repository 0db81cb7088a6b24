"""Pictures in files: `read_picture` and `write_picture`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from llenhance.errors import UsageError
from llenhance.files.reading import read_bytes
from llenhance.files.values import from_value
from llenhance.files.whole import write_whole
from llenhance.messages.note import Note
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.formats import format_of
from llenhance.pictures.limits import MEGAPIXELS
from llenhance.pictures.picture import Picture


def read_picture(path: str | Path, *, max_megapixels: float = MEGAPIXELS) -> Picture:
    """Return the picture in a file.

        picture = read_picture("photo.jpg")

    Args:
        path: a file.
        max_megapixels: how many million pixels it may have, more than 0.

    Raises:
        UsageError: no path, or `max_megapixels` is not above 0.
        PictureError: the file cannot be read, or holds no picture in a format that can be read.
        ResourceError: there is not enough memory.
    """
    _check_path(path)
    return decode(read_bytes(Path(path)), name=str(path), max_megapixels=max_megapixels)


def write_picture(
    path: str | Path,
    picture: Picture | Image.Image | NDArray[Any],
    *,
    quality: int | None = None,
    overwrite: bool = False,
    like: str | Path | None = None,
) -> tuple[Note, ...]:
    """Write a picture into a file, complete or not at all. The extension decides the format.

        for note in write_picture("photo.jpg", picture, quality=90):
            print(note)  # JPEG cannot hold transparency

    Args:
        path: a file in a folder that exists.
        picture: a `Picture`, a PIL image, or an array as `Picture.from_array` takes it: whatever
            `Enhancer.enhance` returns. It stays as it is.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: replace the file if it exists.
        like: the file that the picture was made of: a new file is readable by nobody who may not
            read that one.

    Returns:
        What the format cannot hold, a note each.

    Raises:
        UsageError: no path or no picture, an extension of no format that can be written, or a
            quality out of range.
        PictureError: the format cannot hold the picture, or the file exists or cannot be written.
        ResourceError: there is not enough memory or disk space.
    """
    _check_path(path)
    if like is not None:
        _check_path(like)
    format = format_of(Path(path))
    whole = from_value(picture)
    if whole is None:
        kind = type(picture).__name__
        raise UsageError("not-a-picture", "the picture", what=f"a value of type {kind}")
    data = encode(whole, format=format, quality=quality, name=str(path))
    made_of = None if like is None else Path(like)
    write_whole(Path(path), data, overwrite=bool(overwrite), like=made_of)
    return losses(whole, format=format, quality=quality)


def _check_path(path: object) -> None:
    if not isinstance(path, str | Path):
        raise UsageError("no-path", "the path", given=type(path).__name__)
