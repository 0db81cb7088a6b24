"""Whole files in and whole files out.

A file appears under its name complete or not at all: it is written beside its place under a name
that begins with `.llenhance-`, and renamed. Inputs are never modified.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError, ResourceError, UsageError

FOLDS_CASE: Final = platform.system() in ("Windows", "Darwin")  # their usual file systems do

FULL: Final = {
    errno.ENOSPC: "there is no space left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it is larger than its file system or a limit of this session allows",
    errno.ENOMEM: "there is not enough memory for it",
}
REFUSALS: Final = {
    errno.ENOENT: ("there is no such file or folder", "Check the name"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "Check the name"),
    errno.EISDIR: ("it is a folder, not a file", "Name a file in it"),
    errno.EACCES: ("permission is denied", "Check who owns it and its folder"),
    errno.EPERM: ("the operation is not permitted", "Check who owns it and its folder"),
    errno.EROFS: ("its disk is read-only", "Choose another folder with -o"),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter name with -o"),
    errno.ELOOP: ("its symbolic links lead in a circle", "Check the links"),
}
EXISTS: Final = ("it exists already", "Add --overwrite or choose another name")


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, or of a pipe up to its end.

    Raises:
        PictureError: it is missing, a folder, or not readable.
        ResourceError: it does not fit into memory.
    """
    with in_sentences(path):
        return path.read_bytes()


def write_whole(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Make `path` a file with this content: complete, or as it was before.

    A new file gets the permissions that the umask leaves; one that is replaced keeps its own.
    Where `path` is a symbolic link, the file that it points to is written and the link stays.

    Args:
        path: in a folder that exists.
        data: the whole content.
        overwrite: replace a file that is there. Without it none is replaced, not even one that
            comes into being in the meantime.

    Raises:
        PictureError: it exists, its folder does not, or writing there is not permitted.
        ResourceError: the disk is full.
    """
    with in_sentences(path):
        target = Path(os.path.realpath(path))  # to rename onto a link would replace the link
        mode = _mode_of_replaced(path, target, overwrite=overwrite)
        part = target.parent / f".llenhance-{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:  # not mkstemp: its 0600 would stay
                if mode is not None:
                    part.chmod(mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _publish(part, target, overwrite=overwrite)
        except FileExistsError as reason:
            raise PictureError(str(path), *EXISTS) from reason
        finally:  # KeyboardInterrupt and SystemExit included; after a rename there is nothing left
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)


def _mode_of_replaced(path: Path, target: Path, *, overwrite: bool) -> int | None:
    """Return the permissions of the file that will be replaced, None where there is none."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(str(path), *REFUSALS[errno.EISDIR])
    if not stat.S_ISREG(status.st_mode):  # a rename would replace /dev/null by a picture
        raise PictureError(str(path), "it is a device or a pipe, not a file", "Use -o - for pipes")
    if not overwrite:
        raise PictureError(str(path), *EXISTS)
    return stat.S_IMODE(status.st_mode)


def _publish(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a finished file its name; FileExistsError if that is taken and must not be replaced."""
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
    """Bring the new name to the disk where the system lets one open a folder."""
    with suppress(OSError):  # the content is safe; Windows and some network shares refuse this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, if missing."""
    with in_sentences(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as reason:
            remedy = "Choose another folder with -o"
            raise UsageError(str(folder), "it is a file, not a folder", remedy) from reason


def same_file(one: Path, other: Path) -> bool:
    """Tell whether two names mean one file: by its identity if both exist, else by real path."""
    try:
        return one.samefile(other)
    except OSError:
        return identity(one) == identity(other)


def identity(path: Path) -> object:
    """Return what two names of one file have in common."""
    try:
        status = path.stat()
    except OSError:
        real = os.path.realpath(path)
        return real.casefold() if FOLDS_CASE else real
    return status.st_dev, status.st_ino


@contextmanager
def in_sentences(path: Path) -> Generator[None]:
    """Turn what the operating system refuses inside into a sentence about `path`."""
    try:
        yield
    except OSError as reason:
        raise _sentence(str(path), reason) from reason
    except MemoryError as reason:
        raise ResourceError(str(path), FULL[errno.ENOMEM], "Close other programs") from reason


def _sentence(name: str, reason: OSError) -> LlenhanceError:
    if reason.errno in FULL:
        return ResourceError(name, FULL[reason.errno], "Make room or choose another folder with -o")
    problem = f"the operating system says: {reason.strerror or reason}"
    return PictureError(name, *REFUSALS.get(reason.errno or 0, (problem, "Check the file")))
