"""docs/formats.md says what is the case: its tables are made anew from files, and compared."""

from __future__ import annotations

import difflib

import pytest
from support.format_page import PAGE, SILENCE, page


def test_every_cell_of_the_page_is_what_becomes_of_a_file() -> None:
    for extra in ("pi_heif", "rawpy", "imagecodecs", "pylibjxl"):
        pytest.importorskip(extra, reason=f"{extra} is not installed")
    text = PAGE.read_text(encoding="utf-8")
    made = page(text)
    told = "\n".join(difflib.unified_diff(text.split("\n"), made.split("\n"), lineterm="", n=0))
    assert made == text, f"run: PYTHONPATH=tests python -m support.format_page\n{told}"


def test_nothing_is_lost_in_silence() -> None:
    assert SILENCE not in PAGE.read_text(encoding="utf-8")
