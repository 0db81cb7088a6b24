"""How sure the model is of each place: the error that its result may have there.

    spread = exp(head(features(dark, result)))

The head is a perceptron with two hidden layers that has learned from pairs how far results are off.
It sees what `features` tells of each pixel of a small copy, and what it says is enlarged. How it
was made, what was measured and what it cannot know is in `docs/confidence.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from llenhance.engine.engine import Engine
from llenhance.enhancing import render as rendering
from llenhance.enhancing.fast import reduced
from llenhance.enhancing.plan import Plan
from llenhance.pictures.pixels import Pixels, bands
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

TOP: Final = 65535
"""Value of a map of 16 bits for a spread of 1."""

SEEN: Final = 320
"""Pixels of the longer side of the copy that is looked at: pairs of about this size were learned
from."""

_HEAD: Final = Path(__file__).with_name("confidence.safetensors")
_FLOOR: Final = np.float32(0.01)  # added before the logarithm of dark pictures
_LEAST: Final = np.float32(1e-7)  # variance
_DETAIL: Final = np.float32(0.003)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confidence:
    """How far each place of an enhanced picture may be from the well-lit one.

    Attributes:
        spread: ``(H, W)`` float32, 0..1: the absolute error that is expected of a pixel, the mean
            of its three channels, in units of the result: 1 is the distance of black and white,
            and 1/255 a level of 8 bits. 0 where nothing is enhanced: in a frame, or where nothing
            is seen.
    """

    spread: Floats

    @property
    def mean(self) -> float:
        """The mean of the spread, 0..1."""
        return float(self.spread.mean(dtype=np.float64))

    def as_pixels(self) -> NDArray[np.uint16]:
        """Return the map, ``(H, W)`` uint16: ``65535 * spread``; a level of 8 bits is 257."""
        result = np.empty(self.spread.shape, np.uint16)
        for spread, pixels in zip(bands(self.spread), bands(result), strict=True):
            pixels[:] = np.rint(spread.clip(0, 1) * np.float32(TOP))
        return result


def expected_error(engine: Engine, pixels: Pixels, plan: Plan, *, tile: int = 0) -> Floats:
    """Return the absolute error to be expected of each pixel of the result, ``(H, W)``, 0..1.

    Args:
        engine: Runs the network, for a copy of at most `SEEN` pixels a side.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        plan: The plan of the picture.
        tile: Largest side of a tile in pixels, 0 for the whole copy.

    Raises:
        PictureError: The network's result is not finite.
        ResourceError: There is not enough memory.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, SEEN / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    dark = reduced(pixels, *size) / np.float32(np.iinfo(pixels.dtype).max)
    copy = np.rint(dark * np.float32(TOP)).astype(np.uint16)
    bright = rendering.render(engine, copy, plan, tile=tile).astype(np.float32) / np.float32(TOP)
    spread = _answer(_head(), features(dark, bright)).reshape(size)
    return cast("Floats", cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR))


def features(dark: Floats, bright: Floats) -> Floats:
    """Return what the head is told of each pixel, ``(H * W, 22)``.

    Around each pixel: luma of the result at three sizes and its mean, the three colors, saturation,
    the logarithm of the dark luma at two sizes and its mean, contrast of the result at three sizes
    and of that logarithm at two, detail, and distances to black, white and clipping.

    Args:
        dark: ``(H, W, 3)``, 0..1, the copy that the network saw.
        bright: What it made of it, of the same shape.
    """
    weights = LUMA.astype(np.float32)
    luma, depth = bright @ weights, np.log(dark @ weights + _FLOOR)
    largest, smallest = bright.max(axis=2), bright.min(axis=2)
    near, wide = _smooth(luma, 0.7), _smooth(luma, 4)
    planes = [
        near,
        wide,
        _smooth(luma, 16),
        np.full_like(luma, luma.mean()),
        *(_smooth(np.ascontiguousarray(bright[..., channel]), 1) for channel in range(3)),
        _smooth(largest - smallest, 1),
        _smooth(depth, 1),
        _smooth(depth, 8),
        np.full_like(depth, depth.mean()),
        *(_contrast(luma, size) for size in (1, 3, 10)),
        *(_contrast(depth, size) for size in (1, 3)),
        np.log(np.abs(luma - _smooth(luma, 2)) + _DETAIL),
        luma - _smooth(luma, 8),
        np.minimum(near, 1 - near),
        np.minimum(wide, 1 - wide),
        _smooth(largest, 1),
        _smooth(smallest, 1),
    ]
    return np.stack([plane.ravel() for plane in planes], axis=1)


def _smooth(plane: Floats, size: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(plane, (0, 0), size))


def _contrast(plane: Floats, size: float) -> Floats:
    """Return the logarithm of the local standard deviation."""
    variance = _smooth(plane * plane, size) - _smooth(plane, size) ** 2
    return np.log(np.sqrt(np.maximum(variance, _LEAST)))


@cache
def _head() -> Mapping[str, Floats]:
    opened: Any = safe_open(_HEAD, framework="numpy")  # it has no types
    with opened as file:
        names = cast("list[str]", file.keys())
        return {name: cast("Floats", file.get_tensor(name)) for name in names}


def _answer(head: Mapping[str, Floats], told: Floats) -> Floats:
    """Return the spread, 0..1, for rows of features."""
    x = (told - head["mean"]) / head["deviation"]
    for layer in ("first", "second"):
        x = x @ head[f"{layer}.weight"].T + head[f"{layer}.bias"]
        x = x / (1 + np.exp(-x))  # SiLU
    x = x @ head["last.weight"].T + head["last.bias"]
    return np.exp(x).clip(0, 1).astype(np.float32)
