"""One training session, from folders of pictures to a weights file and a log."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from llenhance.errors import TrainingError, UsageError
from llenhance.files.folders import pictures_in, read_pixels
from llenhance.files.whole import make_folder
from llenhance.model.architecture import PRESETS
from llenhance.scoring.lpips import LPIPS, load_lpips
from llenhance.training.data import (
    TrainingData,
    load_pairs,
    stems_in,
)
from llenhance.training.head import train_head
from llenhance.training.loop import Budget, train
from llenhance.training.peers import Peers, together
from llenhance.training.recipe import Recipe
from llenhance.training.sources import (
    COLOURFUL,
    DULL,
    NIGHT,
    DarkenedSource,
    Kind,
    Pair,
    PairSource,
)
from llenhance.training.state import STATE, Run
from llenhance.training.validation import validate
from llenhance.weights.file import load, store
from llenhance.weights.find import DEFAULT_MODEL, find

LATEST: Final = "latest.safetensors"
BEST: Final = "best.safetensors"
LOG: Final = "log.jsonl"

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a session trains, on what, and where it writes.

    Attributes:
        low: folders of dark pictures.
        high: folders of their references, in the same order.
        normal: folders of well-lit photographs with few strong colours, to darken.
        photographs: folders of colourful ones.
        night: folders of pictures that are meant to be dark, to darken further.
        shares: of each pair of folders, then of each folder of photographs in this order, in a
            batch; empty for equal shares.
        validation: list of the stems that are validated on and never trained on; None for no
            validation.
        validation_limit: at most this many pictures, evenly spaced.
        out: folder of the run: state, log, weights.
        lpips: weights of LPIPS, which then judges decoded pictures too.
        preset: name in `architecture.PRESETS`; not with ``start``.
        start: a model, shipped or a file, to begin with in place of fresh weights of a preset; its
            brightness head stays as it is.
        new_head: train the brightness head of that model anew all the same.
        device: cpu, cuda, ...
        workers: processes that share each batch, one thread each; on the CPU only. 1 uses torch's
            threads instead.
        resume: continue the run in ``out``.
        save_every: seconds of training between saved states.
        validate_every: seconds of training between validations.
        log_every: steps between lines in the log.
    """

    low: Sequence[Path]
    high: Sequence[Path]
    out: Path
    normal: Sequence[Path] = ()
    photographs: Sequence[Path] = ()
    night: Sequence[Path] = ()
    shares: Sequence[float] = ()
    validation: Path | None = None
    validation_limit: int | None = None
    lpips: Path | None = None
    preset: str | None = None
    start: str | None = None
    new_head: bool = False
    device: torch.device
    workers: int = 1
    resume: bool = False
    save_every: float = 180.0
    validate_every: float = 600.0
    log_every: int = 20

    @property
    def to_darken(self) -> list[tuple[Path, Kind]]:
        """All folders of photographs without dark partners, with what they are like."""
        kinds = ((self.normal, DULL), (self.photographs, COLOURFUL), (self.night, NIGHT))
        return [(folder, kind) for folders, kind in kinds for folder in folders]


def run_session(settings: Settings, recipe: Recipe, budget: Budget, *, report: Report) -> Run:
    """Train until the budget is spent.

    Writes into ``settings.out``: ``state.pt`` to resume from, ``log.jsonl``, ``latest.safetensors``
    (the average, float16) and, with validation pictures, ``best.safetensors``.

    Args:
        settings: what and where.
        recipe: how.
        budget: how long.
        report: called with every line of the log as it is written.

    Raises:
        UsageError: folders or shares that do not match, or an unknown preset.
        TrainingError: no pictures, nothing to resume, or training diverged for good.
    """
    _check(settings, recipe)
    make_folder(settings.out)
    with together(settings.workers, partial(_follow, settings, recipe, budget)) as peers:
        run = _started(settings, recipe)
        data, validation = _load(settings, recipe)
        keeper = _Keeper(settings, recipe, budget, validation, report)
        keeper.validated = run.seconds
        if run.model.brightness is not None and not run.has_head:
            train_head(
                run.model.brightness, data, recipe, device=run.device, watch=keeper.watch_head
            )
            run.average.load_state_dict(run.model.state_dict())
            run.has_head = True
            run.save(settings.out)
        train(
            run,
            data,
            recipe,
            budget=budget,
            folder=settings.out,
            save_every=settings.save_every,
            watch=keeper.watch,
            peers=peers,
            lpips=_judge(settings),
        )
        keeper.look(run)
        run.save(settings.out)
    return run


def _follow(settings: Settings, recipe: Recipe, budget: Budget, peers: Peers) -> None:
    """Take the same steps as `run_session`, in another process, without writing anything."""
    train(
        _started(settings, recipe),
        _load(settings, recipe)[0],
        recipe,
        budget=budget,
        folder=settings.out,
        save_every=settings.save_every,
        watch=lambda _run, _figures: None,
        peers=peers,
        lpips=_judge(settings),
    )


def _started(settings: Settings, recipe: Recipe) -> Run:
    if settings.start is None:
        preset = PRESETS[settings.preset or DEFAULT_MODEL]
        run = Run(preset, recipe, device=settings.device)
    else:
        model = load(find(settings.start))
        run = Run(model.architecture, recipe, device=settings.device)
        run.begin_with(model, with_head=not settings.new_head)
    if settings.resume:
        run.resume(settings.out)
    return run


def _judge(settings: Settings) -> LPIPS | None:
    return load_lpips(settings.lpips).to(settings.device) if settings.lpips else None


class _Keeper:
    """What watches a run: it writes the log, validates, and keeps the weights."""

    def __init__(
        self,
        settings: Settings,
        recipe: Recipe,
        budget: Budget,
        validation: Sequence[Pair],
        report: Report,
    ) -> None:
        self._settings, self._recipe, self._budget = settings, recipe, budget
        self._validation, self._report = validation, report
        self.validated = 0.0

    def watch(self, run: Run, figures: dict[str, float]) -> None:
        if run.step % self._settings.log_every == 0:
            head = {"step": run.step, "seconds": round(run.seconds, 1), "skipped": run.skipped}
            line = {name: float(f"{value:.5g}") for name, value in figures.items()}
            self._write(head | {"progress": round(self._budget.progress(run), 4)} | line)
        if run.seconds - self.validated >= self._settings.validate_every:
            self.validated = run.seconds
            self.look(run)

    def watch_head(self, step: int, error: float) -> None:
        self._write({"head_step": step, "error": float(f"{error:.5g}")})

    def look(self, run: Run) -> None:
        """Validate the average and keep it."""
        scores: dict[str, float] = {}
        if self._validation:
            scores = validate(run.average, self._validation, device=run.device)
            self._write({"step": run.step, "seconds": round(run.seconds), "validation": scores})
        self._keep(run, LATEST, scores)
        if scores and scores["psnr"] > run.best:
            run.best = scores["psnr"]
            self._keep(run, BEST, scores)

    def _write(self, line: dict[str, Any]) -> None:
        with (self._settings.out / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        self._report(line)

    def _keep(self, run: Run, name: str, scores: dict[str, float]) -> None:
        training: dict[str, object] = {
            "preset": self._settings.preset,
            "start": self._settings.start,
            "recipe": asdict(self._recipe),
            "shares": list(self._settings.shares),
            "lpips": self._settings.lpips is not None,
            "steps": run.step,
            "seconds": round(run.seconds),
            "validation": scores,
        }
        path = self._settings.out / name
        store(run.average, path, training=training, dtype=torch.float16, overwrite=True)


def _check(settings: Settings, recipe: Recipe) -> None:
    if len(settings.low) != len(settings.high):
        problem = f"{len(settings.low)} --low and {len(settings.high)} --high folders"
        raise UsageError("--low and --high", problem, "Give each --low its --high, in order")
    sources = len(settings.low) + len(settings.to_darken)
    if not sources:
        remedy = "Give --low and --high, --normal, --photographs or --night"
        raise UsageError("train", "has nothing to train on", remedy)
    if settings.shares and len(settings.shares) != sources:
        problem = f"{len(settings.shares)} shares for {sources} sources"
        raise UsageError(
            "--share", problem, "Give one for each --low, --normal, --photographs and --night"
        )
    if settings.shares and not (min(settings.shares) >= 0 and sum(settings.shares) > 0):
        problem = "shares are 0 or more, and not all 0"
        raise UsageError("--share", problem, "Give each source its part of a batch")
    if settings.preset is not None and settings.start is not None:
        remedy = "Leave --preset out: a model that is begun with has its own shape"
        raise UsageError("--preset", "contradicts --start", remedy)
    if settings.preset is not None and settings.preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise UsageError(f"preset {settings.preset}", "is unknown", f"Use one of: {known}")
    if settings.new_head and settings.start is None:
        remedy = "Give --start, or leave it out: a run without --start trains the head anyway"
        raise UsageError("--new-head", "is for a run that begins with a model", remedy)
    if settings.workers > 1 and (settings.device.type != "cpu" or recipe.batch % settings.workers):
        remedy = f"Use a batch that is a multiple of {settings.workers}, and --device cpu"
        raise UsageError("--workers", "share each batch equally, on the CPU", remedy)
    if not settings.resume and (settings.out / STATE).exists():
        remedy = "Add --resume, or choose another --out"
        raise UsageError(str(settings.out), "holds a run already", remedy)


def _load(settings: Settings, recipe: Recipe) -> tuple[TrainingData, list[Pair]]:
    held_out = stems_in(settings.validation) if settings.validation else None
    sources: list[PairSource | DarkenedSource] = []
    validation: list[Pair] = []
    for low, high in zip(settings.low, settings.high, strict=True):
        pairs = load_pairs(low, high, names=held_out, leave_out=True)
        _require_size(low, [pair.dark for pair in pairs], recipe)
        sources.append(PairSource(pairs, recipe=recipe))
        if held_out is not None:
            validation += load_pairs(low, high, names=held_out, leave_out=False)
    for folder, kind in settings.to_darken:
        paths = [p for stem, p in pictures_in(folder).items() if stem not in (held_out or set())]
        photographs = _unique([read_pixels(path) for path in paths])
        _require_size(folder, photographs, recipe)
        sources.append(DarkenedSource(photographs, recipe=recipe, kind=kind))
    if held_out is not None and not validation:
        remedy = "Check the list against the names in --low"
        raise TrainingError(str(settings.validation), "names no picture that is there", remedy)
    if settings.validation_limit is not None and len(validation) > settings.validation_limit:
        chosen = np.linspace(0, len(validation) - 1, settings.validation_limit).round().astype(int)
        validation = [validation[i] for i in chosen]
    data = TrainingData(sources, shares=settings.shares or [1.0] * len(sources), recipe=recipe)
    return data, validation


def _unique(photographs: Sequence[Any]) -> list[Any]:
    """Drop exact repetitions: references are stored once for each of their dark partners."""
    return list({pixels.tobytes(): pixels for pixels in photographs}.values())


def _require_size(folder: Path, pictures: Sequence[Any], recipe: Recipe) -> None:
    if not pictures:
        raise TrainingError(str(folder), "has nothing to train on", "Check the validation list")
    if min(min(pixels.shape[:2]) for pixels in pictures) < recipe.crop:
        problem = f"has pictures smaller than the crops of {recipe.crop} pixels"
        raise TrainingError(str(folder), problem, "Use smaller crops or larger pictures")
