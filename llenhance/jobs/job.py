"""Names of inputs to jobs: where the result of each goes, and what gets none, before any work."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from llenhance.errors import LlenhanceError, UsageError
from llenhance.files.naming import Output, Source, is_folder
from llenhance.files.numbers import Numbers
from llenhance.files.planning import Known, NoOutput, plan_each
from llenhance.jobs.ledger import made_in
from llenhance.jobs.parts import Part
from llenhance.jobs.policy import USUAL_POLICY, Policy
from llenhance.jobs.request import USUAL, Request
from llenhance.jobs.sources import STDIO, Gathered, Named, gather
from llenhance.jobs.stdin import read_stdin, stdin_as_file
from llenhance.messages.note import Note
from llenhance.pictures.formats import format_named


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
        is_copy: Whether it is no picture, and is copied as it is.
        replaces: Whether its result replaces an earlier one of the same picture, from before that
            was changed; only one that nobody else has changed.
        folder: The folder in which it was found; None if it was named itself.
        is_alone: Whether it is the only one that was named: there is no run to go on with.
    """

    input: str
    output: Path | Literal["-"] | None
    request: Request
    notes: tuple[Note, ...] = ()
    refusal: LlenhanceError | None = None
    data: bytes | None = None
    results: Path | None = None
    is_copy: bool = False
    replaces: bool = False
    folder: Path | None = None
    is_alone: bool = False

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
        is_open: Whether more is to come, so that nobody knows how much.
    """

    jobs: list[Job]
    others: list[tuple[Path, Path]] = field(default_factory=list[tuple[Path, Path]])
    refused: list[LlenhanceError] = field(default_factory=list[LlenhanceError])
    in_folders: bool = False
    is_open: bool = False


def writes_to_stdout(inputs: Sequence[str], *, output: str | None) -> bool:
    """Tell whether `enhance_files` would yield data for standard output."""
    return output == STDIO or (output is None and list(inputs) == [STDIO])


def plan(
    inputs: Sequence[str],
    *,
    request: Request = USUAL,
    policy: Policy = USUAL_POLICY,
) -> Planned:
    """Return a job for each picture, all checked against each other.

    Args:
        inputs: Names of files and folders; '-' is standard input.
        request: What to make of each.
        policy: Where results go and what they are called, what is looked into, what is copied.

    Raises:
        UsageError: The inputs contradict each other, the output, the format or the naming.
    """
    output, naming = policy.output, policy.naming
    if inputs.count(STDIO) > 1:
        raise UsageError("stdin-twice", "standard input")
    gathered = gather(inputs, output=output, recursive=policy.recursive, naming=naming)
    names = [one.name for one in gathered.pictures]
    parts = policy.parts or (None,)
    many = len(names) * len(parts) > 1 or any(one.results for one in gathered.pictures)
    if output == STDIO and many:
        raise UsageError("stdout-takes-one", "standard output")
    if output is None and many and STDIO in names:
        raise UsageError("stdin-among-many", "standard input")
    if writes_to_stdout(names, output=output):
        if not naming.is_usual:
            raise UsageError("naming-of-named-file", "standard output")
        (part,) = parts
        made = part.of(request) if part else request
        return Planned(jobs=[Job(input=names[0], output=STDIO, request=made, is_alone=True)])
    data, unread = None, None
    is_file = output is not None and format_named(output) is not None
    if STDIO in names and request.format is None and not is_file:  # its format names the result
        try:
            data = read_stdin()
        except LlenhanceError as error:
            unread = error
    stdin = Source(stdin_as_file(data))
    wanted = [(one, part) for one in gathered.pictures for part in parts]
    sources = [_source(one, part, stdin=stdin) for one, part in wanted]
    into = Path(output) if output is not None and is_folder(output, many=many) else None
    numbers = Numbers(naming)
    remember(numbers, gathered, into=into)
    planned = plan_each(
        sources, output=output, many=many, format=request.format, naming=naming, numbers=numbers
    )
    jobs: list[Job] = []
    for (named, part), one in zip(wanted, planned, strict=True):
        job = job_of(named, one, request=part.of(request) if part else request, into=into)
        job = replace(job, is_alone=not many)
        if named.name == STDIO:
            job = replace(job, data=data)
        jobs.append(replace(job, refusal=unread) if unread and named.name == STDIO else job)
    jobs += _passed_over(gathered, request)
    return Planned(
        jobs=jobs + (_copies(gathered, request) if policy.copy_others else []),
        others=_left_alone(gathered) if policy.copy_others else gathered.others,
        refused=gathered.refused,
        in_folders=gathered.in_folders,
    )


def plan_coming(
    names: Iterable[str],
    *,
    request: Request = USUAL,
    policy: Policy = USUAL_POLICY,
) -> Iterator[Job]:
    """Yield a job for each picture as soon as its name is there; all arguments are as for `plan`.

    What is checked against each other are the names that have come so far.

    Raises:
        UsageError: As `plan`; at once, if the names do not matter.
    """
    output, naming = policy.output, policy.naming
    if output == STDIO:
        raise UsageError("stdout-takes-one", "standard output")
    into = Path(output) if output is not None and is_folder(output, many=True) else None

    def jobs() -> Iterator[Job]:
        first: dict[object, str] = {}
        known, numbers = Known(), Numbers(naming)
        for name in names:
            if name == STDIO:
                raise UsageError("stdin-among-many", "standard input")
            gathered = gather(
                [name], output=output, recursive=policy.recursive, naming=naming, first=first
            )
            for error in gathered.refused:
                yield Job(input=error.name, output=None, request=request, refusal=error)
            yield from _passed_over(gathered, request)
            remember(numbers, gathered, into=into)
            for named in gathered.pictures:
                parts = policy.parts or (None,)
                planned = plan_each(
                    [_source(named, part) for part in parts],
                    output=output,
                    many=True,
                    format=request.format,
                    naming=naming,
                    known=known,
                    numbers=numbers,
                )
                for part, one in zip(parts, planned, strict=True):
                    made = part.of(request) if part else request
                    yield job_of(named, one, request=made, into=into)
            if policy.copy_others:
                yield from _copies(gathered, request)

    return jobs()


def remember(numbers: Numbers, gathered: Gathered, *, into: Path | None) -> None:
    """Keep the numbers that earlier runs have given.

    Args:
        numbers: Those of this run.
        gathered: Its pictures.
        into: As for `job_of`.
    """
    if numbers.matter:
        for folder in dict.fromkeys(one.results or into for one in gathered.pictures):
            if folder is not None:
                numbers.remember(made_in(folder))


def _source(named: Named, part: Part | None, *, stdin: Source | None = None) -> Source:
    """Return the source of a part of a picture; standard input has the name of a file."""
    source = stdin if stdin is not None and named.name == STDIO else named.source
    return source if part is None else replace(source, part=part.name)


def job_of(
    named: Named,
    planned: Output | NoOutput,
    *,
    request: Request,
    into: Path | None,
) -> Job:
    """Return the job for a picture, by what was planned for its result.

    Args:
        named: The picture.
        planned: Where its result goes.
        request: What to make of it.
        into: The folder that all results go into, if it was not named by its own folder.
    """
    job = Job(
        input=named.name,
        output=None,
        request=request,
        results=named.results or into,
        folder=None if named.source.folder is None else named.source.path.parent,
    )
    if isinstance(planned, Output):
        notes = tuple(note for note in (planned.note, planned.renamed) if note)
        made = replace(request, format=planned.format)
        return replace(job, output=planned.target, request=made, notes=notes)
    if isinstance(planned.why, Note):
        return replace(job, notes=(planned.why,))
    return replace(job, refusal=planned.why)


def _passed_over(gathered: Gathered, request: Request) -> list[Job]:
    """Return jobs without an output for what was named and is not done, so that it is told."""
    told = [(name, Note("named-twice")) for name in gathered.again]
    told += [(name, Note("results-of-earlier-run")) for name in gathered.passed]
    return [Job(input=name, output=None, request=request, notes=(note,)) for name, note in told]


def _copies(gathered: Gathered, request: Request) -> list[Job]:
    """Return jobs that copy what is no picture; pipes and devices have no content to be copied."""
    return [
        Job(input=str(source), output=copy, request=request, is_copy=True)
        for source, copy in gathered.others
        if not _is_special(source)
    ]


def _left_alone(gathered: Gathered) -> list[tuple[Path, Path]]:
    return [(source, copy) for source, copy in gathered.others if _is_special(source)]


def _is_special(path: Path) -> bool:
    """Tell whether this is a pipe or a device."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:  # copying it will tell
        return False
