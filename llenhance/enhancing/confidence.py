"""How sure the model is of each place: the error that its result may have there.

    spread = exp(head(features(dark, result)))

The head is a perceptron with two hidden layers that has learned from pairs how far results are
off, apart from the brightness of the whole. It sees what `features` tells of each pixel of a small
copy, and what it says is enlarged. `benchmarks/confidence_head.py` makes it; what was measured, and
what it cannot know, is in `docs/confidence.md`.
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
from llenhance.messages.note import Note
from llenhance.pictures.pixels import Pixels, bands
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

TOP: Final = 65535
"""Value of a map of 16 bits for a spread of 1."""

SEEN: Final = 320
"""Pixels of the longer side of the copy that is looked at."""

FARTHEST: Final = 2.5
"""Standard deviations from the mean of what was learned from, at which features are cut off."""

PLACE: Final = 150
"""A place is a Gaussian around a pixel; its sigma is the longer side of the picture over this."""

_HEAD: Final = Path(__file__).with_name("confidence.safetensors")
_FLOOR: Final = np.float32(0.01)  # added before the logarithm of dark pictures
_CLIPPED: Final = np.float32(0.97)
_PLACE: Final = SEEN / PLACE  # pixels of the copy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confidence:
    """How far each place of an enhanced picture may be from the well-lit one.

    The brightness of the whole is left out: a place is off by the error of color, tone and
    structure that remains when result and well-lit picture have the same mean gray.

    Attributes:
        spread: ``(H, W)`` float32, 0..1: the absolute error that is expected of a place, the mean
            of the three channels and of the pixels around (a Gaussian with a sigma of the longer
            side / 150), in units of the result: 1 is the distance of black and white, and 1/255 a
            level of 8 bits. 0 where nothing is enhanced: in a frame, or where nothing is seen.
        notes: That the head was made for another model, if it was.
    """

    spread: Floats
    notes: tuple[Note, ...] = ()

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
    """Return the absolute error to be expected of each place of the result, ``(H, W)``, 0..1.

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
    dark, bright = small_copies(engine, pixels, plan, tile=tile)
    spread = _answer(_head(), features(dark, bright)).reshape(dark.shape[:2])
    return cast("Floats", cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR))


def small_copies(
    engine: Engine, pixels: Pixels, plan: Plan, *, tile: int = 0
) -> tuple[Floats, Floats]:
    """Return small copies of a picture and of its result, both ``(h, w, 3)``, 0..1.

    Args:
        engine: Runs the network, for the copy: it has at most `SEEN` pixels a side.
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
    return dark, bright


def features(dark: Floats, bright: Floats) -> Floats:
    """Return what the head is told of each pixel, ``(H * W, 7)``.

    Around each pixel: texture (the mean distance from a smoothed copy, as a logarithm) of the
    result, of the logarithm of the dark picture, and of the colors of the result; luma of the
    result; the logarithm of the dark luma, here and in the mean of the picture; and how much of the
    place is clipped.

    Args:
        dark: ``(H, W, 3)``, 0..1, the copy that the network saw.
        bright: What it made of it, of the same shape.
    """
    weights = LUMA.astype(np.float32)
    luma, depth = bright @ weights, np.log(dark @ weights + _FLOOR)
    colors = cast("Floats", bright - luma[..., None])
    colorful = np.abs(colors - _smooth(colors, 1.5)).mean(axis=2, dtype=np.float32)
    clipped = (bright.max(axis=2) > _CLIPPED).astype(np.float32)
    planes = [
        _texture(np.abs(luma - _smooth(luma, 1)), least=0.002),
        _texture(np.abs(depth - _smooth(depth, 1)), least=0.005),
        _texture(colorful, least=0.002),
        _smooth(luma, 2),
        _smooth(depth, 2),
        np.full_like(depth, depth.mean()),
        _smooth(clipped, _PLACE),
    ]
    return np.stack([plane.ravel() for plane in planes], axis=1)


def _smooth(plane: Floats, size: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(plane, (0, 0), size))


def _texture(distance: Floats, *, least: float) -> Floats:
    """Return the logarithm of the mean of a distance over the place."""
    return np.log(_smooth(distance, _PLACE) + np.float32(least))


@cache
def notes_for(model_sha256: str) -> tuple[Note, ...]:
    """Return what is to be said about the confidence of a model, of which this is the SHA-256."""
    opened: Any = safe_open(_HEAD, framework="numpy")  # it has no types
    with opened as file:
        made_for: str = file.metadata()["model"]
    return () if model_sha256 == made_for else (Note("confidence-of-other-model"),)


@cache
def _head() -> Mapping[str, Floats]:
    opened: Any = safe_open(_HEAD, framework="numpy")
    with opened as file:
        names = cast("list[str]", file.keys())
        return {name: cast("Floats", file.get_tensor(name)) for name in names}


def _answer(head: Mapping[str, Floats], told: Floats) -> Floats:
    """Return the spread, 0..1, for rows of features."""
    x = ((told - head["mean"]) / head["deviation"]).clip(-FARTHEST, FARTHEST)
    for layer in ("first", "second"):
        x = x @ head[f"{layer}.weight"].T + head[f"{layer}.bias"]
        x = x / (1 + np.exp(-x))  # SiLU
    x = x @ head["last.weight"].T + head["last.bias"]
    return np.exp(x).clip(0, 1).astype(np.float32)
