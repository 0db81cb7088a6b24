"""How the pixels of a JPEG file were coded, and pixels coded so again.

OpenCV codes them: Pillow knows three ways to store color coarsely, cameras and rotating programs
use five.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from llenhance.pictures.coding import Coding
from llenhance.pictures.pixels import TURNS, Pixels8

LEAST: Final = 75
"""Quality of a result at least. A dark photograph saved at 30 and enhanced shows the blocks of
another 30 in even areas (33 to 38 dB from what was enhanced; 37 to 43 dB at 75, where the eye finds
none), and a file of 75 is a third of one of 95."""

_FINE: Final = 90  # from this quality on, color keeps its full size where the file tells nothing
_FULL: Final = 95  # and from this one on always: coarser color would be what is seen first

_FACTORS: Final = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
}
# How many pixels share one color, across and down. What cannot be written so becomes the next
# finer kind.
_SUBSAMPLINGS: Final = {
    (1, 1): "4:4:4", (2, 1): "4:2:2", (1, 2): "4:4:0", (2, 2): "4:2:0", (4, 1): "4:1:1",
    (1, 4): "4:4:0", (4, 2): "4:2:0", (2, 4): "4:2:0", (4, 4): "4:2:0",
}  # fmt: skip


def coding_of(image: JpegImagePlugin.JpegImageFile, *, orientation: int) -> Coding:
    """Return how a file was coded, for the upright picture.

    Args:
        image: opened by Pillow.
        orientation: how the picture lies in the file, 1 to 8.
    """
    layers = cast("Sequence[tuple[int, int, int, int]]", image.layer)
    subsampling = None
    if len(layers) >= 3:
        (_, across, down, _), (_, coarse, low, _) = layers[:2]
        if coarse and low:
            across, down = across // coarse, down // low
            across, down = (down, across) if TURNS[orientation][0] else (across, down)
            subsampling = _SUBSAMPLINGS.get((across, down))
    used = dict.fromkeys(table for *_, table in layers[:3])
    tables = [image.quantization[table] for table in used if table in image.quantization]
    return Coding(
        quality=quality_of(tables),
        subsampling=subsampling,
        progressive=bool(image.info.get("progressive")),
    )


def quality_of(tables: Sequence[Sequence[int]]) -> int | None:
    """Return the quality, on the scale of the Independent JPEG Group, of quantization tables.

    For tables of other programs it is the one whose tables tell frequencies apart as finely: of
    fifteen such tables, the sizes of nine photographs came out within a quarter, most of them
    within 7 %. (The nearest steps themselves gave up to 2.8 times the size.)

    Args:
        tables: that of light, perhaps followed by that of color; 64 steps each.
    """
    if not tables or any(len(table) != 64 or min(table) < 1 for table in tables):
        return None
    off = np.zeros(100)
    for table, usual in zip(tables, _usual_tables(), strict=False):
        off += np.abs(1 / np.asarray(table, np.float64) - 1 / usual).sum(axis=1)
    return 1 + int(off.argmin())


def coded(pixels: Pixels8, *, quality: int, coding: Coding) -> bytes:
    """Return a JPEG file of nothing but pixels.

    Args:
        pixels: (H, W, 3) RGB or (H, W) gray, of 8 bits.
        quality: 1 to 100.
        coding: of the file that the picture comes from.
    """
    subsampling = coding.subsampling or ("4:4:4" if quality >= _FINE else "4:2:0")
    factor = _FACTORS["4:4:4" if quality >= _FULL else subsampling]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    options += [cv2.IMWRITE_JPEG_PROGRESSIVE, int(coding.progressive)]
    if pixels.ndim == 3:
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
        pixels = cast("Pixels8", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    done, data = cv2.imencode(".jpg", pixels, options)
    if not done:
        raise ValueError("OpenCV could not write the JPEG")
    return data.tobytes()


@lru_cache(maxsize=1)
def _usual_tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the steps of all qualities, 1 to 100, (100, 64) of light and of color."""
    qualities = np.arange(1, 101)[:, None]
    scale = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    light, color = (((np.array(base) * scale + 50) // 100).clip(1, 255) for base in _BASES)
    return light.astype(np.float64), color.astype(np.float64)


# Tables K.1 and K.2 of ITU-T T.81, which are those of quality 50.
_BASES: Final = (
    (
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ),
    (
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
        24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        *(99,) * 32,
    ),
)  # fmt: skip
