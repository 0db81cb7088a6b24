"""Pictures from files, and into files: `pictures/` for the bytes, `whole.py` for the files."""

from __future__ import annotations

from pathlib import Path

from llenhance.files.whole import read_bytes, write_whole
from llenhance.pictures.picture import Picture, decode, encode, format_of


def read_picture(path: str | Path) -> Picture:
    """Return the picture in a file.

    Raises:
        PictureError: it cannot be read, or is no picture that is known here.
        ResourceError: it does not fit into memory.
    """
    return decode(read_bytes(Path(path)), name=str(path))


def write_picture(
    path: str | Path,
    picture: Picture,
    *,
    quality: int | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a picture into a file, complete or not at all; its extension decides the format.

    Args:
        path: in a folder that exists.
        picture: stays as it is.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: replace a file that is there.

    Returns:
        What the format could not hold, a phrase each.

    Raises:
        UsageError: an unknown extension, or a quality out of range.
        PictureError: the format cannot hold it, or the file exists or cannot be written.
        ResourceError: memory or disk space does not suffice.
    """
    encoded = encode(picture, format=format_of(Path(path)), quality=quality, name=str(path))
    write_whole(Path(path), encoded.data, overwrite=overwrite)
    return encoded.lost
