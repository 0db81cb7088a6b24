"""`--preview`: before and after in the terminal, in whatever way it can show pictures."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.runners import ENVIRONMENT, Command
from support.terminals import run_in_terminal

from llenhance.cli.preview import side_by_side

RED, BLUE = (200, 16, 16), (24, 40, 220)
BOTH = (("a.png", RED), ("b.png", BLUE))

SHOW = """
import sys
from llenhance.cli.preview import Shown
from llenhance.cli.terminal import Terminal
from llenhance.jobs.results import Result
from llenhance.errors import LlenhanceError
try:
    shown = Shown(Terminal("enhance"))
except LlenhanceError as error:
    sys.exit(f"{error.code}")
shown.show(Result(input=sys.argv[1], output=sys.argv[2], status="written"))
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it opens a terminal of its own")


def picture(path: Path, color: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> str:
    Image.new("RGB", size, color).save(path)
    return str(path)


def shown(folder: Path, *, answer: bytes = b"", question: str = "", **variables: str) -> str:
    """Return what a terminal gets that gives this answer to this question."""
    names = [picture(folder / name, color) for name, color in BOTH]
    _, written = run_in_terminal(
        [sys.executable, "-P", "-c", SHOW, *names],
        columns=60,
        environment=ENVIRONMENT | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | variables,
        until=lambda said: bool(question) and question in said,
        keys=answer,
    )
    return written


def test_a_terminal_without_pictures_shows_half_blocks(tmp_path: Path) -> None:
    written = shown(tmp_path)
    rows = [line for line in written.splitlines() if "▀" in line]
    red, blue = ("38;2;{};{};{}".format(*color) for color in (RED, BLUE))
    assert len(rows) > 5
    assert all(row.index(red) < row.index(blue) for row in rows)  # before is on the left
    assert all(row.count("▀") <= 60 for row in rows)
    assert re.search(r"before +after", written)


def test_a_terminal_that_knows_sixel_gets_it(tmp_path: Path) -> None:
    written = shown(tmp_path, question="\x1b[c", answer=b"\x1b[?62;4c")
    assert "\x1bP" in written
    assert "▀" not in written
    assert re.search(r"before +after", written)


def test_without_colors_it_is_refused_in_words(tmp_path: Path) -> None:
    assert "preview-needs-color" in shown(tmp_path, NO_COLOR="1")


def test_small_copies_stand_side_by_side_in_srgb(tmp_path: Path) -> None:
    large, small = (1600, 900), (720, 405)
    made = side_by_side(
        Path(picture(tmp_path / "a.png", RED, large)),
        Path(picture(tmp_path / "b.png", BLUE, large)),
    )
    pixels = np.asarray(made)
    assert pixels.shape == (small[1], 2 * small[0] + 8, 3)
    assert (pixels[:, : small[0]] == RED).all()
    assert (pixels[:, -small[0] :] == BLUE).all()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("dark.jpg",), "preview-needs-terminal"),
        (("-", "-o", "out.png"), "preview-needs-files"),
        (("dark.jpg", "-o", "-"), "preview-needs-files"),
        (("dark.jpg", "--dry-run"), "options-contradict"),
    ],
)
def test_where_nothing_can_be_shown_nothing_is_done(
    arguments: tuple[str, ...], code: str, llenhance_: Command, folder: Path
) -> None:
    before = set(folder.iterdir())
    outcome = llenhance_(*arguments, "--preview", "--json")
    assert outcome.code == 2
    assert outcome.lines[-1]["messages"][-1]["code"] == code
    assert set(folder.iterdir()) == before
