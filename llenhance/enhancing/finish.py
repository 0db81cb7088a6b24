"""What is done with the network's result at the end: how much of it, with which detail.

    finished(dark, bright, Finish(strength=0.5))

It needs the two pictures alone, not the network, so the same result can be finished in other ways
at once. First the input's detail is mixed in (`detail.py`), then what is lit is protected
(`light.py`), then all of it is blended with the input, in stored values: half the strength is
half the change of the mean gray. Why, and what else was tried: `docs/decisions/0023-finish.md`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.detail import MARGIN, difference_of_detail
from llenhance.enhancing.light import Light
from llenhance.enhancing.numbers import number
from llenhance.errors import UsageError
from llenhance.pictures.pixels import Pixels

Floats = NDArray[np.float32]

_AT_ONCE: Final = 1 << 18  # pixels of a strip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is done with the network's result.

    Attributes:
        strength: 0..1: how much of the effect; 1 is all of it, 0 is the input.
        denoise: 0..1: whose fine detail; 1 is the network's, which has little noise, and 0 is the
            input's, as much brighter as its surroundings became.
        protect: 0..1: how much of what is well lit in the input keeps its structure and color; 0 is
            as the network made it.

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
        An array of the same shape and type: ``bright`` itself if there is nothing to do. Where both
        are gray, so is the result. Besides, it takes the memory of some rows.
    """
    if finish.is_neutral:
        return bright
    if finish.strength == 0:
        return dark.copy()
    height, width = dark.shape[:2]
    result = np.empty_like(bright)
    rows = max(1, _AT_ONCE // width)
    top = np.float32(np.iinfo(dark.dtype).max)
    light = Light(dark, bright) if finish.protect else None
    margin = MARGIN if finish.denoise < 1 else 0

    def fill(start: int) -> None:
        stop, first = min(start + rows, height), max(0, start - margin)
        window, core = slice(first, stop + margin), slice(start - first, stop - first)
        low, high = dark[window].astype(np.float32) / top, bright[window].astype(np.float32) / top
        if margin:
            high += difference_of_detail(low, high)[..., None] * (1 - finish.denoise)
        made = _mixed(low[core], high[core].clip(0, 1), finish, light, start)
        result[start:stop] = np.rint(made * top)

    with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as threads:
        list(threads.map(fill, range(0, height, rows)))
    return result


def finished_sketch(dark: Floats, bright: Floats, finish: Finish) -> Floats:
    """Return a small result with a finish but for its detail, which changes no mean.

    Args:
        dark: Stored values of the input, ``(H, W, 3)``, 0..1.
        bright: Those of the network's result, of the same shape.
        finish: Its `denoise` does not matter.
    """
    return _mixed(dark, bright, finish, Light(dark, bright) if finish.protect else None, 0)


def _mixed(low: Floats, high: Floats, finish: Finish, light: Light | None, start: int) -> Floats:
    """Return rows of a result that are protected and blended, the first of which is `start`."""
    if light is not None:
        high = cast("Floats", high + light.kept(low, high, start) * finish.protect)
    if finish.strength < 1:
        high = cast("Floats", low + (high - low) * finish.strength)
    return high
