"""States of a run: saved whole or not at all, and restored only if they are good."""

from __future__ import annotations

import errno
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from support.architectures import TINY_OURS
from support.training import (
    RECIPE,
    fresh,
    parameters,
    resume,
    same,
)

from llenhance.errors import ResourceError, TrainingError, UsageError
from llenhance.training.state import STATE, Run


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    """A run whose state is in the folder."""
    run = fresh()
    run.step, run.seconds, run.skipped, run.rate_factor, run.best = 7, 1.5, 2, 0.25, 19.0
    run.save(tmp_path)
    return run


@pytest.mark.parametrize("name", ["model", "average", "step", "seconds", "skipped", "best"])
def test_state_comes_back(name: str, saved: Run, tmp_path: Path) -> None:
    run = resume(tmp_path, replace(RECIPE, seed=5))
    torch.testing.assert_close(run.state()[name], saved.state()[name], rtol=0, atol=0)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_state_that_cannot_be_written_leaves_the_one_before(
    broken: str, saved: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = (tmp_path / STATE).read_bytes()
    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), full)
    saved.step = 8
    with pytest.raises(ResourceError, match="no space"):
        saved.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {STATE: before}


def test_run_without_a_state_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run to resume"):
        resume(tmp_path)


def pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no state",
        b"\0" * 1000,
        pickled([]),
        pickled({}),
        pickled({"architecture": "{}"}),
        pickled({"architecture": TINY_OURS.to_json()}),
        pickled({"architecture": TINY_OURS.to_json(), "model": {"weight": torch.zeros(1)}}),
    ],
    ids=["empty", "text", "zeros", "list", "nothing", "no network", "no model", "other model"],
)
def test_damaged_state_cannot_be_resumed(content: bytes, tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(content)
    with pytest.raises(TrainingError, match="is damaged"):
        resume(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.usefixtures("saved")
def test_truncated_state_cannot_be_resumed(share: float, tmp_path: Path) -> None:
    data = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(data[: int(share * len(data))])
    with pytest.raises(TrainingError, match="is damaged"):
        resume(tmp_path)


class Dangerous:
    """Unpickles by creating a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_state_is_not_run(tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(pickled({"architecture": Dangerous(tmp_path / "bait")}))
    with pytest.raises(TrainingError, match="is damaged"):
        resume(tmp_path)
    assert not (tmp_path / "bait").exists()


@pytest.mark.parametrize(
    ("step", "expected"),  # 0.1 at first, then what the decay allows
    [(0, 1 - 0.1), (10, 1 - 11 / 20), (10**6, 1 - 0.998)],
)
def test_average_follows_the_model(step: int, expected: float) -> None:
    run = fresh()
    run.step = step
    with torch.no_grad():
        for average, value in zip(run.average.parameters(), run.model.parameters(), strict=True):
            average.zero_()
            value.fill_(1.0)
    run.follow(0.998)
    found = torch.cat([average.flatten() for average in run.average.parameters()])
    torch.testing.assert_close(found, torch.full_like(found, expected))


def test_average_is_for_use_not_for_training() -> None:
    run = fresh()
    assert (run.average.training, any(p.requires_grad for p in run.average.parameters())) == (
        False,
        False,
    )


def test_seed_decides_the_fresh_weights() -> None:
    one, other = fresh(), fresh()
    assert same(parameters(one.model), parameters(other.model))
