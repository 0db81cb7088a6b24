"""About how many bytes the file of an enhanced picture will have, before it is made.

A result in the format of its picture has the size of that file times a factor; any other has so
many bytes a pixel. Both are medians over dark photographs of 0.2 to 0.8 megapixels: single ones are
off by a factor of two, and smooth ones, as large ones often are, become smaller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture

_GROWTH: Final[Mapping[str, float]] = {
    "JPEG": 1.2, "PNG": 1.05, "WEBP": 1.1, "TIFF": 0.75, "AVIF": 1.4
}  # fmt: skip
"""Bytes of a result for each byte of its picture's file, of the same format and quality.

TIFF is the mean of LZW (0.72), Deflate (0.92) and files that were not compressed (0.54).
"""

_LOSSY: Final[Mapping[str, Mapping[int, float]]] = {
    "JPEG": {0: 0.0, 50: 0.10, 75: 0.14, 85: 0.19, 90: 0.23, 95: 0.40, 100: 0.99},
    "WEBP": {0: 0.0, 50: 0.07, 75: 0.09, 85: 0.13, 90: 0.17, 95: 0.24, 100: 0.33},
    "AVIF": {0: 0.0, 50: 0.07, 75: 0.13, 85: 0.17, 90: 0.22, 95: 0.31, 100: 0.84},
}
"""Bytes for each pixel, by quality; in between by straight lines."""

_LOSSLESS: Final[Mapping[str, tuple[float, float]]] = {
    "PNG": (0.5, 1.7), "TIFF": (0.53, 1.7)
}  # fmt: skip
"""Bytes for each value of a pixel, of 8 and of 16 bits; plain formats need 1 and 2."""


def likely_size(
    picture: Picture,
    *,
    pixels: int,
    format: str,
    quality: int | None = None,
    source_size: int | None = None,
) -> int:
    """Return about how many bytes the file of a result will have.

    Args:
        picture: The dark one; of several in a file, the first.
        pixels: Of the result; of several pictures in it, of all.
        format: Of the result, a key of `FORMATS` that can be written.
        quality: That was asked for, 1 to 100.
        source_size: Bytes of the picture's file; None if the result does not depend on it.
    """
    writer = FORMATS[format].writer
    assert writer is not None  # a result has a format that can be written
    beside = sum(
        len(part)
        for part, longest in (
            (picture.icc_profile, writer.icc_profile),
            (picture.exif, writer.exif),
            (picture.xmp, writer.xmp),
            (picture.iptc, writer.iptc),
        )
        if part is not None and len(part) <= longest
    )
    beside += len(picture.video) if picture.video is not None and writer.video else 0
    asked = quality is not None and writer.quality is not None
    if source_size is not None and format == picture.source_format in _GROWTH and not asked:
        return round(max(0, source_size - beside) * _GROWTH[format]) + beside
    if format in _LOSSY:
        wanted = writer.quality if quality is None else quality
        return round(pixels * _of_quality(_LOSSY[format], wanted or 100)) + beside
    deep = picture.depth == 16 and writer.deep
    plain, rich = _LOSSLESS.get(format, (1.0, 2.0))
    one = not writer.color or (picture.gray and writer.gray)
    values = (1 if one else 3) + (picture.alpha is not None and writer.alpha)
    return round(pixels * values * (rich if deep else plain)) + beside


def _of_quality(bytes_a_pixel: Mapping[int, float], quality: int) -> float:
    below = max(known for known in bytes_a_pixel if known < quality)
    above = min(known for known in bytes_a_pixel if known >= quality)
    share = (quality - below) / (above - below)
    return bytes_a_pixel[below] + share * (bytes_a_pixel[above] - bytes_a_pixel[below])
