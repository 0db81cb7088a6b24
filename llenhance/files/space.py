"""What a file will take of a disk, and what that has free."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from llenhance.files.preflight import nearest_existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What a file will take.

    Attributes:
        size: Bytes of the file.
        replaced: Bytes of the file whose place it takes, which are free then.
        folder: The folder that it goes into, or the nearest one that is there already; None if it
            goes to no disk.
        disk: Number of the disk; None if it is not known.
        free: Bytes that are free there; None if the system does not tell.
    """

    size: int
    replaced: int = 0
    folder: Path | None = None
    disk: int | None = None
    free: int | None = None


def space_at(path: Path, size: int) -> Space:
    """Return what a file of this many bytes will take there."""
    folder, replaced = nearest_existing(Path(os.path.realpath(path)).parent), 0
    with suppress(OSError):
        replaced = path.stat().st_size if path.is_file() else 0
    try:
        disk, free = folder.stat().st_dev, shutil.disk_usage(folder).free
    except OSError:  # writing will tell
        return Space(size=size, replaced=replaced, folder=folder)
    return Space(size=size, replaced=replaced, folder=folder, disk=disk, free=free)
