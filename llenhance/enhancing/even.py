"""Even areas of graphics stay even, and what is drawn on them stays crisp.

The network makes soft lights and rims where a screenshot or a slide has one color. All even areas
of a color (`pictures/even.py`) get one color: the median of what the network made of them. What is
drawn between them, such as letters, follows the input: around each place, the result is the affine
function of the input that fits best, as in `fast.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.fast import affine_functions
from llenhance.pictures.even import EvenColor, even_areas
from llenhance.pictures.pixels import Pixels, bands
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]
Part = tuple[slice, slice]

_AROUND: Final = 25  # pixels a side of the window in which even pixels are counted
_MOSTLY: Final = (0.5, 0.65)  # their share from which, and up to which, a drawing begins
_RADIUS: Final = 5  # pixels: a fit sees some letters
_EPSILON: Final = 1e-6  # squared, of the range of the guide: a quarter of an 8-bit level
_MARGIN: Final = 2 * _RADIUS
_TILE: Final = 256  # pixels a side of what is fitted at once


def even_kept(dark: Pixels, bright: Pixels, *, keeps_light: bool) -> Pixels:
    """Return a result in which the even areas of a graphic are even.

    Args:
        dark: The input, ``(H, W, 3)``, uint8 or uint16.
        bright: What it became, of the same shape and type.
        keeps_light: Whether no color may become darker than it was.
    """
    found = even_areas(dark)
    if found is None:
        return bright
    levels = np.array([_level(bright, even, keeps_light=keeps_light) for even in found.colors])
    of = _numbered(dark, np.array([even.color for even in found.colors]))
    drawn, photographed = _drawn(of)
    areas = cv2.dilate(found.inside.astype(np.uint8), np.ones((3, 3), np.uint8))
    same = (of >= 0) & ((drawn > 0) | (np.asarray(areas) > 0))
    leveled = bright.copy()
    leveled[same] = levels[of[same]]
    result = leveled.copy()
    for window, core, inner in _tiles(*of.shape):
        between = (of[core] < 0) & ~photographed[core]
        if not between.any() or not same[window].any():
            continue
        low, high, even = bright[window], leveled[window], same[window]
        moved = _moved(low, high, even)[inner][between]
        weight = drawn[core][between][:, None] / np.float32(255)
        if weight.any():
            moved += (_fitted(dark[window], high)[inner][between] - moved) * weight
            if keeps_light:  # a fit leads beyond the values that it is made of
                lack = ((dark[core][between] - moved) @ LUMA.astype(np.float32)).clip(0)
                moved += lack[:, None] * weight
        result[core][between] = np.rint(moved.clip(0, np.iinfo(dark.dtype).max))
    return result


def _level(bright: Pixels, even: EvenColor, *, keeps_light: bool) -> Pixels:
    """Return what becomes of a color."""
    level = np.rint(np.median(bright[even.places], axis=0)).astype(bright.dtype)
    return even.color if keeps_light and level @ LUMA < even.color @ LUMA else level


def _numbered(pixels: Pixels, colors: Pixels) -> NDArray[np.int16]:
    """Return which of the colors each pixel has, ``(H, W)``; -1 if none."""
    codes = _codes(colors)
    order = np.argsort(codes)
    codes = codes[order]
    numbers = np.empty(pixels.shape[:2], np.int16)
    for part, out in zip(bands(pixels), bands(numbers), strict=True):
        code = _codes(part)
        at = np.searchsorted(codes, code).clip(max=len(codes) - 1)
        out[:] = np.where(codes[at] == code, order[at], -1)
    return numbers


def _codes(colors: Pixels) -> NDArray[np.int64]:
    """Return a number for each color."""
    wide = colors.astype(np.int64)
    return (wide[..., 0] << 32) | (wide[..., 1] << 16) | wide[..., 2]


def _drawn(of: NDArray[np.int16]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return how much each pixel belongs to a drawing, 0..255, and which are of a photograph in it.

    In a drawing, most pixels around have the color of an even area; in a photograph, a whole square
    has none of it.
    """
    even = (of >= 0).astype(np.uint8)
    window = (_AROUND, _AROUND)
    share = cv2.blur(even * np.uint8(255), window, borderType=cv2.BORDER_REPLICATE)
    low, high = _MOSTLY
    table = np.rint(((np.arange(256) / 255 - low) / (high - low)).clip(0, 1) * 255)
    drawn = cast("NDArray[np.uint8]", cv2.LUT(share, table.astype(np.uint8)))
    squares = cv2.morphologyEx(1 - even, cv2.MORPH_OPEN, np.ones(window, np.uint8))
    photographed = np.asarray(squares) > 0
    drawn[photographed] = 0
    return drawn, photographed


def _tiles(height: int, width: int) -> Iterator[tuple[Part, Part, Part]]:
    """Yield windows, their cores, and the cores within their windows."""
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            first, start = max(0, top - _MARGIN), max(0, left - _MARGIN)
            bottom, right = min(height, top + _TILE), min(width, left + _TILE)
            yield (
                (slice(first, bottom + _MARGIN), slice(start, right + _MARGIN)),
                (slice(top, bottom), slice(left, right)),
                (slice(top - first, bottom - first), slice(left - start, right - start)),
            )


def _moved(bright: Pixels, leveled: Pixels, even: NDArray[np.bool_]) -> Floats:
    """Return a result that goes along with the even areas beside it, less and less: no seam."""
    side = (2 * _RADIUS + 1,) * 2
    share = np.asarray(cv2.blur(even.astype(np.float32), side))
    moves = leveled.astype(np.float32) - bright.astype(np.float32)  # 0 where it is not even
    mean = np.asarray(cv2.blur(moves, side)) / np.maximum(share, 1e-6)[..., None]
    return (bright + mean * (2 * share).clip(max=1)[..., None]).astype(np.float32)


def _fitted(dark: Pixels, leveled: Pixels) -> Floats:
    """Return the local affine function of the input that fits the leveled result best."""
    white = np.iinfo(dark.dtype).max
    # float64: the channels of a drawing are often equal, and float32 cannot tell them apart then.
    guide = dark.astype(np.float64) / white
    bright = leveled.astype(np.float64) / white
    functions = affine_functions(guide, bright, filters=((_RADIUS, _EPSILON),))
    values = np.empty(guide.shape, np.float32)
    for channel, (*factors, constant) in enumerate(functions.reshape(3, 4, *functions.shape[1:])):
        values[..., channel] = constant
        for factor, plane in zip(factors, guide.transpose(2, 0, 1), strict=True):
            values[..., channel] += factor * plane
    return (values.clip(0, 1) * np.float32(white)).astype(np.float32)
