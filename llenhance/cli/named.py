"""The pictures that a command line names: patterns and lists in it, replaced by what they mean."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePath
from typing import Final

from llenhance.cli.meant import PATTERN, exists
from llenhance.cli.terminal import Terminal, is_terminal
from llenhance.errors import UsageError
from llenhance.files.lists import LINES, NULS, Arriving, NameList
from llenhance.messages.note import Note

_STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Given:
    """The names that a command line gives.

    Attributes:
        names: Of files and folders; '-' is standard input.
        coming: More of them, which come one by one; None if there are none to come.
    """

    names: list[str]
    coming: Arriving | None = None


def names_given(
    words: Sequence[str],
    *,
    files_from: str | None,
    files0_from: str | None,
    terminal: Terminal,
) -> Given:
    """Return the names that words and lists mean.

    A word is a name, a pattern such as `*.jpg` that no shell has replaced, or `@` and the name of a
    list; what there is a file of is always a name. Lists that are pipes are read as they come.

    Args:
        words: As they were given; '-' is standard input.
        files_from: A list of names, each on a line; '-' is standard input. None if there is none.
        files0_from: The same with a NUL after each name.
        terminal: Is told if a list has no names.

    Raises:
        UsageError: A list cannot be read, or standard input is named twice.
    """
    asked = ((files_from, LINES), (files0_from, NULS))
    wanted = [(name, end) for name, end in asked if name is not None]
    if [*words, *(name for name, _ in wanted)].count(_STDIN) > 1:
        raise UsageError("stdin-twice", "standard input")
    names = [name for word in words for name in _meant(word, terminal)]
    streams: list[Iterable[str]] = []
    for name, end in wanted:
        listed = NameList(None if name == _STDIN else Path(name), end=end)
        if listed.is_stream:
            streams.append(listed)
        else:
            names += _named_in(listed, terminal)
    if not streams:
        return Given(names)
    if any(name == _STDIN for name, _ in wanted) and is_terminal(sys.stdin):
        terminal.say("Waiting for names on standard input; Ctrl-D ends them")
    return Given(names, Arriving(chain(*streams)))


def _meant(word: str, terminal: Terminal) -> list[str]:
    if word == _STDIN or exists(word):
        return [word]
    if word.startswith("@") and len(word) > 1:
        return _named_in(NameList(Path(word[1:])), terminal)
    return matching(word) or [word]


def _named_in(listed: NameList, terminal: Terminal) -> list[str]:
    names = listed.whole()
    if not names:
        terminal.note(Note("list-without-names"), about=listed.name)
    return names


def matching(pattern: str) -> list[str]:
    """Return the names that match a pattern of a shell, sorted; `**` is any number of folders.

    As in a shell, hidden ones match only a pattern that says so. Links to folders are not followed
    by `**`, so there is no loop.
    """
    if not PATTERN.search(pattern):
        return []
    path = PurePath(pattern)
    hidden = any(part.startswith(".") for part in path.parts)
    found: list[str] = []
    with suppress(ValueError, NotImplementedError, OSError):  # no pattern after all
        start = Path(path.anchor)
        for one in start.glob(str(path.relative_to(path.anchor))):
            if hidden or not any(part.startswith(".") for part in one.parts):
                found.append(str(one))
    return sorted(found)
