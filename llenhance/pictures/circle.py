"""Find the even surroundings of a round picture, such as a fisheye lens makes."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.channels import largest_channel
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.pixels import Pixels

_SIDE: Final = 256  # pixels of the copy that is looked at
_SMALLEST: Final = 64  # pixels a side of a picture that is worth the search
_EVEN: Final = 6  # 8-bit levels that the surroundings may differ from their color
_BEYOND: Final = 1.04  # squared distance that is outside beyond the doubt of half a pixel
_OUTSIDE: Final = 0.99  # share of the outside of the ellipse that is even
_FADING: Final = 2.5  # 8-bit levels that they may differ right outside: a light fades more slowly
_LIT_RIM: Final = 0.5  # share of the rim where the picture differs from its surroundings
_CORNERS: Final = 0.12  # share of the picture that the surroundings are at least
_DIAMETER: Final = 0.7  # of the shorter side, at least: a moon is no round picture
_RIM: Final = 0.985  # of the radius: what the edge of the lens darkens is not picture


def outside_of_circle(pixels: Pixels) -> NDArray[np.bool_] | None:
    """Return which pixels lie around a round picture; None if the picture is not round.

    The surroundings are even, of the same color in all four corners, and what they leave is an
    ellipse, whole or cut off at two opposite sides.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST:
        return None
    step = max(1, max(height, width) // _SIDE)
    small = to_8_bits(pixels[::step, ::step]).astype(np.int16)
    color = np.median(_corners(small), axis=0)
    if np.abs(_corners(small) - color).max() > _EVEN:
        return None
    away = largest_channel(np.abs(small - color))
    like = (away <= _EVEN).astype(np.uint8)
    labels = cast("NDArray[np.int32]", cv2.connectedComponents(like, connectivity=4)[1])
    around = np.isin(labels, labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    if around.mean() < _CORNERS:
        return None
    rows, columns = (
        np.flatnonzero((~around).any(axis=1)),
        np.flatnonzero((~around).any(axis=0)),
    )
    if not len(rows) or not len(columns):
        return None
    found = _ellipse(small.shape[:2], rows, columns)
    if found is None or around[found > _BEYOND].mean() < _OUTSIDE:
        return None
    rim, ring = (found > 0.85) & (found < 0.95), (found > 1.05) & (found < 1.3)
    if not rim.any() or (~around[rim]).mean() < _LIT_RIM:
        return None
    if ring.any() and away[ring].mean() > _FADING:
        return None
    whole = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole) > _RIM**2


def _corners(small: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the pixels of the four corners, ``(n, 3)``."""
    side = max(2, min(small.shape[:2]) // 20)
    parts = [
        small[y, x] for y in (np.s_[:side], np.s_[-side:]) for x in (np.s_[:side], np.s_[-side:])
    ]
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def _ellipse(
    shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32] | None:
    """Return the squared distance from the middle of what is left, 1 on its ellipse."""
    y, x = (float(span[0] + span[-1]) / 2 for span in (rows, columns))
    high, wide = (float(span[-1] - span[0] + 1) / 2 for span in (rows, columns))
    cut_rows = len(rows) == shape[0] and high < wide  # the circle is higher than the picture
    cut_columns = len(columns) == shape[1] and wide < high
    radius_y = wide if cut_rows else high
    radius_x = high if cut_columns else wide
    too_small = 2 * min(radius_y, radius_x) < _DIAMETER * min(shape)
    if too_small or not 0.8 <= radius_y / radius_x <= 1.25:
        return None
    down, across = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return (((down - y) / radius_y) ** 2 + ((across - x) / radius_x) ** 2).astype(np.float32)
