"""A map of confidence over the result, for people: colors, and a legend that says what they mean.

The colors are viridis (CC0), from OpenCV: their lightness rises evenly, so that they mean the same
to the color-blind and in print. The scale is always the same: maps can be compared.
"""

from __future__ import annotations

from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from llenhance.enhancing.confidence import Confidence
from llenhance.enhancing.fast import reduced
from llenhance.pictures.pixels import Pixels
from llenhance.scoring.metrics import LUMA

Pixels8 = NDArray[np.uint8]

BRIGHTEST: Final = 20
"""Levels of 8 bits whose color is the brightest; larger errors have it too."""

LARGEST: Final = 2048
"""Pixels of the longer side of a heat map at most: it is for looking at."""

_OPACITY: Final = np.float32(0.6)  # of the colors: the picture can still be recognized
_TICKS: Final = (0, 5, 10, 15, 20)
_NARROWEST: Final = 240  # pixels: room for the legend's words
_TITLE: Final = "expected error of a place, levels of 255"
_BACKGROUND: Final = 24
_INK: Final = 235


def heat_map(confidence: Confidence, result: Pixels) -> Pixels8:
    """Return the spread as colors over a result in gray, with a legend below it.

    Args:
        confidence: Of the picture.
        result: ``(H, W, 3)``, uint8 or uint16, on the curve of sRGB.

    Returns:
        ``(H', W', 3)``, with the picture at most `LARGEST` pixels a side.
    """
    height, width = result.shape[:2]
    scale = min(1.0, LARGEST / max(height, width))
    height, width = max(1, round(height * scale)), max(1, round(width * scale))
    gray = reduced(result, height, width) @ LUMA.astype(np.float32)
    gray *= np.float32(255 / np.iinfo(result.dtype).max)
    spread = cv2.resize(confidence.spread, (width, height), interpolation=cv2.INTER_AREA)
    share = (np.asarray(spread) * np.float32(255 / BRIGHTEST)).clip(0, 1)
    over = gray[..., None] + _OPACITY * (_colors(share) - gray[..., None])
    legend = _legend(max(width, _NARROWEST))
    canvas = np.full((height + len(legend), legend.shape[1], 3), _BACKGROUND, np.uint8)
    left = (legend.shape[1] - width) // 2
    canvas[:height, left : left + width] = np.rint(over)
    canvas[height:] = legend
    return canvas


def _colors(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the RGB colors, 0..255, of values from 0 to 1."""
    levels = np.rint(share * 255).astype(np.uint8)
    found = cast("Any", cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS))
    return found[..., ::-1].astype(np.float32)


def _legend(width: int) -> Pixels8:
    """Return a strip with the colors, their numbers and what these are."""
    unit = max(10, min(width // 40, 28))  # height of the words
    image = Image.new("RGB", (width, 5 * unit), (_BACKGROUND,) * 3)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(unit)
    ink, edge = (_INK,) * 3, 2 * unit
    length = width - 2 * edge
    ramp = _colors(np.linspace(0, 1, length, dtype=np.float32)[None].repeat(unit, 0))
    image.paste(Image.fromarray(ramp.astype(np.uint8)), (edge, 2 * unit))
    draw.text((width / 2, unit), _TITLE, fill=ink, font=font, anchor="mm")
    for tick in _TICKS:
        words = f"{tick}+" if tick == BRIGHTEST else str(tick)
        place = (edge + length * tick / BRIGHTEST, 4 * unit)
        draw.text(place, words, fill=ink, font=font, anchor="mm")
    return np.asarray(image)
