"""Names of inputs to jobs: where the result of each goes, and what gets none, before any work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import UnsupportedOperation
from pathlib import Path
from typing import Final, Literal

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.naming import NoOutput, plan_each
from llenhance.files.reading import read_stream
from llenhance.files.whole import FOLDS_CASE, identity
from llenhance.jobs.task import USUAL, Request
from llenhance.messages.note import Note
from llenhance.pictures.formats import FORMATS, format_in, format_named
from llenhance.system import system_errors

STDIO: Final[Literal["-"]] = "-"
"""The name that means standard input, or standard output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One input and where its result goes.

    Attributes:
        input: Its name as it was given; '-' is standard input.
        output: A file, or '-' for standard output; None if there will be no result.
        request: What to make of it.
        notes: What is to be said about it before any work.
        refusal: Why there will be no result; None if there will be one, or need not be one.
        data: Content of standard input, if it was read to find a name for the result.
    """

    input: str
    output: Path | Literal["-"] | None
    request: Request
    notes: tuple[Note, ...] = ()
    refusal: LlenhanceError | None = None
    data: bytes | None = None

    @property
    def name(self) -> str:
        """What messages call the input."""
        return "standard input" if self.input == STDIO else self.input


def writes_to_stdout(inputs: Sequence[str], *, output: str | None) -> bool:
    """Tell whether `enhance_files` would yield data for standard output."""
    return output == STDIO or (output is None and list(inputs) == [STDIO])


def plan(inputs: Sequence[str], *, output: str | None, request: Request = USUAL) -> list[Job]:
    """Return a job for each input, all checked against each other.

    Raises:
        UsageError: The inputs contradict each other, the output or the format.
    """
    if inputs.count(STDIO) > 1:
        raise UsageError("stdin-twice", "standard input")
    inputs, again = _once_each(inputs)
    many = len(inputs) > 1
    if output == STDIO and many:
        raise UsageError("stdout-takes-one", "standard output")
    if output is None and many and STDIO in inputs:
        raise UsageError("stdin-among-many", "standard input")
    if writes_to_stdout(inputs, output=output):
        return [Job(input=inputs[0], output=STDIO, request=request)]
    data, unread = None, None
    is_file = output is not None and format_named(output) is not None
    if STDIO in inputs and request.format is None and not is_file:  # its format names the result
        try:
            data = read_stdin()
        except LlenhanceError as error:
            unread = error
    sources = [_stdin_as_file(data) if name == STDIO else Path(name) for name in inputs]
    files = [source for source in sources if not _is_folder(source)]
    planned = plan_each(files, output=output, many=many, format=request.format)
    targets = {one.source: one for one in planned}
    jobs: list[Job] = []
    for name, source in zip(inputs, sources, strict=True):
        job = Job(input=name, output=None, request=request, data=data if name == STDIO else None)
        notes = (Note("named-twice"),) if name in again else ()
        one = targets.get(source)
        if one is None:
            job = replace(job, refusal=PictureError("is-a-folder", name))
        elif not isinstance(one, NoOutput):
            notes += (one.note,) if one.note else ()
            made = replace(request, format=one.format)
            job = replace(job, output=one.target, request=made, notes=notes)
        elif isinstance(one.why, Note):
            job = replace(job, notes=(one.why,))
        else:
            job = replace(job, refusal=one.why)
        jobs.append(replace(job, refusal=unread) if unread and name == STDIO else job)
    return jobs


def read_stdin() -> bytes:
    """Return what comes from standard input: all of it, or its beginning if that is no picture.

    Raises:
        PictureError: It is closed or cannot be read.
        ResourceError: There is not enough memory.
    """
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: <&-
        raise PictureError("stdin-closed", "standard input")
    with system_errors("standard input"):
        try:
            return read_stream(sys.stdin.buffer.read, name="standard input")
        except UnsupportedOperation as reason:  # it is open for writing only
            raise PictureError("stdin-closed", "standard input") from reason


def _once_each(names: Sequence[str]) -> tuple[list[str], set[str]]:
    """Return the names without those that mean a file named before, and which these repeat."""
    first: dict[object, str] = {}
    again: set[str] = set()
    for name in names:
        path = Path(name)
        last = path.name.casefold() if FOLDS_CASE else path.name
        key = STDIO if name == STDIO else (identity(path.parent), last)
        if key in first:
            again.add(first[key])
        first.setdefault(key, name)
    return list(first.values()), again


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # reading it will tell
        return False


def _stdin_as_file(data: bytes | None) -> Path:
    """Return the name that standard input would have as a file."""
    format = format_in(data) if data else None
    return Path(f"stdin{FORMATS[format].extensions[0]}" if format else "stdin")
