"""The constant that gives a picture the mean grey that was asked for.

It is searched on a sketch: a small copy that is enhanced with every constant that is tried. The
whole picture is enhanced with what was found, measured, and once or twice more if the sketch
misled. Why: `docs/decisions/0006-targets.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from llenhance.engine.context import placed
from llenhance.engine.engine import Engine
from llenhance.enhancing.plan import Plan
from llenhance.enhancing.tiled import Progress, conditioned, enhance_pixels, lack_of_memory_told
from llenhance.enhancing.wish import LARGEST_BRIGHTNESS, Wish
from llenhance.model.conditioning import Pixels
from llenhance.model.context import Extent
from llenhance.pictures.color import linear_to_srgb, srgb_to_linear
from llenhance.scoring.metrics import LUMA, mean_grey

PROMISED: Final = 0.01
"""Of mean grey: a result that is farther from what was asked for says so."""

DARKEST: Final = -1.0
"""Least constant of the latent that is tried; `nano` is nearly black there."""

BRIGHTEST: Final = 0.8
"""Greatest one. At 1.0 `nano` gave 6 of 14 pictures a lower mean grey than at 0.8."""

_CLOSE: Final = 0.008  # of `PROMISED`; the rest is for what a lossy format changes
_NEAR: Final = 0.002  # of mean grey, on the sketch
_PASSES: Final = 3  # over the whole picture, at most
_SKETCH: Final = 384 * 512  # pixels
_SLOPE: Final = 1.1  # mean grey per constant, about what `nano` has near its prediction
_SHORTEST: Final = 0.02  # step of the constant
_LONGEST: Final = 0.25  # the means bend beyond
_TRIES: Final = 12  # between two constants that enclose the solution; 2 or 3 are usual


class Reached(NamedTuple):
    """What came of a target.

    Attributes:
        pixels: ``(H, W, 3)``, of the type of the dark ones.
        brightness: the constant that made them, relative to the predicted one.
        mean_grey: of the pixels, 0..1.
        note: why that is not what was asked for, a clause; None if it is.
    """

    pixels: Pixels
    brightness: float
    mean_grey: float
    note: str | None


class Found(NamedTuple):
    """Where a search ended; ``exhausted`` if the goal is beyond all constants that were allowed."""

    constant: float
    mean: float
    exhausted: bool = False


@torch.inference_mode()
def enhance_to(
    engine: Engine,
    pixels: Pixels,
    plan: Plan,
    wish: Wish,
    *,
    tile: int = 0,
    progress: Progress | None = None,
) -> Reached:
    """Enhance pixels so that their mean grey is the one wished for, or as near as the model comes.

    Args:
        engine: runs the network.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        plan: as `enhance_pixels` takes it; its constant does not matter.
        wish: with a target.
        tile: largest side of a tile, 0 for the whole picture.
        progress: called after each tile; where the picture is enhanced again, with more of them.

    Raises:
        PictureError: the network's result is not finite, in float32 either.
        ResourceError: out of memory.
    """
    predicted = plan.predicted
    with lack_of_memory_told():
        window = tile + 2 * engine.architecture.margin if tile else math.inf
        sketch = Sketch(engine, _sampled(pixels, min(_SKETCH, window**2)), plan)
        mean_at = cache(sketch.mean_grey)  # each pass searches from where the last one ended
        goal = _goal(wish, sketch, predicted)
        found = Found(predicted, mean_at(predicted))
        result, mean, offset = pixels, math.nan, 0.0
        for earlier in range(_PASSES):
            before = found
            found = search(
                mean_at,
                goal - offset,
                start=before.constant,
                lowest=max(DARKEST, predicted - LARGEST_BRIGHTNESS),
                highest=min(BRIGHTEST, predicted + LARGEST_BRIGHTNESS),
            )
            if earlier and found.constant == before.constant:
                break  # as far as it goes already
            result = enhance_pixels(
                engine,
                pixels,
                plan.at(found.constant, engine),
                tile=tile,
                progress=progress and _counting_on(progress, earlier),
            )
            mean = mean_grey(result)
            offset = mean - found.mean
            if abs(mean - goal) <= _CLOSE:
                break
    return Reached(result, found.constant - predicted, mean, _note(mean, goal, found))


class Sketch:
    """A small copy of a picture in float32, to be decoded with any constant."""

    def __init__(self, engine: Engine, pixels: Pixels, plan: Plan) -> None:
        self._engine, self._plan = engine, plan
        self._height, self._width = pixels.shape[:2]
        self._channels = conditioned(pixels, plan.tables, device=engine.device)
        # What the encoder says depends on the constant only by way of the context map.
        self._encoded = None if engine.architecture.context else engine.encode(self._channels)

    def decode(self, constant: float) -> NDArray[np.float32]:
        """Return the well-lit sketch, ``(H, W, 3)``, 0..1.

        Raises:
            PictureError: it is not finite.
        """
        encoded = self._encoded
        if encoded is None:
            height, width = self._channels.shape[2:]
            extents = Extent(0, height, self._height), Extent(0, width, self._width)
            context = placed(self._plan.at(constant, self._engine).context, *extents)
            encoded = self._engine.encode(self._channels, context)
        told = torch.full((1,), constant, device=self._engine.device)
        whole = self._engine.decode(encoded, told)
        bright = whole[0, :, : self._height, : self._width]
        return bright.clamp(0, 1).permute(1, 2, 0).cpu().numpy()

    def mean_grey(self, constant: float) -> float:
        """Return the mean luma of the well-lit sketch, 0..1."""
        return _grey(self.decode(constant))


def search(
    mean_at: Callable[[float], float],
    goal: float,
    *,
    start: float,
    lowest: float,
    highest: float,
) -> Found:
    """Find the constant at which a mean grey is within 0.002 of the goal.

    Walks from the start towards the goal until it is passed, then narrows down between the last
    two constants by regula falsi.

    Args:
        mean_at: mean grey at a constant; expected to rise with it.
        goal: the mean grey that is wanted.
        start: where to begin.
        lowest: the least constant to try.
        highest: the greatest.

    Returns:
        What is nearest to the goal: exhausted where a limit was reached, or where the mean grey
        stopped to follow the constant.
    """
    here = Found(start, mean_at(start))
    sign, slope = (1 if goal > here.mean else -1), _SLOPE
    while True:
        missing = sign * (goal - here.mean)
        if missing <= _NEAR:
            return here
        step = sign * min(max(missing / slope, _SHORTEST), _LONGEST)
        constant = min(max(here.constant + step, lowest), highest)
        if sign * (constant - here.constant) <= 0:
            return here._replace(exhausted=True)
        there = Found(constant, mean_at(constant))
        if sign * (there.mean - here.mean) <= 0:
            return here._replace(exhausted=True)
        if sign * (there.mean - goal) >= 0:
            return _between(mean_at, goal, here, there)
        slope = (there.mean - here.mean) / (there.constant - here.constant)
        here = there


def _between(mean_at: Callable[[float], float], goal: float, short: Found, passed: Found) -> Found:
    """Narrow down between two constants whose means enclose the goal."""
    ends = [short, passed]
    for _ in range(_TRIES):
        nearest = min(ends, key=lambda end: abs(end.mean - goal))
        if abs(nearest.mean - goal) <= _NEAR:
            return nearest
        share = (goal - ends[0].mean) / (ends[1].mean - ends[0].mean)
        share = min(max(share, 0.1), 0.9)  # where the means bend, one end would hardly move
        constant = ends[0].constant + share * (ends[1].constant - ends[0].constant)
        middle = Found(constant, mean_at(constant))
        passes = (middle.mean > goal) == (ends[1].mean > goal)
        ends[int(passes)] = middle
    return min(ends, key=lambda end: abs(end.mean - goal))


def _goal(wish: Wish, sketch: Sketch, predicted: float) -> float:
    """Return the mean grey wished for, 0..1; exposure is that of the predicted sketch."""
    if wish.target_mean is not None:
        return wish.target_mean
    light = srgb_to_linear(sketch.decode(predicted).astype(np.float64)) * 2.0 ** (
        wish.exposure or 0
    )
    return _grey(linear_to_srgb(light.clip(0, 1)))


def _sampled(pixels: Pixels, most: float) -> Pixels:
    """Return at most so many of the pixels, evenly spread, or all if there are no more.

    Nearest pixels, not averages of areas: those take the noise away, and with it the mean grey
    differed from the whole picture's by up to 0.023; so it is 0.004 at most (16 pictures).
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, math.sqrt(most / (height * width)))
    rows = min(max(1, round(height * scale)), int(most))
    columns = min(width, int(most) // rows)
    return pixels[_spread(height, rows)[:, None], _spread(width, columns)]


def _spread(side: int, count: int) -> NDArray[np.intp]:
    return ((np.arange(count) + 0.5) * side / count).astype(np.intp)


def _grey(bright: NDArray[Any]) -> float:
    return float(bright.reshape(-1, 3).mean(axis=0, dtype=np.float64) @ LUMA)


def _counting_on(progress: Progress, earlier: int) -> Progress:
    """Return a progress that goes on after so many earlier passes over the same tiles."""
    return lambda done, tiles: progress(earlier * tiles + done, (earlier + 1) * tiles)


def _note(mean: float, goal: float, found: Found) -> str | None:
    if abs(mean - goal) <= PROMISED:
        return None
    if found.exhausted:
        way = "brighter" if goal > mean else "darker"
        reason = f"this model goes no {way} on this picture, {goal:.2f} was asked for"
    else:
        reason = f"{goal:.2f} was asked for, but the search on a small copy did not lead there"
    return f"the mean grey is {mean:.2f}: {reason}"
