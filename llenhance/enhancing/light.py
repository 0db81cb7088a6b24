"""Where a picture is well lit: what the network should not burn out.

How lit a place is, is an edge-aware mean of the input's luma m, from a small copy: around each
place, the affine function of the luma that fits best (the fast guided filter, arXiv:1505.00996). So
structure inside of what is lit does not change it: all of a sky is kept alike. Outside, where
something is darker than its surroundings, it fades.

The network may make a haze around a lamp nearly as bright as the lamp. So it is also known how
bright the result is in the unlit surroundings: what is lit stays above that.
"""

from __future__ import annotations

from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.fast import rows_of
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

_COPY: Final = 256  # pixels of the longer side of the small copy
_RADIUS: Final = 4  # of its pixels
# Variance of stored luma, 0..1. From 0.03^2 to 0.05^2 the mean follows every edge, and moons kept a
# white rim, whose pixels are neither dark nor lit; with 0.2^2 it is gone.
_EDGE: Final = 0.2**2
_GAIN: Final = 1.5  # a place is wholly lit from a mean of 2/3 on
_OWN: Final = 0.8  # of the mean: what is darker than this share of it is less lit
_BRIGHTER: Final = 0.05  # stored luma that a place has to gain to be held back fully
_AROUND: Final = 16  # pixels of the copy: how far away something dark can be brighter than a lamp
_LEAD: Final = 0.6  # share of what it is brighter than its unlit surroundings that may get lost
_FEW: Final = 0.05  # share of what is around a place, below which it does not count

_WEIGHTS: Final = LUMA.astype(np.float32)


class Light:
    """How lit each place of a picture is, and how bright the result is around it where it is not.

    Args:
        dark: ``(H, W, 3)``, uint8, uint16, or stored values 0..1 as float32.
        bright: What the network made of it, of the same shape and type.
    """

    def __init__(self, dark: NDArray[Any], bright: NDArray[Any]) -> None:
        self._height, width = dark.shape[:2]
        scale = min(1.0, _COPY / max(dark.shape[:2]))
        size = max(1, round(width * scale)), max(1, round(self._height * scale))
        luma, result = _small(dark, size), _small(bright, size)
        low = _mean(luma, _RADIUS)
        variance = (_mean(luma * luma, _RADIUS) - low * low).clip(0)
        slope = variance / (variance + _EDGE)
        functions = _mean(slope, _RADIUS), _mean(low - slope * low, _RADIUS)
        mean = cast("Floats", functions[0] * luma + functions[1])
        unlit = (1 - _lit(luma, mean)) ** 2
        share = _around(unlit) + _FEW
        surroundings = _around(unlit * luma) / share, _around(unlit * result) / share
        self._functions = cast("Floats", np.stack([*functions, *surroundings]))

    def kept(self, dark: Floats, bright: Floats, start: int) -> Floats:
        """Return what to add to rows of a result so that what is lit in the input stays as it is.

        With a weight that rises from 0 in the dark to 1 in the light, it is ``w (dark - bright)``.
        So the result has a share of the input's own structure and color. It does not fall below
        what the unlit surroundings became: a lamp in a haze stays brighter than the haze.

        Args:
            dark: Stored values of rows of the input, ``(rows, W, 3)``, 0..1.
            bright: Those of the result.
            start: Number of their first row.

        Returns:
            ``(rows, W, 3)``.
        """
        rows, width = dark.shape[:2]
        strip = rows_of(self._functions, start, start + rows, self._height)
        slope, constant, unlit, haze = (_enlarged(plane, width, rows) for plane in strip)
        luma, result = cast("Floats", dark @ _WEIGHTS), cast("Floats", bright @ _WEIGHTS)
        gain = (result - luma).clip(1e-6)
        mean = cast("Floats", slope * luma + constant)
        weight = _lit(luma, mean) * (gain / _BRIGHTER).clip(0, 1)
        most = np.minimum(weight, (_LEAD * (result - haze) / gain).clip(0, 1))
        weight += (most - weight) * (1 - unlit / mean.clip(1e-3)).clip(0, 1)  # if it stands out
        return cast("Floats", (dark - bright) * weight[..., None])


def _lit(luma: Floats, mean: Floats) -> Floats:
    """Return how lit places are, 0..1, from their luma and the mean around them."""
    mean = mean.clip(1e-3, 1)
    return cast("Floats", (_GAIN * mean).clip(0, 1) * (luma / (_OWN * mean)).clip(0, 1))


def _small(pixels: NDArray[Any], size: tuple[int, int]) -> Floats:
    """Return the luma of a small copy, 0..1."""
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    top = 1.0 if pixels.dtype == np.float32 else np.iinfo(pixels.dtype).max
    return cast("Floats", (small.astype(np.float32) @ _WEIGHTS) / np.float32(top))


def _mean(plane: NDArray[Any], radius: int) -> Floats:
    side = 2 * radius + 1
    return cast("Floats", cv2.blur(plane, (side, side), borderType=cv2.BORDER_REPLICATE))


def _around(plane: NDArray[Any]) -> Floats:
    return _mean(_mean(plane, _AROUND // 2), _AROUND // 2)  # twice: no edges of windows


def _enlarged(plane: Floats, width: int, height: int) -> Floats:
    return cast("Floats", cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR))
