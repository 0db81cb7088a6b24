"""Folders that files go to: whether they can be written, what is in them, what space is left."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from llenhance.doctor.problem import Problem
from llenhance.files.whole import FULL, REFUSALS
from llenhance.weights.find import home


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder.

    Attributes:
        purpose: what it is for.
        path: of it.
        exists: whether it is there; it is not made.
        used: bytes in it; None for the working folder, which is not searched.
        free: bytes left on its disk, None where the system does not tell.
        refusal: why it cannot be written, or made where it does not exist; None where it can.
        problem: the same with what to do.
    """

    purpose: str
    path: Path
    exists: bool
    used: int | None
    free: int | None
    refusal: str | None
    problem: Problem | None

    @property
    def writable(self) -> bool:
        """Whether a file could be written there."""
        return self.refusal is None


def usual_places() -> list[Place]:
    """Return the working folder, and those of models."""
    remedy = "Make it writable, or set LLENHANCE_HOME to a folder that is"
    places = [
        look_at(
            "working folder",
            _working_folder(),
            remedy="Work in another folder, or write to one with -o",
            exit_code=1,
            count=False,
        ),
        look_at("models", home(), remedy=remedy),
    ]
    try:
        from huggingface_hub import constants
    except ImportError:  # told with the versions
        return places
    remedy = "Make it writable, or set HF_HUB_CACHE to a folder that is"
    return [*places, look_at("Hugging Face", Path(constants.HF_HUB_CACHE), remedy=remedy)]


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed meanwhile
        return Path()


def look_at(
    purpose: str, path: Path, *, remedy: str, exit_code: int = 0, count: bool = True
) -> Place:
    """Return what is to be known of a folder.

    Args:
        purpose: what it is for.
        path: of the folder; where it does not exist, the nearest one around it is tried.
        remedy: what to do if it cannot be written.
        exit_code: what that is worth.
        count: whether to add up the sizes of its files.
    """
    there = path
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    refusal = _refusal(there)
    problem = None
    if refusal is not None:
        problem = Problem(f"{path} ({purpose}) cannot be written: {refusal}", remedy, exit_code)
    return Place(
        purpose=purpose,
        path=path,
        exists=there == path,
        used=_size(path) if count else None,
        free=_free(there),
        refusal=refusal,
        problem=problem,
    )


def _refusal(folder: Path) -> str | None:
    """Try a file that nobody sees, and return why it was refused."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
    except OSError as reason:
        number = reason.errno or 0
        sentence, _ = REFUSALS.get(number, (reason.strerror or str(reason), ""))
        return FULL.get(number, sentence)
    return None


def _size(folder: Path) -> int:
    """Return the bytes of the files in a folder and below; links count for themselves."""
    total = 0
    for parent, _, names in os.walk(folder):  # passes over what it may not read
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:  # gone meanwhile
                continue
    return total


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
