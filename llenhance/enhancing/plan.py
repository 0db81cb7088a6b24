"""What is of the whole picture and not of a tile: settled once, before the first tile.

Look once, with `look`; enhance as often and in as many parts as you like, with
`pixels.enhance_pixels`: the same picture at other constants, or a small copy of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from llenhance.engine.engine import Engine
from llenhance.model.brightness import brightness_of
from llenhance.model.conditioning import LOG_FLOOR, Pixels, deepened, equalisation_tables, thumbnail
from llenhance.scoring.metrics import LUMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How every part of a picture is to be enhanced.

    Attributes:
        tables: of `conditioning.equalisation_tables`.
        thumbnail: ``(1, 3, 32, 48)`` of `conditioning.thumbnail`, on the engine's device.
        predicted: b, that the model predicts for the picture, but at least that of the picture
            itself: nobody who asks for nothing wants it darker. 0 where the model predicts none.
        constant: what is added to the colour map: the latent mean's brightness.
        context: the context map at that constant, ``(1, C, 8, 12)``; None where the model has none.
    """

    tables: Pixels
    thumbnail: Tensor
    predicted: float
    constant: float
    context: Tensor | None

    def at(self, constant: float, engine: Engine) -> Plan:
        """Return the plan for another constant."""
        told = torch.full((1,), constant, device=engine.device)
        return replace(self, constant=constant, context=engine.context_map(self.thumbnail, told))

    def for_copy(self, copy: Pixels) -> Plan:
        """Return the plan for a reduced copy of the picture, which may have more levels.

        Args:
            copy: ``(H, W, 3)``; uint16 where the picture is uint8, or of the picture's own type.
        """
        if copy.dtype == self.tables.dtype:
            return self
        assert copy.dtype == np.uint16
        return replace(self, tables=deepened(self.tables))


def look(pixels: Pixels, engine: Engine, *, brightness: float = 0.0) -> Plan:
    """Look at a whole picture, and plan to make it as bright as the model predicts.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        engine: of the model.
        brightness: added to what is predicted.
    """
    small = thumbnail(pixels).to(engine.device)
    predicted = engine.predict_brightness(small).item()
    if engine.architecture.brightness:
        own = (small.exp() - LOG_FLOOR).mean(dim=(2, 3)) @ small.new_tensor(LUMA)
        predicted = max(predicted, brightness_of(own).item())
    seen = Plan(
        tables=equalisation_tables(pixels),
        thumbnail=small,
        predicted=predicted,
        constant=predicted,
        context=None,
    )
    return seen.at(predicted + brightness, engine)
