"""Whole files out: `reading.py` is about files that come in.

A file appears under its name complete or not at all: it is written beside its place under a name
that begins with `.llenhance-`, and then renamed. Inputs are never modified.
"""

from __future__ import annotations

import os
import platform
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.parts import PART, lock, publish, sweep
from llenhance.messages.note import Note
from llenhance.system import system_errors

FOLDS_CASE: Final = platform.system() in ("Windows", "Darwin")  # their usual file systems do


def write_whole(
    path: Path, data: bytes | Iterable[bytes], *, overwrite: bool, like: Path | None = None
) -> None:
    """Make `path` a file with this content: complete, or as it was before.

    A new file gets the permissions that the umask leaves, but is never open to anybody who may not
    read `like`; a replaced one keeps its own. If `path` is a symbolic link, the file that it points
    to is written and the link stays.

    Args:
        path: in a folder that exists.
        data: the whole content, or its pieces one after the other.
        overwrite: replace the file if it exists. Otherwise no file is replaced, not even one that
            appears in the meantime.
        like: the file that it is made of; it need not exist.

    Raises:
        PictureError: it exists, its folder is missing, or writing there is not permitted.
        ResourceError: the disk is full.
    """
    with system_errors(path):
        target = Path(os.path.realpath(path))  # to rename onto a link would replace the link
        mode = replaced_mode(path, overwrite=overwrite)
        sweep(target.parent)
        part = target.parent / f"{PART}{secrets.token_hex(8)}.part"
        try:
            with _new_file(part, _most_open(like) if mode is None else mode) as file:
                if mode is not None:
                    with suppress(OSError):  # where all files have the same, as on many USB sticks
                        part.chmod(mode)
                file.writelines((data,) if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
                if os.name != "nt":  # it is locked up to here: see `sweep`
                    publish(part, target, overwrite=overwrite)
            if os.name == "nt":
                publish(part, target, overwrite=overwrite)
        except FileExistsError as reason:
            raise PictureError("exists", str(path)) from reason
        except FileNotFoundError as reason:
            raise PictureError("folder-not-found", str(path.parent)) from reason
        finally:  # KeyboardInterrupt and SystemExit included; after a rename there is nothing left
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)


def _most_open(like: Path | None) -> int:
    """Return the permissions that a file may have which is made of another one."""
    try:
        return 0o666 if like is None else 0o600 | (like.stat().st_mode & 0o666)
    except (OSError, ValueError):  # such as standard input
        return 0o666


def _new_file(path: Path, mode: int) -> IO[bytes]:
    """Return a new file, open for writing and locked, with no more than these permissions."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        descriptor = os.open(path, flags, mode & 0o777)
        lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return os.fdopen(descriptor, "wb")
        os.close(descriptor)  # another run has swept it before it was locked


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
        if path.is_symlink():  # what is written would appear where nobody looks for it
            raise kind("link-to-nothing", str(path)) from None
        return None
    if stat.S_ISDIR(status.st_mode):
        raise kind("is-a-folder", str(path))
    if not stat.S_ISREG(status.st_mode):  # a rename would replace /dev/null by a picture
        raise kind("not-a-regular-file", str(path))
    if not overwrite:
        raise kind("exists", str(path))
    return stat.S_IMODE(status.st_mode)


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
        except FileNotFoundError as reason:  # such as in /proc: nobody can make a folder there
            raise PictureError("folder-not-made", str(folder)) from reason


def set_time(path: Path, modified: int) -> tuple[Note, ...]:
    """Set when a file was modified, in nanoseconds since 1970; return a note if that cannot be."""
    try:
        with system_errors(path):
            os.utime(path, ns=(path.stat().st_atime_ns, modified))
    except LlenhanceError as error:
        return (Note("time-not-set", reason=error.problem),)
    return ()


def same_file(one: Path, other: Path) -> bool:
    """Tell whether two names mean one file: by its identity if both exist, else by real path."""
    return identity(one) == identity(other)


def identity(path: Path) -> object:
    """Return a value that is equal for two names of one file; the file need not exist."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return real_name(path)
    return status.st_dev, status.st_ino


def real_name(path: Path) -> str:
    """Return a name without links, which stays the same when the file comes to be."""
    try:
        real = os.path.realpath(path)
    except ValueError:  # no file can have this name, and using it will tell
        real = str(path)
    return real.casefold() if FOLDS_CASE else real
