"""A whole training run, from folders of pictures to a weights file and a log."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from llenhance.errors import UsageError, require
from llenhance.model.architecture import PRESETS
from llenhance.scoring.lpips import LPIPS, load_lpips
from llenhance.system import system_errors
from llenhance.training.data import TrainingData
from llenhance.training.folders import load_pictures, stems_in
from llenhance.training.head import train_head
from llenhance.training.keeper import Keeper, Report
from llenhance.training.loop import Budget, Watch, train
from llenhance.training.peers import Peers, together
from llenhance.training.recipe import Recipe
from llenhance.training.record import continued, record_of
from llenhance.training.settings import Settings, check
from llenhance.training.sources import Pair
from llenhance.training.state import Run
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, find


def run_session(settings: Settings, recipe: Recipe, budget: Budget, *, report: Report) -> Run:
    """Train until the budget is spent.

    Writes into ``settings.out``: ``state.pt`` to resume from, ``log.jsonl``, ``latest.safetensors``
    (the average of the weights, float16) and, with validation pictures, ``best.safetensors``. A run
    that is refused leaves no folder.

    Args:
        settings: What to train, on what, and where to write.
        recipe: How to train.
        budget: How long to train.
        report: Called with each line of the log as it is written.

    Raises:
        UsageError: Settings contradict each other or the run that is resumed, or a name that was
            given leads to nothing usable.
        TrainingError: Pictures do not match, the state is damaged, or training diverged for good.
        WeightsError: The model to start from, or LPIPS, cannot be loaded.
        PictureError: A picture cannot be read, or the folder cannot be written.
        ResourceError: The disk is full, or there is not enough memory.
        MissingExtraError: scikit-image is not installed, and there is validation.
    """
    check(settings, recipe)
    follow = partial(_follow, settings, recipe, budget)
    with _folder_of_run(settings.out), together(settings.workers, follow) as peers:
        run, data, validation = _prepared(settings, recipe)
        keeper = Keeper(settings, budget, validation, report)
        keeper.validated = run.seconds
        if run.model.brightness is not None and not run.has_head:
            train_head(
                run.model.brightness, data, recipe, device=run.device, watch=keeper.watch_head
            )
            run.average.load_state_dict(run.model.state_dict())
            run.has_head = True
            run.save(settings.out)
        _train(settings, recipe, budget, run, data, peers, keeper.watch)
        keeper.look(run)
        run.save(settings.out)
    return run


def _follow(settings: Settings, recipe: Recipe, budget: Budget, peers: Peers) -> None:
    """Take the same steps as `run_session` in another process, without writing anything."""
    run, data, _ = _prepared(settings, recipe)
    _train(settings, recipe, budget, run, data, peers, lambda _run, _figures: None)


def _train(
    settings: Settings,
    recipe: Recipe,
    budget: Budget,
    run: Run,
    data: TrainingData,
    peers: Peers,
    watch: Watch,
) -> None:
    train(
        run,
        data,
        recipe,
        budget=budget,
        folder=settings.out,
        save_every=settings.save_every,
        watch=watch,
        peers=peers,
        lpips=_judge(settings),
    )


class _Prepared(NamedTuple):
    run: Run
    data: TrainingData
    validation: list[Pair]


def _prepared(settings: Settings, recipe: Recipe) -> _Prepared:
    """Load everything that a run needs, or say what is wrong with it."""
    _judge(settings)  # only tried: it is loaded again later, as it draws random numbers
    held_out = None
    if settings.validation:
        require("skimage", extra="train")  # now, not at the first validation
        held_out = stems_in(settings.validation)
    run = _started(settings, recipe, held_out)
    return _Prepared(run, *load_pictures(settings, recipe, held_out=held_out))


def _started(settings: Settings, recipe: Recipe, held_out: set[str] | None) -> Run:
    record = record_of(settings, recipe, held_out=held_out)
    if settings.resume:
        run = Run.resumed(settings.out, recipe, device=settings.device)
        record = continued(run.record, settings, record)
        preset = settings.preset
        if preset is not None and PRESETS[preset] != run.model.architecture:
            raise UsageError("state-of-other-network", str(settings.out), preset=preset)
    elif settings.start is None:
        preset = PRESETS[settings.preset or DEFAULT_MODEL]
        run = Run(preset, recipe, device=settings.device)
    else:
        model = load(find(settings.start).path)
        run = Run(model.architecture, recipe, device=settings.device)
        run.begin_with(model, with_head=not settings.new_head)
    run.record = record
    return run


def _judge(settings: Settings) -> LPIPS | None:
    return load_lpips(settings.lpips).to(settings.device) if settings.lpips else None


@contextmanager
def _folder_of_run(folder: Path) -> Generator[None]:
    """Create a folder and those above it; after an error, remove those that are still empty.

    Raises:
        UsageError: The folder cannot be created.
        ResourceError: The disk is full.
    """
    created = [part for part in (folder, *folder.parents) if not os.path.lexists(part)]
    try:
        with system_errors(folder, UsageError):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except FileExistsError as reason:
                raise UsageError("file-in-place-of-folder", str(folder)) from reason
        yield
    except BaseException:
        for part in created:
            with suppress(OSError, ValueError):  # not empty, or never created
                part.rmdir()
        raise
