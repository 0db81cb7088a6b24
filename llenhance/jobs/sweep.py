"""How results depend on the exposure of the input: dark pictures in, scores at each exposure out.

An `Exposure` changes a dark picture before it is enhanced. `plan` lists the work at all of
`EXPOSURES`, `plan_results` that for pictures of another program; `evaluate.evaluate` does it, and
`summarise` compares the exposures. `plots.py` draws what came out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import PictureError, UsageError
from llenhance.files.folders import pictures_in
from llenhance.jobs import evaluate as evaluation
from llenhance.jobs.evaluate import PRODUCED, Failure, Scored, ScoreJob, Summary
from llenhance.jobs.loop import Failed
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.picture import Picture
from llenhance.pictures.spaces import as_srgb, working_space
from llenhance.system import system_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A change of a dark picture's exposure: ``(1 - share) * factor * dark + share * reference``.

    Attributes:
        name: also of its folder; plain, so that every file system takes it.
        factor: above 0.
        share: of the well-lit reference, 0 to 1.
    """

    name: str
    factor: float = 1.0
    share: float = 0.0

    def __call__(self, dark: Picture, reference: NDArray[np.uint8]) -> Picture:
        """Return the picture at this exposure, in 8 bits, values rounded (halves to even).

        Args:
            dark: returned itself, 16 bits included, where nothing is to change.
            reference: ``(H, W, 3)``, of the same size.

        Raises:
            ValueError: different sizes.
        """
        if reference.shape != dark.pixels.shape:
            raise ValueError(f"sizes {dark.pixels.shape} and {reference.shape} cannot be blended")
        if self.factor == 1 and self.share == 0:
            return dark
        values = to_8_bits(as_srgb(dark)) * (self.factor * (1 - self.share))
        values += reference * self.share
        pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        alpha = None if dark.alpha is None else to_8_bits(dark.alpha)
        profile = dark.icc_profile if working_space(dark.icc_profile) is None else None
        return replace(dark, pixels=pixels, alpha=alpha, icc_profile=profile)


AS_IT_IS: Final = Exposure(name="as-it-is")
EXPOSURES: Final = (
    AS_IT_IS,
    *(Exposure(name=f"times-{factor:g}", factor=factor) for factor in (0.5, 2, 4)),
    *(Exposure(name=f"with-{share}-percent", share=share / 100) for share in (10, 20, 50)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What to score at each exposure, and an error for each picture without a partner."""

    parts: tuple[tuple[Exposure, tuple[ScoreJob, ...]], ...]
    unpaired: tuple[PictureError, ...]

    @property
    def jobs(self) -> tuple[ScoreJob, ...]:
        """All of them, for `evaluate`, one exposure after the other."""
        return tuple(job for _, jobs in self.parts for job in jobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The scores at one exposure.

    Attributes:
        exposure: which.
        rows: every picture that was scored.
        failed: every picture that was not.
        summary: of the pictures that were scored at *every* exposure, so that exposures compare
            like with like; None where there is no such picture.
        pictures: how many `summary` is of.
        change: of their mean PSNR as produced, in dB, against the input as it is; None likewise.
    """

    exposure: Exposure
    rows: tuple[Scored, ...]
    failed: tuple[Failure, ...]
    summary: Summary | None
    pictures: int
    change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """The largest loss of PSNR as produced: ``db``, above 0, and the exposure it happens at."""

    db: float
    exposure: Exposure


def plan(pictures: Path, references: Path, *, outputs: Path | None = None) -> SweepPlan:
    """Pair the pictures of two folders by stem, at each exposure.

    Args:
        pictures: folder of dark pictures.
        references: folder of well-lit ones.
        outputs: folder for what is made of them, as PNG in subfolders named as the exposures.

    Raises:
        UsageError: as `evaluation.plan` does.
    """
    evaluation.plan(pictures, references, outputs=outputs)  # nor are subfolders put among inputs
    parts: list[tuple[Exposure, tuple[ScoreJob, ...]]] = []
    unpaired: tuple[PictureError, ...] = ()
    for exposure in EXPOSURES:
        folder = None if outputs is None else outputs / exposure.name
        paired = evaluation.plan(pictures, references, outputs=folder)
        parts.append((exposure, tuple(replace(job, change=exposure) for job in paired.jobs)))
        unpaired = paired.unpaired  # the same at every exposure
    return SweepPlan(parts=tuple(parts), unpaired=unpaired)


def plan_results(results: Path, references: Path, *, inputs: Path | None = None) -> SweepPlan:
    """Pair what another program made at each exposure with the references, by stem.

    Args:
        results: folder with a subfolder for each exposure, named as it is.
        references: folder of well-lit pictures.
        inputs: folder with the same subfolders, of what the other program was given; read for its
            mean grey.

    Raises:
        UsageError: a subfolder is missing, or as `evaluation.plan` does.
    """
    _check_subfolders(results, "exposures-missing")
    if inputs is not None:
        _check_subfolders(inputs, "exposures-of-inputs-missing")
    parts: list[tuple[Exposure, tuple[ScoreJob, ...]]] = []
    unpaired: list[PictureError] = []
    for exposure in EXPOSURES:
        paired = evaluation.plan(results / exposure.name, references)
        jobs = paired.jobs
        if inputs is not None:
            folder = inputs / exposure.name
            sources = pictures_in(folder)
            stems = (job.picture.stem for job in jobs)  # one that is missing fails as it is read
            known = (sources.get(stem, folder / f"{stem}.png") for stem in stems)
            jobs = tuple(
                replace(job, source=source) for job, source in zip(jobs, known, strict=True)
            )
        parts.append((exposure, jobs))
        unpaired += paired.unpaired
    return SweepPlan(parts=tuple(parts), unpaired=tuple(unpaired))


def _check_subfolders(folder: Path, code: str) -> None:
    names = [exposure.name for exposure in EXPOSURES]
    with system_errors(folder):
        missing = [name for name in names if not (folder / name).is_dir()]
    if missing:
        raise UsageError(code, str(folder), missing=", ".join(missing))


def summarise(plan: SweepPlan, results: Iterable[Scored | Failure]) -> tuple[Point, ...]:
    """Compare the exposures, in the order of the plan.

    Args:
        plan: of what was scored.
        results: of `evaluate`, one for each of the plan's jobs.
    """
    remaining = iter(results)
    found = [tuple(islice(remaining, len(jobs))) for _, jobs in plan.parts]
    rows = [tuple(one for one in part if isinstance(one, Scored)) for part in found]
    failed = [tuple(one for one in part if isinstance(one, Failed)) for part in found]
    common = set[str].intersection(*({row.name for row in part} for part in rows))
    kept = [[row for row in part if row.name in common] for part in rows]
    means = [evaluation.summarise(part) for part in kept] if common else []
    first = means[0] if means else None
    return tuple(
        Point(
            exposure=exposure,
            rows=rows[place],
            failed=failed[place],
            summary=means[place] if means else None,
            pictures=len(common),
            change=None if first is None else _psnr(means[place]) - _psnr(first),
        )
        for place, (exposure, _) in enumerate(plan.parts)
    )


def _psnr(summary: Summary) -> float:
    compared: Mapping[str, float] = summary.mean.compared[PRODUCED]
    return compared["psnr"]


def largest_drop(points: Sequence[Point]) -> Drop | None:
    """Return the largest loss against the input as it is; None where no exposure loses."""
    losses = [
        Drop(db=-point.change, exposure=point.exposure)
        for point in points
        if point.change is not None and point.change < 0
    ]
    return max(losses, key=lambda drop: drop.db, default=None)
