"""What a person may have meant by words that mean nothing: from a wrong word to one that helps."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from llenhance.errors import PictureError, UsageError

if TYPE_CHECKING:
    from llenhance.jobs.results import Result

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z]+", re.IGNORECASE)
_OTHER_TOOLS: Final = {"help": "--help", "version": "--version"}
_CLOSE: Final = 0.75
"""How much alike two words must be; 'doctr' and 'doctor' are 0.91, 'dark' and 'train' are 0.22."""


def refuse_misspelled(
    arguments: Sequence[str],
    commands: Collection[str],
    groups: Mapping[str, Collection[str]],
) -> None:
    """Raise if the first word is no picture and looks like a command.

    Args:
        arguments: The command line, without the program's name.
        commands: Names of all commands.
        groups: Names of commands inside of a command.

    Raises:
        UsageError: It names the command that may be meant.
    """
    word, rest = arguments[0], list(arguments[1:])
    if word in commands or not _WORD.fullmatch(word) or exists(word):
        return
    meant = [_OTHER_TOOLS[word]] if word in _OTHER_TOOLS else []
    meant += [f"{group} {word}" for group, inner in groups.items() if word in inner]
    meant += get_close_matches(word.lower(), commands, n=1, cutoff=_CLOSE)
    if meant:
        line = " ".join(["llenhance", meant[0], *rest])
        raise UsageError("command-misspelled", word, meant=line)


def refuse_dash(arguments: Sequence[str]) -> None:
    """Raise if a word is taken for options, but is the name of a file.

    Raises:
        UsageError: It says how to write the name.
    """
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for word in before:
        if word.startswith("-") and word != "-" and (PurePath(word).suffix or exists(word)):
            if "=" in word and not exists(word):
                continue  # a value, such as --brightness=0.2
            raise UsageError("name-begins-with-dash", word)


def refuse_home(name: str | None) -> None:
    """Raise for a name that begins with a `~` that no shell has replaced.

    Raises:
        UsageError: It says what the name would be.
    """
    if name is not None and (path := _in_home(name)):
        raise UsageError("home-not-replaced", name, path=path)


def clearer(result: Result, photos: Sequence[str], *, output: str | None) -> Result:
    """Return the result of an input that is not there with an error that says what was meant.

    Args:
        result: Of one input.
        photos: All inputs, as they were given.
        output: Where results should go; None if that was not said.
    """
    name, error = result.input, result.error
    if error is None or error.code not in ("not-found", "name-impossible"):
        return result
    if _ADDRESS.match(name):
        return replace(result, error=PictureError("address-not-read", name))
    if path := _in_home(name):
        return replace(result, error=PictureError("home-not-replaced", name, path=path))
    if output is None and list(photos) == [photos[0], name] and _can_be_written(name):
        error = PictureError("result-among-inputs", name, source=photos[0], result=name)
        return replace(result, error=error)
    return result


def exists(name: str) -> bool:
    """Tell whether there is a file or folder of this name."""
    with suppress(OSError, ValueError):
        return Path(name).exists()
    return False


def _in_home(name: str) -> str | None:
    """Return what a shell makes of a name that begins with `~`, if no file has this very name."""
    if not name.startswith("~") or exists(name):
        return None
    with suppress(RuntimeError, ValueError):  # nobody has this name, or there is no home folder
        return str(Path(name).expanduser())
    return None


def _can_be_written(name: str) -> bool:
    from llenhance.pictures.formats import FORMATS, format_named

    format = format_named(PurePath(name).suffix)
    return format is not None and FORMATS[format].writer is not None
