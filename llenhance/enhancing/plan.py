"""What depends on the whole picture and not on a tile: settled once, before the first tile.

Look once, with `look`; then enhance as often and in as many parts as you like, with
`tiled.enhance_pixels`: the same picture at other constants, a small copy of it, the next frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.engine.engine import Engine
from llenhance.enhancing.finish import AS_IT_IS, Finish
from llenhance.enhancing.sample import Sample
from llenhance.enhancing.wish import Wish
from llenhance.errors import UsageError
from llenhance.model.brightness import brightness_of
from llenhance.model.conditioning import (
    LOG_FLOOR,
    deepened,
    histograms,
    tables_of,
    thumbnail,
)
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.visible import Visible, Weights
from llenhance.scoring.metrics import LUMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How every part of a picture is to be enhanced.

    Attributes:
        tables: The look-up tables of `conditioning.equalisation_tables`.
        thumbnail: ``(1, 3, 32, 48)``, from `conditioning.thumbnail`, on the engine's device.
        predicted: The brightness b that the model predicts for the picture, but at least that of
            the picture itself: without being asked, no picture is made darker. 0 if the model
            predicts none.
        constant: What is added to the color map: the brightness of the latent mean.
        context: The context map at that constant, ``(1, C, 8, 12)``; None if the model has none.
        keeps_light: Whether what is well lit already is left alone (`promises.py`).
        visible: What of the file is picture, if that was looked for; all else is of that part.
        finish: What is done with the network's result.
        sample: Which of the plausible results; None is that of the latent mean. Its brightness is
            in `constant`.
    """

    tables: Pixels
    thumbnail: Tensor
    predicted: float
    constant: float
    context: Tensor | None
    keeps_light: bool = False
    visible: Visible | None = None
    finish: Finish = AS_IT_IS
    sample: Sample | None = None

    def at(self, constant: float, engine: Engine) -> Plan:
        """Return the plan for another constant."""
        told = torch.full((1,), constant, device=engine.device)
        return replace(self, constant=constant, context=engine.context_map(self.thumbnail, told))

    def as_wished(self, wish: Wish) -> Plan:
        """Return the plan with all that a wish says but for the brightness."""
        return replace(
            self, keeps_light=not wish.may_darken, finish=wish.finish, sample=wish.sample
        )

    def for_copy(self, copy: Pixels) -> Plan:
        """Return the plan for a copy of the picture, such as a smaller one.

        Args:
            copy: ``(H, W, 3)``, of the picture's own type, or uint16 for a uint8 picture.

        Raises:
            UsageError: The copy is uint8 and the picture is uint16.
        """
        if copy.dtype == self.tables.dtype:
            return self
        if copy.dtype != np.uint16:
            raise UsageError("plan-of-other-depth", "the plan")
        return replace(self, tables=deepened(self.tables))


def look(
    pixels: Pixels, engine: Engine, *, brightness: float = 0.0, weights: Weights | None = None
) -> Plan:
    """Look at a whole picture, and plan to make it as bright as the model predicts.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        engine: Knows the model.
        brightness: Constant that is added to the predicted one.
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.
    """
    seen = Seen()
    seen.add(pixels, weights)
    return seen.plan(engine, brightness=brightness)


class Seen:
    """What is known of pictures that were looked at: one, or several that get the same plan.

    Each of them counts as much as it has light: frames that are nearly black, from which a film
    fades in, do not make the others burn out (by 0.06 to 0.10 of mean gray where all count alike).
    Memory does not grow with their number. If their depths differ, the plan is for 8 bits.
    """

    def __init__(self) -> None:
        self._counts: dict[int, NDArray[Any]] = {}  # by the number of values
        self._small: Tensor | None = None
        self._unit = self._light = 0.0  # of the first picture; of all, in that unit

    def add(self, pixels: Pixels, weights: Weights | None = None) -> None:
        """Look at a picture.

        Args:
            pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
            weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.
        """
        counts, small, before = histograms(pixels, weights), thumbnail(pixels), self._small
        light = small.exp().mean().item()  # above 0, as the logarithm has a floor
        self._unit = self._unit or light
        share = light / self._unit
        self._light += share
        before_counts = self._counts.get(counts.shape[1], 0)
        self._counts[counts.shape[1]] = before_counts + (counts if share == 1 else counts * share)
        self._small = small if before is None else _mixed(before, small, share / self._light)

    def plan(self, engine: Engine, *, brightness: float = 0.0) -> Plan:
        """Plan to make the pictures as bright as the model predicts for their mean.

        Args:
            engine: Knows the model.
            brightness: Constant that is added to the predicted one.

        Raises:
            UsageError: No picture was added.
        """
        if self._small is None:
            raise UsageError("no-pictures", "the pictures")
        small = self._small.to(engine.device)
        predicted = engine.predict_brightness(small).item()
        if engine.architecture.brightness:
            own = (small.exp() - LOG_FLOOR).mean(dim=(2, 3)) @ small.new_tensor(LUMA)
            predicted = max(predicted, brightness_of(own).item())
        seen = Plan(
            tables=tables_of(self._pooled()),
            thumbnail=small,
            predicted=predicted,
            constant=predicted,
            context=None,
        )
        return seen.at(predicted + brightness, engine)

    def _pooled(self) -> NDArray[Any]:
        if len(self._counts) == 1:
            return next(iter(self._counts.values()))
        levels = (np.arange(65536) + 128) // 257  # the nearest of 8 bits
        folded = [np.bincount(levels, counts) for counts in self._counts[65536]]
        return self._counts[256] + np.stack(folded)


def _mixed(before: Tensor, small: Tensor, share: float) -> Tensor:
    """Return the logarithm of the mean light of two pictures, of which the second has a share."""
    return torch.lerp(before.exp(), small.exp(), share).log()
