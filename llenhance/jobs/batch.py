"""Many files, one after the other: names come in, results go out as they are ready.

All names are checked against each other first, so wrong usage is known before anything is computed.
A picture that fails is a `Result` with an error, and the next one follows. What would fail for
every picture alike is raised: `UsageError` and `WeightsError`. The work itself is in `task.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, Protocol

from llenhance.errors import PictureError, UsageError
from llenhance.files.naming import plan_outputs
from llenhance.files.preflight import check_output
from llenhance.files.whole import make_folder, read_bytes, write_whole
from llenhance.jobs.loop import Failed, each
from llenhance.jobs.results import Result
from llenhance.jobs.task import USUAL, AnyEnhancer, Request, enhance_opened, open_bytes
from llenhance.messages.note import Note
from llenhance.model.architecture import USUAL_BRIGHTNESS
from llenhance.pictures.formats import FORMATS, format_in, format_named

if TYPE_CHECKING:  # torch takes seconds to import, and wrong usage is told without it
    from llenhance.enhancing.estimate import Estimate

STDIO: Final[Literal["-"]] = "-"
"""The name that means standard input, or standard output."""

LONG: Final = 20.0
"""Seconds that a picture may take before a faster way is suggested."""

_LARGE: Final = 3_000_000  # pixels; smaller pictures are not worth an estimate


class LoadedEnhancer(AnyEnhancer, Protocol):
    """An enhancer that says what it is, and what a picture will take."""

    @property
    def model_name(self) -> str: ...

    @property
    def device(self) -> object: ...

    @property
    def precision(self) -> str: ...

    @property
    def fast(self) -> bool: ...

    def estimate(self, *, width: int, height: int) -> Estimate: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may happen to files, the same for all of a batch.

    Attributes:
        output: A file, a folder, or '-' for standard output. None writes results beside the inputs,
            and that of standard input to standard output.
        overwrite: Whether files that exist are replaced.
        dry_run: Write nothing: read each input, and say where it would go and what it would take.
    """

    output: str | None = None
    overwrite: bool = False
    dry_run: bool = False


USUAL_POLICY: Final = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One input and where its result goes.

    Attributes:
        input: Its name as it was given; '-' is standard input.
        output: A file, or '-' for standard output; None if the input is a folder.
        request: What to make of it.
        note: Why the result has another format than the input; None if it has not.
        data: Content of standard input, if it was read to find a name for the result.
    """

    input: str
    output: Path | Literal["-"] | None
    request: Request
    note: Note | None = None
    data: bytes | None = None

    @property
    def name(self) -> str:
        """What messages call the input."""
        return "standard input" if self.input == STDIO else self.input


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

    def work(job: Job) -> Result:
        nonlocal advised

        def advise_once(note: Note) -> None:
            nonlocal advised
            if advise is not None and not advised:
                advised = True
                advise(note, job.name)

        return _enhance(job, loaded, policy=policy, advise=advise_once, progress=progress)

    for made in each(jobs, work, name=lambda job: job.name):
        yield _failed(made) if isinstance(made, Failed) else made


def writes_to_stdout(inputs: Sequence[str], *, output: str | None) -> bool:
    """Tell whether `enhance_files` would yield data for standard output."""
    return output == STDIO or (output is None and list(inputs) == [STDIO])


def unusual_brightness(brightness: float) -> Note | None:
    """Return what to warn of if the brightness is outside the paper's range, else None."""
    if abs(brightness) <= USUAL_BRIGHTNESS:
        return None
    return Note("brightness-unusual", value=brightness, usual=USUAL_BRIGHTNESS)


def plan(inputs: Sequence[str], *, output: str | None, request: Request = USUAL) -> list[Job]:
    """Return a job for each input, all checked against each other.

    Raises:
        UsageError: The inputs contradict each other, the output or the format.
    """
    many = len(inputs) > 1
    if inputs.count(STDIO) > 1:
        raise UsageError("stdin-twice", "standard input")
    if output == STDIO and many:
        raise UsageError("stdout-takes-one", "standard output")
    if output is None and many and STDIO in inputs:
        raise UsageError("stdin-among-many", "standard input")
    if writes_to_stdout(inputs, output=output):
        return [Job(input=inputs[0], output=STDIO, request=request)]
    data = None
    is_file = output is not None and format_named(output) is not None
    if STDIO in inputs and request.format is None and not is_file:  # its format names the result
        data = sys.stdin.buffer.read()
    sources = [_stdin_as_file(data) if name == STDIO else Path(name) for name in inputs]
    files = [source for source in sources if not _is_folder(source)]
    outputs = plan_outputs(files, output=output, many=many, format=request.format)
    targets = {planned.source: planned for planned in outputs}
    jobs: list[Job] = []
    for name, source in zip(inputs, sources, strict=True):
        planned = targets.get(source)
        if planned is None:
            jobs.append(Job(input=name, output=None, request=request))
            continue
        made = replace(request, format=planned.format)
        given = data if name == STDIO else None
        jobs.append(
            Job(input=name, output=planned.target, request=made, note=planned.note, data=given)
        )
    return jobs


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
            progress(job.input, done, all_tiles)

    tell(0, 0)
    if job.output is None:
        raise PictureError("is-a-folder", job.name)
    folder = Path(policy.output) if policy.output is not None else None
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
        notes=(*((job.note,) if job.note else ()), *opened.notes),
        model=enhancer.model_name,
        device=str(enhancer.device),
        precision=enhancer.precision,
        fast=enhancer.fast,
    )
    if policy.dry_run:
        return replace(planned, estimate=enhancer.estimate(width=width, height=height))
    if not enhancer.fast and width * height > _LARGE:
        seconds = enhancer.estimate(width=width, height=height).seconds
        if seconds > LONG:
            advise(Note("takes-long", seconds=round(seconds)))
    made = enhance_opened(opened, enhancer=enhancer, progress=tell)
    if job.output != STDIO:
        make_folder(job.output.parent)
        write_whole(job.output, made.data, overwrite=policy.overwrite)
    return replace(
        planned,
        data=made.data if job.output == STDIO else None,
        seconds=perf_counter() - started,
        enhancing_seconds=made.enhancing_seconds,
        tiles=made.tiles,
        notes=(*planned.notes, *made.notes[len(opened.notes) :]),
        brightness=made.brightness,
        mean_grey=made.mean_grey,
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # reading it will tell
        return False


def _stdin_as_file(data: bytes | None) -> Path:
    """Return the name that standard input would have as a file."""
    format = format_in(data) if data else None
    return Path(f"stdin{FORMATS[format].extensions[0]}" if format else "stdin")


def _read(job: Job) -> bytes:
    if job.data is not None:
        return job.data
    return sys.stdin.buffer.read() if job.input == STDIO else read_bytes(Path(job.input))


def _failed(failed: Failed[Job]) -> Result:
    job, wish = failed.item, failed.item.request.wish
    output = None if job.output is None else str(job.output)
    brightness = None if wish.is_target else wish.brightness
    return Result(input=job.input, output=output, error=failed.error, brightness=brightness)
