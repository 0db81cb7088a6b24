"""Many files, one after the other: names come in, results go out as they are ready.

All names are checked against each other first, so wrong usage is known before anything is computed.
A picture that fails, or whose result has no name of its own, is a `Result` with an error, and the
next one follows. What would fail for every picture alike is raised: `UsageError` and
`WeightsError`. The work itself is in `task.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from llenhance.errors import PictureError, ResourceError
from llenhance.files.preflight import check_output
from llenhance.files.reading import read_bytes
from llenhance.files.whole import identity, make_folder, set_time, write_whole
from llenhance.jobs.job import STDIO, Job, plan, read_stdin
from llenhance.jobs.loop import Failed, each
from llenhance.jobs.results import Result
from llenhance.jobs.task import USUAL, AnyEnhancer, Opened, Request, enhance_opened, open_bytes
from llenhance.messages.note import Note
from llenhance.model.architecture import USUAL_BRIGHTNESS
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
    """What may happen to files, the same for all of a batch.

    Attributes:
        output: A file, a folder, or '-' for standard output. None writes results beside the inputs,
            and that of standard input to standard output.
        overwrite: Whether files that exist are replaced.
        dry_run: Write nothing: read each input, and say where it would go and what it would take.
        preserve_time: Whether a result gets the time at which its input was modified; a note says
            so if that cannot be.
    """

    output: str | None = None
    overwrite: bool = False
    dry_run: bool = False
    preserve_time: bool = False


USUAL_POLICY: Final = Policy()


def enhance_files(
    inputs: Sequence[str],
    *,
    enhancer: Callable[[], LoadedEnhancer],
    request: Request = USUAL,
    policy: Policy = USUAL_POLICY,
    advise: Callable[[Note, str], None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Result]:
    """Enhance files and yield a result for each, in their order, as soon as it is written.

    A file that is named twice is enhanced once. Of two files whose results have one name, the first
    that can be enhanced gets it, and the other one fails.

    Args:
        inputs: Names of files; '-' is standard input, at most once.
        enhancer: Makes what enhances; called once, before the first picture is read.
        request: What to make of each picture. Without a format, the name of the output decides.
        policy: What may happen to files.
        advise: Called once, before the first picture that takes long, with a note and its name.
        progress: Called with the input's name, the tiles done and all its tiles, 0 while unknown.

    Raises:
        UsageError: Options contradict each other or the inputs, before anything is read; or the
            enhancer refuses a setting.
        WeightsError: The model cannot be loaded or does not work.
    """
    jobs = plan(inputs, output=policy.output, request=request)
    loaded = enhancer()  # first: a wrong model or device is wrong whatever the pictures are
    advised = False
    taken: dict[object, str] = {}

    def work(job: Job) -> Result:
        nonlocal advised

        def advise_once(note: Note) -> None:
            nonlocal advised
            if advise is not None and not advised:
                advised = True
                advise(note, job.name)

        _refuse_taken(job, taken)
        made = _enhance(job, loaded, policy=policy, advise=advise_once, progress=progress)
        if isinstance(job.output, Path):
            taken[identity(job.output)] = job.name
        return made

    for made in each(jobs, work, name=lambda job: job.name):
        yield _failed(made) if isinstance(made, Failed) else made


def unusual_brightness(brightness: float) -> Note | None:
    """Return what to warn of if the brightness is outside the paper's range, else None."""
    if abs(brightness) <= USUAL_BRIGHTNESS:
        return None
    return Note("brightness-unusual", value=brightness, usual=USUAL_BRIGHTNESS)


def _refuse_taken(job: Job, taken: dict[object, str]) -> None:
    """Raise if another picture of this batch has been written to the output of a job."""
    if isinstance(job.output, Path):
        first = taken.get(identity(job.output))
        if first is not None:
            raise PictureError(
                "two-inputs-one-output", str(job.output), first=first, second=job.name
            )


def _enhance(
    job: Job,
    enhancer: LoadedEnhancer,
    *,
    policy: Policy,
    advise: Callable[[Note], None],
    progress: Callable[[str, int, int], None] | None,
) -> Result:
    def tell(done: int, all_tiles: int) -> None:
        if progress is not None:
            progress(job.name, done, all_tiles)

    tell(0, 0)
    if job.refusal is not None:
        raise job.refusal
    if job.output is None:
        return Result(input=job.input, output=None, notes=job.notes)
    folder = Path(policy.output) if policy.output is not None else None
    modified = None
    if job.input != STDIO:
        with system_errors(job.input):  # first: a missing folder of it would be missed below
            modified = Path(job.input).stat().st_mtime_ns
    if job.output != STDIO:
        makes_folder = job.output.parent == folder
        check_output(job.output, overwrite=policy.overwrite, folder_will_be_made=makes_folder)

    started = perf_counter()
    opened = open_bytes(_read(job), name=job.name, request=job.request)
    width, height = opened.picture.width, opened.picture.height
    planned = Result(
        input=job.input,
        output=str(job.output),
        format=opened.format,
        width=width,
        height=height,
        pictures=opened.sequence.count,
        notes=(*job.notes, *opened.notes),
        model=enhancer.model_name,
        device=str(enhancer.device),
        precision=enhancer.precision,
        fast=enhancer.fast,
    )
    if policy.dry_run:
        return replace(planned, estimate=_estimated(opened, enhancer))
    if not enhancer.fast and width * height > _LARGE:
        with suppress(ResourceError):  # the work itself gets by with smaller tiles
            seconds = _estimated(opened, enhancer).seconds
            if seconds > LONG:
                advise(Note("takes-long", seconds=round(seconds)))
    made = enhance_opened(opened, enhancer=enhancer, progress=tell)
    if job.output != STDIO:
        make_folder(job.output.parent)
        like = None if job.input == STDIO else Path(job.input)
        write_whole(job.output, made.data, overwrite=policy.overwrite, like=like)
    late = _with_time(job, modified) if policy.preserve_time else ()
    return replace(
        planned,
        data=made.data if job.output == STDIO else None,
        seconds=perf_counter() - started,
        enhancing_seconds=made.enhancing_seconds,
        tiles=made.tiles,
        notes=(*planned.notes, *made.notes[len(opened.notes) :], *late),
        brightness=made.brightness,
        mean_grey=made.mean_grey,
    )


def _with_time(job: Job, modified: int | None) -> tuple[Note, ...]:
    """Give the result the time of its input, in nanoseconds; return a note if that cannot be."""
    if modified is None or job.output == STDIO or job.output is None:
        return (Note("time-of-no-file"),)
    return set_time(job.output, modified)


def _estimated(opened: Opened, enhancer: LoadedEnhancer) -> Estimate:
    """Return what all pictures of a file will take; only one is in memory at a time."""
    each_size = Counter(opened.sizes)
    takes = {size: enhancer.estimate(width=size[0], height=size[1]) for size in each_size}
    seconds = sum(takes[size].seconds * count for size, count in each_size.items())
    memory = max(one.memory for one in takes.values())
    return next(iter(takes.values()))._replace(seconds=seconds, memory=memory)


def _read(job: Job) -> bytes:
    if job.data is not None:
        return job.data
    return read_stdin() if job.input == STDIO else read_bytes(Path(job.input))


def _failed(failed: Failed[Job]) -> Result:
    job, wish = failed.item, failed.item.request.wish
    output = None if job.output is None else str(job.output)
    brightness = None if wish.is_target else wish.brightness
    return Result(input=job.input, output=output, error=failed.error, brightness=brightness)
