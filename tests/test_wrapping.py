"""Lines and bars in a terminal that is too narrow for them."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from support.runners import ENVIRONMENT
from support.terminals import Screen, run_in_terminal, screen

from llenhance.cli import bars
from llenhance.cli.terminal import Terminal
from llenhance.cli.wrapping import wrapped

CASES = {
    "short": ("a b", 3, "a b"),
    "sentence": ("it is no picture at all", 10, "it is no\npicture at\nall"),
    "indented": ("  a note of it", 8, "  a note\n  of it"),
    "long word": ("see https://example.org now", 10, "see\nhttps://example.org\nnow"),
    "wide letters": ("\u732b\u732b \u732b\u732b", 8, "\u732b\u732b\n\u732b\u732b"),
    "last column": (
        "a  b  words that go on for long",
        27,
        "a  b  words that go on for\n      long",
    ),
    "no room for a column": (
        "name  state  that goes on for long",
        20,
        "name  state\n  that goes on for\n  long",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_line_is_broken_between_words(case: str) -> None:
    line, width, lines = CASES[case]
    assert wrapped(line, width) == lines


@pytest.mark.parametrize("columns", [40, 80])
def test_no_word_of_a_message_or_a_list_is_cut(columns: int, tmp_path: Path) -> None:
    (tmp_path / "llenhance.toml").write_text('[preset.night]\nformat = "wepb"\n')
    command = "import os, sys; from llenhance.cli import main; os.chdir(sys.argv.pop(1)); main()"
    python = [sys.executable, "-c", command, str(tmp_path)]
    for asked in (["config", "presets"], ["--no-config", "--preset", "nothing", "photo.jpg"]):
        _, written = run_in_terminal([*python, *asked], columns=columns, environment=ENVIRONMENT)
        apart = " ".join(screen(written, columns=columns)).split()
        assert apart == written.replace("\x1b[1;31m", "").replace("\x1b[0m", "").split()


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.usefixtures("narrow")
def test_the_bar_of_a_download_stays_on_its_line() -> None:
    name = "n" * 60 + ".safetensors"
    with redirect_stderr(Screen()) as shown, bars.downloading(Terminal("enhance"), name) as show:
        show(123_456_789, 234_567_890)
        time.sleep(0.2)  # it is drawn ten times a second
        lines = screen(shown.getvalue(), columns=40)
    assert len(list(filter(None, lines))) == 1
    assert "123.5/234.6 MB" in lines[0]


@pytest.mark.usefixtures("narrow")
def test_the_bar_of_a_training_run_stays_on_its_line() -> None:
    line = {"step": 123_456, "total": -12.345, "l1": 0.123, "progress": 0.5}
    with redirect_stderr(Screen()) as shown, bars.training(Terminal("train")) as show:
        show(line)
        bars_shown = shown.getvalue()
    lines = screen(bars_shown, columns=40)
    assert len(list(filter(None, lines))) == 1
