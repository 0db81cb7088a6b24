"""The constant that gives a picture the mean gray that was asked for.

The constant is searched on a sketch: a small copy that is enhanced with every constant that is
tried. The whole picture is then enhanced with what was found, measured, and enhanced once or twice
more if the sketch misled. Why: `docs/decisions/0006-targets.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from llenhance.engine.context import placed
from llenhance.engine.engine import Engine
from llenhance.enhancing.finish import finished_sketch
from llenhance.enhancing.plan import Plan
from llenhance.enhancing.tiled import conditioned
from llenhance.enhancing.wish import LARGEST_BRIGHTNESS, Wish
from llenhance.messages.note import Note
from llenhance.model.context import Extent
from llenhance.pictures.color import linear_to_srgb, srgb_to_linear
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.visible import Weights
from llenhance.scoring.metrics import LUMA

PROMISED: Final = 0.01
"""Difference of mean gray from which a result says that it is not what was asked for."""

DARKEST: Final = -1.0
"""Smallest constant of the latent that is tried; `nano` is nearly black there."""

BRIGHTEST: Final = 0.8
"""Largest constant that is tried: at 1.0 `nano` made 6 of 14 pictures darker than at 0.8."""

_CLOSE: Final = 0.008  # of `PROMISED`; the rest is for what a lossy format changes
_NEAR: Final = 0.002  # of mean gray, on the sketch
_PASSES: Final = 3  # over the whole picture, at most
_SKETCH: Final = 384 * 512  # pixels
_SLOPE: Final = 1.1  # mean gray per constant, about what `nano` has near its prediction
_SHORTEST: Final = 0.02  # step of the constant
_LONGEST: Final = 0.25  # the means bend beyond
_TRIES: Final = 12  # between two constants that enclose the solution; 2 or 3 are usual


class SearchEnd(NamedTuple):
    """Where a search ended: a constant, and the mean gray of the sketch at it.

    ``exhausted`` is true if the goal lies beyond every constant that was allowed.
    """

    constant: float
    mean: float
    exhausted: bool = False


class Aim:
    """The search for the constant that gives a picture the mean gray that was asked for.

    Use `plan` to enhance the whole picture, measure the result, and tell `correct` what came out.

    Args:
        engine: Runs the network.
        seen: The whole picture, or several that share the plan, of which the mean counts.
        plan: Of `look`; its constant does not matter.
        wish: With a target.
        tile: Largest side of a tile in pixels, 0 for the whole picture: no sketch is larger.

    Attributes:
        goal: The mean gray that is wanted, 0..1.

    Raises:
        PictureError: The network's result is not finite.
    """

    def __init__(
        self,
        engine: Engine,
        seen: Sequence[Part],
        plan: Plan,
        wish: Wish,
        *,
        tile: int = 0,
    ) -> None:
        self._engine, self._plan = engine, plan
        window = tile + 2 * engine.architecture.margin if tile else math.inf
        parts = [part.thinned(min(_SKETCH / len(seen), window**2)) for part in seen]
        sketches = [Sketch(engine, part.pixels, plan, weights=part.weights) for part in parts]

        @cache  # each search begins where the last one ended
        def mean_at(constant: float) -> float:
            return _mean(sketch.mean_grey(constant) for sketch in sketches)

        self._mean_at = mean_at
        self.goal = _mean(_goal(wish, sketch, plan.predicted) for sketch in sketches)
        self._passes = 1
        self._found = self._search(SearchEnd(plan.predicted, self._mean_at(plan.predicted)), 0.0)

    @property
    def plan(self) -> Plan:
        """The plan for the constant that was found."""
        return self._plan.at(self._found.constant, self._engine)

    def correct(self, mean: float) -> bool:
        """Aim again, and return whether the picture should be enhanced once more.

        Args:
            mean: Mean gray of the whole picture enhanced by `plan`, 0..1.
        """
        if abs(mean - self.goal) <= _CLOSE or self._passes == _PASSES:
            return False
        self._passes += 1
        before = self._found
        self._found = self._search(before, mean - before.mean)
        return self._found.constant != before.constant  # else this is as far as it goes

    def note(self, mean: float) -> Note | None:
        """Return why a mean gray is not the one that was asked for; None if it is."""
        if abs(mean - self.goal) <= PROMISED:
            return None
        if self._found.exhausted:
            way, strength = "brighter" if self.goal > mean else "darker", self._plan.finish.strength
            if strength < 1:
                facts = {"mean": mean, "goal": self.goal, "way": way, "strength": strength}
                return Note("target-beyond-strength", **facts)
            return Note("target-out-of-reach", mean=mean, goal=self.goal, way=way)
        return Note("target-missed", mean=mean, goal=self.goal)

    def _search(self, start: SearchEnd, offset: float) -> SearchEnd:
        predicted = self._plan.predicted
        return search(
            self._mean_at,
            self.goal - offset,
            start=start.constant,
            lowest=max(DARKEST, predicted - LARGEST_BRIGHTNESS),
            highest=min(BRIGHTEST, predicted + LARGEST_BRIGHTNESS),
        )


class Part(NamedTuple):
    """Pixels ``(H, W, 3)``, uint8 or uint16, and their weights ``(H, W)``, None if all are 1."""

    pixels: Pixels
    weights: Weights | None = None

    def thinned(self, most: float) -> Part:
        """Return at most so many of the pixels, evenly spread."""
        places = _places(self.pixels.shape, most)
        counted = None if self.weights is None else self.weights[places]
        return Part(self.pixels[places], counted)


def thinned_for(part: Part, *, pictures: int) -> Part:
    """Return what the search for a constant needs of one of several pictures."""
    return part.thinned(_SKETCH / pictures)


class Sketch:
    """A small copy of a picture in float32, to be decoded with any constant."""

    def __init__(
        self, engine: Engine, pixels: Pixels, plan: Plan, *, weights: Weights | None = None
    ) -> None:
        self._engine, self._plan = engine, plan
        self.weights = weights
        self._height, self._width = pixels.shape[:2]
        self._dark = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
        self._channels = conditioned(pixels, plan.tables, device=engine.device)
        # Only the context map makes the encoder depend on the constant.
        self._encoded = None if engine.architecture.context else engine.encode(self._channels)

    def decode(self, constant: float) -> NDArray[np.float32]:
        """Return the enhanced sketch, finished, ``(H, W, 3)``, 0..1.

        Its pixels are no neighbors, so it has no detail: that changes no mean gray.

        Raises:
            PictureError: A value of it is not finite.
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
        made = bright.clamp(0, 1).permute(1, 2, 0).cpu().numpy()
        return finished_sketch(self._dark, made, self._plan.finish)

    def mean_grey(self, constant: float) -> float:
        """Return the mean luma of the enhanced sketch, 0..1."""
        return _grey(self.decode(constant), self.weights)


def search(
    mean_at: Callable[[float], float],
    goal: float,
    *,
    start: float,
    lowest: float,
    highest: float,
) -> SearchEnd:
    """Find the constant at which the mean gray is within 0.002 of the goal.

    The search walks from the start toward the goal until it passes it, then narrows down between
    the last two constants by regula falsi.

    Args:
        mean_at: Returns the mean gray at a constant; it is expected to rise with the constant.
        goal: The mean gray that is wanted.
        start: The constant to begin with.
        lowest: The smallest constant to try.
        highest: The largest constant to try.

    Returns:
        The end nearest to the goal. It is exhausted if a limit was reached, or if the mean gray
        no longer followed the constant.
    """
    here = SearchEnd(start, mean_at(start))
    sign, slope = (1 if goal > here.mean else -1), _SLOPE
    while True:
        missing = sign * (goal - here.mean)
        if missing <= _NEAR:
            return here
        step = sign * min(max(missing / slope, _SHORTEST), _LONGEST)
        constant = min(max(here.constant + step, lowest), highest)
        if sign * (constant - here.constant) <= 0:
            return here._replace(exhausted=True)
        there = SearchEnd(constant, mean_at(constant))
        if sign * (there.mean - here.mean) <= 0:
            return here._replace(exhausted=True)
        if sign * (there.mean - goal) >= 0:
            return _between(mean_at, goal, here, there)
        slope = (there.mean - here.mean) / (there.constant - here.constant)
        here = there


def _between(
    mean_at: Callable[[float], float], goal: float, short: SearchEnd, passed: SearchEnd
) -> SearchEnd:
    """Narrow down between two constants whose means enclose the goal."""
    ends = [short, passed]
    for _ in range(_TRIES):
        nearest = min(ends, key=lambda end: abs(end.mean - goal))
        if abs(nearest.mean - goal) <= _NEAR:
            return nearest
        share = (goal - ends[0].mean) / (ends[1].mean - ends[0].mean)
        share = min(max(share, 0.1), 0.9)  # where the means bend, one end would hardly move
        constant = ends[0].constant + share * (ends[1].constant - ends[0].constant)
        middle = SearchEnd(constant, mean_at(constant))
        passes = (middle.mean > goal) == (ends[1].mean > goal)
        ends[int(passes)] = middle
    return min(ends, key=lambda end: abs(end.mean - goal))


def _goal(wish: Wish, sketch: Sketch, predicted: float) -> float:
    """Return the mean gray that is wanted, 0..1; an exposure is relative to the prediction."""
    if wish.target_mean is not None:
        return wish.target_mean
    light = srgb_to_linear(sketch.decode(predicted).astype(np.float64)) * 2.0 ** (
        wish.exposure or 0
    )
    return _grey(linear_to_srgb(light.clip(0, 1)), sketch.weights)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _places(shape: tuple[int, ...], most: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the indices of evenly spread pixels, at most `most` of them.

    The pixels are picked, not averaged: averaging removes noise, and the mean gray then differed
    from the whole picture's by up to 0.023. With picked pixels it is 0.004 at most (16 pictures).
    """
    height, width = shape[:2]
    scale = min(1.0, math.sqrt(most / (height * width)))
    rows = min(max(1, round(height * scale)), int(most))
    columns = min(width, int(most) // rows)
    return _spread(height, rows)[:, None], _spread(width, columns)


def _spread(side: int, count: int) -> NDArray[np.intp]:
    return ((np.arange(count) + 0.5) * side / count).astype(np.intp)


def _grey(bright: NDArray[Any], weights: Weights | None) -> float:
    values = bright.reshape(-1, 3)
    if weights is None:
        return float(values.mean(axis=0, dtype=np.float64) @ LUMA)
    return float(np.average(values, axis=0, weights=weights.ravel().astype(np.float64)) @ LUMA)
