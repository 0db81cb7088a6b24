"""The training loop: one readable page."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch.nn.utils import clip_grad_norm_

from llenhance.errors import TrainingError, UsageError
from llenhance.model.linear import initialising
from llenhance.scoring.lpips import LPIPS
from llenhance.training.data import Batch, TrainingData
from llenhance.training.losses import losses
from llenhance.training.peers import Peers
from llenhance.training.recipe import Recipe
from llenhance.training.state import Run

PATIENCE: Final = 10
"""After this many unusable steps in a row, training goes back to the last good state."""

LOWER: Final = 0.5
"""Factor on the learning rate each time that training goes back."""

_RETREATS: Final = 5  # times it may go back without saving a new state; then training gives up

Watch = Callable[[Run, dict[str, float]], None]
"""Called after a step with the run and the step's figures by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When a run ends: after a number of steps, or of minutes of training.

    The schedule of the learning rate follows the budget.

    Raises:
        UsageError: None of them is given, or both are, or one is negative or undefined.

    Example:
        ``Budget(minutes=90)``
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.steps, self.minutes) if value is not None]
        if len(given) != 1 or not given[0] >= 0:
            raise UsageError("budget-unclear", "budget")

    def progress(self, run: Run) -> float:
        """Return the share of the budget that is spent, 0..1 and beyond."""
        if self.steps is not None:
            return run.step / self.steps if self.steps else 1.0
        assert self.minutes is not None
        return run.seconds / (60 * self.minutes)


def train(
    run: Run,
    data: TrainingData,
    recipe: Recipe,
    *,
    budget: Budget,
    folder: Path,
    save_every: float,
    watch: Watch,
    peers: Peers,
    lpips: LPIPS | None = None,
) -> None:
    """Continue a run from its own step to the end of the budget.

    Args:
        run: A fresh or resumed run.
        data: Batches as a function of the step.
        recipe: Weights of the losses, learning rates and so on.
        budget: When to stop.
        folder: Folder for the state.
        save_every: Seconds of training between two saved states.
        watch: Called after every step with the run and the step's figures.
        peers: The processes that share the work; only the first one saves and is watched.
        lpips: Judges decoded pictures too, if given.

    Raises:
        TrainingError: No step is finite any longer, not even at a much lower learning rate.
    """
    good = run.state()
    unusable, retreats, saved = 0, 0, run.seconds
    for batch in data.batches(run.step, part=peers.rank, parts=peers.count):
        if budget.progress(run) >= 1:
            break
        started = time.monotonic()
        batch = batch.to(run.device)
        if not run.has_norms:
            _initialise(run, batch, recipe, peers)
            good = run.state()  # with the norms, which are only set once
        progress = budget.progress(run)
        rate = recipe.rate_at(run.step, progress) * run.rate_factor
        for group in run.optimiser.param_groups:
            group["lr"] = rate
        # What dropout leaves out depends on the step, so a resumed run equals an unbroken one.
        torch.manual_seed(hash((recipe.seed, run.step, peers.rank)))  # pyright: ignore[reportUnknownMemberType]
        with _autocast(run.device):
            parts = losses(
                run.model,
                batch,
                recipe,
                step=run.step,
                progress=progress,
                part=peers.rank,
                lpips=lpips,
            )
        parts.total.backward()  # pyright: ignore[reportUnknownMemberType]
        peers.average_gradients(run.model.parameters())
        norm = clip_grad_norm_(run.model.parameters(), recipe.max_norm).item()
        usable = norm < float("inf")  # false for NaN too
        if usable:
            run.optimiser.step()  # pyright: ignore[reportUnknownMemberType]
            unusable = 0
        else:
            run.skipped += 1
            unusable += 1
        run.optimiser.zero_grad(set_to_none=True)
        run.step += 1
        if usable:
            run.follow(recipe.ema)
        # All processes see the same clock, so they save, go back and end at the same steps.
        run.seconds = peers.agree(run.seconds + time.monotonic() - started)
        if unusable >= PATIENCE:
            if retreats == _RETREATS:
                raise TrainingError("training-diverges", str(folder))
            retreats += 1
            _go_back(run, good)
            unusable = 0
        elif usable and run.seconds - saved >= save_every:
            good, saved, retreats = run.state(), run.seconds, 0
            if peers.rank == 0:
                run.save(folder)
        if peers.rank > 0:
            continue
        figures = {name: value.item() for name, value in parts._asdict().items()}
        watch(run, figures | {"norm": norm, "rate": rate})


def _initialise(run: Run, batch: Batch, recipe: Recipe, peers: Peers) -> None:
    with initialising(run.model), torch.no_grad(), _autocast(run.device):
        losses(run.model, batch, recipe, step=recipe.likelihood_every - 1)  # goes through the flow
    peers.follow_first(run.model.parameters())
    run.average.load_state_dict(run.model.state_dict())
    run.has_norms = True


def _go_back(run: Run, good: dict[str, Any]) -> None:
    """Return to the last good state at a lower rate, but not to the batches that caused this."""
    step, seconds, skipped, best = run.step, run.seconds, run.skipped, run.best
    factor = run.rate_factor
    run.restore(copy.deepcopy(good))
    run.step, run.seconds, run.skipped, run.best = step, seconds, skipped, best
    run.rate_factor = factor * LOWER


def _autocast(device: torch.device) -> torch.autocast:
    """Return a context for convolutions in bfloat16: faster on CUDA, and CPUs with avx512_bf16."""
    return torch.autocast(device.type, torch.bfloat16)
