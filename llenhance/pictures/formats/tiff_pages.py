"""The pages of a TIFF file: which of its directories are pictures of their own, and each alone."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from llenhance.errors import PictureError
from llenhance.pictures import guard
from llenhance.pictures.formats.tiff_directory import Directory, directory_at, first_start

_AT_MOST: Final = 10_000  # directories that are counted
_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _COMPRESSION = 254, 255, 256, 257, 259
_TAGS: Final = frozenset({_KIND, _WIDTH, _HEIGHT, _COMPRESSION, _OLD_KIND})
_REDUCED, _MASK = 1, 4  # flags of the kind
_OLD_REDUCED, _OLD_JPEG = 2, 6


class Pages(NamedTuple):
    """The directories of a file.

    Attributes:
        starts: where those of pages begin.
        copies: how many there are besides: smaller copies of a page, thumbnails, masks.
        pixels: of all pages together.
        is_whole: whether they end as the file says, and not outside of it, or nowhere.
    """

    starts: tuple[int, ...]
    copies: int
    pixels: int
    is_whole: bool


def pages_in(data: bytes) -> Pages:
    """Return the pages of a file; the first directory is one, whatever it says.

    Raises:
        ValueError, LookupError, struct.error: the first directory is damaged.
    """
    following = first_start(data)
    starts, seen, copies, pixels = list[int](), set[int](), 0, 0
    while following and following not in seen and len(seen) <= _AT_MOST:
        try:
            directory = directory_at(data, following, tags=_TAGS)
        except (ValueError, struct.error):
            if not starts:
                raise
            break
        seen.add(following)
        if starts and _is_copy(directory):
            copies += 1
        else:
            starts.append(following)
            pixels += directory.number(_WIDTH) * directory.number(_HEIGHT)
        following = directory.following
    return Pages(tuple(starts), copies, pixels, is_whole=not following or following in seen)


def check(pages: Pages) -> None:
    """Raise if not all pages can be read.

    Raises:
        ValueError: the file says that there are more.
        PictureError: they are too many, or have more pixels together than can be meant.
    """
    if len(pages.starts) + pages.copies > _AT_MOST:
        raise PictureError("too-many-pages", "picture", most=_AT_MOST)
    if not pages.is_whole:
        raise ValueError("a page lies outside of the file")
    guard.check_all(len(pages.starts), pages.pixels, kind="pages")


def alone(data: bytes, start: int) -> bytes:
    """Return the content of a file whose first directory is the one that begins there."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    at, word = (8, "Q") if data[2:4] in (b"+\0", b"\0+") else (4, "I")
    place = struct.pack(f"{order}{word}", start)
    return b"".join((data[:at], place, data[at + len(place) :]))


def _is_copy(directory: Directory) -> bool:
    """Tell whether a directory shows nothing of its own, or only a thumbnail as cameras have it."""
    if directory.number(_KIND) & (_REDUCED | _MASK):
        return True
    if directory.number(_OLD_KIND) == _OLD_REDUCED:
        return True
    return directory.number(_COMPRESSION) == _OLD_JPEG  # which nobody else writes any more
