"""What is done with the network's result at the end: how much of it, with which detail.

    finished(dark, bright, Finish(strength=0.5))

It needs the two pictures alone, not the network, so the same result can be finished in other ways
at once. The order is detail, protection, strength; why they are as they are is in
`docs/decisions/0023-finish.md`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.numbers import number
from llenhance.errors import UsageError
from llenhance.pictures.pixels import Pixels
from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

_RADIUS: Final = 4  # pixels: what is finer is detail
_EDGE: Final = 0.04**2  # variance of stored luma, 0..1: what varies more is an edge, not detail
_BLACK: Final = 0.03  # stored luma added to both before they are compared: black is not lifted
_LIT: Final = (0.25, 0.6)  # stored luma of the input from which, and up to which, a place is lit
_SHOULDER: Final = 3.0  # exponent of the protected curve: its gain at black
_AT_ONCE: Final = 1 << 18  # pixels of a strip

_WEIGHTS: Final = LUMA.astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is done with the network's result.

    Attributes:
        strength: 0..1: how much of the effect; 1 is all of it, 0 is the input.
        denoise: 0..1: whose fine detail; 1 is the network's, which has little noise, and 0 is the
            input's, as much brighter as its surroundings became.
        protect: 0..1: how much of what is well lit in the input keeps its structure where the
            network makes it nearly white; 0 is as the network made it.

    Raises:
        UsageError: A value is no number from 0 to 1.
    """

    strength: float = 1.0
    denoise: float = 1.0
    protect: float = 0.0

    def __post_init__(self) -> None:
        for name in ("strength", "denoise", "protect"):
            share = number(getattr(self, name), name=name)
            if not 0 <= share <= 1:  # refuses NaN as well
                raise UsageError("share-out-of-range", name, value=share)
            object.__setattr__(self, name, share)

    @property
    def is_neutral(self) -> bool:
        """Whether the network's result stays as it is."""
        return self == AS_IT_IS


AS_IT_IS: Final = Finish()


def finished(dark: Pixels, bright: Pixels, finish: Finish) -> Pixels:
    """Return the network's result with a finish.

    Args:
        dark: The input, ``(H, W, 3)``, uint8 or uint16.
        bright: What the network made of it, of the same shape and type.
        finish: At strength 0 the result is the input, pixel for pixel.

    Returns:
        An array of the same shape and type: ``bright`` itself if there is nothing to do. Where the
        two are gray, so is the result.
    """
    if finish.is_neutral:
        return bright
    if finish.strength == 0:
        return dark.copy()
    height, width = dark.shape[:2]
    result = np.empty_like(bright)
    rows = max(1, _AT_ONCE // width)
    top = np.float32(np.iinfo(dark.dtype).max)

    def fill(start: int) -> None:
        stop = min(start + rows, height)
        margin = 2 * _RADIUS if finish.denoise < 1 else 0
        first = max(0, start - margin)
        window = slice(first, stop + margin)
        low, high = dark[window].astype(np.float32) / top, bright[window].astype(np.float32) / top
        if finish.denoise < 1:
            high += (_detail(low, high) * np.float32(1 - finish.denoise))[..., None]
        core = slice(start - first, stop - first)
        made = finished_values(low[core], high[core].clip(0, 1), finish)
        result[start:stop] = np.rint(made.clip(0, 1) * top)

    with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as threads:
        list(threads.map(fill, range(0, height, rows)))
    return result


def finished_values(dark: Floats, bright: Floats, finish: Finish) -> Floats:
    """Return stored values with that part of a finish that looks at each pixel alone: no detail.

    Args:
        dark: Of the input, ``(..., 3)``, 0..1.
        bright: Of the network's result, of the same shape.
        finish: Its `denoise` does not matter.
    """
    if finish.protect:
        bright = _protected(dark, bright, finish.protect)
    if finish.strength == 1:
        return bright
    before, after = _light(dark), _light(bright)
    return _stored(cast("Floats", before + (after - before) * finish.strength))


def _protected(dark: Floats, bright: Floats, share: float) -> Floats:
    """Return a result in which lit places of the input keep below a curve of their own.

    With the stored luma d of the input and y of the result, what y has above
    ``c(d) = 1 - (1 - d)^3`` is taken away by the share times a weight, which rises with d. As c
    rises up to white, what is brighter in the input stays brighter, and a lamp stays white.
    """
    low, high = dark @ _WEIGHTS, bright @ _WEIGHTS
    least, most = _LIT
    weight = ((low - least) / (most - least)).clip(0, 1)
    weight = weight * weight * (3 - 2 * weight)
    ceiling = 1 - (1 - low) ** _SHOULDER
    over = (high - ceiling).clip(0) * weight * share
    return cast("Floats", bright * (1 - over / np.maximum(high, 1e-6))[..., None])


def _detail(dark: Floats, bright: Floats) -> Floats:
    """Return what to add to a result so that it has the input's fine detail, ``(H, W)``.

    Detail is what an edge-aware mean leaves over (the guided filter of He et al., IEEE TPAMI 35(6),
    2013, with the input's luma as its guide). That of the input is lifted by the gain of the means.
    """
    guide, luma = dark @ _WEIGHTS, bright @ _WEIGHTS
    side = (2 * _RADIUS + 1,) * 2

    def mean(plane: NDArray[Any]) -> Floats:
        return cast("Floats", cv2.blur(plane, side, borderType=cv2.BORDER_REFLECT_101))

    low, high = mean(guide), mean(luma)
    variance = mean(guide * guide) - low * low
    covariance = mean(guide * luma) - low * high
    scale = 1 / (variance.clip(0) + _EDGE)
    base = mean(variance * scale) * guide + mean(low - variance * scale * low)
    lifted = mean(covariance * scale) * guide + mean(high - covariance * scale * low)
    gain = (lifted + _BLACK).clip(0) / (base + _BLACK)
    return cast("Floats", (guide - base) * gain - (luma - lifted))


def _light(value: Floats) -> Floats:
    """Return linear light for stored values, both 0..1 (IEC 61966-2-1)."""
    curve = ((value + 0.055) / 1.055) ** 2.4
    return cast("Floats", np.where(value <= 0.04045, value / 12.92, curve))


def _stored(light: Floats) -> Floats:
    """Return stored values for linear light, both 0..1 (IEC 61966-2-1)."""
    curve = 1.055 * light ** (1 / 2.4) - 0.055
    return cast("Floats", np.where(light <= 0.0031308, light * 12.92, curve))
