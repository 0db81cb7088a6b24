"""A picture as the content of a TIFF file.

No library that is used writes 16 bits together with a color profile and EXIF data
(`docs/decisions/0005-sixteen-bits-with-metadata.md`), so that the file is laid out here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from llenhance.pictures.exif import (
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    TIFF_KINDS,
    UNDEFINED,
)
from llenhance.pictures.exif_repair import drop_impossible
from llenhance.pictures.metadata import descriptive
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import bands, rows_of_a_band


def write(picture: Picture, quality: int | None) -> bytes:
    """Return a TIFF of 8 or 16 bits in strips, with horizontal differences and deflate.

    EXIF data is laid out like a TIFF file. So it goes first, unchanged: what its offsets point to
    stays where it is, including what is in camera makers' notes. Its byte order becomes the file's.

    Args:
        picture: stays as it is.
        quality: is not used: the format is lossless.
    """
    gray = picture.is_gray
    pixels, alpha = (picture.pixels[..., :1] if gray else picture.pixels), picture.alpha
    exif = bytearray(picture.exif or b"")
    if exif:
        drop_impossible(exif)  # here they would point to pixels
    base = bytes(exif) or b"II*\0" + b"\0" * 4
    order = "<" if base[:2] == b"II" else ">"
    height, width = pixels.shape[:2]
    samples = pixels.shape[2] + (alpha is not None)
    body = [base, b"\0" * (len(base) % 2)]  # every value begins at an even offset
    end = len(base) + len(base) % 2

    def put(part: bytes) -> int:
        nonlocal end
        body.extend((part, b"\0" * (len(part) % 2)))
        start, end = end, end + len(part) + len(part) % 2
        return start

    strips: list[tuple[int, int]] = []
    covers = bands(pixels if alpha is None else alpha)
    for part, cover in zip(bands(pixels), covers, strict=True):
        strip = part.copy() if alpha is None else np.dstack([part, cover])
        strip[:, 1:] -= strip[:, :-1].copy()  # modulo 2**8 or 2**16, as the format has it
        deflated = zlib.compress(strip.astype(strip.dtype.newbyteorder(order), copy=False).data, 4)
        strips.append((put(deflated), len(deflated)))

    directory = descriptive(base) if exif else {}

    def entry(tag: int, kind: int, values: Sequence[int] | bytes) -> None:
        size, letter = TIFF_KINDS[kind]
        if isinstance(values, bytes):
            content = values
        else:
            content = struct.pack(f"{order}{len(values)}{letter}", *values)
        count = len(content) // size
        if len(content) > 4:
            content = struct.pack(f"{order}I", put(content))
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
    table = b"".join(directory[tag] for tag in sorted(directory))
    start = put(struct.pack(f"{order}H", len(directory)) + table + b"\0" * 4)
    body[0] = base[:4] + struct.pack(f"{order}I", start) + base[8:]
    return b"".join(body)
