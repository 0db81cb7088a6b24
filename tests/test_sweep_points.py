"""A sweep over exposures: how exposures are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from llenhance import errors
from llenhance.jobs.evaluate import Failure, Scored, ScoreJob
from llenhance.jobs.plots import plot_of_sweep
from llenhance.jobs.sweep import EXPOSURES, Point, SweepPlan, largest_drop, summarise


def scored(name: str, psnr: float) -> Scored:
    return Scored(name=name, compared={"produced": {"psnr": psnr}}, alone={})


def compared(*psnrs: Mapping[str, float | None]) -> tuple[Point, ...]:
    """Summarise exposures whose pictures have these PSNR; None is a failure."""
    broken = errors.PictureError("not-found", "any")
    jobs = [tuple(ScoreJob(picture=Path(name)) for name in part) for part in psnrs]
    chosen = EXPOSURES[: len(psnrs)]
    plan = SweepPlan(parts=tuple(zip(chosen, jobs, strict=True)), unpaired=())
    results: Iterable[Scored | Failure] = [
        Failure(job, broken) if psnr is None else scored(job.picture.name, psnr)
        for part, of_part in zip(psnrs, jobs, strict=True)
        for job, psnr in zip(of_part, part.values(), strict=True)
    ]
    return summarise(plan, results)


def test_change_is_that_of_the_mean_against_the_input_as_it_is() -> None:
    points = compared({"a": 20, "b": 30}, {"a": 22, "b": 30}, {"a": 19, "b": 24})
    assert [point.change for point in points] == [0, 1, -3.5]


def test_largest_drop_is_positive_and_names_its_exposure() -> None:
    drop = largest_drop(compared({"a": 20.0}, {"a": 18.0}, {"a": 11.5}, {"a": 21.0}))
    assert drop is not None
    assert (drop.db, drop.exposure.name) == (8.5, "times-2")


def test_where_no_exposure_loses_there_is_no_drop() -> None:
    assert largest_drop(compared({"a": 20.0}, {"a": 20.0}, {"a": 25.0})) is None


def test_picture_that_fails_at_one_exposure_counts_at_none() -> None:
    points = compared({"a": 20, "b": 90}, {"a": 19, "b": None}, {"a": 18, "b": 90})
    assert [point.change for point in points] == [0, -1, -2]
    assert [point.pictures for point in points] == [1, 1, 1]
    assert [len(point.rows) for point in points] == [2, 1, 2]


def test_picture_that_is_missing_at_one_exposure_counts_at_none() -> None:
    points = compared({"a": 20, "b": 90}, {"a": 19})
    assert [point.change for point in points] == [0, -1]


def test_where_nothing_was_scored_everywhere_there_are_no_means() -> None:
    points = compared({"a": 20, "b": None}, {"a": None, "b": 20})
    assert [(point.summary, point.change) for point in points] == [(None, None)] * 2
    assert largest_drop(points) is None


def test_plot_needs_the_mean_grey_of_inputs() -> None:
    points = compared(*({"a": 20.0} for _ in EXPOSURES))
    with pytest.raises(ValueError, match="mean gray of the inputs is not known at"):
        plot_of_sweep(points, format="png")
