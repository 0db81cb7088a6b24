"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer
from hypothesis import settings
from support.architectures import TINY_OURS
from support.runners import Command, command
from support.service import ADDRESS

# What takes seconds to import is left to the fixtures: pytest-xdist reads this file before it
# starts the processes that run the tests.
if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from llenhance import Enhancer
    from llenhance.engine.engine import Engine
    from llenhance.model.llflow import LLFlow

# Threads of small networks wait for each other longer than they work, here and in the processes
# that tests start.
os.environ["OMP_NUM_THREADS"] = "1"

WEIGHTS: Final = Path(__file__).parents[1] / "weights"

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def commands_are_built_once() -> Iterator[None]:
    """Typer builds all commands for each command line, which takes 30 ms of a process of its own.

    In this one they serve thousands of command lines.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def tiny(tiny_network: Path) -> Path:
    """A weights file of a few random parameters, with a margin of 8 pixels."""
    return tiny_network


@pytest.fixture(scope="session")
def tiny_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, also where a file of tests calls something else tiny."""
    import torch

    from llenhance.model.llflow import LLFlow
    from llenhance.weights.file import store

    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    torch.manual_seed(0)
    store(LLFlow(TINY_OURS), path, training={}, dtype=torch.float32, overwrite=False)
    return path


@pytest.fixture(scope="session", autouse=True)
def networks_are_folded_once(tiny_network: Path) -> Iterator[None]:
    """To load the tiny network takes four times as long as what most commands do with it.

    So those that enhance share it, and what is shipped. Tests of loading load other files, or do it
    themselves.
    """
    from llenhance.engine.engine import compile_model
    from llenhance.weights.file import load

    shared = {tiny_network, *WEIGHTS.glob("*.safetensors")}
    loaded: dict[Path, LLFlow] = {}
    folded = cache(compile_model)

    def load_once(path: Path) -> LLFlow:
        if path not in shared:
            return load(path)
        if path not in loaded:
            loaded[path] = load(path)
        return loaded[path]

    def fold_once(model: LLFlow, **options: Any) -> Engine:
        known = any(model is one for one in loaded.values())
        return (folded if known else compile_model)(model, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llenhance.enhancer.load", load_once)
        patch.setattr("llenhance.enhancer.compile_model", fold_once)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one dark photograph."""
    from support.photographs import photograph_file

    monkeypatch.chdir(tmp_path)
    (tmp_path / "dark.jpg").write_bytes(photograph_file())
    return tmp_path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Run a command line in this process."""
    return command(capfdbinary)


@pytest.fixture
def llenhance_(run: Command, tiny: Path, folder: Path) -> Command:
    """Run `llenhance` with the tiny model, in the working folder."""
    return lambda *arguments: run("--model", str(tiny), *arguments)


@pytest.fixture(scope="module")
def enhancer(tiny: Path) -> Enhancer:
    """An enhancer with the tiny model."""
    from llenhance import Enhancer

    return Enhancer(tiny, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def client(enhancer: Enhancer) -> Iterator[TestClient]:
    """Somebody who asks the service, with the tiny model."""
    from starlette.testclient import TestClient

    from llenhance.serve.app import application

    with TestClient(application(enhancer), base_url=ADDRESS) as one:
        yield one


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pairs 2, 10 and dusk in `low` and `high`."""
    from support.pairs import save_pairs

    monkeypatch.chdir(tmp_path)
    save_pairs(tmp_path)
    return tmp_path


@pytest.fixture
def evaluate_(capfdbinary: pytest.CaptureFixture[bytes], pairs: Path) -> Command:
    """Run `llenhance evaluate` in the working folder of pairs."""
    return command(capfdbinary, "evaluate")


@pytest.fixture(scope="module")
def lpips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a network that judges at random."""
    import torch
    from safetensors.torch import save_file

    from llenhance.scoring.lpips import LPIPS

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("lpips") / "lpips.safetensors"
    save_file(LPIPS().state_dict(), path)
    return path


@pytest.fixture
def scored(evaluate_: Command) -> Command:
    """Score `low` as it is."""
    return lambda *arguments: evaluate_("--outputs-only", "low", "high", *arguments)


@pytest.fixture
def signals_reach_children() -> Iterator[None]:
    """Where this process was started to ignore SIGINT, its children would ignore it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
