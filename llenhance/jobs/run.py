"""What is done with each picture of a run, in three parts: read, enhance, write.

The parts of different pictures go on at the same time, in threads (`loop.py`); the work itself is
in `task.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

from llenhance.errors import PictureError, ResourceError
from llenhance.files.parts import sweep
from llenhance.files.reading import read_bytes
from llenhance.files.space import space_at
from llenhance.files.whole import make_folder, set_time, write_whole
from llenhance.jobs.abandon import Abandoning, StoppedError
from llenhance.jobs.alike import Sets
from llenhance.jobs.copies import copied
from llenhance.jobs.earlier import Earlier
from llenhance.jobs.enhancers import AnyEnhancer, LoadedEnhancer
from llenhance.jobs.expected import estimated, space_of
from llenhance.jobs.job import STDIO, Job
from llenhance.jobs.loop import Stages
from llenhance.jobs.maps import Maps, check_maps, encoded, maps_of, write_maps
from llenhance.jobs.policy import Policy
from llenhance.jobs.results import Result
from llenhance.jobs.sheets import Smalls
from llenhance.jobs.stdin import read_stdin
from llenhance.jobs.task import Opened, Outcome, about, enhance_opened, open_bytes
from llenhance.jobs.well_lit import gray_of, place_of_copy
from llenhance.messages.note import Note
from llenhance.system import system_errors

LONG: Final = 20.0
"""Seconds that a picture may take before a faster way is suggested."""

_LARGE: Final = 3_000_000  # pixels; smaller pictures are not worth an estimate


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
        maps: Where maps of confidence go; None if there are to be none.
    """

    job: Job
    data: bytes
    opened: Opened
    result: Result
    modified: int | None
    started: float
    maps: Maps | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture that was enhanced, and not written yet, with the files of its maps."""

    ready: Ready
    outcome: Outcome
    maps: tuple[bytes, bytes] | None = None


class Run:
    """The work for the pictures of a run.

    Args:
        enhancer: Enhances.
        policy: What may happen to files.
        advise: Called once, before the first picture that takes long, with a note and its name.
        progress: Called with the input's name, the tiles done and all its tiles, 0 while unknown.
        sets: The pictures that are to look alike; None if each stands alone.
    """

    def __init__(
        self,
        enhancer: LoadedEnhancer,
        *,
        policy: Policy,
        advise: Callable[[Note, str], None] | None,
        progress: Callable[[str, int, int], None] | None,
        sets: Sets | None = None,
    ) -> None:
        self.sets = sets
        self._enhancer, self._policy = enhancer, policy
        self._advise, self._progress = advise, progress
        has_sheets = any(part.panels for part in policy.parts) and len(policy.parts) > 1
        self._smalls = Smalls() if has_sheets else None
        self._earlier = Earlier(enhancer, policy=policy)
        self.stages: Stages[Job, Ready | Result, Made | Ready | Result, Result] = Stages(
            before=self._read, work=self._enhance, after=self._write, workers=policy.jobs
        )
        self._abandoning = Abandoning(self.stages.stopped)

    def close(self) -> None:
        """Close what was opened for the run."""
        self._earlier.close()
        self._abandoning.close()

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
            alike = self.sets.of(job)
            job = replace(job, request=replace(job.request, together=alike.digest))
            self._earlier.check_set(job, alike.members)
        data = _content(job)
        place = self._policy.confidence
        maps = None if place is None else maps_of(job, place)
        if before := self._earlier.done(job, data):
            if maps is None or maps.exist:
                return Result(input=job.input, output=str(before), status="done-before")
            job = replace(job, replaces=True)  # by the same once more, for the maps
        try:
            if isinstance(job.output, Path):
                self._earlier.check(job, job.output)
            if maps is not None:
                check_maps(maps, job, overwrite=self._policy.overwrite or job.replaces)
        except PictureError as error:
            return self._made_meanwhile(job, data, maps, error)
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
            maps=maps,
        )
        ready = Ready(
            job=job,
            data=data,
            opened=opened,
            result=planned,
            modified=modified,
            started=started,
            maps=maps,
        )
        return ready if self._policy.only_if_dark is None else self._left(ready)

    def _left(self, ready: Ready) -> Ready | Result:
        """Return a picture as one that is left as it is, if it is well lit."""
        gray, job, policy = gray_of(ready.opened), ready.job, self._policy
        if policy.only_if_dark is None or gray < policy.only_if_dark:
            return ready
        place = place_of_copy(job, ready.opened, named=policy.output is not None)
        if isinstance(place, Path):
            self._earlier.check(job, place)
        left = replace(
            ready.result,
            output=None if place is None else str(place),
            status="left",
            format=ready.opened.picture.source_format,
            notes=job.notes,
            mean_grey=gray,
            maps=None,
        )
        if isinstance(place, Path) and policy.dry_run:
            return replace(left, space=(space_at(place, len(ready.data)),))
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
            space = space_of(ready.job, ready.opened, source_size=len(ready.data), maps=ready.maps)
            return replace(
                ready.result, estimate=estimated(ready.opened, self._enhancer), space=space
            )
        if self._advise and not self._enhancer.fast and width * height > _LARGE:
            with suppress(ResourceError):  # the work itself gets by with smaller tiles
                seconds = estimated(ready.opened, self._enhancer).seconds
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
        with self._abandoning.at_work():
            outcome = enhance_opened(
                ready.opened, enhancer=enhancer, progress=tell, smalls=self._smalls
            )
        if ready.maps is None:
            return Made(ready=ready, outcome=outcome)
        wish = ready.job.request.wish
        with self._abandoning.at_work(), about(ready.job.name):
            confidence = self._enhancer.confidence_of(ready.opened.picture, wish)
        maps = replace(ready.maps, spread=confidence.mean)
        notes = (*ready.result.notes, *confidence.notes)
        known = replace(ready, result=replace(ready.result, maps=maps, notes=notes))
        return Made(ready=known, outcome=outcome, maps=encoded(confidence, outcome.picture))

    def _write(self, made: Made | Ready | Result) -> Result:
        """Write the file of a result, if there is one."""
        if isinstance(made, Result):
            return made
        ready = made if isinstance(made, Ready) else made.ready
        try:
            return self._saved(ready, ready.data) if isinstance(made, Ready) else self._kept(made)
        except PictureError as error:
            return self._made_meanwhile(ready.job, ready.data, ready.maps, error)

    def _made_meanwhile(
        self, job: Job, data: bytes, maps: Maps | None, error: PictureError
    ) -> Result:
        """Return what another run has made of a picture since it was planned.

        Raises:
            PictureError: This one, if that is not why the picture cannot be written.
        """
        before = None
        if error.code.startswith("exists") and (maps is None or maps.exist):
            before = self._earlier.done(job, data, noted=error.code == "exists")
        if before is None:
            raise error
        return Result(input=job.input, output=str(before), status="done-before")

    def _kept(self, made: Made) -> Result:
        """Write the files of an enhanced picture."""
        ready, outcome = made.ready, made.outcome
        if ready.maps is not None and made.maps is not None:  # first: what fails leaves no result
            overwrite = self._policy.overwrite or ready.job.replaces
            write_maps(ready.maps, made.maps, overwrite=overwrite)
        return replace(
            self._saved(ready, outcome.data, outcome.notes[len(ready.opened.notes) :]),
            enhancing_seconds=outcome.enhancing_seconds,
            tiles=outcome.tiles,
            brightness=outcome.brightness,
            mean_grey=outcome.mean_grey,
            width=outcome.picture.width,
            height=outcome.picture.height,
            pictures=outcome.pictures,
        )

    def _saved(self, ready: Ready, data: bytes, notes: tuple[Note, ...] = ()) -> Result:
        """Write a file; return what is known of it, with these notes too."""
        job = ready.job
        to_file = isinstance(job.output, Path)
        if isinstance(job.output, Path):
            self._earlier.check(job, job.output)  # once more: before the ledger tells of it
            make_folder(job.output.parent)
            digest = ready.opened.source.sha256
            overwrite = self._earlier.note_down(job, job.output, data, source_sha256=digest)
            like = None if job.input == STDIO else Path(job.input)
            write_whole(job.output, data, overwrite=overwrite, like=like)
            self._earlier.wrote(job, job.output)
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


def _with_time(job: Job, modified: int | None) -> tuple[Note, ...]:
    """Give the result the time of its input, in nanoseconds; return a note if that cannot be."""
    if modified is None or job.output == STDIO or job.output is None:
        return (Note("time-of-no-file"),)
    return set_time(job.output, modified)


def _content(job: Job) -> bytes:
    if job.data is not None:
        return job.data
    return read_stdin() if job.input == STDIO else read_bytes(Path(job.input))
