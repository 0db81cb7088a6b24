"""What the command says to people: sentences, bars, colors."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command, process
from support.terminals import Screen, run_in_terminal, screen

from llenhance.cli import bars
from llenhance.cli.terminal import Terminal


def test_quiet_says_nothing_but_errors(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("-q", "--brightness", "0.7", "dark.jpg", "missing.jpg")
    assert outcome.stderr.startswith("error: missing.jpg: ")
    assert outcome.stderr.count("\n") == 1


def test_verbose_says_what_it_ran_on(llenhance_: Command, tiny: Path, folder: Path) -> None:
    (folder / "dark.jpg").write_bytes(photograph_file(size=(32, 32)))
    outcome = llenhance_("-v", "dark.jpg", "--tile", "32", "--device", "cpu", "--precision", "bf16")
    assert f"model {tiny} on cpu, bf16, " in outcome.stderr
    assert "\n  brightness 0.000, mean gray 0." in outcome.stderr


def test_unusual_brightness_is_warned_of_and_done(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--brightness", "0.7", "dark.jpg")
    assert outcome.code == 0
    assert outcome.stderr.startswith("warning: brightness: 0.7 is outside -0.4 to 0.4")


def test_each_of_several_pictures_gets_the_mean_grey_asked_for(run: Command, folder: Path) -> None:
    (folder / "darker.png").write_bytes(photograph_file(format="PNG", size=(24, 24)))
    outcome = run("dark.jpg", "darker.png", "--target-mean", "0.4", "-o", "out", "--json")
    results = [line["result"] for line in outcome.lines[:2]]
    assert [result["mean_gray"] for result in results] == pytest.approx([0.4, 0.4], abs=0.01)
    assert [line["messages"] for line in outcome.lines[:2]] == [[], []]
    assert results[0]["brightness"] != results[1]["brightness"]


def test_a_target_out_of_reach_is_said_and_reported(llenhance_: Command, folder: Path) -> None:
    [line] = llenhance_("dark.jpg", "--target-mean", "1", "--json").lines
    [note] = line["messages"]
    assert (note["code"], note["severity"]) == ("target-out-of-reach", "warning")
    assert note["facts"]["mean"] == pytest.approx(line["result"]["mean_gray"], abs=0.001)
    assert (note["facts"]["goal"], note["facts"]["way"]) == (1, "brighter")
    said = llenhance_("dark.jpg", "--target-mean", "1", "--overwrite")
    assert said.code == 0
    assert f"\n  {note['text']}" in said.stderr


def test_a_picture_to_match_that_cannot_be_read_is_told_before_the_model_is_loaded(
    run: Command, folder: Path
) -> None:
    outcome = run("dark.jpg", "--match", "missing.jpg", "--model", "nonsense")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: missing.jpg: there is no such file")


def test_what_the_format_cannot_hold_is_said_once(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    said = llenhance_("glass.png", "--format", "jpeg").stderr
    assert said.count("JPEG cannot hold transparency. To keep it, write PNG") == 1
    assert said.count("transparency") == 1


def test_a_result_keeps_the_format_of_its_input(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    outcome = llenhance_("glass.png")
    assert outcome.stderr.startswith("glass.png -> glass_enhanced.png  (16x16, ")
    assert outcome.stderr.count("\n") == 1
    assert (folder / "glass_enhanced.png").read_bytes().startswith(b"\x89PNG")


def test_files_get_no_colours_even_if_forced(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in llenhance_("missing.jpg").stderr


# --- terminals --------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour terminal, and bars after 50 ms."""
    monkeypatch.setattr(bars, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown_by_a_bar(stream: io.StringIO, *, seconds: float, quiet: bool = False) -> str:
    # Not a fixture: pytest puts its own stderr back between a fixture and its test.
    with redirect_stderr(stream), bars.watching(Terminal("enhance", quiet=quiet), 2) as show:
        show("dim.jpg", 0, 0)
        show("[bold].jpg", 0, 0)
        show("[bold].jpg", 1, 3)
        time.sleep(seconds)
    return stream.getvalue()


def shown_as_error() -> str:
    with redirect_stderr(Screen()) as screen:
        Terminal("enhance").error("dusk.jpg: missing")
    return screen.getvalue()


@pytest.mark.usefixtures("impatient")
def test_a_bar_names_the_picture_as_it_is_called() -> None:
    assert "[bold].jpg (2 of 2)" in shown_by_a_bar(Screen(), seconds=0.3)


@pytest.mark.usefixtures("impatient")
def test_the_spinner_turns_for_each_picture_of_a_batch() -> None:
    with redirect_stderr(Screen()) as shown, bars.watching(Terminal("enhance"), 2) as show:
        time.sleep(0.15)
        for name in ("first.jpg", "second.jpg"):
            show(name, 0, 0)
            show(name, 1, 1)
        time.sleep(0.4)
    frames = re.findall(r"([\u2800-\u28ff])\S* second.jpg", shown.getvalue())
    assert len(set(frames)) > 1


@pytest.mark.usefixtures("impatient")
def test_the_clock_of_a_picture_runs_until_the_next_one_begins() -> None:
    with redirect_stderr(Screen()) as shown:
        terminal = Terminal("enhance")
        # A hundred times as fast, so that the test need not wait.
        terminal.console.get_time = lambda: 100 * time.monotonic()
        with bars.watching(terminal, 2) as show:
            time.sleep(0.15)
            for name in ("first.jpg", "second.jpg"):
                show(name, 0, 0)
                show(name, 1, 1)
            time.sleep(0.4)
    seconds = re.findall(r"second.jpg.*?0:00:(\d\d)", shown.getvalue())
    assert int(seconds[-1]) > int(seconds[0])


@pytest.mark.usefixtures("impatient")
def test_a_long_name_leaves_room_for_the_bar_and_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    with redirect_stderr(Screen()) as shown, bars.watching(Terminal("enhance"), 2) as show:
        show("n" * 200, 0, 0)
        time.sleep(0.3)
    last = shown.getvalue().rpartition("nnn")[2]
    assert "(1 of 2)" in last
    assert "0:00:00" in last


@pytest.mark.usefixtures("impatient")
def test_a_bar_does_not_flash_up_for_what_is_quickly_done() -> None:
    assert shown_by_a_bar(Screen(), seconds=0) == ""


@pytest.mark.usefixtures("impatient")
def test_quiet_shows_no_bar() -> None:
    assert shown_by_a_bar(Screen(), seconds=0.3, quiet=True) == ""


@pytest.mark.usefixtures("impatient")
def test_a_file_gets_no_bar() -> None:
    assert shown_by_a_bar(io.StringIO(), seconds=0.3) == ""


@pytest.mark.usefixtures("impatient")
def test_errors_have_colour_on_a_terminal() -> None:
    assert shown_as_error() == "\x1b[1;31merror: \x1b[0mdusk.jpg: missing\n"


@pytest.mark.usefixtures("impatient")
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in shown_as_error()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="Windows has no such terminals")
def test_a_terminal_gets_no_picture(folder: Path) -> None:
    outer, inner = os.openpty()
    with process("dark.jpg", "-o", "-", stdout=inner) as running:
        _, said = running.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert running.returncode == 2
    assert said.startswith(b"error: standard output: ")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="Windows has no such terminals")
def test_after_ctrl_c_no_bar_stays_on_a_narrow_terminal(tiny: Path, folder: Path) -> None:
    name = "a photograph with a long name.jpg"
    (folder / name).write_bytes(photograph_file(size=(1500, 1500)))
    command = [sys.executable, "-m", "llenhance", "--model", str(tiny), "--tile", "16", name]
    code, written = run_in_terminal(
        command,
        columns=24,
        environment=ENVIRONMENT | {"TERM": "xterm-256color"},
        until=lambda shown: "a ph" in shown,
        keys=b"\x03",
    )
    assert code == 130
    assert "^C" in written
    assert [line for line in screen(written, columns=24) if line] == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="Windows has no such terminals")
def test_a_keyboard_is_asked_for_no_picture(folder: Path) -> None:
    outer, inner = os.openpty()
    with process("-", "-o", "bright.jpg", stdin=inner) as running:
        _, said = running.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert running.returncode == 2
    assert said.startswith(b"error: standard input: a keyboard cannot give a picture. Redirect")
    assert said.count(b"\n") == 1
