"""What the command advises: only options and commands that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import typer

from llenhance.cli.advice import _ADVICE, remedy, sentence
from llenhance.cli.app import app
from llenhance.errors import PictureError
from llenhance.messages import MESSAGES
from llenhance.messages.note import Note


def commands(group: Any, *names: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the name of each command and its options."""
    for name, inner in group.commands.items():
        if hasattr(inner, "commands"):
            yield from commands(inner, *names, name)
        else:
            options = {option for parameter in inner.params for option in parameter.opts}
            yield " ".join([*names, name]), options | {"-h", "--help"}


OPTIONS = dict(commands(typer.main.get_command(app)))


def advised() -> Iterator[tuple[str, str | None, str]]:
    """Yield each code, the command that gives the advice, None for any, and the advice."""
    for code, advice in _ADVICE.items():
        if isinstance(advice, Mapping):
            yield from ((code, command, text) for command, text in advice.items())
        else:
            yield code, None, advice


def options_in(text: str) -> set[str]:
    return set(re.findall(r"(?<!\S)--?[a-z][a-z0-9-]*", text))


def test_options_and_commands_are_found() -> None:
    assert {"--model", "--output", "-o", "--help"} < OPTIONS["enhance"]
    assert {"train", "weights list"} < OPTIONS.keys()
    assert options_in("Add --overwrite, or name a folder with -o - or `-x`") == {
        "--overwrite",
        "-o",
    }


def test_every_code_has_a_message() -> None:
    assert _ADVICE.keys() - MESSAGES.keys() == set()


def test_advice_is_for_commands_that_exist() -> None:
    assert {command for _, command, _ in advised() if command} - OPTIONS.keys() == set()


def test_every_option_exists_in_the_command_that_names_it() -> None:
    wrong: list[str] = []
    for code, command, text in advised():
        own, _, other = text.partition("llenhance ")
        # What is advised to all commands is told by those that have the option.
        known = [OPTIONS[command]] if command else OPTIONS.values()
        wrong += [code] * all(options_in(own) - options for options in known)
        if other:  # the options after another command are its own
            named = next((name for name in OPTIONS if other.startswith(name)), "enhance")
            wrong += [code] * bool(options_in(other) - OPTIONS[named])
    assert wrong == []


def test_advice_ends_without_a_full_stop() -> None:
    assert [code for code, _, text in advised() if not text or text.endswith(".")] == []


@pytest.mark.parametrize(
    ("command", "told"),
    [("enhance", "Add --overwrite, or choose another name with -o"), ("doctor", None)],
)
def test_remedy_is_that_of_the_command_or_that_of_everybody(command: str, told: str | None) -> None:
    error = PictureError("exists", "a.jpg")
    expected = told or error.remedy
    assert remedy(error, command=command) == expected
    assert sentence(error, command=command) == f"a.jpg: it already exists. {expected}."


def test_remedy_has_the_facts_of_its_message() -> None:
    error = PictureError("download-by-hand", "small", model="small", link="https://example.org")
    told = remedy(error, command="enhance")
    assert "https://example.org" in told
    assert told.endswith("--as small")


def test_where_nothing_can_be_done_nothing_is_advised() -> None:
    note = Note("first-frame-only", frames=3)
    assert remedy(note, command="enhance") == ""
    assert sentence(PictureError("model-shipped", "nano"), command="weights remove").endswith("ed.")


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_every_command_is_quiet_or_a_document_if_asked(option: str) -> None:
    lacking = {name for name, options in OPTIONS.items() if option not in options}
    assert lacking <= {"schema"}  # which prints JSON in any case
