"""The recipe and the budget: rates, weights and shares as functions of progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.training import (
    fresh,
    go_on,
    parameters,
    same,
)

from llenhance.errors import UsageError
from llenhance.training import Budget, Recipe


@pytest.mark.parametrize(
    ("step", "progress", "expected"),
    [
        (0, 0.0, 0.1),
        (4, 0.0, 0.5),
        (9, 0.0, 1.0),
        (50, 0.0, 1.0),
        (50, 0.5, 0.505),
        (50, 1.0, 0.01),
        (50, 1.5, 0.01),
        (4, 0.5, 0.2525),
    ],
)
def test_rate_warms_up_and_decays(step: int, progress: float, expected: float) -> None:
    recipe = Recipe(rate=2.0, warm_up=10, final_rate=0.01)
    assert recipe.rate_at(step, progress) == pytest.approx(2.0 * expected)


@pytest.mark.parametrize(
    ("progress", "expected"), [(0.0, 2.0), (0.5, 2.0), (0.75, 1.25), (1.0, 0.5), (1.5, 0.5)]
)
def test_lpips_weighs_less_in_the_second_half(progress: float, expected: float) -> None:
    assert Recipe(lpips=2.0, final_lpips=0.5).lpips_at(progress) == pytest.approx(expected)


@pytest.mark.parametrize(
    "limits", [{}, {"steps": 3, "minutes": 1.0}, {"steps": -1}, {"minutes": float("nan")}]
)
def test_budget_is_steps_or_minutes(limits: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="a number of steps or after a number of minutes"):
        Budget(**limits)


@pytest.mark.parametrize(("crop", "remedy"), [(100, "96 or 104"), (0, "8 or 16"), (3, "8 or 16")])
def test_side_of_a_crop_is_a_multiple_of_8(crop: int, remedy: str) -> None:
    with pytest.raises(UsageError, match=f"not a multiple of 8. Use {remedy}"):
        Recipe(crop=crop)


@pytest.mark.parametrize(("limits", "expected"), [({"steps": 8}, 0.25), ({"minutes": 2}, 0.75)])
def test_progress_is_the_share_of_the_budget(limits: dict[str, Any], expected: float) -> None:
    run = fresh()
    run.step, run.seconds = 2, 90.0
    assert Budget(**limits).progress(run) == expected


def test_spent_budget_takes_no_step(tmp_path: Path) -> None:
    run = fresh()
    run.step = 4
    before = parameters(run.model)
    go_on(run, tmp_path, steps=4)
    assert same(parameters(run.model), before)
