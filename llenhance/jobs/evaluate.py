"""Score pictures: folders in, the figures of each picture out as they are ready, then their means.

`plan` finds what belongs together, `evaluate` enhances and compares one picture after the other,
`summarise` adds up. A picture that fails is a `Failure`, and the next one follows; what would fail
for every picture alike is raised. The measures are in `judge.py`; `sweep.py` does this for several
exposures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

import numpy as np

from llenhance.errors import PictureError, UsageError, require
from llenhance.files.folders import natural_order, pictures_in, read_pixels
from llenhance.files.pictures import read_picture, write_picture
from llenhance.files.planning import plan_outputs
from llenhance.files.preflight import check_output
from llenhance.files.whole import make_folder, same_file
from llenhance.jobs.loop import Failed, each
from llenhance.jobs.task import enhance_named
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels8
from llenhance.pictures.spaces import as_srgb
from llenhance.pictures.visible import visible_part
from llenhance.scoring.judge import Judge
from llenhance.scoring.metrics import appearance, mean_grey, scaled_to

if TYPE_CHECKING:  # torch takes seconds to import, and only enhancing and LPIPS need it
    from llenhance.enhancer import Enhancer

PRODUCED: Final = "produced"
SCALED: Final = "scaled"
TRUE_B: Final = "true_b"
GREY: Final = "mean_gray"
REFERENCE_GREY: Final = "reference_mean_gray"
INPUT_GREY: Final = "input_mean_gray"

_SMALLEST_ALONE: Final = 3  # pixels a side that `appearance` needs


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreJob:
    """A picture, the reference it is compared with, and the file for its enhanced version.

    `change` makes the input from the picture and its reference; `source` is the input that another
    program made the picture from. With either, and a reference, the input's mean gray is told.
    """

    picture: Path
    reference: Path | None = None
    output: Path | None = None
    change: Callable[[Picture, Pixels8], Picture] | None = None
    source: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePlan:
    """What to score, in natural order, and an error for each picture without a partner."""

    jobs: tuple[ScoreJob, ...]
    unpaired: tuple[PictureError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The figures of one picture, or their means.

    Attributes:
        name: stem of its file.
        compared: with its reference, ``psnr``, ``ssim``, ``ssim_rgb`` and where asked for
            ``lpips``: under `PRODUCED` as it is, under `SCALED` after scaling to the reference's
            mean gray, under `TRUE_B` as the model makes it when told the reference's brightness.
            Empty without a reference.
        alone: `GREY` and `REFERENCE_GREY`, perhaps `INPUT_GREY`, 0..1; without a reference the
            fields of `Appearance`.
    """

    name: str
    compared: Mapping[str, Mapping[str, float]]
    alone: Mapping[str, float]


Failure = Failed[ScoreJob]
"""A picture that could not be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All pictures together.

    Attributes:
        mean: of every figure.
        brightness_error: ``mean``, ``median``, ``p90`` and ``max`` of the pictures'
            ``|mean gray - reference's|``, 0..1; None without references.
    """

    mean: Scored
    brightness_error: Mapping[str, float] | None


def plan(
    pictures: Path, references: Path | None = None, *, outputs: Path | None = None
) -> ScorePlan:
    """Pair the pictures of two folders by stem.

    Args:
        pictures: folder of what is to be scored, or enhanced and scored.
        references: folder of well-lit pictures; without it every picture stands alone.
        outputs: folder for enhanced pictures, as PNG.

    Raises:
        UsageError: a folder that is none or has no pictures, two pictures of the same stem, no
            pair at all, or outputs that would replace inputs.
    """
    found = pictures_in(pictures)
    partners = None if references is None else pictures_in(references)
    stems = found.keys() if partners is None else found.keys() & partners.keys()
    if not stems:
        raise UsageError("no-pairs", str(pictures), references=str(references))
    targets = _targets(list(found.values()), pictures, references, outputs=outputs)
    jobs = (
        ScoreJob(
            picture=found[stem],
            reference=None if partners is None else partners[stem],
            output=targets.get(found[stem]),
        )
        for stem in sorted(stems, key=natural_order)
    )
    if partners is None or references is None:
        return ScorePlan(jobs=tuple(jobs))
    sides = ((found, partners, references), (partners, found, pictures))
    lonely = (
        PictureError("no-partner", str(one[stem]), folder=str(folder))
        for one, other, folder in sides
        for stem in sorted(one.keys() - other.keys(), key=natural_order)
    )
    return ScorePlan(jobs=tuple(jobs), unpaired=tuple(lonely))


def _targets(
    sources: Sequence[Path], *inputs: Path | None, outputs: Path | None
) -> dict[Path, Path]:
    if outputs is None:
        return {}
    if any(folder is not None and same_file(folder, outputs) for folder in inputs):
        raise UsageError("folder-of-inputs", str(outputs))
    planned = plan_outputs(sources, output=outputs, many=True, format="PNG")
    return {one.source: one.target for one in planned}


def evaluate(
    jobs: Sequence[ScoreJob],
    *,
    enhancer: Callable[[], Enhancer] | None = None,
    lpips: Path | None = None,
    overwrite: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Scored | Failure]:
    """Score pictures one after the other, and yield the figures of each as they are ready.

    Args:
        jobs: of `plan`.
        enhancer: makes what enhances the pictures first; called once. Without it they are scored
            as they are.
        lpips: weights for `load_lpips`.
        overwrite: replace outputs that exist.
        progress: called with a picture's name before its turn, the pictures done and all of them.

    Raises:
        UsageError: what the enhancer refuses.
        WeightsError: the model or LPIPS cannot be loaded, or the model does not work.
        MissingExtraError: scikit-image is not installed, and there are references.
    """
    if any(job.reference for job in jobs):
        require("skimage", extra="evaluate")  # now, not when the first picture is enhanced
    judge = Judge(lpips)
    model = enhancer() if enhancer else None
    done = 0

    def work(job: ScoreJob) -> Scored:
        nonlocal done
        if progress:
            progress(job.picture.name, done, len(jobs))
        done += 1
        return _scored(job, judge, model, overwrite=overwrite)

    yield from each(jobs, work, name=lambda job: str(job.picture))


def _scored(job: ScoreJob, judge: Judge, model: Enhancer | None, *, overwrite: bool) -> Scored:
    name = str(job.picture)
    if job.output is not None:
        inputs = [path for path in (job.picture, job.reference, job.source) if path]
        check_output(job.output, overwrite=overwrite, inputs=inputs, folder_will_be_made=True)
    picture = read_picture(job.picture)
    reference = None if job.reference is None else read_pixels(job.reference)
    _check_sizes(job, picture.pixels.shape, reference, judge)
    if job.change is not None and reference is not None:
        picture = job.change(picture, reference)
    produced, told = picture, None
    if model is not None:
        produced = enhance_named(picture, name=name, enhancer=model).picture
    if model is not None and model.has_brightness and reference is not None:
        told = model.enhance_knowing(picture, mean_grey=mean_grey(reference))
    if job.output is not None:
        make_folder(job.output.parent)
        write_picture(job.output, produced, overwrite=overwrite, like=job.picture)
    pixels = to_8_bits(as_srgb(produced))
    if reference is None:
        alpha = None if produced.alpha is None else to_8_bits(produced.alpha)
        visible = visible_part(pixels, alpha)
        figures = asdict(appearance(to_8_bits(visible.cut(pixels)), visible.weights))
        alone = {GREY: figures.pop("mean_grey"), **figures}
        return Scored(name=job.picture.stem, compared={}, alone=alone)
    compared = {
        PRODUCED: judge.compare(pixels, reference),
        SCALED: judge.compare(scaled_to(pixels, reference), reference),
    }
    if told is not None:
        compared[TRUE_B] = judge.compare(to_8_bits(as_srgb(told)), reference)
    alone = {GREY: mean_grey(pixels), REFERENCE_GREY: mean_grey(reference)}
    if job.change is not None or job.source is not None:
        source = as_srgb(picture) if job.source is None else read_pixels(job.source)
        alone[INPUT_GREY] = mean_grey(to_8_bits(source))
    return Scored(name=job.picture.stem, compared=compared, alone=alone)


def _check_sizes(
    job: ScoreJob, shape: tuple[int, ...], reference: Pixels8 | None, judge: Judge
) -> None:
    height, width = shape[:2]
    name = str(job.picture)
    if reference is not None and reference.shape[:2] != (height, width):
        raise PictureError(
            "sizes-differ",
            name,
            width=width,
            height=height,
            reference=str(job.reference),
            reference_width=reference.shape[1],
            reference_height=reference.shape[0],
        )
    least = _SMALLEST_ALONE if reference is None else judge.smallest
    if min(height, width) < least:
        raise PictureError("too-small-to-score", name, width=width, height=height, least=least)


def summarise(rows: Sequence[Scored]) -> Summary:
    """Add up the figures of pictures that were scored alike, at least one.

    A picture that equals its reference counts 100 dB.
    """
    first = rows[0]
    mean = Scored(
        name="mean",
        compared={
            group: {key: fmean(row.compared[group][key] for row in rows) for key in figures}
            for group, figures in first.compared.items()
        },
        alone={key: fmean(row.alone[key] for row in rows) for key in first.alone},
    )
    if REFERENCE_GREY not in first.alone:
        return Summary(mean=mean, brightness_error=None)
    errors = [abs(row.alone[GREY] - row.alone[REFERENCE_GREY]) for row in rows]
    return Summary(
        mean=mean,
        brightness_error={
            "mean": fmean(errors),
            "median": median(errors),
            "p90": float(np.percentile(errors, 90)),
            "max": max(errors),
        },
    )
