"""Folders that llenhance writes to: whether it can, what they hold, and how much space is left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from llenhance.doctor.problem import Problem
from llenhance.errors import LlenhanceError, PictureError
from llenhance.messages.note import Note
from llenhance.system import system_errors
from llenhance.weights.home import home

Purpose = Literal["working folder", "models", "Hugging Face"]

_REFUSED: Final[Mapping[Purpose, str]] = {  # caches are only convenient: refusing is no error
    "models": "models-folder-refused",
    "Hugging Face": "hub-cache-refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder, and what can be done with it.

    Attributes:
        purpose: What the folder is for.
        path: Path of the folder.
        exists: Whether the folder exists; the doctor does not create it.
        used: Bytes of the files in it; None if they were not counted.
        free: Bytes left on its disk; None if the system does not tell.
        refusal: Why no file can be written there, or why it cannot be created; None if it can.
    """

    purpose: Purpose
    path: Path
    exists: bool
    used: int | None
    free: int | None
    refusal: str | None

    @property
    def writable(self) -> bool:
        """Whether a file could be written there."""
        return self.refusal is None

    @property
    def problem(self) -> Problem | None:
        """What is wrong with a folder that cannot be written: only the working folder is needed."""
        if self.refusal is None:
            return None
        if self.purpose == "working folder":
            return PictureError("working-folder-refused", str(self.path), reason=self.refusal)
        return Note(_REFUSED[self.purpose], path=str(self.path), reason=self.refusal)


def usual_places() -> list[Place]:
    """Return the working folder, and the folders of models."""
    places = [look_at("working folder", _working_folder(), count=False)]
    try:
        places.append(look_at("models", home()))
    except LlenhanceError as error:  # no home folder is known
        places.append(_unknown("models", Path("LLENHANCE_HOME"), error))
    try:
        from huggingface_hub import constants
    except ImportError:  # the list of versions tells
        return places
    return [*places, look_at("Hugging Face", Path(constants.HF_HUB_CACHE))]


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it has been removed
        return Path()


def _unknown(purpose: Purpose, path: Path, error: LlenhanceError) -> Place:
    return Place(
        purpose=purpose, path=path, exists=False, used=None, free=None, refusal=error.problem
    )


def look_at(purpose: Purpose, path: Path, *, count: bool = True) -> Place:
    """Return what there is to know about a folder.

    Args:
        purpose: What the folder is for.
        path: Path of the folder; if it does not exist, the closest existing folder above is tried.
        count: Whether to add up the sizes of its files.
    """
    refusal = None
    try:
        with system_errors(path):
            there = path
            while not os.path.lexists(there) and there != there.parent:
                there = there.parent
            with tempfile.TemporaryFile(dir=there) as file:  # has no name that anybody sees
                file.write(b"\0" * 4096)
    except LlenhanceError as error:
        refusal = error.problem
    return Place(
        purpose=purpose,
        path=path,
        exists=os.path.lexists(path),
        used=_size(path) if count else None,
        free=_free(path),
        refusal=refusal,
    )


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder and below; links count as themselves."""
    total = 0
    for parent, _, names in os.walk(folder):  # skips folders that it may not read
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:  # it has been removed
                continue
    return total


def _free(folder: Path) -> int | None:
    """Return the bytes left on the disk of a folder, or of the closest existing one above."""
    for there in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(there).free
        except OSError:
            continue
    return None
