"""Files that are not finished: how they get their names, and how those of killed runs go away."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

try:
    import fcntl
except ImportError:  # Windows, where open files cannot be removed
    fcntl = None

PART: Final = ".llenhance-"
"""What the names of files begin with that are not finished."""

_ENDINGS: Final = (".part", ".probe")
_OLD: Final = 86400.0  # seconds: nobody works on one file for a day
_HERE: Final = -100  # AT_FDCWD: names count from the working folder
_KEEP: Final = 1  # RENAME_NOREPLACE

_swept: set[Path] = set()


def lock(descriptor: int) -> None:
    """Let others see that somebody works on a file, as long as it is open."""
    if fcntl is not None:
        with suppress(OSError):  # some network shares have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # waits for `sweep` alone, and then it is gone


def sweep(folder: Path) -> None:
    """Remove unfinished files of runs that were killed; once for each folder.

    Those of other runs that are at work stay: they are locked. A run that has made a file and not
    locked it yet finds it gone, and makes another one.
    """
    with suppress(ValueError):  # a name that no folder can have: using it will tell
        folder = Path(os.path.realpath(folder))  # the working folder may be another one later
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(PART) and entry.name.endswith(_ENDINGS):
                with suppress(OSError):
                    if entry.is_file(follow_symlinks=False):
                        _remove_if_abandoned(entry)


def _remove_if_abandoned(entry: os.DirEntry[str]) -> None:
    """Remove a file that nobody works on. OSError: it is locked, or cannot be removed."""
    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD:
        Path(entry.path).unlink()
    elif fcntl is not None:
        descriptor = os.open(entry.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Path(entry.path).unlink()  # before it is unlocked: its owner may be about to lock it
        finally:
            os.close(descriptor)


def publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a finished file its name. FileExistsError: it is taken and must not be replaced."""
    if overwrite:
        part.replace(target)
        return
    if os.name == "nt":
        part.rename(target)  # there it fails where the name is taken
        return
    try:
        target.hardlink_to(part)  # unlike a rename it fails where the name is taken
    except FileExistsError:
        raise
    except OSError:  # FAT and some network shares have no hard links
        if _renamed(part, target):
            return
        target.open("xb").close()  # the name is ours from here on, or taken
        try:
            part.replace(target)
        except BaseException:
            target.unlink()
            raise


def _renamed(part: Path, target: Path) -> bool:
    """Rename unless the name is taken, in one step; False where the system has no such step."""
    rename = _rename_unless_taken()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(part), _HERE, os.fsencode(target), _KEEP) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    return False


@cache
def _rename_unless_taken() -> Any:
    """Return `renameat2` of the C library; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
