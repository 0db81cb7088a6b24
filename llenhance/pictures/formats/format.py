"""What a format tells about itself: the value that each file in this folder registers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence, Timing
from llenhance.pictures.texts import Place

ANY_LENGTH: Final = sys.maxsize
ANY_DPI: Final = (0.0, float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How pictures are written in a format, and what its files can hold.

    Attributes:
        write: returns the content of a file. Its arguments are a picture without what the format
            cannot hold, and the quality, None if the format is lossless.
        side: the largest width and height, in pixels.
        quality: the usual quality, 1 to 100; None if the format is lossless.
        least: quality of a result at least, where that of its source would be kept.
        color: whether it holds colors, and not grays alone.
        alpha: whether it holds transparency.
        gray: whether it has files of one channel, with a profile for grays.
        deep: whether it holds more than 8 bits per channel; otherwise `write` rounds them to 8.
        bits: how many of 16 it keeps then, unless the picture's own file had so many, too.
        icc_profile: the longest color profile, in bytes; 0 if it holds none.
        exif: the same for EXIF data.
        xmp: the same for an XMP packet.
        iptc: the same for IPTC data.
        texts: which texts it holds: none, comments, or all.
        video: whether the video of a motion photo can stand behind the picture.
        dpi: the least and greatest dots per inch; None if it holds no resolution.
        pages: returns the content of a file with several pictures, which it takes one by one, and
            the quality; None if files hold one.
        frames: the same for an animation, which has one timing; of what it says beside its pixels,
            the first frame's counts. None if files do not move.
        deep_frames: whether frames have as many bits as a picture.
    """

    write: Callable[[Picture, int | None], bytes]
    side: int
    quality: int | None = None
    least: int = 1
    color: bool = True
    alpha: bool = True
    gray: bool = False
    deep: bool = False
    bits: int = 16
    icc_profile: int = ANY_LENGTH
    exif: int = ANY_LENGTH
    xmp: int = ANY_LENGTH
    iptc: int = 0
    texts: Place = "none"
    video: bool = False
    dpi: tuple[float, float] | None = ANY_DPI
    pages: Callable[[Iterable[Picture], int | None], bytes] | None = None
    frames: Callable[[Iterable[Picture], Timing, int | None], bytes] | None = None
    deep_frames: bool = True


def _nothing(_: bytes) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files that can be read, and perhaps written.

    Attributes:
        title: its usual name, such as 'WebP'.
        extensions: of its files, in lower case; the usual one first.
        more_extensions: of files that are read as this format, and never written.
        mime: its media type.
        begins: tells from the first bytes of a file (a few hundred are enough) whether it is one.
        read: returns the picture in the content of a file. It may raise whatever its libraries
            raise: `decode` turns that into an error.
        sequence: returns all pictures in the content of a file, without decoding them yet; None if
            there is one. The format has no files with several if it is None itself.
        others: names the parts of a file that `read` neither carries along nor tells in a note.
        writer: how it is written; None if it is only read.
        substitute: key of the format in which its pictures are written if `writer` is None.
        is_rich: tells from the first bytes of a file whether its picture has more than 8 bits, or
            transparency.
        rich_substitute: as `substitute`, for these; '' is the same.
    """

    title: str
    extensions: tuple[str, ...]
    more_extensions: tuple[str, ...] = ()
    mime: str
    begins: Callable[[bytes], bool]
    read: Callable[[bytes], Picture]
    sequence: Callable[[bytes], PictureSequence | None] | None = None
    others: Callable[[bytes], Iterable[str]] = _nothing
    writer: Writer | None = None
    substitute: str = "PNG"
    is_rich: Callable[[bytes], bool] | None = None
    rich_substitute: str = ""
