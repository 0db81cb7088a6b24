"""Whole files in and whole files out, and the names of the files that are written.

A file appears under its name complete or not at all: it is written beside its place under a name
that begins with `.llenhance-`, and renamed. Inputs are never modified.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError, ResourceError, UsageError
from llenhance.picture import FORMATS, Picture, decode, encode, format_of

DEFAULT_EXTENSION: Final = ".jpg"
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


def read_picture(path: str | Path) -> Picture:
    """Return the picture in a file.

    Raises:
        PictureError: it cannot be read, or is no picture that is known here.
        ResourceError: it does not fit into memory.
    """
    return decode(read_bytes(Path(path)), name=str(path))


def write_picture(
    path: str | Path,
    picture: Picture,
    *,
    quality: int | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a picture into a file, complete or not at all; its extension decides the format.

    Args:
        path: in a folder that exists.
        picture: stays as it is.
        quality: 1 to 100, for JPEG, WebP and AVIF.
        overwrite: replace a file that is there.

    Returns:
        What the format could not hold, a phrase each.

    Raises:
        UsageError: an unknown extension, or a quality out of range.
        PictureError: the format cannot hold it, or the file exists or cannot be written.
        ResourceError: memory or disk space does not suffice.
    """
    encoded = encode(picture, format=format_of(Path(path)), quality=quality, name=str(path))
    write_whole(Path(path), encoded.data, overwrite=overwrite)
    return encoded.lost


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
        return _identity(one) == _identity(other)


def output_path(source: Path, *, output: Path | str | None, many: bool, format: str | None) -> Path:
    """Return where the enhanced picture of `source` goes.

    Without `output` that is `<stem>_enhanced.jpg` beside it. If `output` is a folder, the
    source's name stays, with an extension that can be written. Otherwise it is `output`.

    Args:
        source: a picture's file.
        output: what `-o` says. A folder if it is one, ends in a slash, or `many`; else a file.
        many: there are more sources than this one.
        format: a key of `FORMATS` that the extension shall follow, or None.

    Raises:
        UsageError: `output` contradicts `many` or `format`, has an extension of no format, or is
            the source itself: inputs are never modified.
    """
    asked = None if format is None else FORMATS[format].extensions[0]
    if output is None:
        target = source.with_name(f"{source.stem}_enhanced{asked or DEFAULT_EXTENSION}")
    else:
        with in_sentences(Path(output)):  # Python 3.11 asks a name that is too long, and raises
            is_folder = _is_folder(output, many=many)
        if is_folder:
            target = Path(output) / f"{source.stem}{asked or _writable_extension(source)}"
        else:
            target = Path(output)
            _check_extension(target, format=format)
    if same_file(source, target):
        remedy = "Choose another name or folder with -o"
        raise UsageError(str(target), "it is the input, and inputs are never modified", remedy)
    return target


def plan_outputs(
    sources: Sequence[Path], *, output: Path | str | None, many: bool, format: str | None
) -> list[tuple[Path, Path]]:
    """Return each source with its `output_path`, checked against each other before work starts.

    Raises:
        UsageError: also if two sources would be written to one file, or one over another.
    """
    plan = [
        (source, output_path(source, output=output, many=many, format=format)) for source in sources
    ]
    inputs = {_identity(source): source for source in sources}
    taken: dict[object, Path] = {}
    for source, target in plan:
        key = _identity(target)
        if key in inputs:
            problem = f"it is an input, and the output for {source} would replace it"
            raise UsageError(str(inputs[key]), problem, "Choose another folder with -o")
        if key in taken:
            problem = f"both {taken[key]} and {source} would be written to it"
            raise UsageError(str(target), problem, "Enhance them one after the other")
        taken[key] = source
    return plan


def _identity(path: Path) -> object:
    """Return what two names of one file have in common."""
    try:
        status = path.stat()
    except OSError:
        real = os.path.realpath(path)
        return real.casefold() if FOLDS_CASE else real
    return status.st_dev, status.st_ino


def _is_folder(output: Path | str, *, many: bool) -> bool:
    path = Path(output)
    separators = tuple(mark for mark in (os.sep, os.altsep) if mark)
    slash = isinstance(output, str) and output.endswith(separators)
    if not (many or slash):
        return path.is_dir()
    if path.exists() and not path.is_dir():
        raise UsageError(str(output), "it is a file, not a folder", "Name a folder with -o")
    if many and not slash and not path.exists() and _is_writable(path):
        remedy = "Name a folder with -o, with a slash behind it if it shall end like a picture"
        raise UsageError(str(output), "it names one picture, but there are several inputs", remedy)
    return True


def _is_writable(path: Path) -> bool:
    return any(path.suffix.lower() in format.extensions for format in FORMATS.values())


def _writable_extension(source: Path) -> str:
    return source.suffix if _is_writable(source) else DEFAULT_EXTENSION


def _check_extension(target: Path, *, format: str | None) -> None:
    if format is None:
        format_of(target)
    elif _is_writable(target) and format_of(target) != format:
        problem = f"its extension contradicts the format {FORMATS[format].title}"
        raise UsageError(str(target), problem, "Change one of the two")


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
