"""What everybody takes for granted of a result, whatever the network computes.

A gray picture stays gray, an even one stays even, and what is well lit already is left alone:
without being asked, nothing gets darker.
"""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.pixels import Pixels, bands
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

_COARSE: Final = 96  # pixels of the longer side of the copies whose brightness is compared
_UNTOUCHED: Final = 1.02  # up to this gain of luma, a place keeps the pixels of the input
_ENHANCED: Final = 1.2  # from this gain on it has those of the network
_DARK: Final = 1.0  # 8-bit levels added to both lumas: the gain of black is 1


def is_even(pixels: Pixels) -> bool:
    """Tell whether all pixels are the same: there is nothing to be seen."""
    return all(bool((part == pixels[0, 0]).all()) for part in bands(pixels))


def evened(pixels: Pixels) -> Pixels:
    """Return the mean color in place of every pixel."""
    mean = pixels.reshape(-1, 3).mean(axis=0)
    return np.full_like(pixels, np.rint(mean).astype(pixels.dtype))


def as_gray(pixels: Pixels) -> Pixels:
    """Return the luma of pixels in all three channels, ``(H, W, 3)`` of the same type."""
    result = np.empty_like(pixels)
    for part, gray in zip(bands(pixels), bands(result), strict=True):
        gray[:] = np.rint(part @ LUMA.astype(np.float32))[..., None]
    return result


def light_kept(dark: Pixels, bright: Pixels) -> Pixels:
    """Return a result in which places that the network hardly brightens are those of the input.

    With the gain g of coarse luma, a place is ``w bright + (1 - w) dark``, where w rises from 0 at
    g = 1.02 to 1 at g = 1.2. So no place becomes darker, and a picture that needs nothing stays as
    it is.

    Args:
        dark: The input, ``(H, W, 3)``, uint8 or uint16.
        bright: What the network made of it, of the same shape and type.
    """
    unit = 257.0 if dark.dtype == np.uint16 else 1.0
    gain = (_coarse(bright) / unit + _DARK) / (_coarse(dark) / unit + _DARK)
    share = ((gain - _UNTOUCHED) / (_ENHANCED - _UNTOUCHED)).clip(0, 1)
    share = (share * share * (3 - 2 * share)).astype(np.float32)  # without a kink at either end
    if share.min() == 1:
        return bright
    if share.max() == 0:
        return dark.copy()
    height, width = dark.shape[:2]
    whole = cast("Floats", cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR))
    result = np.empty_like(dark)
    parts = (bands(dark), bands(bright), bands(whole), bands(result))
    for before, after, weight, mixed in zip(*parts, strict=True):
        low = before.astype(np.float32)
        mixed[:] = np.rint(low + (after.astype(np.float32) - low) * weight[..., None])
    return result


def _coarse(pixels: Pixels) -> Floats:
    """Return the luma of a small copy, smoothed a little, ``(h, w)``."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _COARSE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    luma = (np.asarray(small).astype(np.float32) @ LUMA.astype(np.float32)).astype(np.float32)
    return cast("Floats", cv2.blur(luma, (3, 3), borderType=cv2.BORDER_REPLICATE))
