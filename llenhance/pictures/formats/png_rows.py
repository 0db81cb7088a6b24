"""Whether the compressed data of a PNG file has all rows of its picture.

Pillow leaves black what is missing, without a word, if the data ends as compressed data should.
"""

from __future__ import annotations

import zlib
from typing import Final

from PIL import Image

from llenhance.pictures.formats.png_chunks import chunks

_BITS_AT, _KIND_AT, _INTERLACED_AT = 24, 25, 28  # of the IHDR chunk, which is always first
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the kind of color
_PASSES: Final = (  # of interlacing: the first row and column, and the steps to the next ones
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip
_PIECE: Final = 2**20  # bytes that are unpacked at a time


def refuse_incomplete(data: bytes, image: Image.Image) -> None:
    """Raise if rows are missing. It is found out only where the last row is empty.

    Args:
        data: the content of the file.
        image: the picture in it, loaded.

    Raises:
        ValueError: rows are missing.
    """
    interlaced = bool(data[_INTERLACED_AT])
    last = (0, image.height - 1, image.width, image.height)
    if not interlaced and image.crop(last).getbbox() is not None:
        return
    bits = data[_BITS_AT] * _CHANNELS[data[_KIND_AT]]
    wanted = 0
    for top, left, down, across in _PASSES if interlaced else ((0, 0, 1, 1),):
        width, height = -(-(image.width - left) // across), -(-(image.height - top) // down)
        if width > 0 and height > 0:
            wanted += height * (1 + -(-width * bits // 8))
    if _unpacked(data, wanted) < wanted:
        raise ValueError("the file ends in the middle")


def _unpacked(data: bytes, most: int) -> int:
    """Return how many bytes the pixels have, filters included; those behind `most` do not count."""
    unpack, count = zlib.decompressobj(), 0
    for kind, start, end in chunks(data):
        rest = data[start + 8 : end - 4] if kind == b"IDAT" else b""
        while rest and count < most:
            try:
                count += len(unpack.decompress(rest, _PIECE))
            except zlib.error:  # Pillow has read as much as it takes: a checksum is wrong
                return most
            rest = unpack.unconsumed_tail
    return count
