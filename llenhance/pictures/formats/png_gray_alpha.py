"""A PNG of gray and alpha, which OpenCV does not write, and nobody with 16 bits."""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.formats.png_chunks import SIGNATURE, chunk
from llenhance.pictures.pixels import Pixels, bands

_COMPRESSION: Final = 4  # as OpenCV is told
_GRAY_AND_ALPHA: Final = 4  # kind of color in IHDR

Bytes = NDArray[np.uint8]


def gray_alpha_png(gray: Pixels, alpha: Pixels) -> bytes:
    """Return a PNG file of nothing but pixels.

    Args:
        gray: (H, W), uint8 or uint16.
        alpha: of the same shape and type.
    """
    height, width = gray.shape
    header = struct.pack(">2I5B", width, height, 8 * gray.itemsize, _GRAY_AND_ALPHA, 0, 0, 0)
    packer = zlib.compressobj(_COMPRESSION, strategy=zlib.Z_FILTERED)
    above = np.zeros(2 * width * gray.itemsize, np.uint8)
    parts: list[bytes] = []
    for grays, covers in zip(bands(gray), bands(alpha), strict=True):
        values = np.stack([grays, covers], axis=-1)
        rows = values.astype(values.dtype.newbyteorder(">"), copy=False).view(np.uint8)
        rows = rows.reshape(len(values), -1)
        parts.append(packer.compress(_filtered(rows, above, step=2 * gray.itemsize).tobytes()))
        above = rows[-1]
    data = b"".join((*parts, packer.flush()))
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _filtered(rows: Bytes, above: Bytes, *, step: int) -> Bytes:
    """Return rows as differences from what is predicted, each with the filter that leaves least.

    Args:
        rows: (H, N), the bytes of pixels.
        above: (N,), the row above the first.
        step: bytes of a pixel.
    """
    up = np.vstack([above, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    mean = ((left.astype(np.uint16) + up) // 2).astype(np.uint8)
    predictions = (np.zeros_like(rows), left, up, mean, _paeth(left, up, corner))
    best = np.zeros((len(rows), 1 + rows.shape[1]), np.uint8)
    least = np.full(len(rows), np.iinfo(np.int64).max)
    for kind, predicted in enumerate(predictions):
        off = rows - predicted  # modulo 256
        size = np.abs(off.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64)
        better = size < least
        best[better, 0], best[better, 1:] = kind, off[better]
        least = np.minimum(least, size)
    return best


def _paeth(left: Bytes, up: Bytes, corner: Bytes) -> Bytes:
    """Return which of the three is nearest to left + up - corner."""
    a, b, c = (one.astype(np.int16) for one in (left, up, corner))
    off_left, off_up, off_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    nearest = np.where((off_left <= off_up) & (off_left <= off_corner), left, corner)
    takes_up = (off_up < off_left) & (off_up <= off_corner)
    return np.where(takes_up, up, nearest)
