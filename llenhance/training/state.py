"""The state of a training run: model, average, optimizer, counters; saved whole or not at all."""

from __future__ import annotations

import copy
import io
import json
import warnings
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from llenhance.errors import TrainingError, UsageError
from llenhance.files.whole import write_whole
from llenhance.model.architecture import Architecture
from llenhance.model.llflow import LLFlow
from llenhance.system import system_errors
from llenhance.training.recipe import Recipe

STATE: Final = "state.pt"


class Run:
    """A training run at some step.

    Attributes:
        model: The model that is trained.
        average: Exponential moving average of the model, which is validated and stored.
        optimiser: Adam.
        step: Number of steps done.
        seconds: Seconds spent training, also before the run was resumed.
        skipped: Number of steps that were left out because their gradient was not finite.
        rate_factor: Factor on the learning rate; going back to a good state lowers it.
        has_norms: Whether data has set the activation norms.
        has_head: Whether the brightness head is trained, or there is none.
        best: Validation PSNR of the best weights so far; -inf before the first validation.
        record: What the run was started with, as in `record.py`.
    """

    def __init__(self, architecture: Architecture, recipe: Recipe, *, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)  # pyright: ignore[reportUnknownMemberType]
        # The CPU draws the fresh weights, so a seed means the same on every device.
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
        self.record: dict[str, Any] = {}

    def begin_with(self, model: LLFlow, *, with_head: bool = True) -> None:
        """Take over the weights of a finished model, with or without its brightness head.

        Args:
            model: A model of the same architecture.
            with_head: Whether to take the model's brightness head too. Otherwise the run keeps its
                own fresh one, which is to be trained.
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
        # One call for all parameters, as in torch's own optimizers; it has no public name.
        torch._foreach_lerp_(averages, values, 1 - decay)  # pyright: ignore

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to continue, on the CPU."""
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
            "record": json.dumps(self.record),
        }
        return _on_cpu(state)

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a result of `state`."""
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
        self.record = json.loads(state.get("record", "{}"))  # older versions kept none

    def save(self, folder: Path) -> None:
        """Write the state into the run's folder; a killed process leaves the previous state."""
        buffer = io.BytesIO()
        torch.save(self.state(), buffer)
        write_whole(folder / STATE, buffer.getvalue(), overwrite=True)

    @classmethod
    def resumed(cls, folder: Path, recipe: Recipe, *, device: torch.device) -> Run:
        """Return the run whose state is in a folder.

        Args:
            folder: Folder of the run.
            recipe: Recipe to go on with.
            device: Device to go on with.

        Raises:
            UsageError: There is no run in the folder, or it cannot be read.
            TrainingError: The state is damaged.
        """
        path = folder / STATE
        with system_errors(path, UsageError):
            if not path.exists():
                raise UsageError("nothing-to-resume", str(folder))
            data = io.BytesIO(path.read_bytes())
        try:
            with warnings.catch_warnings():  # torch warns of pickles that are not its own
                warnings.simplefilter("ignore")
                state: dict[str, Any] = torch.load(data, map_location="cpu", weights_only=True)
            run = cls(Architecture.from_json(state["architecture"]), recipe, device=device)
            run.restore(state)
        except Exception as reason:  # whatever the unpickler meets in foreign bytes
            raise TrainingError("state-damaged", str(path)) from reason
        return run


def _on_cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _on_cpu(item) for key, item in value.items()}  # pyright: ignore
    if isinstance(value, list):
        return [_on_cpu(item) for item in value]  # pyright: ignore
    return value
