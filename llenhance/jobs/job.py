"""Names of inputs to jobs: where the result of each goes, and what gets none, before any work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import UnsupportedOperation
from pathlib import Path
from typing import Literal

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.naming import Output, Source, is_folder, plan_each
from llenhance.files.reading import read_stream
from llenhance.jobs.sources import STDIO, gather
from llenhance.jobs.task import USUAL, Request
from llenhance.messages.note import Note
from llenhance.pictures.formats import FORMATS, format_in, format_named
from llenhance.system import system_errors


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
        results: The folder of the results of the whole run that this one goes into, itself or a
            folder in it; None if there is none.
    """

    input: str
    output: Path | Literal["-"] | None
    request: Request
    notes: tuple[Note, ...] = ()
    refusal: LlenhanceError | None = None
    data: bytes | None = None
    results: Path | None = None

    @property
    def name(self) -> str:
        """What messages call the input."""
        return "standard input" if self.input == STDIO else self.input


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a run is to do.

    Attributes:
        jobs: One for each picture.
        others: Files in the folders that are no pictures, and where copies of them would go.
        refused: Of what is in the folders, what cannot be looked at.
        in_folders: Whether a folder was named.
    """

    jobs: list[Job]
    others: list[tuple[Path, Path]] = field(default_factory=list[tuple[Path, Path]])
    refused: list[LlenhanceError] = field(default_factory=list[LlenhanceError])
    in_folders: bool = False


def writes_to_stdout(inputs: Sequence[str], *, output: str | None) -> bool:
    """Tell whether `enhance_files` would yield data for standard output."""
    return output == STDIO or (output is None and list(inputs) == [STDIO])


def plan(
    inputs: Sequence[str], *, output: str | None, request: Request = USUAL, recursive: bool = True
) -> Planned:
    """Return a job for each picture, all checked against each other.

    Args:
        inputs: Names of files and folders; '-' is standard input.
        output: A file, a folder, or '-' for standard output; None is beside the pictures.
        request: What to make of each.
        recursive: Look into folders of folders too.

    Raises:
        UsageError: The inputs contradict each other, the output or the format.
    """
    if inputs.count(STDIO) > 1:
        raise UsageError("stdin-twice", "standard input")
    gathered = gather(inputs, output=output, recursive=recursive)
    names = [one.name for one in gathered.pictures]
    many = len(names) > 1 or any(one.results for one in gathered.pictures)
    if output == STDIO and many:
        raise UsageError("stdout-takes-one", "standard output")
    if output is None and many and STDIO in names:
        raise UsageError("stdin-among-many", "standard input")
    if writes_to_stdout(names, output=output):
        return Planned(jobs=[Job(input=names[0], output=STDIO, request=request)])
    data, unread = None, None
    is_file = output is not None and format_named(output) is not None
    if STDIO in names and request.format is None and not is_file:  # its format names the result
        try:
            data = read_stdin()
        except LlenhanceError as error:
            unread = error
    stdin = Source(_stdin_as_file(data))
    sources = [stdin if one.name == STDIO else one.source for one in gathered.pictures]
    planned = plan_each(sources, output=output, many=many, format=request.format)
    into = Path(output) if output is not None and is_folder(output, many=many) else None
    jobs: list[Job] = []
    for named, one in zip(gathered.pictures, planned, strict=True):
        job = Job(input=named.name, output=None, request=request, results=named.results or into)
        if named.name == STDIO:
            job = replace(job, data=data)
        notes = (Note("named-twice"),) if named.name in gathered.again else ()
        if isinstance(one, Output):
            notes += tuple(note for note in (one.note, one.renamed) if note)
            made = replace(request, format=one.format)
            job = replace(job, output=one.target, request=made, notes=notes)
        elif isinstance(one.why, Note):
            job = replace(job, notes=(one.why,))
        else:
            job = replace(job, refusal=one.why)
        jobs.append(replace(job, refusal=unread) if unread and named.name == STDIO else job)
    return Planned(
        jobs=jobs,
        others=gathered.others,
        refused=gathered.refused,
        in_folders=gathered.in_folders,
    )


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


def _stdin_as_file(data: bytes | None) -> Path:
    """Return the name that standard input would have as a file."""
    format = format_in(data) if data else None
    return Path(f"stdin{FORMATS[format].extensions[0]}" if format else "stdin")
