"""The state of a training run: model, average, optimiser, counters; saved whole or not at all."""

from __future__ import annotations

import copy
import io
import warnings
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from llenhance.errors import TrainingError
from llenhance.files.whole import write_whole
from llenhance.model.architecture import Architecture
from llenhance.model.llflow import LLFlow
from llenhance.training.recipe import Recipe

STATE: Final = "state.pt"


class Run:
    """A training run at some step.

    Attributes:
        model: what is trained.
        average: exponential moving average of the model; what is validated and kept.
        optimiser: Adam.
        step: steps done.
        seconds: time spent training, over all sessions.
        skipped: steps whose gradient was not finite and that were left out.
        rate_factor: what going back to a good state has left of the learning rate.
        has_norms: whether the activation norms are set from data.
        has_head: whether the brightness head is trained, or there is none.
        best: validation PSNR of the best weights so far; -inf before the first.
    """

    def __init__(self, architecture: Architecture, recipe: Recipe, *, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)  # pyright: ignore[reportUnknownMemberType]
        # The CPU draws the fresh weights, so that a seed means the same on every device.
        self.model = LLFlow(architecture).placed(device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(requires_grad=False)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=recipe.rate, betas=recipe.betas
        )
        self.device = device
        self.step = 0
        self.seconds = 0.0
        self.skipped = 0
        self.rate_factor = 1.0
        self.has_norms = False
        self.has_head = self.model.brightness is None
        self.best = -float("inf")

    def begin_with(self, model: LLFlow, *, with_head: bool = True) -> None:
        """Take the weights of a finished model as they are, those of its brightness head if wanted.

        Args:
            model: of the same architecture.
            with_head: else the run keeps its own fresh one, to be trained.
        """
        taken = model.state_dict()
        if not with_head:
            own = self.model.state_dict()
            taken |= {name: own[name] for name in taken if name.startswith("brightness.")}
        for fresh in (self.model, self.average):
            fresh.load_state_dict(taken)
        self.has_norms = True
        self.has_head = with_head or self.model.brightness is None

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the average towards the model; faster at the beginning."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
        averages, values = (list(part) for part in zip(*pairs, strict=True))
        # One call for all of them, as torch's own optimisers do; it has no public name.
        torch._foreach_lerp_(averages, values, 1 - decay)  # pyright: ignore

    def state(self) -> dict[str, Any]:
        """Return everything that continuing needs, on the CPU."""
        state: dict[str, Any] = {
            "architecture": self.model.architecture.to_json(),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "skipped": self.skipped,
            "rate_factor": self.rate_factor,
            "has_norms": self.has_norms,
            "has_head": self.has_head,
            "best": self.best,
        }
        return _on_cpu(state)

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])
        self.seconds = float(state["seconds"])
        self.skipped = int(state["skipped"])
        self.rate_factor = float(state["rate_factor"])
        self.has_norms = bool(state["has_norms"])
        self.has_head = bool(state["has_head"])
        self.best = float(state["best"])

    def save(self, folder: Path) -> None:
        """Write the state into the run's folder; a killed process leaves the one before."""
        buffer = io.BytesIO()
        torch.save(self.state(), buffer)
        write_whole(folder / STATE, buffer.getvalue(), overwrite=True)

    def resume(self, folder: Path) -> None:
        """Continue from the state in a run's folder.

        Raises:
            TrainingError: there is none, it is damaged, or of another network.
        """
        path = folder / STATE
        if not path.exists():
            raise TrainingError(str(path), "does not exist", "Start without --resume")
        try:
            with warnings.catch_warnings():  # torch warns of pickles that are none of its own
                warnings.simplefilter("ignore")
                state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            architecture = Architecture.from_json(state["architecture"])
        except Exception as reason:  # whatever the unpickler meets in foreign bytes
            raise _damaged(path) from reason
        if architecture != self.model.architecture:
            remedy = "Resume with the preset it was started with"
            raise TrainingError(str(path), "is of another network", remedy)
        try:
            self.restore(state)
        except (RuntimeError, KeyError, TypeError, ValueError) as reason:
            raise _damaged(path) from reason


def _damaged(path: Path) -> TrainingError:
    return TrainingError(str(path), "is damaged", "Start again in another folder")


def _on_cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _on_cpu(item) for key, item in value.items()}  # pyright: ignore
    if isinstance(value, list):
        return [_on_cpu(item) for item in value]  # pyright: ignore
    return value
