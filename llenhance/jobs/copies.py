"""Files in a folder that are no pictures, copied beside the results: to the byte, with their times.

What is there already is left: a copy that is the same counts as done before.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from llenhance.errors import PictureError
from llenhance.files.preflight import check_output
from llenhance.files.space import space_at
from llenhance.files.whole import make_folder, set_time, write_whole
from llenhance.jobs.job import Job
from llenhance.jobs.results import Result
from llenhance.system import system_errors

_CHUNK: Final = 2**22


def copied(job: Job, *, overwrite: bool, skip_existing: bool, dry_run: bool) -> Result:
    """Copy the file of a job, unless it is there already, and return what became of it.

    Args:
        job: Its output is a file.
        overwrite: Replace what has the name of the copy.
        skip_existing: Leave what has the name of the copy, whatever it is.
        dry_run: Copy nothing: say what would become of it.

    Raises:
        PictureError: It cannot be read or written, or another file has the name of the copy.
        ResourceError: The disk is full.
    """
    source, copy = Path(job.input), job.output
    assert isinstance(copy, Path)
    with system_errors(source):
        modified = source.stat().st_mtime_ns
    if skip_existing and copy.exists():
        return Result(input=job.input, output=str(copy), status="skipped")
    if not overwrite and _is_same(source, copy):
        return Result(input=job.input, output=str(copy), status="done-before")
    check_output(copy, overwrite=overwrite, folder_will_be_made=True)
    if dry_run:
        space = (space_at(copy, source.stat().st_size),)
        return Result(input=job.input, output=str(copy), status="planned", space=space)
    make_folder(copy.parent)
    try:
        with system_errors(source):
            write_whole(copy, _content(source), overwrite=overwrite, like=source)
    except PictureError as error:
        if error.code != "exists" or not _is_same(source, copy):
            raise
        return Result(input=job.input, output=str(copy), status="done-before")  # by another run
    notes = set_time(copy, modified)
    return Result(input=job.input, output=str(copy), status="copied", notes=notes)


def _is_same(source: Path, copy: Path) -> bool:
    with system_errors(copy):
        return copy.is_file() and filecmp.cmp(source, copy, shallow=False)


def _content(path: Path) -> Iterator[bytes]:
    """Yield the content of a file, which may be larger than memory."""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
