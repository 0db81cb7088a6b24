"""A picture as the content of a TIFF file.

No library that is used writes 16 bits together with a color profile and EXIF data
(`docs/decisions/0005-sixteen-bits-with-metadata.md`), so that the file is laid out here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from llenhance.errors import PictureError
from llenhance.pictures import photoshop
from llenhance.pictures.exif import (
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    TIFF_KINDS,
    UNDEFINED,
)
from llenhance.pictures.exif_move import moved
from llenhance.pictures.exif_repair import drop_impossible
from llenhance.pictures.metadata import descriptive
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, bands, rows_of_a_band
from llenhance.pictures.tiff_exif import DESCRIPTIVE

_LONGEST: Final = 2**32  # bytes, to which 32-bit offsets reach


def write(picture: Picture, quality: int | None) -> bytes:
    """Return a TIFF of 8 or 16 bits in strips, with horizontal differences and deflate.

    Args:
        picture: stays as it is.
        quality: is not used: the format is lossless.
    """
    return write_pages([picture], quality)


def write_pages(pictures: Iterable[Picture], quality: int | None) -> bytes:
    """Return a TIFF with a page for each picture; they need not have anything in common.

    Args:
        pictures: at least one; they are taken one by one.
        quality: is not used: the format is lossless.

    Raises:
        PictureError: they do not fit into 4 GB.
    """
    file = _File()
    for picture in pictures:
        file.add(picture)
    return file.content()


class _File:
    """A TIFF file that grows page by page.

    EXIF data is laid out like a TIFF file. So that of the first page begins the file, unchanged:
    what its offsets point to stays where it is, including what is in camera makers' notes. Its byte
    order becomes the file's. On other pages it moves.
    """

    def __init__(self) -> None:
        self._body: list[bytes] = []
        self._end = 0
        self._order: Literal["<", ">"] = "<"
        self._link = (0, 0)  # which part of the body tells where the next page is, and where in it

    def content(self) -> bytes:
        return b"".join(self._body)

    def add(self, picture: Picture) -> None:
        """Add a page."""
        exif = bytearray(picture.exif or b"")
        if exif:
            drop_impossible(exif)  # here they would point to pixels
        if not self._body:
            base = bytes(exif) or b"II*\0" + b"\0" * 4
            self._order = "<" if base[:2] == b"II" else ">"
            self._put(base)
            self._link = 0, 4
            entries = descriptive(base) if exif else {}
        elif exif:
            whole, entries = moved(bytes(exif), to=self._end, order=self._order)
            entries = {tag: entry for tag, entry in entries.items() if tag in DESCRIPTIVE}
            self._put(whole)
        else:
            entries = {}
        self._describe(picture, entries)

    def _put(self, part: bytes) -> int:
        """Put something at the end, which is even, and return where."""
        start = self._end
        self._body.extend((part, b"\0" * (len(part) % 2)))
        self._end += len(part) + len(part) % 2
        if self._end >= _LONGEST:
            raise PictureError("file-too-long", "picture", format="TIFF")
        return start

    def _strips(self, pixels: Pixels, alpha: Pixels | None) -> list[tuple[int, int]]:
        """Put the pixels, and return offset and length of each strip."""
        strips: list[tuple[int, int]] = []
        covers = bands(pixels if alpha is None else alpha)
        for part, cover in zip(bands(pixels), covers, strict=True):
            strip = part.copy() if alpha is None else np.dstack([part, cover])
            strip[:, 1:] -= strip[:, :-1].copy()  # modulo 2**8 or 2**16, as the format has it
            ordered = strip.astype(strip.dtype.newbyteorder(self._order), copy=False)
            deflated = zlib.compress(ordered.data, 4)
            strips.append((self._put(deflated), len(deflated)))
        return strips

    def _describe(self, picture: Picture, directory: dict[int, bytes]) -> None:
        """Put the pixels and a directory, which begins with the entries that are there."""
        order, gray = self._order, picture.is_gray
        pixels, alpha = (picture.pixels[..., :1] if gray else picture.pixels), picture.alpha
        height, width = pixels.shape[:2]
        samples = pixels.shape[2] + (alpha is not None)
        strips = self._strips(pixels, alpha)

        def entry(tag: int, kind: int, values: Sequence[int] | bytes) -> None:
            size, letter = TIFF_KINDS[kind]
            if isinstance(values, bytes):
                content = values
            else:
                content = struct.pack(f"{order}{len(values)}{letter}", *values)
            count = len(content) // size
            if len(content) > 4:
                content = struct.pack(f"{order}I", self._put(content))
            directory[tag] = struct.pack(f"{order}HHI", tag, kind, count) + content.ljust(4, b"\0")

        entry(256, LONG, [width])
        entry(257, LONG, [height])
        entry(258, SHORT, [8 * pixels.itemsize] * samples)
        entry(259, SHORT, [8])  # deflate
        entry(262, SHORT, [1 if gray else 2])  # black is 0; RGB
        entry(273, LONG, [start for start, _ in strips])
        entry(274, SHORT, [1])  # upright
        entry(277, SHORT, [samples])
        entry(278, LONG, [rows_of_a_band(width)])  # rows per strip
        entry(279, LONG, [length for _, length in strips])
        entry(284, SHORT, [1])  # interleaved
        entry(317, SHORT, [2])  # horizontal differences
        if alpha is not None:
            entry(338, SHORT, [2])  # the colors are not multiplied by it
        if picture.dpi is not None:
            for tag, value in zip((282, 283), picture.dpi, strict=True):
                entry(tag, RATIONAL, Fraction(value).limit_denominator(1000).as_integer_ratio())
            entry(296, SHORT, [2])  # inches
        if picture.icc_profile is not None:
            entry(34675, UNDEFINED, picture.icc_profile)
        if picture.xmp is not None:
            entry(700, BYTE, picture.xmp)
        if picture.iptc is not None:
            if captions := photoshop.captions_in(picture.iptc):
                # Programs fill it up to numbers of four bytes; a digest would be of these too.
                entry(33723, UNDEFINED if len(captions) % 4 else LONG, captions)
            if blocks := photoshop.without_captions(picture.iptc):
                entry(34377, BYTE, blocks)
        table = b"".join(directory[tag] for tag in sorted(directory))
        head = struct.pack(f"{order}H", len(directory)) + table
        part, at = self._link
        self._link = len(self._body), len(head)
        start = struct.pack(f"{order}I", self._put(head + b"\0" * 4))
        before = self._body[part]
        self._body[part] = before[:at] + start + before[at + 4 :]
