"""Many files, one after the other: names come in, results go out as they are ready.

All names are checked against each other first, so wrong usage is known before anything is computed.
A picture that fails is a `Result` with an error, and the next one follows. What would fail for
every picture alike is raised: `UsageError` and `WeightsError`. What is done with a picture is in
`run.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.lists import Arriving
from llenhance.files.provenance import record_in_file
from llenhance.files.reading import read_bytes
from llenhance.files.tree import has_ledger
from llenhance.jobs.alike import Sets
from llenhance.jobs.enhancers import LoadedEnhancer
from llenhance.jobs.job import Job, Planned, plan, plan_coming
from llenhance.jobs.loop import Failed, each, overlapped
from llenhance.jobs.maps import check_place
from llenhance.jobs.policy import USUAL_POLICY, Policy
from llenhance.jobs.request import USUAL, Request
from llenhance.jobs.results import Result
from llenhance.jobs.run import Run
from llenhance.jobs.watching import Watched
from llenhance.messages.note import Note
from llenhance.model.architecture import USUAL_BRIGHTNESS
from llenhance.process import memory_is_limited

_FULL: Final = {"disk-full", "quota-used-up"}
_REFUSED: Final = {"disk-read-only", "permission-denied", "not-permitted"}
"""Codes of errors after which no other picture could be written; the latter of a folder."""


def enhance_files(
    inputs: Sequence[str],
    *,
    coming: Arriving | None = None,
    enhancer: Callable[[], LoadedEnhancer],
    request: Request = USUAL,
    policy: Policy = USUAL_POLICY,
    advise: Callable[[Note, str], None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    begin: Callable[[Planned], None] | None = None,
    late: Callable[[Result], None] | None = None,
) -> Iterator[Result]:
    """Enhance files and yield a result for each, in their order, as soon as it is written.

    A file that is named twice is enhanced once. What an earlier run has made with the same settings
    in the same folder, and nobody has changed since, is not made again (`ledger.py`).

    Args:
        inputs: Names of files and folders; '-' is standard input, at most once.
        coming: More names, which come one by one; each is done as soon as it is there.
        enhancer: Makes what enhances; called once, before the first picture is read.
        request: What to make of each picture. Without a format, the name of the output decides.
        policy: What may happen to files.
        advise: Called once, before the first picture that takes long, with a note and its name.
        progress: Called with the input's name, the tiles done and all its tiles, 0 while unknown;
            in threads.
        begin: Called with what is to be done, before anything is.
        late: Called, if the results are not taken to their end, with those of pictures that were
            at work by then and were written.

    Raises:
        UsageError: Options contradict each other or the inputs, before anything is read; or the
            enhancer refuses a setting.
        WeightsError: The model cannot be loaded or does not work.
    """
    watched = Watched(inputs, request=request, policy=policy) if policy.watch else None
    if watched is not None:
        planned = Planned(jobs=[], is_open=True)
        jobs: Iterable[Job] = watched
    elif coming is None:
        planned = plan(inputs, request=request, policy=policy)
        jobs = planned.jobs
    else:
        planned = Planned(jobs=[], is_open=True)
        jobs = plan_coming(chain(inputs, coming), request=request, policy=policy)
    if policy.consistent and planned.is_open:
        raise UsageError("set-not-known", "the pictures")
    if policy.confidence is not None:
        many = planned.is_open or not all(job.is_alone for job in planned.jobs)
        check_place(policy.confidence, many=many)
    sets = Sets(planned.jobs) if policy.consistent else None
    if begin is not None:
        begin(planned)
    for error in planned.refused:
        yield Result(input=error.name, output=None, status="failed", error=error)
    if not planned.is_open:  # what needs no model and no reading is told at once
        checked = [(job, _known(job, policy)) for job in planned.jobs]
        for job, error in checked:
            if error is not None:
                yield _failed(Failed(job, error))
        jobs = [job for job, error in checked if error is None]
        if not jobs or (policy.fail_fast and len(jobs) < len(checked)):
            return
    loaded = enhancer()  # first: a wrong model or device is wrong whatever the pictures are
    run = Run(loaded, policy=policy, advise=advise, progress=progress, sets=sets)
    with closing(run), closing(_done(jobs, run, late, watched or coming)) as done:
        for made in done:
            if watched and isinstance(made, Failed) and watched.may_be_unfinished(made):
                continue
            result = _failed(made) if isinstance(made, Failed) else made
            yield result
            if isinstance(made, Failed) and (policy.fail_fast or _fails_all(made)):
                return


def _known(job: Job, policy: Policy) -> LlenhanceError | None:
    """Return what is known of a job to fail, by names alone."""
    if job.refusal is not None or job.is_copy or not isinstance(job.output, Path):
        return job.refusal
    if policy.overwrite or policy.skip_existing or policy.consistent:
        return None
    if policy.only_if_dark is not None:
        return None
    with suppress(OSError, ValueError):
        if job.output.is_file() and Path(job.input).exists():
            if job.results is None or job.is_alone:
                return PictureError("exists", str(job.output))
            if not has_ledger(job.results) and not _has_record(job.output):
                return PictureError("exists-unrecorded", str(job.output))
    return None


def _has_record(path: Path) -> bool:
    """Tell whether a file says what made it, so that it may be what would be made now."""
    try:
        return record_in_file(path, read_bytes(path)) is not None
    except LlenhanceError:  # its turn will tell
        return True


def _done(
    jobs: Iterable[Job],
    run: Run,
    late: Callable[[Result], None] | None,
    coming: Arriving | Watched | None,
) -> Generator[Result | Failed[Job]]:
    enough = None if coming is None else coming.close
    is_alone = isinstance(jobs, list) and len(jobs) < 2
    if is_alone or memory_is_limited():  # threads take address space, which is short then
        yield from each(jobs, run.stages.alone, name=lambda job: job.name)
    else:
        yield from overlapped(jobs, run.stages, name=lambda job: job.name, enough=enough, late=late)


def _fails_all(failed: Failed[Job]) -> bool:
    """Tell whether no other picture could be written: the disk is full, or the folder refuses."""
    if failed.error.code in _FULL or failed.item.results is None:
        return failed.error.code in _FULL
    if failed.error.code not in _REFUSED:  # such as one for a name that no folder can have
        return False
    folder = Path(os.path.realpath(failed.item.results))
    return Path(failed.error.name) in (folder, *folder.parents)


def unusual_brightness(brightness: float) -> Note | None:
    """Return what to warn of if the brightness is outside the paper's range, else None."""
    if abs(brightness) <= USUAL_BRIGHTNESS:
        return None
    return Note("brightness-unusual", value=brightness, usual=USUAL_BRIGHTNESS)


def _failed(failed: Failed[Job]) -> Result:
    job, wish = failed.item, failed.item.request.wish
    output = None if job.output is None else str(job.output)
    brightness = None if wish.is_target else wish.brightness
    return Result(
        input=job.input,
        output=output,
        status="failed",
        error=failed.error,
        brightness=brightness,
        folder=job.folder,
    )
