"""Steps of training: losses, rates, budgets, and steps that cannot be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.architectures import TINY_OURS
from support.photographs import photograph
from support.training import (
    CPU,
    RECIPE,
    both_sources,
    fresh,
    go_on,
    pair,
    parameters,
    resume,
    same,
)

from llenhance.errors import TrainingError
from llenhance.model.brightness import BrightnessHead
from llenhance.model.conditioning import thumbnail
from llenhance.model.linear import ActNorm
from llenhance.training import loop
from llenhance.training.data import Batch, TrainingData
from llenhance.training.head import train_head
from llenhance.training.loop import LOWER, PATIENCE
from llenhance.training.losses import Losses, losses
from llenhance.training.sources import PairSource
from llenhance.training.state import Run


class OneBatch(TrainingData):
    """Always the batch of step 0."""

    def batch(self, step: int, *, part: int = 0, parts: int = 1) -> Batch:
        return super().batch(0, part=part, parts=parts)


def test_loss_falls_on_one_batch(tmp_path: Path) -> None:
    recipe = replace(RECIPE, rate=5e-3, batch=1)
    data = OneBatch(
        [PairSource([pair(photograph(64, 64, seed=0))], recipe=RECIPE)], shares=[1.0], recipe=recipe
    )
    totals: list[float] = []
    go_on(
        fresh(recipe),
        tmp_path,
        steps=20,
        recipe=recipe,
        data=data,
        watch=lambda _run, figures: totals.append(figures["total"]),
    )
    assert np.mean(totals[-3:]) < np.mean(totals[:3]) - 3  # measured: 4.0 to -2.4


@pytest.mark.parametrize("figure", ["bits", "l1", "chroma", "structure"])
def test_every_part_of_the_loss_is_reported(figure: str, tmp_path: Path) -> None:
    seen: list[float] = []
    go_on(fresh(), tmp_path, steps=1, watch=lambda _run, figures: seen.append(figures[figure]))
    assert np.isfinite(seen[0])
    assert seen[0] != 0


def test_norms_are_set_by_the_first_batch(tmp_path: Path) -> None:
    run = fresh()
    go_on(run, tmp_path, steps=1)
    norms = [part for part in run.model.modules() if isinstance(part, ActNorm)]
    assert all(norm.logs.abs().max() > 0 for norm in norms)


def test_rate_of_the_recipe_reaches_the_optimiser(tmp_path: Path) -> None:
    rates: list[float] = []
    go_on(
        fresh(),
        tmp_path,
        steps=4,
        watch=lambda run, _: rates.append(run.optimiser.param_groups[0]["lr"]),
    )
    assert rates == [RECIPE.rate_at(step, step / 4) for step in range(4)]


def test_pictures_are_decoded_from_a_step_on(tmp_path: Path) -> None:
    recipe = replace(RECIPE, decoded_from=2)
    seen: list[bool] = []
    go_on(
        fresh(recipe),
        tmp_path,
        steps=4,
        recipe=recipe,
        watch=lambda _run, figures: seen.append(figures["l1"] > 0),
    )
    assert seen == [False, False, True, True]


def test_head_learns_the_mean_grey_of_its_pictures() -> None:
    # Told by their colours: exposures overlap.
    colours = ((150, 70, 70), (100, 150, 100), (170, 170, 230))
    pairs = [pair(np.full((64, 64, 3), colour, np.uint8)) for colour in colours]
    recipe = replace(RECIPE, head_steps=120, head_batch=12)
    data = TrainingData([PairSource(pairs, recipe=RECIPE)], shares=[1.0], recipe=recipe)
    head = BrightnessHead()
    errors: list[float] = []
    train_head(head, data, recipe, device=CPU, watch=lambda _step, error: errors.append(error))
    small = torch.cat([thumbnail(p.dark) for p in pairs])
    found = head.eval().greys(small).mean(dim=(1, 2))
    assert found[0] + 0.1 < found[1] < found[2] - 0.1
    assert len(errors) == 1


def test_head_of_the_same_seed_is_the_same() -> None:
    data = both_sources()
    heads = [BrightnessHead(), BrightnessHead()]
    heads[1].load_state_dict(heads[0].state_dict())
    for head in heads:
        train_head(head, data, RECIPE, device=CPU, watch=lambda _step, _error: None)
    assert same(parameters(heads[0]), parameters(heads[1]))


def test_network_without_brightness_is_trained_too(tmp_path: Path) -> None:
    run = fresh(architecture=replace(TINY_OURS, brightness=False))
    before = parameters(run.model)
    go_on(run, tmp_path, steps=2)
    assert not same(before, parameters(run.model))


@pytest.fixture(scope="module")
def two_ways(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The states of a run of five steps, and of one that was killed after three and resumed."""

    def kill(run: Run, _figures: dict[str, Any]) -> None:
        if run.step == 3:
            raise KeyboardInterrupt

    whole = go_on(fresh(), tmp_path_factory.mktemp("whole"), steps=5)
    folder = tmp_path_factory.mktemp("killed")
    with pytest.raises(KeyboardInterrupt):
        go_on(fresh(), folder, steps=5, save_every=0, watch=kill)
    resumed = resume(folder, replace(RECIPE, seed=3))  # its own fresh weights do not matter
    return whole.state(), go_on(resumed, folder, steps=5).state()


@pytest.mark.parametrize("name", ["model", "average", "optimiser", "step", "skipped", "best"])
def test_interrupted_and_resumed_run_equals_an_uninterrupted_one(
    name: str, two_ways: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    whole, resumed = two_ways
    torch.testing.assert_close(resumed[name], whole[name], rtol=0, atol=0)


def poison(monkeypatch: pytest.MonkeyPatch, steps: Iterable[int]) -> None:
    """Make the loss of some steps undefined."""
    bad = set(steps)

    def spoilt(*arguments: Any, step: int, **options: Any) -> Losses:
        found = losses(*arguments, step=step, **options)
        return found._replace(total=found.total * float("nan")) if step in bad else found

    monkeypatch.setattr(loop, "losses", spoilt)


def states_after(run: Run, folder: Path, *, steps: int) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    go_on(run, folder, steps=steps, watch=lambda run, _: seen.append(run.state()))
    return seen


@pytest.mark.parametrize("name", ["model", "average", "optimiser"])
def test_step_with_an_undefined_gradient_leaves_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [2])
    before, after = states_after(fresh(), tmp_path, steps=3)[1:]
    for state in (before, after):  # the rate is set whether or not the step is taken
        state["optimiser"] = state["optimiser"]["state"]
    torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)


def test_step_with_an_undefined_gradient_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [1, 3])
    states = states_after(fresh(), tmp_path, steps=5)
    assert [state["skipped"] for state in states] == [0, 1, 1, 2, 2]


def test_training_goes_on_after_an_undefined_gradient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [1])
    states = states_after(fresh(), tmp_path, steps=3)
    assert not same(states[2]["model"], states[1]["model"])


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    """A run that went back, and the state it had saved last."""
    first = 2
    good: list[dict[str, Any]] = []

    def lead_astray(run: Run, _figures: dict[str, Any]) -> None:
        if run.step == first:
            good.append(run.state())
            run.best = 21.5
        if first <= run.step < first + PATIENCE:
            with torch.no_grad():
                for parameter in run.model.parameters():
                    parameter.add_(1.0)

    with pytest.MonkeyPatch.context() as monkeypatch:
        poison(monkeypatch, range(first, first + PATIENCE))
        run = go_on(
            fresh(),
            tmp_path_factory.mktemp("lost"),
            steps=first + PATIENCE,
            save_every=0,
            watch=lead_astray,
        )
    return run, good[0]


@pytest.mark.parametrize("name", ["model", "average", "optimiser"])
def test_run_of_unusable_steps_goes_back_to_the_last_good_state(
    name: str, lost: tuple[Run, dict[str, Any]]
) -> None:
    run, good = lost
    torch.testing.assert_close(run.state()[name], good[name], rtol=0, atol=0)


def test_going_back_lowers_the_rate(lost: tuple[Run, dict[str, Any]]) -> None:
    assert lost[0].rate_factor == LOWER


def test_going_back_does_not_go_back_in_the_batches(lost: tuple[Run, dict[str, Any]]) -> None:
    assert (lost[0].step, lost[0].skipped) == (2 + PATIENCE, PATIENCE)


def test_going_back_does_not_forget_the_best_score(lost: tuple[Run, dict[str, Any]]) -> None:
    assert lost[0].best == 21.5


def test_going_back_to_the_start_keeps_the_norms_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, range(PATIENCE))
    run = go_on(fresh(), tmp_path, steps=PATIENCE)
    norms = [part for part in run.model.modules() if isinstance(part, ActNorm)]
    assert run.rate_factor == LOWER
    assert all(norm.logs.abs().max() > 0 for norm in norms)


def test_training_that_never_recovers_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "PATIENCE", 2)
    poison(monkeypatch, range(1000))
    with pytest.raises(TrainingError, match="diverges again and again"):
        go_on(fresh(), tmp_path, steps=1000)
