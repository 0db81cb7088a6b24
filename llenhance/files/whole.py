"""Whole files in and whole files out.

A file appears under its name complete or not at all: it is written beside its place under a name
that begins with `.llenhance-`, and then renamed. Inputs are never modified.
"""

from __future__ import annotations

import os
import platform
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.system import system_errors

PART: Final = ".llenhance-"
"""What the names of files begin with that are not finished."""

FOLDS_CASE: Final = platform.system() in ("Windows", "Darwin")  # their usual file systems do


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, or of a pipe up to its end.

    Raises:
        PictureError: it is missing, a folder, or cannot be read.
        ResourceError: there is not enough memory.
    """
    with system_errors(path):
        return path.read_bytes()


def write_whole(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Make `path` a file with this content: complete, or as it was before.

    A new file gets the permissions that the umask leaves; a replaced one keeps its own. If `path`
    is a symbolic link, the file that it points to is written and the link stays.

    Args:
        path: in a folder that exists.
        data: the whole content.
        overwrite: replace the file if it exists. Otherwise no file is replaced, not even one that
            appears in the meantime.

    Raises:
        PictureError: it exists, its folder is missing, or writing there is not permitted.
        ResourceError: the disk is full.
    """
    with system_errors(path):
        target = Path(os.path.realpath(path))  # to rename onto a link would replace the link
        mode = replaced_mode(path, overwrite=overwrite)
        part = target.parent / f"{PART}{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:  # not mkstemp: its 0600 would stay
                if mode is not None:
                    part.chmod(mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _publish(part, target, overwrite=overwrite)
        except FileExistsError as reason:
            raise PictureError("exists", str(path)) from reason
        except FileNotFoundError as reason:
            raise PictureError("folder-not-found", str(path.parent)) from reason
        finally:  # KeyboardInterrupt and SystemExit included; after a rename there is nothing left
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)


def replaced_mode(
    path: Path, *, overwrite: bool, kind: type[LlenhanceError] = PictureError
) -> int | None:
    """Return the permissions of the file that will be replaced; None if there is none.

    Raises:
        LlenhanceError: of this kind: what is there is a folder, a device or a pipe, or a file that
            must not be overwritten.
        OSError, ValueError: the operating system refuses the name.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise kind("is-a-folder", str(path))
    if not stat.S_ISREG(status.st_mode):  # a rename would replace /dev/null by a picture
        raise kind("not-a-regular-file", str(path))
    if not overwrite:
        raise kind("exists", str(path))
    return stat.S_IMODE(status.st_mode)


def _publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a finished file its name. FileExistsError: it is taken and must not be replaced."""
    if overwrite:
        part.replace(target)
        return
    try:
        target.hardlink_to(part)  # unlike a rename it fails where the name is taken
    except FileExistsError:
        raise
    except OSError:  # FAT and some network shares have no hard links
        target.open("xb").close()  # the name is ours from here on, or taken
        try:
            part.replace(target)
        except BaseException:
            target.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, if the system allows folders to be opened."""
    with suppress(OSError):  # the content is safe; Windows and some network shares refuse this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, if missing.

    Raises:
        UsageError: there is a file in its place.
        PictureError: the operating system refuses it.
        ResourceError: the disk is full.
    """
    with system_errors(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as reason:
            raise UsageError("file-in-place-of-folder", str(folder)) from reason


def same_file(one: Path, other: Path) -> bool:
    """Tell whether two names mean one file: by its identity if both exist, else by real path."""
    return identity(one) == identity(other)


def identity(path: Path) -> object:
    """Return a value that is equal for two names of one file; the file need not exist."""
    try:
        status = path.stat()
    except OSError:
        real = os.path.realpath(path)
        return real.casefold() if FOLDS_CASE else real
    except ValueError:  # no file can have this name, and using it will tell
        return str(path)
    return status.st_dev, status.st_ino
