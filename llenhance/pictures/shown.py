"""A small copy of a picture, to be shown to people: on a page, on a sheet, in a terminal."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels8
from llenhance.pictures.spaces import as_srgb

_BEHIND: Final = 128  # the gray that is seen through transparency


def shown(picture: Picture, side: int) -> Pixels8:
    """Return a small copy in sRGB, ``(h, w, 3)``, with gray behind what is transparent.

    Args:
        picture: It stays as it is.
        side: Pixels of the longer side, at most; a smaller picture keeps its size.
    """
    pixels = reduced(to_8_bits(as_srgb(picture)), side)
    if picture.alpha is None:
        return pixels
    return over_gray(pixels, reduced(to_8_bits(picture.alpha), side))


def over_gray(pixels: Pixels8, alpha: Pixels8) -> Pixels8:
    """Return pixels as they look in front of gray, by their alpha ``(H, W)``."""
    cover = alpha[..., None].astype(np.float32) / 255
    return np.rint(pixels * cover + _BEHIND * (1 - cover)).astype(np.uint8)


def reduced(pixels: Pixels8, side: int) -> Pixels8:
    """Return pixels whose longer side is no longer than this: averages over areas."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
