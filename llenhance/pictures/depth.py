"""The steps between depths: bits per channel of files, and those of pixels."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.pixels import Pixels, bands


def to_8_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Return 16-bit values rounded to 8 bits (65535 becomes 255), and 8-bit ones as they are.

    This is the only step from 16 to 8 bits: 8-bit files, Pillow images and scores use it.
    """
    if pixels.dtype == np.uint8:
        return cast("NDArray[np.uint8]", pixels)
    rounded = np.empty(pixels.shape, np.uint8)
    for deep, shallow in zip(bands(pixels), bands(rounded), strict=True):
        shallow[:] = (deep.astype(np.uint32) + 128) // 257
    return rounded


def to_16_bits(values: NDArray[np.uint16], *, bits: int) -> NDArray[np.uint16]:
    """Return values of fewer bits (9 to 15) as 16-bit ones: the largest becomes 65535."""
    full = 2**bits - 1
    table = np.rint(np.linspace(0, 65535, full + 1)).astype(np.uint16)
    spread = np.empty(values.shape, np.uint16)
    for part, result in zip(bands(values), bands(spread), strict=True):
        result[:] = table[part.clip(0, full)]
    return spread


def to_fewer_bits(pixels: Pixels, *, bits: int) -> NDArray[np.uint16]:
    """Return 16-bit values rounded to fewer bits (9 to 15): 65535 becomes the largest."""
    full = 2**bits - 1
    rounded = np.empty(pixels.shape, np.uint16)
    for part, result in zip(bands(pixels), bands(rounded), strict=True):
        result[:] = (part.astype(np.uint32) * full + 32767) // 65535
    return rounded
