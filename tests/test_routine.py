"""Losses that come with a kind of file are told once in a batch, and counted; nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from support.encoded import saved, smooth_pixels
from support.runners import Command

from llenhance.cli.routine import ROUTINE, Routine
from llenhance.messages import MESSAGES
from llenhance.messages.note import Note

GIF = Note("format-not-written", format="GIF", written="PNG")


def parts(text: str) -> Note:
    return Note("parts-left-behind", parts=text)


def test_the_same_note_is_told_once_and_counted() -> None:
    routine = Routine(tells_all=False)
    assert [routine.tells(GIF) for _ in range(4)] == [True, False, False, False]
    assert list(routine.rest()) == [f"3 more files: {GIF}"]


def test_one_more_file_is_no_plural() -> None:
    routine = Routine(tells_all=False)
    for _ in range(2):
        routine.tells(GIF)
    assert list(routine.rest()) == [f"1 more file: {GIF}"]


def test_what_was_told_for_every_file_needs_no_end() -> None:
    routine = Routine(tells_all=False)
    assert routine.tells(GIF)
    assert routine.tells(Note("format-not-written", format="GIF", written="TIFF"))
    assert list(routine.rest()) == []


def test_other_numbers_are_the_same_kind_and_other_words_are_not() -> None:
    routine = Routine(tells_all=False)
    sizes = [parts(f"a video of {size} bytes") for size in (4122802, 52, 9)]
    assert [routine.tells(note) for note in sizes] == [True, False, False]
    assert routine.tells(parts("FLIR (APP1)"))
    assert list(routine.rest()) == [f"2 more files: {sizes[0]} (with other numbers)"]


@pytest.mark.parametrize(
    "note",
    [
        Note("damaged-data-used", complaint="?", count=2),
        Note("target-missed", mean=0.4, goal=0.5),
        Note("frame-kept", top=1, bottom=1, left=0, right=0),
        Note("transparency-lost", format="JPEG"),
    ],
)
def test_what_is_of_one_picture_is_told_for_each(note: Note) -> None:
    routine = Routine(tells_all=False)
    assert all(routine.tells(note) for _ in range(3))
    assert list(routine.rest()) == []


def test_no_warning_is_routine_and_every_code_exists() -> None:
    assert {MESSAGES[code].severity for code in ROUTINE} == {"note"}


@pytest.fixture
def gifs(folder: Path) -> list[str]:
    names = [f"{name}.gif" for name in "abc"]
    for name in names:
        (folder / name).write_bytes(saved(Image.fromarray(smooth_pixels()).quantize(8), "GIF"))
    return names


def test_the_command_tells_a_loss_once_with_a_count(llenhance_: Command, gifs: list[str]) -> None:
    done = llenhance_(*gifs, "-o", "out/")
    assert done.code == 0
    lines = done.stderr.splitlines()
    assert sum("GIF files can be read but not written" in line for line in lines) == 2
    assert lines[-2].startswith("2 more files: GIF files can be read but not written")


def test_verbose_tells_it_for_every_file(llenhance_: Command, gifs: list[str]) -> None:
    done = llenhance_(*gifs, "-o", "out/", "--verbose")
    assert done.stderr.count("GIF files can be read but not written") == 3
    assert "more files" not in done.stderr


def test_json_has_all_notes_of_every_file(llenhance_: Command, gifs: list[str]) -> None:
    done = llenhance_(*gifs, "-o", "out/", "--json")
    found = [[told["code"] for told in document["messages"]] for document in done.lines]
    assert found == [["format-not-written"]] * 3 + [[]]
    assert "more files" not in done.stderr
