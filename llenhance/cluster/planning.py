"""Names on disks and in object stores to jobs, all checked against each other before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from llenhance.cluster.stores import Objects, as_path, is_address, plain
from llenhance.errors import UsageError
from llenhance.files.called import Naming
from llenhance.files.naming import Source
from llenhance.files.planning import plan_each
from llenhance.jobs.job import STDIO, Planned, job_of, plan
from llenhance.jobs.policy import Policy
from llenhance.jobs.request import Request
from llenhance.jobs.sources import Named
from llenhance.pictures.formats import readable_extensions


def plan_anywhere(inputs: Sequence[str], *, request: Request, policy: Policy) -> Planned:
    """Return a job for each picture; its output is a path, or an address as `as_path` has it.

    What is a picture in an object store is told by its name alone: looking into each of millions
    of objects would take longer than it is worth.

    Raises:
        UsageError: The inputs contradict each other, the output, the format or the naming; or they
            are standard input, or in files and in an object store at once.
        PictureError: An object store refuses to be looked at.
    """
    names = list(dict.fromkeys(map(plain, inputs)))
    place = None if policy.output is None else as_path(plain(policy.output))
    if STDIO in names:
        raise UsageError("not-on-cluster", "standard input")
    if place == STDIO:
        raise UsageError("not-on-cluster", "standard output")
    remote = [name for name in names if is_address(name)]
    if not remote:
        return plan(names, request=request, policy=replace(policy, output=place))
    if len(remote) < len(names):
        local = next(name for name in names if not is_address(name))
        raise UsageError("files-beside-objects", local, other=remote[0])
    return _plan_objects(remote, request=request, policy=replace(policy, output=place))


def _plan_objects(names: Sequence[str], *, request: Request, policy: Policy) -> Planned:
    place, naming = policy.output, policy.naming
    pictures: dict[str, Source] = {}
    ledgers: dict[str, Path] = {}
    others: list[tuple[Path, Path]] = []
    in_folders = False
    for name in names:
        found = Objects().below(name, recursive=policy.recursive)
        if found is None:
            pictures[name] = Source(Path(as_path(name)))
            continue
        in_folders = True
        top = Path(as_path(name))
        results = _results_of(top, place, many=len(names) > 1, naming=naming)
        for one in sorted(found):
            path = Path(as_path(one))
            inside = path.relative_to(top)
            if path.is_relative_to(results) or any(part.startswith(".") for part in inside.parts):
                continue
            if PurePosixPath(one).suffix.lower() in readable_extensions():
                pictures.setdefault(one, Source(path, results / inside.parent))
                ledgers.setdefault(one, results if place is None else Path(place))
            else:
                others.append((path, results / inside))
    many = in_folders or len(pictures) > 1
    planned = plan_each(
        list(pictures.values()), output=place, many=many, format=request.format, naming=naming
    )
    jobs = [
        job_of(Named(name, source, ledgers.get(name)), one, request=request, into=None)
        for (name, source), one in zip(pictures.items(), planned, strict=True)
    ]
    return Planned(jobs=jobs, others=others, in_folders=in_folders)


def _results_of(top: Path, place: str | None, *, many: bool, naming: Naming) -> Path:
    """Return the folder that the results of what is below an address go to."""
    if place is not None:
        return Path(place, top.name) if many else Path(place)
    if len(top.parts) < 3:  # s3:, the bucket: nothing lies beside it
        raise UsageError("folder-without-name", str(top))
    return top.with_name(f"{top.name}{naming.of_folder}")
