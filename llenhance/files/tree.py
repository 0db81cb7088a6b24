"""Folders of pictures, with the folders in them: what is a picture, and what is left alone.

Like other careful tools, llenhance leaves hidden files, links to folders and what the systems put
into folders for themselves alone. What is a picture is told by the first bytes of a file, and by
its name: a `photo.jpg` that holds no picture is one that fails, not one that is overlooked.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError
from llenhance.files.whole import identity
from llenhance.pictures.formats import HEAD, format_in, readable_extensions
from llenhance.system import system_error

LEDGER: Final = ".llenhance.sqlite"
"""Name of the file that tells of the results in a folder (`jobs/ledger.py`)."""

_OF_SYSTEMS: Final = {"thumbs.db", "desktop.ini", "@eadir", "__macosx", "$recycle.bin"}
"""What systems put into folders for themselves, beside what they hide."""

_UNFINISHED: Final = {".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".temp"}
"""Extensions that programs give to files that they are still writing."""


@dataclass(slots=True)
class Tree:
    """What is in a folder.

    Attributes:
        folder: The folder.
        pictures: Paths relative to it, in the order of their names.
        others: The same for files that are no pictures.
        refused: What cannot be looked at, and why.
    """

    folder: Path
    pictures: list[Path] = field(default_factory=list[Path])
    others: list[Path] = field(default_factory=list[Path])
    refused: list[LlenhanceError] = field(default_factory=list[LlenhanceError])


def look_into(folder: Path, *, recursive: bool = True, without: Collection[Path] = ()) -> Tree:
    """Return what is in a folder and, with `recursive`, in those below it.

    Links to folders are not followed, so nothing is seen twice and no loop can be; links to files
    count where they lead to a file below the same folder or to one outside that is a picture.

    Args:
        folder: Exists.
        recursive: Look into the folders in it too, but for those with results of earlier runs.
        without: Folders that are not looked into, such as those that results go to.
    """
    known = readable_extensions()
    tree = Tree(folder)
    left_out = {identity(one) for one in without}
    for path in _files_in(folder, recursive=recursive, left_out=left_out, tree=tree):
        kind = path.suffix.lower()
        if kind in known or (kind not in _UNFINISHED and _begins_like_a_picture(path)):
            tree.pictures.append(path.relative_to(folder))
        else:
            tree.others.append(path.relative_to(folder))
    return tree


def _files_in(
    folder: Path, *, recursive: bool, left_out: Collection[object], tree: Tree
) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as reason:
        tree.refused.append(system_error(str(folder), reason, PictureError))
        return
    for entry in found:
        if entry.name.startswith(".") or entry.name.casefold() in _OF_SYSTEMS:
            continue
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if recursive and identity(path) not in left_out and not has_ledger(path):
                yield from _files_in(path, recursive=True, left_out=left_out, tree=tree)
        elif not _is_link_to_folder(entry):
            yield path


def has_ledger(folder: Path) -> bool:
    """Tell whether a folder holds results of an earlier run."""
    try:
        return (folder / LEDGER).exists()
    except OSError:  # looking into it will tell
        return False


def _is_link_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle: reading it will tell
        return False


def _begins_like_a_picture(path: Path) -> bool:
    """Tell by its first bytes whether a file is a picture; only files are opened, no pipes."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return format_in(file.read(HEAD)) is not None
    except OSError:
        return False
