"""What is done with each picture of a run, in three parts: read, enhance, write.

The parts of different pictures go on at the same time, in threads (`loop.py`); the work itself is
in `task.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.files.parts import sweep
from llenhance.files.preflight import check_output
from llenhance.files.reading import read_bytes
from llenhance.files.whole import identity, make_folder, set_time, write_whole
from llenhance.jobs.alike import Sets, known_by
from llenhance.jobs.copies import copied
from llenhance.jobs.job import STDIO, Job, read_stdin
from llenhance.jobs.ledger import Ledger
from llenhance.jobs.loop import Stages
from llenhance.jobs.results import Result
from llenhance.jobs.task import AnyEnhancer, Opened, Outcome, Request, enhance_opened, open_bytes
from llenhance.jobs.well_lit import gray_of, place_of_copy
from llenhance.messages.note import Note
from llenhance.system import system_errors

if TYPE_CHECKING:  # torch takes seconds to import, and wrong usage is told without it
    from llenhance.enhancing.estimate import Estimate

LONG: Final = 20.0
"""Seconds that a picture may take before a faster way is suggested."""

_LARGE: Final = 3_000_000  # pixels; smaller pictures are not worth an estimate


class LoadedEnhancer(AnyEnhancer, Protocol):
    """An enhancer that says what a picture will take."""

    def estimate(self, *, width: int, height: int) -> Estimate: ...


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
        poll: Look for it every second, instead of waiting for the system to tell.

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

    def __post_init__(self) -> None:
        if self.overwrite and self.skip_existing:
            raise UsageError("contradiction", "overwrite and skip existing")


class StoppedError(Exception):
    """Nobody waits for this picture any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A picture that was read.

    Attributes:
        job: What is to be done.
        data: Content of its file.
        opened: The picture.
        result: What is known so far.
        modified: When its file was modified, in nanoseconds; None if it is no file.
        started: When it was begun, by `perf_counter`.
    """

    job: Job
    data: bytes
    opened: Opened
    result: Result
    modified: int | None
    started: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture that was enhanced, and not written yet."""

    ready: Ready
    outcome: Outcome


class Run:
    """The work for the pictures of a run.

    Args:
        enhancer: Enhances.
        request: What to make of each picture.
        policy: What may happen to files.
        advise: Called once, before the first picture that takes long, with a note and its name.
        progress: Called with the input's name, the tiles done and all its tiles, 0 while unknown.
        sets: The pictures that are to look alike; None if each stands alone.
    """

    def __init__(
        self,
        enhancer: LoadedEnhancer,
        *,
        request: Request,
        policy: Policy,
        advise: Callable[[Note, str], None] | None,
        progress: Callable[[str, int, int], None] | None,
        sets: Sets | None = None,
    ) -> None:
        self.sets = sets
        self._enhancer, self._policy = enhancer, policy
        self._advise, self._progress = advise, progress
        self._settings = settings_of(request, enhancer, policy)
        self._ledgers: dict[Path, Ledger] = {}
        self._taken: dict[object, str] = {}
        self._lock = Lock()
        self.stages: Stages[Job, Ready | Result, Made | Ready | Result, Result] = Stages(
            before=self._read, work=self._enhance, after=self._write, workers=policy.jobs
        )

    def close(self) -> None:
        """Close what was opened for the run."""
        for ledger in self._ledgers.values():
            ledger.close()

    def _read(self, job: Job) -> Ready | Result:
        """Read a picture, and find out all that can be known before it is enhanced."""
        self._tell(job, 0, 0)
        if job.refusal is not None:
            raise job.refusal
        if job.output is None:
            return Result(input=job.input, output=None, status="skipped", notes=job.notes)
        if job.is_copy:
            policy = self._policy
            return copied(
                job,
                overwrite=policy.overwrite,
                skip_existing=policy.skip_existing,
                dry_run=policy.dry_run,
            )
        modified = None
        if job.input != STDIO:
            with system_errors(job.input):  # first: a missing folder of it would be missed below
                modified = Path(job.input).stat().st_mtime_ns
        if isinstance(job.output, Path) and not self._policy.dry_run:
            sweep(job.output.parent)  # here, not only as it is written: all may be done already
        if skipped := self._skipped(job, job.output):
            return skipped
        started = perf_counter()
        if self.sets is not None:
            job = replace(job, request=replace(job.request, together=self.sets.of(job).digest))
        data = _content(job)
        if before := self._done_before(job, data):
            return Result(input=job.input, output=str(before), status="done-before")
        if isinstance(job.output, Path):
            self._check(job, job.output)
        opened = open_bytes(data, name=job.name, request=job.request)
        planned = Result(
            input=job.input,
            output=str(job.output),
            status="planned" if self._policy.dry_run else "written",
            format=opened.format,
            width=opened.picture.width,
            height=opened.picture.height,
            pictures=opened.sequence.count,
            notes=(*job.notes, *opened.notes),
            model=self._enhancer.model_name,
            device=str(self._enhancer.device),
            precision=self._enhancer.precision,
            fast=self._enhancer.fast,
        )
        ready = Ready(
            job=job, data=data, opened=opened, result=planned, modified=modified, started=started
        )
        return ready if self._policy.only_if_dark is None else self._left(ready)

    def _left(self, ready: Ready) -> Ready | Result:
        """Return a picture as one that is left as it is, if it is well lit."""
        gray, job, policy = gray_of(ready.opened), ready.job, self._policy
        if policy.only_if_dark is None or gray < policy.only_if_dark:
            return ready
        place = place_of_copy(job, ready.opened, named=policy.output is not None)
        if isinstance(place, Path):
            self._check(job, place)
        left = replace(
            ready.result,
            output=None if place is None else str(place),
            status="left",
            format=ready.opened.picture.source_format,
            notes=job.notes,
            mean_grey=gray,
        )
        if place is None or policy.dry_run:
            return left
        return replace(ready, job=replace(job, output=place), result=left)

    def _enhance(self, ready: Ready | Result) -> Made | Ready | Result:
        """Enhance a picture, if it is to be."""
        if isinstance(ready, Result) or ready.result.status == "left":
            return ready
        if self.stages.stopped.is_set():
            raise StoppedError
        width, height = ready.opened.picture.width, ready.opened.picture.height
        if self._policy.dry_run:
            return replace(ready.result, estimate=_estimated(ready.opened, self._enhancer))
        if self._advise and not self._enhancer.fast and width * height > _LARGE:
            with suppress(ResourceError):  # the work itself gets by with smaller tiles
                seconds = _estimated(ready.opened, self._enhancer).seconds
                if seconds > LONG:
                    advise, self._advise = self._advise, None
                    advise(Note("takes-long", seconds=round(seconds)), ready.job.name)

        def tell(done: int, tiles: int) -> None:
            if self.stages.stopped.is_set():
                raise StoppedError
            self._tell(ready.job, done, tiles)

        enhancer: AnyEnhancer = self._enhancer
        if self.sets is not None:
            wish = ready.job.request.wish
            enhancer = self.sets.of(ready.job).alike(enhancer, wish, name=ready.job.name)
        outcome = enhance_opened(ready.opened, enhancer=enhancer, progress=tell)
        return Made(ready=ready, outcome=outcome)

    def _write(self, made: Made | Ready | Result) -> Result:
        """Write the file of a result, if there is one."""
        if isinstance(made, Result):
            return made
        if isinstance(made, Ready):
            return self._saved(made, made.data)
        ready, outcome = made.ready, made.outcome
        return replace(
            self._saved(ready, outcome.data, outcome.notes[len(ready.opened.notes) :]),
            enhancing_seconds=outcome.enhancing_seconds,
            tiles=outcome.tiles,
            brightness=outcome.brightness,
            mean_grey=outcome.mean_grey,
        )

    def _saved(self, ready: Ready, data: bytes, notes: tuple[Note, ...] = ()) -> Result:
        """Write a file; return what is known of it, with these notes too."""
        job = ready.job
        to_file = isinstance(job.output, Path)
        if isinstance(job.output, Path):
            self._refuse_taken(job, job.output)
            make_folder(job.output.parent)
            overwrite = self._may_replace(job, job.output)  # before the ledger tells of the new one
            if ledger := self._ledger(job):
                ledger.note_down(
                    job.output,
                    name=job.input,
                    source_sha256=known_by(job, ready.opened.source.sha256),
                    result_sha256=sha256(data).hexdigest(),
                )
            like = None if job.input == STDIO else Path(job.input)
            write_whole(job.output, data, overwrite=overwrite, like=like)
            self._taken[identity(job.output)] = job.name
        late = _with_time(job, ready.modified) if self._policy.preserve_time else ()
        return replace(
            ready.result,
            data=None if to_file else data,
            seconds=perf_counter() - ready.started,
            notes=(*ready.result.notes, *notes, *late),
        )

    def _tell(self, job: Job, done: int, tiles: int) -> None:
        if self._progress is not None:
            self._progress(job.name, done, tiles)

    def _skipped(self, job: Job, output: Path | str) -> Result | None:
        if not (self._policy.skip_existing and isinstance(output, Path) and output.exists()):
            return None
        return Result(input=job.input, output=str(output), status="skipped")

    def _done_before(self, job: Job, data: bytes) -> Path | None:
        """Return what an earlier run has made of a picture, or its copy; None if there is none."""
        ledger = self._ledger(job)
        if not isinstance(job.output, Path) or self._policy.overwrite or ledger is None:
            return None
        copy = job.output.with_name(job.output.stem + Path(job.input).suffix)
        places = (job.output,) if self._policy.only_if_dark is None else (job.output, copy)
        known = known_by(job, sha256(data).hexdigest())
        return next((one for one in places if ledger.knows(one, source_sha256=known)), None)

    def _check(self, job: Job, output: Path) -> None:
        self._refuse_taken(job, output)
        overwrite = self._may_replace(job, output)
        check_output(output, overwrite=overwrite, folder_will_be_made=True)

    def _may_replace(self, job: Job, output: Path) -> bool:
        """Tell whether the output of a job may be written if it exists."""
        if self._policy.overwrite or not job.replaces:
            return self._policy.overwrite
        ledger = self._ledger(job)
        return ledger is not None and ledger.made_of(job.input, output)

    def _refuse_taken(self, job: Job, output: Path) -> None:
        """Raise if another picture of this run has been written to the output of a job.

        Their names differ, but a disk that folds case takes them for one.
        """
        first = self._taken.get(identity(output))
        if first not in (None, job.name):  # it may have changed, and be done again
            raise PictureError("two-inputs-one-output", str(output), first=first, second=job.name)

    def _ledger(self, job: Job) -> Ledger | None:
        """Return the ledger of the folder that all results of a run go into, if there is one."""
        if job.results is None or job.is_alone:
            return None
        with self._lock:
            if job.results not in self._ledgers:
                self._ledgers[job.results] = Ledger(job.results, self._settings)
            return self._ledgers[job.results]


def settings_of(request: Request, enhancer: LoadedEnhancer, policy: Policy) -> dict[str, Any]:
    """Return everything beside the picture and its name that a result depends on."""
    wish = request.wish
    left = {} if policy.only_if_dark is None else {"only_if_dark": policy.only_if_dark}
    return left | {
        "model": enhancer.model_sha256,
        "precision": enhancer.precision,
        "fast": enhancer.fast,
        "brightness": wish.brightness,
        "exposure": wish.exposure,
        "target_mean": wish.target_mean,
        "quality": request.quality,
        "metadata": request.metadata,
        "provenance": request.provenance,
    }


def _estimated(opened: Opened, enhancer: LoadedEnhancer) -> Estimate:
    """Return what all pictures of a file will take; only one is in memory at a time."""
    each_size = Counter(opened.sizes)
    takes = {size: enhancer.estimate(width=size[0], height=size[1]) for size in each_size}
    seconds = sum(takes[size].seconds * count for size, count in each_size.items())
    memory = max(one.memory for one in takes.values())
    return next(iter(takes.values()))._replace(seconds=seconds, memory=memory)


def _with_time(job: Job, modified: int | None) -> tuple[Note, ...]:
    """Give the result the time of its input, in nanoseconds; return a note if that cannot be."""
    if modified is None or job.output == STDIO or job.output is None:
        return (Note("time-of-no-file"),)
    return set_time(job.output, modified)


def _content(job: Job) -> bytes:
    if job.data is not None:
        return job.data
    return read_stdin() if job.input == STDIO else read_bytes(Path(job.input))
