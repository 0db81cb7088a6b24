"""Before minutes of work: refuse an output that `write_whole` would refuse after them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from llenhance.errors import LlenhanceError, PictureError
from llenhance.files.parts import PART
from llenhance.files.whole import replaced_mode, same_file
from llenhance.system import system_errors


def check_output(
    path: Path,
    *,
    overwrite: bool,
    inputs: Iterable[Path] = (),
    folder_will_be_made: bool = False,
    kind: type[LlenhanceError] = PictureError,
) -> None:
    """Raise what would keep a file from being written; leave the folder as it is.

        check_output(Path("out/scan.png"), overwrite=False, folder_will_be_made=True)

    Args:
        path: the file that will be written.
        overwrite: it may replace a file.
        inputs: files that it must not be: inputs are never modified.
        folder_will_be_made: its folder need not exist, because it will be made first.
        kind: of error.

    Raises:
        LlenhanceError: of this kind: it is an input, it exists and must not be replaced, it is a
            folder, a device or a pipe, its folder is missing or cannot be written to, or its name
            is too long or impossible.
    """
    for one in inputs:
        if same_file(one, path):
            raise kind("output-is-input", str(path))
    with system_errors(path, kind):
        folder = Path(os.path.realpath(path)).parent  # of the file that a link points to
        nearest = nearest_existing(folder)
        _check_lengths(path, folder, nearest, kind)
        replaced_mode(path, overwrite=overwrite, kind=kind)
    if nearest != folder and not folder_will_be_made:
        raise kind("folder-not-found", str(path.parent))
    if not nearest.is_dir():
        raise kind("path-through-file", str(path))
    _check_writable(nearest, kind)


def nearest_existing(folder: Path) -> Path:
    """Return a folder, or the nearest of those around it that is there already."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _check_lengths(path: Path, folder: Path, nearest: Path, kind: type[LlenhanceError]) -> None:
    """Raise for a name that the file system of the nearest folder refuses as too long.

    The operating system says so by itself only if the folder exists.
    """
    try:
        longest = os.pathconf(nearest, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows; a file system that does not tell
        return
    parts = (Path(os.path.realpath(path)).name, *folder.relative_to(nearest).parts)
    if any(len(os.fsencode(part)) > longest for part in parts):
        raise kind("name-too-long", str(path))


def _check_writable(folder: Path, kind: type[LlenhanceError]) -> None:
    with system_errors(folder, kind):
        if not os.access(folder, os.W_OK | os.X_OK):
            if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & os.ST_RDONLY:
                raise kind("disk-read-only", str(folder))
            raise kind("permission-denied", str(folder))
        if not hasattr(os, "geteuid") or os.geteuid() == 0:
            # Windows does not look at folders here, and root may write to all of them in theory.
            probe = folder / f"{PART}{secrets.token_hex(8)}.probe"
            try:
                probe.open("xb").close()
            except FileNotFoundError as reason:  # the folder is there, such as /proc
                raise kind("no-place-for-files", str(folder)) from reason
            probe.unlink(missing_ok=True)  # another run may sweep it
