"""Brighten files one after the other: names come in, results go out as they are ready.

All names are checked against each other first, so that wrong usage is known before anything is
computed. A picture that fails is a `Result` with an error, and the next one follows. What would
fail for every picture alike is raised: `UsageError` and `WeightsError`.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import (
    LlenhanceError,
    PictureError,
    ResourceError,
    UsageError,
    WeightsError,
)
from llenhance.files.naming import plan_outputs
from llenhance.files.whole import EXISTS, REFUSALS, make_folder, read_bytes, write_whole
from llenhance.jobs.results import Brightener, Result
from llenhance.model.architecture import USUAL_BRIGHTNESS
from llenhance.pictures.picture import FORMATS, decode, encode, format_of

STDIO: Final[Literal["-"]] = "-"
"""The name that means standard input, or standard output."""


LONG: Final = 20.0
"""Seconds that a picture may take before `--fast` is suggested."""

_LARGE: Final = 3_000_000  # pixels; smaller pictures are not worth an estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One input and where it goes: a file, standard output, or nowhere."""

    input: str
    output: Path | Literal["-"] | None
    format: str | None = None  # a key of `FORMATS`; None is the source's own


def enhance_files(
    inputs: Sequence[str],
    *,
    enhancer: Callable[[], Brightener],
    output: str | None = None,
    file_format: str | None = None,
    quality: int | None = None,
    overwrite: bool = False,
    wish: Wish = AUTOMATIC,
    dry_run: bool = False,
    advise: Callable[[str], None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[Result]:
    """Brighten files and yield a result for each, in their order, as soon as it is written.

    Args:
        inputs: names of files; '-' is standard input, at most once.
        enhancer: makes what brightens; called once, before the first picture is read.
        output: a file, a folder, or '-' for standard output. Without it results are written beside
            the inputs, and standard input's to standard output.
        file_format: such as 'png'; otherwise what the output's name says.
        quality: 1 to 100, for formats that compress with loss.
        overwrite: replace files that exist.
        wish: how bright each result shall be; see `unusual_brightness`.
        dry_run: write nothing; read each input, and say where it would go and what it would take.
        advise: called, before the first picture that takes long, with a sentence on what would not.
        progress: called with the input's name, the tiles done and all its tiles, 0 while unknown.

    Raises:
        UsageError: options that contradict each other or the inputs, before anything is read; or
            what the enhancer refuses.
        WeightsError: the model cannot be loaded or does not work.
    """
    jobs = _plan(inputs, output=output, format=format_of(file_format) if file_format else None)
    folder = Path(output) if output is not None else None
    brightener = enhancer()  # first: a wrong model or device is wrong whatever the pictures are
    advise = advise and once(advise)
    for job in jobs:
        try:
            result = _enhance(
                job,
                brightener=brightener,
                folder=folder,
                quality=quality,
                overwrite=overwrite,
                wish=wish,
                dry_run=dry_run,
                advise=advise,
                progress=progress,
            )
        except (UsageError, WeightsError):
            raise
        except LlenhanceError as error:
            result = _failed(job, error, wish=wish)
        except MemoryError:
            error = ResourceError(_title(job.input), "not enough memory", "Give a smaller --tile")
            result = _failed(job, error, wish=wish)
        yield result


def writes_to_stdout(inputs: Sequence[str], *, output: str | None) -> bool:
    """Tell whether `enhance_files` would yield data for standard output."""
    return output == STDIO or (output is None and list(inputs) == [STDIO])


def unusual_brightness(brightness: float) -> str | None:
    """Return what to warn of if the brightness is beyond what the paper tried, else None."""
    if abs(brightness) <= USUAL_BRIGHTNESS:
        return None
    usual = f"-{USUAL_BRIGHTNESS} to {USUAL_BRIGHTNESS}"
    return f"brightness {brightness:g} is outside {usual}, the range of the paper"


def once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that passes on its first call, and no other."""
    told = False

    def tell_once(sentence: str) -> None:
        nonlocal told
        if not told:
            told = True
            tell(sentence)

    return tell_once


def _plan(inputs: Sequence[str], *, output: str | None, format: str | None) -> list[_Job]:
    many = len(inputs) > 1
    if inputs.count(STDIO) > 1:
        raise UsageError("standard input", "it can be read only once", "Give - once")
    if output == STDIO and many:
        problem = "it takes one picture, but there are several inputs"
        raise UsageError("standard output", problem, "Name a folder with -o")
    if output is None and many and STDIO in inputs:
        problem = "among several inputs it has no place to go"
        raise UsageError("standard input", problem, "Name a folder with -o")
    if writes_to_stdout(inputs, output=output):
        return [_Job(input=inputs[0], output=STDIO, format=format)]
    sources = [Path("stdin" if name == STDIO else name) for name in inputs]
    files = [source for source in sources if not _is_folder(source)]
    targets = dict(plan_outputs(files, output=output, many=many, format=format))
    return [
        _Job(input=name, output=target, format=format or (target and format_of(target)))
        for name, target in zip(inputs, map(targets.get, sources), strict=True)
    ]


def _enhance(
    job: _Job,
    *,
    brightener: Brightener,
    folder: Path | None,
    quality: int | None,
    overwrite: bool,
    wish: Wish,
    dry_run: bool,
    advise: Callable[[str], None] | None,
    progress: Callable[[str, int, int], None] | None,
) -> Result:
    if job.output is None:
        raise PictureError(job.input, *REFUSALS[errno.EISDIR])
    if job.output != STDIO:
        _check_target(job.output, folder=folder, overwrite=overwrite)
    tiles = 0

    def tell(done: int, all_tiles: int) -> None:
        nonlocal tiles
        tiles = all_tiles
        if progress is not None:
            progress(job.input, done, all_tiles)

    started = perf_counter()
    name = _title(job.input)
    picture = decode(_read(job.input), name=name)
    decoded = perf_counter()
    planned = Result(
        input=job.input,
        output=str(job.output),
        width=picture.width,
        height=picture.height,
        notes=picture.notes,
        model=brightener.model_name,
        device=str(brightener.device),
        precision=brightener.precision,
        fast=brightener.fast,
    )
    if dry_run:
        estimate = brightener.estimate(width=picture.width, height=picture.height)
        return replace(planned, estimate=estimate)
    if advise is not None and not brightener.fast and picture.width * picture.height > _LARGE:
        seconds = brightener.estimate(width=picture.width, height=picture.height).seconds
        if seconds > LONG:
            advise(f"{name} takes about {seconds:.0f} s; --fast takes a few, for nearly the same")
    tell(0, 0)
    try:
        enhanced = brightener.brighten(picture, wish, progress=tell)
    except (PictureError, ResourceError) as error:  # it does not know the picture's name
        raise error.about(name) from error
    finished = perf_counter()
    format = job.format or picture.source_format
    encoded = encode(enhanced.picture, format=format, quality=quality, name=name)
    if job.output != STDIO:
        if job.output.parent == folder:
            make_folder(job.output.parent)
        write_whole(job.output, encoded.data, overwrite=overwrite)
    missed = (enhanced.note,) if enhanced.note else ()
    lost = (f"{FORMATS[format].title} cannot hold {phrase}" for phrase in encoded.lost)
    return replace(
        planned,
        data=encoded.data if job.output == STDIO else None,
        seconds=perf_counter() - started,
        enhancing_seconds=finished - decoded,
        tiles=tiles,
        notes=(*picture.notes, *missed, *lost),
        brightness=enhanced.brightness,
        mean_grey=enhanced.mean_grey,
    )


def _check_target(target: Path, *, folder: Path | None, overwrite: bool) -> None:
    """Refuse, before minutes of work, what `write_whole` would refuse after them."""
    try:
        exists, has_folder = target.exists(), target.parent.is_dir()
    except OSError as reason:  # such as a name that is too long
        problem = f"the operating system says: {reason.strerror}"
        raise PictureError(str(target), problem, "Choose another name with -o") from reason
    if exists and not overwrite:
        raise PictureError(str(target), *EXISTS)
    if not has_folder and target.parent != folder:
        raise PictureError(str(target.parent), *REFUSALS[errno.ENOENT])


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # reading it will tell
        return False


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == STDIO else read_bytes(Path(name))


def _title(name: str) -> str:
    return "standard input" if name == STDIO else name


def _failed(job: _Job, error: LlenhanceError, *, wish: Wish) -> Result:
    output = None if job.output is None else str(job.output)
    brightness = None if wish.is_target else wish.brightness
    return Result(input=job.input, output=output, error=error, brightness=brightness)
