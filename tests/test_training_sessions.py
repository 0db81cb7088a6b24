"""Whole sessions: what they refuse, what they leave behind, and how they are continued."""

from __future__ import annotations

import json
import shutil
import sys
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
    fresh,
    pair,
    save_folders,
    settings_for,
)

from llenhance.errors import LlenhanceError, MissingExtraError, UsageError
from llenhance.model.architecture import PRESETS
from llenhance.training import Budget, Settings, run_session
from llenhance.training.state import STATE, Run
from llenhance.training.validation import validate
from llenhance.weights.file import describe, load


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """`low`, `high` and `normal` with four flat pictures each: see `save_folders`."""
    return save_folders(tmp_path)


@pytest.fixture
def settings(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a session with a tiny network on the folders' pairs."""
    monkeypatch.setitem(PRESETS, "tiny", TINY_OURS)
    return settings_for(folders)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, list[dict[str, Any]]]:
    """The folder of a session of three steps with validation, and what it reported."""
    folders, lines = save_folders(tmp_path_factory.mktemp("once")), list[dict[str, Any]]()
    settings = replace(settings_for(folders), validation=folders / "held-out.txt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "tiny", TINY_OURS)
        run = run_session(settings, RECIPE, Budget(steps=3), report=lines.append)
    return settings.out, run, lines


@pytest.fixture
def finished(
    settings: Settings, folders: Path, once: tuple[Path, Run, list[dict[str, Any]]]
) -> tuple[Settings, Run, list[dict[str, Any]]]:
    """A copy of that session, for one test."""
    out, run, lines = once
    shutil.copytree(out, settings.out)
    return replace(settings, validation=folders / "held-out.txt"), run, lines


Finished = tuple[Settings, Run, list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"high": []}, "1 folders of dark pictures cannot be paired with 0"),
        ({"low": [], "high": []}, "no folder of pictures"),
        ({"shares": [1.0, 2.0]}, "2 shares do not match 1 folders"),
        ({"shares": [0.0]}, "not all of them are 0"),
        ({"shares": [-1.0]}, "not all of them are 0"),
        ({"shares": [float("nan")]}, "not all of them are 0"),
        ({"preset": "huge"}, "preset huge: there is no such preset"),
        ({"preset": "nano", "start": "nano"}, "preset and start: they contradict each other"),
        ({"workers": 3}, "share a batch in equal parts"),
        ({"preset": None, "new_head": True}, "starts from a model"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    change: dict[str, Any], sentence: str, settings: Settings
) -> None:
    with pytest.raises(UsageError, match=sentence):
        run_session(replace(settings, **change), RECIPE, Budget(steps=1), report=print)
    assert not settings.out.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"validation": Path("missing.txt")},
        {"low": [Path("missing")]},
        {"lpips": Path("missing.safetensors")},
        {"preset": None, "start": "missing"},
        {"resume": True},
    ],
    ids=lambda change: " ".join(change),
)
def test_refused_run_leaves_no_folder(change: dict[str, Any], settings: Settings) -> None:
    nested = replace(settings, out=settings.out / "one" / "two", **change)
    with pytest.raises(LlenhanceError):
        run_session(nested, RECIPE, Budget(steps=1), report=print)
    assert not settings.out.exists()


def test_refused_run_leaves_a_folder_that_was_there(settings: Settings) -> None:
    settings.out.mkdir()
    with pytest.raises(LlenhanceError):
        run_session(replace(settings, resume=True), RECIPE, Budget(steps=1), report=print)
    assert settings.out.is_dir()


def test_finished_run_is_not_overwritten(settings: Settings) -> None:
    settings.out.mkdir()
    (settings.out / STATE).write_bytes(b"precious")
    with pytest.raises(UsageError, match="already holds a run"):
        run_session(settings, RECIPE, Budget(steps=1), report=print)


def test_session_leaves_state_log_and_weights(finished: Finished) -> None:
    names = {path.name for path in finished[0].out.iterdir()}
    assert names == {"state.pt", "log.jsonl", "latest.safetensors", "best.safetensors"}


def test_session_reports_what_it_logs(finished: Finished) -> None:
    text = (finished[0].out / "log.jsonl").read_text()
    assert [json.loads(line) for line in text.splitlines()] == finished[2]


def test_session_keeps_the_average(finished: Finished) -> None:
    settings, run, _ = finished
    stored = load(settings.out / "latest.safetensors").state_dict()
    torch.testing.assert_close(stored, run.average.state_dict(), rtol=2**-11, atol=1e-6)


def test_session_says_in_the_weights_how_they_came_to_be(finished: Finished) -> None:
    training = describe(finished[0].out / "latest.safetensors").training
    assert (training["steps"], training["preset"]) == (3, "tiny")


def test_session_is_continued(finished: Finished) -> None:
    settings, _, _ = finished
    again = replace(settings, resume=True)
    assert run_session(again, RECIPE, Budget(steps=4), report=lambda _: None).step == 4


def test_session_can_begin_with_a_finished_model(finished: Finished, tmp_path: Path) -> None:
    settings, run, _ = finished
    first = str(settings.out / "latest.safetensors")
    started = replace(settings, out=tmp_path / "second", start=first, preset=None)
    still = replace(RECIPE, rate=0.0)
    second = run_session(started, still, Budget(steps=2), report=lambda _: None)
    # Not a fresh network, no fresh norms, and the same brightness head.
    torch.testing.assert_close(
        second.average.state_dict(), run.average.state_dict(), rtol=2**-11, atol=1e-6
    )
    assert describe(settings.out / "latest.safetensors").training["start"] is None
    assert describe(started.out / "latest.safetensors").training["start"] == first


def test_brightness_head_of_a_finished_model_can_be_trained_anew_alone(
    finished: Finished, tmp_path: Path
) -> None:
    settings, run, _ = finished
    first = str(settings.out / "latest.safetensors")
    started = replace(settings, out=tmp_path / "head", start=first, new_head=True, preset=None)
    found = run_session(started, RECIPE, Budget(steps=0), report=lambda _: None)
    assert found.step == 0
    before = run.average.state_dict()
    changed = {
        name.partition(".")[0]
        for name, value in load(started.out / "latest.safetensors").state_dict().items()
        if not torch.allclose(value, before[name], rtol=2**-10, atol=1e-5)
    }
    assert changed == {"brightness"}


@pytest.mark.parametrize(
    ("settings_change", "recipe_change", "sentence"),
    [
        ({"preset": "nano"}, {}, "another preset: tiny, not nano"),
        ({"preset": None, "start": "nano"}, {}, "another preset: tiny, not null"),
        ({"preset": None, "start": "nano", "new_head": True}, {}, "another preset"),
        ({"shares": [2.0]}, {}, r"another shares: \[\], not \[2.0\]"),
        ({"validation": None}, {}, "another list of validation pictures"),
        ({}, {"batch": 4}, "another batch: 2, not 4"),
        ({}, {"tone_share": 0.1}, "another tone share: 0.4, not 0.1"),
        ({}, {"seed": 1}, "another seed: 0, not 1"),
    ],
)
def test_session_is_not_continued_as_another_one(
    settings_change: dict[str, Any],
    recipe_change: dict[str, Any],
    sentence: str,
    finished: Finished,
) -> None:
    again = replace(finished[0], resume=True, **settings_change)
    before = (again.out / STATE).read_bytes()
    with pytest.raises(UsageError, match=sentence):
        run_session(again, replace(RECIPE, **recipe_change), Budget(steps=4), report=print)
    assert (again.out / STATE).read_bytes() == before


def test_diverged_session_is_continued_at_a_lower_rate(finished: Finished) -> None:
    again, lower = replace(finished[0], resume=True), replace(RECIPE, rate=1e-4)
    run_session(again, lower, Budget(steps=4), report=lambda _: None)
    recipe = describe(again.out / "latest.safetensors").training["recipe"]
    assert isinstance(recipe, dict)
    assert recipe["rate"] == 1e-4


def test_continued_session_keeps_its_record_without_being_told(
    finished: Finished, tmp_path: Path
) -> None:
    first = str(finished[0].out / "latest.safetensors")
    started = replace(finished[0], out=tmp_path / "second", start=first, preset=None, new_head=True)
    run_session(started, RECIPE, Budget(steps=1), report=lambda _: None)
    resumed = replace(started, start=None, new_head=False, resume=True)
    run = run_session(resumed, RECIPE, Budget(steps=2), report=lambda _: None)
    training = describe(started.out / "latest.safetensors").training
    assert (training["start"], training["preset"], training["steps"]) == (first, None, 2)
    assert run.record["new_head"] is True


def test_state_of_an_older_version_is_continued_if_the_network_fits(finished: Finished) -> None:
    settings, run, _ = finished
    run.record = {}
    run.save(settings.out)
    state = torch.load(settings.out / STATE, weights_only=True)
    del state["record"]
    torch.save(state, settings.out / STATE)
    again = replace(settings, resume=True)
    with pytest.raises(UsageError, match="its network is not the preset nano"):
        run_session(replace(again, preset="nano"), RECIPE, Budget(steps=4), report=print)
    run = run_session(again, RECIPE, Budget(steps=4), report=lambda _: None)
    assert (run.step, run.record["preset"]) == (4, "tiny")


def test_log_is_continued(finished: Finished) -> None:
    settings, _, before = finished
    run_session(replace(settings, resume=True), RECIPE, Budget(steps=4), report=lambda _: None)
    lines = (settings.out / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines[: len(before)]] == before
    assert len(lines) > len(before)


@pytest.mark.parametrize("key", ["psnr", "ssim", "ssim_rgb", "psnr_scaled", "grey_error", "colour"])
def test_validation_gives_the_mean_score(key: str) -> None:
    model = fresh().average
    pairs = [pair(photograph(64, 64, seed=seed)) for seed in (1, 2)]
    apart = [validate(model, [one], device=CPU)[key] for one in pairs]
    assert validate(model, pairs, device=CPU)[key] == pytest.approx(np.mean(apart))


def test_missing_extra_is_told_before_training(
    settings: Settings, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    validated = replace(settings, validation=folders / "held-out.txt")
    with pytest.raises(MissingExtraError, match=r"llenhance\[train\]"):
        run_session(validated, RECIPE, Budget(steps=1), report=print)
