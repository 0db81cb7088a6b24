"""What may happen to files in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llenhance.errors import UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.jobs.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may happen to files, the same for all of a run.

    Attributes:
        output: A file, a folder, or '-' for standard output. None writes results beside the inputs
            (those of a folder beside the folder), and that of standard input to standard output.
        recursive: Look into folders of folders too.
        naming: What results are called.
        copy_others: Whether files in folders that are no pictures are copied into the results'.
        overwrite: Whether files that exist are replaced.
        skip_existing: Whether pictures are skipped if there is a file where their result would be.
        dry_run: Write nothing: read each input, and say where it would go and what it would take.
        jobs: How many pictures are enhanced at once.
        fail_fast: Whether the first picture that fails is the last that is begun.
        preserve_time: Whether a result gets the time at which its input was modified; a note says
            so if that cannot be.
        only_if_dark: Mean gray, 0..1; pictures that have as much are left as they are. In a folder
            of results they have a copy, to the byte. None enhances all.
        watch: Go on with what arrives in the folders, without end.
        consistent: Make the pictures of each folder look alike, and those that were named
            themselves (`alike.py`).
        parts: What is made of each picture in place of one result (`parts.py`); none for that.
        poll: Look for it every second, instead of waiting for the system to tell.
        confidence: Where maps of confidence go (`maps.py`): a PNG file, or a folder. None makes
            none.

    Raises:
        UsageError: What exists is to be both replaced and skipped.
    """

    output: str | None = None
    recursive: bool = True
    naming: Naming = USUAL_NAMING
    copy_others: bool = False
    overwrite: bool = False
    skip_existing: bool = False
    dry_run: bool = False
    jobs: int = 1
    fail_fast: bool = False
    preserve_time: bool = False
    only_if_dark: float | None = None
    watch: bool = False
    poll: bool = False
    consistent: bool = False
    parts: tuple[Part, ...] = ()
    confidence: str | None = None

    def __post_init__(self) -> None:
        if self.overwrite and self.skip_existing:
            raise UsageError("contradiction", "overwrite and skip existing")


USUAL_POLICY: Final = Policy()
