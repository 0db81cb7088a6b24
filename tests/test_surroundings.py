"""Odd systems: no home, no current folder, no /proc, variables that end libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command, process

from llenhance.cli import surroundings


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps current folders")
def test_a_current_folder_that_was_removed_is_a_sentence(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    outcome = run(str(tmp_path / "photo.jpg"))
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: the current folder: it was removed. Change to another")
    assert run("--help").code == 0
    os.chdir(tmp_path)


@pytest.mark.parametrize("name", ["PIXELS", "WIDTH", "HEIGHT"])
@pytest.mark.parametrize("value", ["x", "", "-1", "1e9", "10GB"])
def test_a_variable_that_would_abort_opencv_is_a_sentence(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"OPENCV_IO_MAX_IMAGE_{name}", value)
    outcome = run("dark.jpg")
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"error: OPENCV_IO_MAX_IMAGE_{name}: OpenCV cannot start")


@pytest.mark.parametrize("value", ["1000000", "100MB", "100KB"])
def test_a_size_that_opencv_understands_is_fine(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", value)
    assert llenhance_("dark.jpg").code == 0


def test_completion_without_a_home_folder_is_a_sentence(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(nobody))
    outcome = run("--install-completion")
    assert outcome.code == 2
    assert "no home folder" in outcome.stderr


def test_a_processor_that_torch_cannot_look_at_is_a_sentence() -> None:
    told = surroundings.told_by(RuntimeError("Failed to initialize cpuinfo!"))
    assert told is not None
    assert "/proc is missing" in str(told)
    assert surroundings.told_by(RuntimeError("a bug")) is None


@pytest.mark.parametrize("module", ["signal", "typer", "threading"])
def test_what_lies_in_the_current_folder_does_not_run(folder: Path, module: str) -> None:
    (folder / f"{module}.py").write_text("print('ran')")
    with process("--version") as running:
        shown, _ = running.communicate(timeout=60)
    assert shown.startswith(b"llenhance ")


def test_the_way_to_start_that_the_documentation_calls_safe_is_safe(folder: Path) -> None:
    for module in ("typing", "contextlib", "signal"):
        (folder / f"{module}.py").write_text("print('ran')")
    command = [sys.executable, "-P", "-m", "llenhance", "--version"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("llenhance ")


@pytest.mark.skipif(sys.platform != "linux", reason="Linux limits memory like this")
@pytest.mark.parametrize("kilobytes", [400_000, 960_000, 1_050_000])
def test_too_little_address_space_to_load_torch_is_told_before_it_is_loaded(
    tmp_path: Path, kilobytes: int
) -> None:
    (tmp_path / "dark.jpg").write_bytes(photograph_file())
    line = ["sh", "-c", f'ulimit -v {kilobytes}; exec "$@"', "sh"]
    line += [sys.executable, "-m", "llenhance", str(tmp_path / "dark.jpg")]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, timeout=60, text=True)
    assert done.returncode == 4
    assert done.stderr.startswith("error: llenhance: there is not enough memory. ")
    assert done.stderr.count("\n") == 1
