"""What a training run is told: what to train, on what, and where to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from llenhance.errors import UsageError
from llenhance.model.architecture import PRESETS
from llenhance.system import system_errors
from llenhance.training.recipe import Recipe
from llenhance.training.sources import COLOURFUL, DULL, NIGHT, Kind
from llenhance.training.state import STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run trains, on what, and where it writes.

    Attributes:
        low: Folders of dark pictures.
        high: Folders of their references, in the same order.
        normal: Folders of well-lit photographs with few strong colors, to be darkened.
        photographs: Folders of colorful photographs, to be darkened.
        night: Folders of pictures that are meant to be dark, to be darkened further.
        shares: Share of each folder in a batch, for `low`, `normal`, `photographs`, `night` in this
            order; empty for equal shares.
        validation: List of the pictures that are only validated on, never trained on; None for no
            validation.
        validation_limit: Validate on at most this many of them, evenly spaced.
        out: Folder of the run, for its state, log and weights.
        lpips: Weights of LPIPS, which then judges decoded pictures too.
        preset: Name of a preset in `architecture.PRESETS`; not together with `start`.
        start: Model, by name or file, whose weights the run starts from in place of fresh ones. Its
            brightness head stays as it is.
        new_head: Train the brightness head of that model anew nevertheless.
        device: Device to train on.
        workers: Processes that share each batch, with one thread each; on the CPU only. With 1,
            torch's threads are used instead.
        resume: Continue the run in `out`. It keeps its preset, start and new head, which need not
            be given again; everything else is given as before, only the learning rate may change.
        save_every: Seconds of training between two saved states.
        validate_every: Seconds of training between two validations.
        log_every: Steps between two lines of the log.
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
        """All folders of photographs without dark partners, and what kind each of them is."""
        kinds = ((self.normal, DULL), (self.photographs, COLOURFUL), (self.night, NIGHT))
        return [(folder, kind) for folders, kind in kinds for folder in folders]


def check(settings: Settings, recipe: Recipe) -> None:
    """Refuse settings that contradict each other, before anything is read or written.

    Raises:
        UsageError: Some of the settings do not fit together.
    """
    if len(settings.low) != len(settings.high):
        low, high = len(settings.low), len(settings.high)
        raise UsageError("folders-unpaired", "folders", low=low, high=high)
    folders = len(settings.low) + len(settings.to_darken)
    if not folders:
        raise UsageError("nothing-to-train-on", "folders")
    if settings.shares and len(settings.shares) != folders:
        shares = len(settings.shares)
        raise UsageError("shares-unmatched", "shares", shares=shares, folders=folders)
    if settings.shares and not (min(settings.shares) >= 0 and sum(settings.shares) > 0):
        raise UsageError("shares-impossible", "shares")
    if settings.preset is not None and settings.start is not None:
        raise UsageError("contradiction", "preset and start")
    if settings.preset is not None and settings.preset not in PRESETS:
        raise UsageError("preset-unknown", f"preset {settings.preset}", known=", ".join(PRESETS))
    if settings.new_head and settings.start is None and not settings.resume:
        raise UsageError("new-head-without-start", "new head")
    if settings.workers > 1 and (settings.device.type != "cpu" or recipe.batch % settings.workers):
        raise UsageError("workers-uneven", "workers", workers=settings.workers)
    if not settings.resume:
        with system_errors(settings.out, UsageError):
            taken = (settings.out / STATE).exists()
        if taken:
            raise UsageError("run-exists", str(settings.out))
