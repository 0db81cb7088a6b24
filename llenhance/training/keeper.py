"""What watches a run: it writes the log, validates, and stores the weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch

from llenhance.errors import TrainingError
from llenhance.system import system_errors
from llenhance.training.loop import Budget
from llenhance.training.settings import Settings
from llenhance.training.sources import Pair
from llenhance.training.state import Run
from llenhance.training.validation import validate
from llenhance.weights.file import store

LATEST: Final = "latest.safetensors"
BEST: Final = "best.safetensors"
LOG: Final = "log.jsonl"

Report = Callable[[dict[str, Any]], None]
"""Called with each line of the log."""

_RECORDED: Final = ("preset", "start", "recipe", "shares", "lpips")  # in a weights file


class Keeper:
    """What watches a run, writes its log, validates it and stores its weights.

    Args:
        settings: Says where and how often to write.
        budget: Says how far the run is.
        validation: Pairs to validate on, if any.
        report: Called with each line of the log as it is written.

    Attributes:
        validated: Seconds of training at the last validation.
    """

    def __init__(
        self, settings: Settings, budget: Budget, validation: Sequence[Pair], report: Report
    ) -> None:
        self._settings, self._budget = settings, budget
        self._validation, self._report = validation, report
        self.validated = 0.0

    def watch(self, run: Run, figures: dict[str, float]) -> None:
        """Log a step's figures, and validate, if it is time to."""
        if run.step % self._settings.log_every == 0:
            head = {"step": run.step, "seconds": round(run.seconds, 1), "skipped": run.skipped}
            line = {name: float(f"{value:.5g}") for name, value in figures.items()}
            self._write(head | {"progress": round(self._budget.progress(run), 4)} | line)
        if run.seconds - self.validated >= self._settings.validate_every:
            self.validated = run.seconds
            self.look(run)

    def watch_head(self, step: int, error: float) -> None:
        """Log how far the brightness head is."""
        self._write({"head_step": step, "error": float(f"{error:.5g}")})

    def look(self, run: Run) -> None:
        """Validate the average of the weights, and store it."""
        scores: dict[str, float] = {}
        if self._validation:
            scores = validate(run.average, self._validation, device=run.device)
            self._write({"step": run.step, "seconds": round(run.seconds), "validation": scores})
        self._keep(run, LATEST, scores)
        if scores and scores["psnr"] > run.best:
            run.best = scores["psnr"]
            self._keep(run, BEST, scores)

    def _write(self, line: dict[str, Any]) -> None:
        path = self._settings.out / LOG
        with system_errors(path, TrainingError), path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        self._report(line)

    def _keep(self, run: Run, name: str, scores: dict[str, float]) -> None:
        training: dict[str, object] = {key: run.record[key] for key in _RECORDED}
        training |= {"steps": run.step, "seconds": round(run.seconds), "validation": scores}
        path: Path = self._settings.out / name
        store(run.average, path, training=training, dtype=torch.float16, overwrite=True)
