"""Compare the engine with the readable network of `model/`, on one corner of a photograph."""

from __future__ import annotations

from typing import Final, NamedTuple

import torch

from llenhance.bench.probes import timed
from llenhance.engine.context import placed
from llenhance.engine.engine import Engine
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import conditioned
from llenhance.model.architecture import STRIDE
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.llflow import LLFlow
from llenhance.pictures.pixels import Pixels
from llenhance.weights.file import load
from llenhance.weights.find import FoundModel, find

_CORNER: Final = 768  # pixels a side: the readable network, which has no tiles, takes seconds


class Against(NamedTuple):
    """How long the engine and the network of `model/`, in float32, take for the same input.

    Attributes:
        width: Width in pixels of the input, which is the photograph's upper left corner.
        height: Height of the input in pixels.
        engine_seconds: Seconds of the engine's fastest run.
        plain_seconds: Seconds of the readable network's fastest run.
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
    """Both networks, ready to enhance the corner as a picture of its own; each has run once.

    Args:
        model: The model, as `weights.find.find` takes it.
        engine: Engine of the same model.
        pixels: Pixels of the photograph, ``(H, W, 3)``, 8 or more on each side.
    """

    @torch.inference_mode()
    def __init__(self, model: str | FoundModel, engine: Engine, pixels: Pixels) -> None:
        self._engine = engine
        self._plain: LLFlow = load(find(model).path).to(engine.device)
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
        """Time each network once more."""

        def ours() -> None:
            self._engine.enhance(self._channels, self._constant, self._context)

        def theirs() -> None:
            self._plain(self._channels, self._constant, self._sampled)

        device = self._engine.device
        self._seconds.append((timed(device, ours), timed(device, theirs)))

    def fastest(self) -> Against:
        """Return the fastest times."""
        height, width = self._channels.shape[2:]
        engine, plain = (min(each) for each in zip(*self._seconds, strict=True))
        return Against(width, height, engine, plain)
