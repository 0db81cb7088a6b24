"""What a person may have meant by words that mean nothing: from a wrong word to one that helps."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from llenhance.errors import PictureError, UsageError

if TYPE_CHECKING:
    from llenhance.jobs.results import Result

PATTERN: Final = re.compile(r"[*?]|\[.+\]")
"""What makes a name a pattern for the names of files."""

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_STORE: Final = re.compile(r"(s3|gs)://")
_WORD: Final = re.compile(r"[a-z]+", re.IGNORECASE)
_OTHER_TOOLS: Final = {"help": "--help", "version": "--version"}
_OTHER_OPTIONS: Final = {
    "--gpu": "--device cuda",
    "--cpu": "--device cpu",
    **dict.fromkeys(("--force", "-f", "--yes", "-y"), "--overwrite"),
    **dict.fromkeys(("--out", "--outdir", "--out-dir", "--output-dir"), "-o"),
    **dict.fromkeys(("-n", "--dryrun", "--simulate"), "--dry-run"),
    **dict.fromkeys(("--strip", "--strip-exif", "--no-exif"), "--metadata strip"),
    "-b": "--brightness",
    "--ev": "--exposure",
    **dict.fromkeys(("--amount", "--intensity", "--opacity", "--blend"), "--strength"),
    **dict.fromkeys(("--noise", "--denoising", "--noise-reduction", "--grain"), "--denoise"),
    **dict.fromkeys(("--highlights", "--protect-highlights"), "--protect"),
    "-m": "--model",
    "-V": "--version",
    **dict.fromkeys(("-i", "--input"), "the name alone, without an option"),
}
"""What options of other programs are called here, for `enhance`."""

_MOST_NAMES: Final = 5000
"""How many files of a folder are compared with a name that is not there."""

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


def refuse_empty(arguments: Sequence[str]) -> None:
    """Raise for an argument that is empty, as a variable of the shell that is not set leaves it.

    Raises:
        UsageError: It names the option, if it is the value of one.
    """
    before = "a name"
    for word in arguments:
        option, sign, value = word.partition("=")
        if not word and before != "--suffix":  # nothing is a suffix, too
            raise UsageError("value-empty", before)
        if option.startswith("--") and sign and not value and option != "--suffix":
            raise UsageError("value-empty", option)
        before = word if word.startswith("-") and word not in ("-", "--") else "a name"


def option_meant(problem: str) -> str:
    """Return what is wrong with an option that `enhance` does not have, and which may be meant."""
    wrong = re.match(r"No such option: ([\w-]+)", problem)
    if wrong is None or wrong[1] not in _OTHER_OPTIONS:
        return problem
    return f"{wrong[0]}. Write {_OTHER_OPTIONS[wrong[1]]}"


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


def refuse_store(names: Sequence[str | None]) -> None:
    """Raise if one of the names is in an object store, which only a cluster reads and writes.

    Raises:
        UsageError: It says how to reach it.
    """
    for name in names:
        if name is not None and _STORE.match(name) and not exists(name):
            raise UsageError("store-without-cluster", name)


def refuse_result_among(photos: Sequence[str], *, output: str | None) -> None:
    """Raise if the last of two inputs is not there, and looks like a name for the other's result.

    Args:
        photos: All inputs, as they were given.
        output: Where results should go; None if that was not said.

    Raises:
        UsageError: It says how to name a result.
    """
    if output is not None or len(photos) != 2:
        return
    source, result = photos
    if exists(source) and not exists(result) and _can_be_written(result):
        raise UsageError("result-among-inputs", result, source=source, result=result)


def clearer(result: Result) -> Result:
    """Return the result of an input that is not there with an error that says what was meant."""
    name, error = result.input, result.error
    if error is None or error.code not in ("not-found", "name-impossible"):
        return result
    if error.name != name or exists(name):  # of the result, or of another file that it needs
        return result
    if _ADDRESS.match(name):
        return replace(result, error=PictureError("address-not-read", name))
    if path := _in_home(name):
        return replace(result, error=PictureError("home-not-replaced", name, path=path))
    if PATTERN.search(name):
        return replace(result, error=PictureError("pattern-unmatched", name))
    if similar := _similar(name):
        return replace(result, error=PictureError("name-misspelled", name, similar=similar))
    return result


def _similar(name: str) -> str | None:
    """Return the name of a picture beside a missing one that differs only a little, if any."""
    from llenhance.pictures.formats import format_named

    wanted = PurePath(name)
    try:
        with os.scandir(wanted.parent) as entries:
            files = [entry.name for entry in islice(entries, _MOST_NAMES) if entry.is_file()]
    except (OSError, ValueError):
        return None
    pictures = sorted(file for file in files if format_named(PurePath(file).suffix))
    plain = wanted.name.strip().casefold()
    alike = [one for one in pictures if plain in (one.casefold(), PurePath(one).stem.casefold())]
    same_number = [one for one in pictures if _digits(one) == _digits(wanted.name)]
    alike += get_close_matches(wanted.name, same_number, n=1, cutoff=_CLOSE)
    alike = [one for one in alike if one != wanted.name]
    return str(wanted.with_name(alike[0])) if alike and wanted.name else None


def _digits(name: str) -> str:
    """Return the digits in a name: those of other pictures of one camera differ in nothing else."""
    return "".join(filter(str.isdigit, name))


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
