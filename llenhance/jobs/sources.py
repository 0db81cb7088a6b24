"""Names that people give, of files and of folders, to pictures and the places of their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from llenhance.errors import LlenhanceError, UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.files.naming import Source
from llenhance.files.tree import has_ledger, look_into
from llenhance.files.whole import FOLDS_CASE, identity, same_file

STDIO: Final[Literal["-"]] = "-"
"""The name that means standard input, or standard output."""


@dataclass(frozen=True, slots=True)
class Named:
    """A picture that was named, alone or by its folder.

    Attributes:
        name: What messages call it; '-' is standard input.
        source: Its file, and the folder of its result if it was named by its own folder.
        results: The folder that its result and those of its neighbors go into; None if the output
            alone tells that.
    """

    name: str
    source: Source
    results: Path | None = None


@dataclass(slots=True)
class Gathered:
    """The pictures that were named.

    Attributes:
        pictures: In the order in which they were given; those of a folder by name.
        again: Names of pictures that were there before, perhaps by another name or in a folder.
        others: Files in the folders that are no pictures, and where copies of them would go.
        refused: Of what is in the folders, what cannot be looked at.
        in_folders: Whether a folder was named.
        passed: Folders that were named, and hold the results of another one that was.
    """

    pictures: list[Named] = field(default_factory=list[Named])
    again: list[str] = field(default_factory=list[str])
    others: list[tuple[Path, Path]] = field(default_factory=list[tuple[Path, Path]])
    refused: list[LlenhanceError] = field(default_factory=list[LlenhanceError])
    in_folders: bool = False
    passed: list[str] = field(default_factory=list[str])


def gather(
    names: Sequence[str],
    *,
    output: str | None,
    recursive: bool = True,
    naming: Naming = USUAL_NAMING,
    first: dict[object, str] | None = None,
) -> Gathered:
    """Find the pictures that names mean: a folder means all pictures in it.

    Results of a folder `photos` go to `photos_enhanced`, or to `output`, into folders like those
    that the pictures are in. If there are several folders, each has one of its name in `output`.
    What is found twice counts once.

    Args:
        names: Of files, of folders, and '-' for standard input.
        output: Where results go; None puts them beside the pictures, or beside the folders.
        recursive: Look into folders of folders too.
        naming: What results are called.
        first: What was found before, if names come one by one; it is added to. Then each folder has
            one of its name in `output`, since there may be more of them.

    Raises:
        UsageError: The results of a folder would go to standard output, or into itself.
    """
    folders = {name: Path(name) for name in names if name != STDIO and _is_folder(Path(name))}
    if folders and output == STDIO:
        raise UsageError("stdout-takes-one", "standard output")
    many = first is not None or len({identity(folder) for folder in folders.values()}) > 1
    places = {
        name: _results_of(folder, output, many=many, naming=naming)
        for name, folder in folders.items()
    }
    usual = _usual_results(folders.values(), naming)
    gathered = Gathered(in_folders=bool(folders))
    first = {} if first is None else first
    for name in names:
        if name not in folders:
            _add(gathered, first, Named(name, Source(Path(name))))
            continue
        folder, place = folders[name], places[name]
        if identity(folder) in usual and has_ledger(folder):
            gathered.passed.append(name)
            continue
        results = place if output is None else Path(output)
        tree = look_into(folder, recursive=recursive, without=list(places.values()))
        gathered.refused += tree.refused
        gathered.others += [(folder / path, place / path) for path in tree.others]
        for path in tree.pictures:
            source = Source(folder / path, place / path.parent, place)
            _add(gathered, first, Named(str(folder / path), source, results))
    return gathered


def _add(gathered: Gathered, first: dict[object, str], named: Named) -> None:
    key = STDIO if named.name == STDIO else _place(named.source.path)
    if key in first:
        gathered.again.append(named.name)
        return
    first[key] = named.name
    gathered.pictures.append(named)


def _place(path: Path) -> object:
    """Return a value that is equal for names of one file in one folder; links are files too."""
    last = path.name.casefold() if FOLDS_CASE else path.name
    return identity(path.parent), last


def _results_of(folder: Path, output: str | None, *, many: bool, naming: Naming) -> Path:
    """Return the folder that the results of a folder go to."""
    named = folder if folder.name not in ("", "..") else folder.resolve()
    if output is not None and not many:
        return Path(output)
    if not named.name:  # the whole disk
        raise UsageError("folder-without-name", str(folder))
    if output is not None:
        return Path(output, named.name)
    results = named.with_name(f"{named.name}{naming.of_folder}")
    if same_file(folder, results):
        code = "suffix-leaves-name" if naming.suffix == "" else "output-is-input"
        raise UsageError(code, str(results))
    return results


def _usual_results(folders: Iterable[Path], naming: Naming) -> set[object]:
    """Return the identities of the folders that results of folders go to without an output."""
    found: set[object] = set()
    for folder in folders:
        with suppress(UsageError):  # it can have none
            found.add(identity(_results_of(folder, None, many=True, naming=naming)))
    return found


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # reading it will tell
        return False
