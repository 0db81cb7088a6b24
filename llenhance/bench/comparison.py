"""The engine and the network of `model/` in turn, on one corner of a photograph."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch

from llenhance.bench.probes import timed
from llenhance.engine.context import placed
from llenhance.engine.engine import Engine
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import conditioned
from llenhance.model.architecture import STRIDE
from llenhance.model.conditioning import Pixels
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.llflow import LLFlow
from llenhance.weights.file import load
from llenhance.weights.find import find

_CORNER: Final = 768  # pixels a side: seconds for the plain network, which knows no tiles


class Against(NamedTuple):
    """The same input through the engine and through `model/` in float32, seconds of the fastest.

    Attributes:
        width, height: pixels of the input, the upper left corner of the photograph.
    """

    width: int
    height: int
    engine_seconds: float
    plain_seconds: float

    @property
    def ratio(self) -> float:
        """How many times as long the plain network takes."""
        return self.plain_seconds / self.engine_seconds


class Comparison:
    """Both networks, ready for the corner as a picture of its own; run once.

    Args:
        model: as `models.find` takes it.
        engine: of the same model.
        pixels: ``(H, W, 3)``, 8 pixels a side or more.
    """

    @torch.inference_mode()
    def __init__(self, model: str, engine: Engine, pixels: Pixels) -> None:
        self._engine = engine
        self._plain: LLFlow = load(find(model)).to(engine.device)
        height, width = (min(side, _CORNER) // STRIDE * STRIDE for side in pixels.shape[:2])
        corner = pixels[:height, :width]
        plan = look(corner, engine)
        self._channels = conditioned(corner, plan.tables, device=engine.device)
        self._constant = torch.full((1,), plan.constant, device=engine.device)
        extents = Extent(0, height, height), Extent(0, width, width)
        self._context = placed(plan.context, *extents)
        self._sampled = None
        if plan.context is not None:
            self._sampled = sampled(plan.context, places_in(*extents)[None].to(engine.device))
        self._seconds: list[tuple[float, float]] = []
        self.run()

    @torch.inference_mode()
    def run(self) -> None:
        """Time both once more."""

        def ours() -> None:
            self._engine.enhance(self._channels, self._constant, self._context)

        def theirs() -> None:
            self._plain(self._channels, self._constant, self._sampled)

        device = self._engine.device
        self._seconds.append((timed(device, ours), timed(device, theirs)))

    def fastest(self) -> Against:
        """Return the fastest of each."""
        height, width = self._channels.shape[2:]
        engine, plain = (min(each) for each in zip(*self._seconds, strict=True))
        return Against(width, height, engine, plain)
