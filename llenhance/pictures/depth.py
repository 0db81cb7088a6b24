"""The step from 16 to 8 bits per channel."""

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
