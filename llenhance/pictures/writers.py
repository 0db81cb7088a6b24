"""Arrays as the bytes of PNG and TIFF files, and as Pillow images for the other formats.

OpenCV writes PNG's pixels. TIFF is written here: no library that is used writes 16 bits together
with a colour profile and EXIF data (`docs/decisions/0005-sixteen-bits-with-metadata.md`).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from fractions import Fraction

import cv2
import numpy as np
from PIL import Image

from llenhance.pictures import codecs
from llenhance.pictures.codecs import Pixels, bands, to_8_bits
from llenhance.pictures.metadata import BYTE, LONG, RATIONAL, SHORT, TIFF_KINDS, UNDEFINED


def to_pillow(pixels: Pixels, alpha: Pixels | None) -> Image.Image:
    """Return an RGB or, with alpha, RGBA image of 8 bits a channel."""
    image = Image.fromarray(to_8_bits(pixels))
    if alpha is not None:
        image.putalpha(Image.fromarray(to_8_bits(alpha)))
    return image


def png(pixels: Pixels, alpha: Pixels | None, *, chunks: Mapping[bytes, bytes]) -> bytes:
    """Return a PNG of 8 or 16 bits with these chunks (name to content) before its pixels."""
    if alpha is None:
        stored = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    else:
        stored = np.dstack([pixels[..., 2], pixels[..., 1], pixels[..., 0], alpha])
    # Level 4: within 3 % of level 6 on photographs, in half of the time.
    done, coded = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError("OpenCV could not write the PNG")
    extra = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks.items()
    )
    view = coded.data
    header = 8 + 25  # the signature and the IHDR chunk, which is always first
    return b"".join((view[:header], extra, view[header:]))


def tiff(
    pixels: Pixels,
    alpha: Pixels | None,
    *,
    base: bytes,
    entries: Mapping[int, bytes],
    dpi: tuple[float, float] | None,
    icc_profile: bytes | None,
    xmp: bytes | None,
) -> bytes:
    """Return a TIFF of 8 or 16 bits in strips, with horizontal differences and deflate.

    EXIF data is laid out like a TIFF file. So it goes first, unchanged: what its offsets point to
    stays where it is, those in camera makers' notes included.

    Args:
        pixels: (H, W, 3) RGB.
        alpha: (H, W) of the same type, or None.
        base: EXIF data, or the 8 bytes of a TIFF header. Its byte order becomes the file's.
        entries: tag to 12-byte directory entry, to be kept from `base`.
        dpi: dots per inch across and down, or None.
        icc_profile: an RGB profile, or None.
        xmp: an XMP packet, or None.
    """
    order = "<" if base[:2] == b"II" else ">"
    height, width = pixels.shape[:2]
    samples = 3 if alpha is None else 4
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

    directory = dict(entries)

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
    entry(262, SHORT, [2])  # RGB
    entry(273, LONG, [start for start, _ in strips])
    entry(274, SHORT, [1])  # upright
    entry(277, SHORT, [samples])
    entry(278, LONG, [max(1, codecs.BAND // width)])  # rows per strip
    entry(279, LONG, [length for _, length in strips])
    entry(284, SHORT, [1])  # interleaved
    entry(317, SHORT, [2])  # horizontal differences
    if alpha is not None:
        entry(338, SHORT, [2])  # the colours are not multiplied by it
    if dpi is not None:
        for tag, value in zip((282, 283), dpi, strict=True):
            entry(tag, RATIONAL, Fraction(value).limit_denominator(1000).as_integer_ratio())
        entry(296, SHORT, [2])  # inches
    if icc_profile is not None:
        entry(34675, UNDEFINED, icc_profile)
    if xmp is not None:
        entry(700, BYTE, xmp)
    table = b"".join(directory[tag] for tag in sorted(directory))
    start = put(struct.pack(f"{order}H", len(directory)) + table + b"\0" * 4)
    body[0] = base[:4] + struct.pack(f"{order}I", start) + base[8:]
    return b"".join(body)
