"""Pictures in files: `read_picture` and `write_picture`."""

from __future__ import annotations

from pathlib import Path

from llenhance.files.reading import read_bytes
from llenhance.files.whole import write_whole
from llenhance.messages.note import Note
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.formats import format_of
from llenhance.pictures.picture import Picture


def read_picture(path: str | Path) -> Picture:
    """Return the picture in a file.

        picture = read_picture("photo.jpg")

    Raises:
        PictureError: the file cannot be read, or holds no picture in a format that can be read.
        ResourceError: there is not enough memory.
    """
    return decode(read_bytes(Path(path)), name=str(path))


def write_picture(
    path: str | Path,
    picture: Picture,
    *,
    quality: int | None = None,
    overwrite: bool = False,
) -> tuple[Note, ...]:
    """Write a picture into a file, complete or not at all. The extension decides the format.

        for note in write_picture("photo.jpg", picture, quality=90):
            print(note)  # JPEG cannot hold transparency

    Args:
        path: a file in a folder that exists.
        picture: stays as it is.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: replace the file if it exists.

    Returns:
        What the format cannot hold, a note each.

    Raises:
        UsageError: an extension of no format that can be written, or a quality out of range.
        PictureError: the format cannot hold the picture, or the file exists or cannot be written.
        ResourceError: there is not enough memory or disk space.
    """
    format = format_of(Path(path))
    data = encode(picture, format=format, quality=quality, name=str(path))
    write_whole(Path(path), data, overwrite=overwrite)
    return losses(picture, format=format, quality=quality)
