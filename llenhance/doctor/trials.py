"""Enhance a small dark picture in each precision that a device offers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from llenhance.bench.probes import dark_pixels, timed
from llenhance.doctor.problem import Problem, told
from llenhance.engine.engine import FAITHFUL, compile_model
from llenhance.engine.settings import DTYPES, choose_precision
from llenhance.engine.watching import watched
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.errors import LlenhanceError, UsageError
from llenhance.messages.note import Note
from llenhance.pictures.pixels import Pixels
from llenhance.weights.file import load

SIDE: Final = 256
"""Width and height of the picture in pixels."""

_ERRORS: Final = (LlenhanceError, RuntimeError, TypeError, MemoryError)
"""What loading and computing raise; MPS raises TypeError for types that it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How well one precision works.

    Attributes:
        precision: A key of `DTYPES`.
        seconds: Seconds for the picture, the second time; None if it failed.
        finite: Whether every value was finite before anything was computed again.
        psnr: dB against the result in fp32; None for fp32 itself, and if there is no result.
        failure: What went wrong; None if all is well.
    """

    precision: str
    seconds: float | None = None
    finite: bool | None = None
    psnr: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How well a device works in each of its precisions.

    Attributes:
        device: Name of the device.
        runs: One run for each precision, in the order of `DTYPES`.
        automatic: The precision that auto stands for; None if it fails.
        why: Why auto stands for it.
    """

    device: str
    runs: list[Run]
    automatic: str | None
    why: str

    @property
    def problems(self) -> list[Problem]:
        """What failed: an error, or a note about a precision that nobody needs."""
        found: list[Problem] = []
        for run in self.runs:
            if run.failure is None:
                continue
            facts = {"precision": run.precision, "failure": run.failure}
            if run.precision in ("fp32", self.automatic) or self.automatic is None:
                found.append(LlenhanceError("precision-broken", f"device {self.device}", **facts))
            else:
                found.append(Note("precision-broken-but-unneeded", device=self.device, **facts))
        return found


def try_precisions(weights: Path, device: str) -> Trial:
    """Enhance a picture in each precision that a device offers.

    Args:
        weights: Path of a weights file.
        device: Name of the device.
    """
    pixels = dark_pixels(SIDE, SIDE)
    at = torch.device(device)
    runs: list[Run] = []
    exact: Tensor | None = None
    for precision in DTYPES:
        try:
            choose_precision(precision, at)
        except UsageError:  # this device does not offer it
            continue
        run, result = _run(weights, at, precision, pixels)
        if precision == "fp32":
            exact = result
        elif exact is not None and result is not None and run.finite:
            run = replace(run, psnr=_psnr(result, exact))
        runs.append(run)
    automatic, why = _automatic(weights, at)
    return Trial(device=device, runs=runs, automatic=automatic, why=why)


def _run(
    weights: Path, device: torch.device, precision: str, pixels: Pixels
) -> tuple[Run, Tensor | None]:
    """Return how well a precision works, and the network's picture before anything else."""
    run = Run(precision=precision)
    result: Tensor | None = None

    def passed(stage: str, value: Tensor) -> None:
        nonlocal result
        if stage == "flow":
            result = value.float().cpu()  # now, because a GPU's failures show up late

    try:
        engine = compile_model(load(weights), device=device, precision=precision)

        def enhance() -> None:
            enhance_pixels(engine, pixels, look(pixels, engine))

        with watched(passed):
            timed(device, enhance)  # the first time includes preparations
            seconds = timed(device, enhance)
        run = replace(run, seconds=seconds)
    except _ERRORS as error:
        run = replace(run, failure=told(error))
    if result is not None:
        finite = bool(result.isfinite().all())
        failure = None if finite else "it computes numbers that are not finite"
        run = replace(run, finite=finite, failure=run.failure or failure)
    return run, result


def _psnr(result: Tensor, exact: Tensor) -> float | None:
    """Return dB between two pictures, clamped to 0..1; None if they are equal."""
    away = float((result.clamp(0, 1) - exact.clamp(0, 1)).square().mean())
    return -10 * math.log10(away) if away > 0 and math.isfinite(away) else None


def _automatic(weights: Path, device: torch.device) -> tuple[str | None, str]:
    """Return the precision that auto stands for, and why."""
    try:
        if choose_precision("auto", device) == "fp32":
            return "fp32", "this device does not compute in bf16"
        engine = compile_model(load(weights), device=device, precision="auto")
    except _ERRORS as error:
        return None, told(error)
    limit = f"{FAITHFUL:.0f} dB against fp32"
    if engine.precision == "fp32":
        return "fp32", f"this device computes in bf16, but this model loses too much: under {limit}"
    return engine.precision, f"this device computes in bf16, and this model bears it: {limit}"
