"""The command as a process of its own: pipes, full disks and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command, process

from llenhance.cli.app import run
from llenhance.pictures.decode import decode


def test_a_pipe_goes_in_and_a_picture_comes_out(tiny: Path) -> None:
    with process("--model", str(tiny), "-", stdin=subprocess.PIPE) as running:
        bright, said = running.communicate(photograph_file(format="PNG"), timeout=60)
    assert running.returncode == 0
    assert bright.startswith(b"\x89PNG")
    assert decode(bright, name="standard output").pixels.shape == (16, 16, 3)
    assert said.startswith(b"standard input -> standard output  (16x16, ")


def test_a_reader_who_has_had_enough_is_no_error() -> None:
    with process("--version") as running:
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (141, b"")  # 128 + SIGPIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_full_disk_behind_standard_output_is_code_4() -> None:
    with Path("/dev/full").open("wb") as full, process("--version", stdout=full) as running:
        _, said = running.communicate(timeout=60)
    assert running.returncode == 4
    assert said.startswith(b"error: standard output: there is no space left")
    assert said.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_an_error_whose_document_cannot_be_written_is_a_sentence_all_the_same(
    folder: Path,
) -> None:
    arguments = ("missing.jpg", "--json", "--match", "missing.jpg")
    with Path("/dev/full").open("wb") as full, process(*arguments, stdout=full) as running:
        _, said = running.communicate(timeout=60)
    assert running.returncode == 2
    assert said.startswith(b"error: missing.jpg: there is no such file")
    assert said.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_documents_that_cannot_be_written_are_told_of_in_words(folder: Path) -> None:
    arguments = ("missing.jpg", "--json")  # its line is the first thing that is written
    with Path("/dev/full").open("wb") as full, process(*arguments, stdout=full) as running:
        _, said = running.communicate(timeout=60)
    assert running.returncode == 4
    assert said.startswith(b"error: standard output: there is no space left")
    assert said.count(b"\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs pipes of POSIX")
def test_who_no_longer_reads_standard_error_stops_nothing(tiny: Path, folder: Path) -> None:
    (folder / "other.jpg").write_bytes(photograph_file())
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed, redirect_stderr(closed):
        assert run(["--model", str(tiny), "-v", "dark.jpg", "other.jpg"]) == 0
    assert (folder / "other_enhanced.jpg").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_closed_standard_output_is_a_sentence() -> None:
    line = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "llenhance", "--version"]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: standard output: it is closed. Redirect it ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_closed_standard_input_is_a_sentence(tiny: Path) -> None:
    line = ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "llenhance"]
    line += ["--model", str(tiny), "-"]
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "error: standard input: it is closed. Redirect a file or a pipe into it.\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_full_disk_under_standard_error_stops_nothing(tiny: Path, folder: Path) -> None:
    (folder / "other.jpg").write_bytes(photograph_file())
    names = ["dark.jpg", "missing.jpg", "other.jpg"]
    with Path("/dev/full").open("w") as full, redirect_stderr(full):
        assert run(["--model", str(tiny), *names]) == 1
    assert (folder / "other_enhanced.jpg").exists()


@pytest.mark.usefixtures("signals_reach_children")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_work_and_leaves_only_what_was_finished(
    tiny: Path, folder: Path, number: signal.Signals
) -> None:
    (folder / "endless.jpg").write_bytes(photograph_file(size=(1500, 1500)))
    arguments = ["--model", str(tiny), "--tile", "16", "--json", "dark.jpg", "endless.jpg"]
    with process(*arguments) as running:
        assert running.stdout is not None
        running.stdout.readline()  # dark.jpg is done, endless.jpg has begun
        running.send_signal(number)
        rest, said = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert json.loads(rest)["result"]["summary"]["stopped"]
    assert (json.loads(rest)["exit_code"], said) == (128 + number, b"")
    assert {path.name for path in folder.iterdir()} == {
        "dark.jpg",
        "dark_enhanced.jpg",
        "endless.jpg",
    }


def test_a_signal_in_the_middle_of_writing_leaves_no_temporary_file(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present: set[str] = set()

    def stop(_descriptor: int) -> None:
        present.update(path.name for path in folder.iterdir())
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(os, "fsync", stop)
    assert llenhance_("dark.jpg").code == 128 + signal.SIGTERM
    assert len(present) == 2  # the temporary file was there
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_signals_are_handled_as_before_when_a_command_has_ended() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run(["--version"])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
