"""Many files on many machines: names come in, results go out as workers send them.

Ray Data hands tasks out to a pool of workers (`worker.py`), no faster than they do them. Only names
travel: workers read and write files themselves. If a worker is lost, Ray gives its tasks to
another; one that loses several workers fails alone, since the keeper counts (`keeper.py`).
"""

from __future__ import annotations

import os
import pickle
import re
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from llenhance.cluster.keeper import Keeper, Remote, answer
from llenhance.cluster.planning import plan_anywhere
from llenhance.cluster.quiet import errors_silent, quiet, set_up, signals_kept, speak_no_more
from llenhance.cluster.stores import as_name, is_address
from llenhance.cluster.worker import Model, Rules, Task, Worker
from llenhance.errors import UsageError, require
from llenhance.jobs.earlier import settings_of
from llenhance.jobs.job import Job, Planned
from llenhance.jobs.policy import Policy
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result

EXTRA: Final = "cluster"
"""What installs Ray."""

HERE: Final = "local"
"""The address that means a Ray of its own, on this machine."""

_PARTS: Final = 2000
"""Into how many parts the tasks are cut at most: Ray keeps account of each."""

_OBJECTS: Final = 100_000_000  # bytes that Ray shares among processes here; it refuses 75 MB
_PATIENCE: Final = 10.0  # seconds
_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_HOPELESS: Final = {"disk-full", "quota-used-up"}
"""Codes of errors after which no other picture could be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where workers are, and how many.

    Attributes:
        address: Of the head of a running Ray, `auto` for the one that this machine is a part of, or
            `HERE`.
        workers: How many; None for one on each GPU if there are any, else one on each processor.
        threads: Of all workers together; None for one each, or here all of the processor's.
    """

    address: str = HERE
    workers: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    """What the workers are given: how many there may be, and what each has."""

    workers: int
    at_first: int
    cpus: int
    gpus: int


def enhance_on_cluster(
    inputs: Sequence[str],
    *,
    cluster: Cluster,
    model: Model,
    request: Request,
    policy: Policy,
    progress: Callable[[str, int, int], None] | None = None,
    begin: Callable[[Planned], None] | None = None,
) -> Iterator[Result]:
    """Enhance files and yield a result for each, in the order in which they are done.

    Results are those of `jobs.batch.enhance_files`, to the byte, and so is what counts as done
    before. In object stores there is no ledger: there, a result tells by its own record.

    Args:
        inputs: Names of files and folders that all workers see, or addresses (s3, gs).
        cluster: Where the workers are.
        model: That each of them loads.
        request: What to make of each picture.
        policy: What may happen to files.
        progress: Called once, with the first name, when work begins.
        begin: Called with what is to be done, before anything is.

    Raises:
        UsageError: Options contradict each other or the inputs, there is no such cluster or device,
            or the workers cannot start.
        WeightsError: The model cannot be loaded.
        MissingExtraError: Ray is not installed.
    """
    set_up()
    for module in ("ray", "pyarrow"):
        require(module, extra=EXTRA)
    planned = plan_anywhere(inputs, request=request, policy=policy)
    if begin is not None:
        begin(planned)
    for error in planned.refused:
        yield Result(input=error.name, output=None, status="failed", error=error)
    tasks: dict[int, Task] = {}
    for number, job in enumerate(planned.jobs):
        if job.refusal is None and isinstance(job.output, Path):
            tasks[number] = _task(job, job.output)
            continue
        result = Result(input=job.input, output=None, status="skipped", notes=job.notes)
        if job.refusal is not None:
            result = replace(result, status="failed", error=job.refusal)
        yield result
        if result.error and policy.fail_fast:
            return
    if not tasks:
        return
    if progress is not None:
        progress(next(iter(tasks.values())).input, 0, 0)
    rules = Rules(
        request=request,
        overwrite=policy.overwrite,
        skip_existing=policy.skip_existing,
        preserve_time=policy.preserve_time,
    )
    with quiet(), _connected(cluster, model):
        for number, made in _done(tasks, cluster=cluster, model=model, rules=rules, policy=policy):
            result = replace(made, notes=(*planned.jobs[number].notes, *made.notes))
            yield result
            if result.error and (policy.fail_fast or result.error.code in _HOPELESS):
                return


def _knock(address: str) -> None:
    """Raise `OSError` if nobody answers at an address: Ray would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _task(job: Job, output: Path) -> Task:
    name = as_name(output)
    ledger = "" if job.results is None else _everywhere(as_name(job.results))
    return Task(
        input=job.input,
        source=_everywhere(job.input),
        output=name,
        target=_everywhere(name),
        format=job.request.format or "",
        ledger="" if is_address(ledger) else ledger,
    )


def _everywhere(name: str) -> str:
    """Return a name that means the same in any folder."""
    return name if is_address(name) else str(Path(name).absolute())


@contextmanager
def _connected(cluster: Cluster, model: Model) -> Generator[None]:
    """Join a cluster, or start one here that ends with the run."""
    ray = _ray()

    if ray.is_initialized():  # the program that called has joined one
        yield
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}
    if cluster.address == HERE:
        options |= {
            "num_cpus": max(_processors(), cluster.workers or 1, cluster.threads or 1),
            "include_dashboard": False,
            "object_store_memory": max(_OBJECTS, 4 * len(model.weights)),
        }
    try:
        _knock(cluster.address)
        with signals_kept(), errors_silent():
            ray.init(address=cluster.address, **options)
    except (OSError, ValueError, RuntimeError) as reason:
        raise UsageError("cluster-not-reached", cluster.address, reason=_line(reason)) from reason
    try:
        yield
    finally:
        ray.shutdown()


def _done(
    tasks: Mapping[int, Task], *, cluster: Cluster, model: Model, rules: Rules, policy: Policy
) -> Iterator[tuple[int, Result]]:
    """Yield what becomes of each task, with its number."""
    ray = _ray()
    by_node = require("ray.util.scheduling_strategies", extra=EXTRA)

    pool, model = _pool(cluster, model, tasks=len(tasks))
    try:
        settings, model = _tried(model, pool, rules.request, policy)
        here = by_node.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        keeper = ray.remote(Keeper).options(num_cpus=0, scheduling_strategy=here).remote(settings)
        shared = ray.put(model)  # held here, so that workers that are replaced find it
        with_all = {"model": shared, "rules": rules, "keeper": Remote(keeper)}
        rows = [{"number": number, **asdict(task)} for number, task in tasks.items()]
        seen = set[int]()
        for number, made in _rows(rows, with_all, pool):
            if number not in seen:
                seen.add(number)
                yield number, made
    except ray.exceptions.RayError as reason:
        said = _line(reason, place=-1)  # above stands where it was raised
        raise UsageError("cluster-failed", cluster.address, reason=said) from reason


def _rows(
    rows: list[dict[str, Any]], with_all: dict[str, Any], pool: _Pool
) -> Iterator[tuple[int, Result]]:
    """Give tasks to workers, and yield the number and the result of each as they come back."""
    data_of = require("ray.data", extra=EXTRA)
    speak_no_more()  # importing it has set up its log
    context = data_of.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    made = data_of.from_items(rows, override_num_blocks=min(len(rows), _PARTS)).map(
        Worker,
        fn_constructor_kwargs=with_all,
        compute=data_of.ActorPoolStrategy(min_size=pool.at_first, max_size=pool.workers),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus,
    )
    for row in made.iter_rows():
        result: object = pickle.loads(row["made"])  # made by our own worker
        if isinstance(result, Exception):
            raise result
        assert isinstance(result, Result)
        yield row["number"], result


def _pool(cluster: Cluster, model: Model, *, tasks: int) -> tuple[_Pool, Model]:
    """Return what workers get of the cluster, and the model for their device."""
    ray = _ray()

    has: Mapping[str, float] = ray.cluster_resources()
    processors, gpus = int(has.get("CPU", 1)), int(has.get("GPU", 0))
    on_gpu = model.device.startswith("cuda") or (model.device == "auto" and gpus > 0)
    if on_gpu and not gpus:
        raise UsageError("device-absent", f"device {model.device}")
    room = gpus if on_gpu else processors
    workers = max(1, min(tasks, cluster.workers or room))
    threads = cluster.threads or (processors if cluster.address == HERE else workers)
    each = max(1, threads // workers)
    pool = _Pool(
        workers=workers,
        at_first=max(1, min(workers, room if on_gpu else room // each)),
        cpus=1 if on_gpu else each,
        gpus=int(on_gpu),
    )
    device = model.device if model.device != "auto" else ("cuda" if on_gpu else "cpu")
    return pool, replace(model, device=device, threads=each)


def _tried(
    model: Model, pool: _Pool, request: Request, policy: Policy
) -> tuple[dict[str, Any], Model]:
    """Load the model in one worker: what is wrong with it, all of them would find.

    Returns the settings that results depend on, and the model with the precision that all workers
    are to use, whatever their processors can do.
    """

    def load(model: Model) -> tuple[dict[str, Any], str]:
        enhancer = model.load()
        return settings_of(request, enhancer, policy), enhancer.precision

    attempt: Any = _ray().remote(load).options(num_cpus=pool.cpus, num_gpus=pool.gpus)
    settings, precision = answer(attempt.remote(model))
    return settings, replace(model, precision=precision)


def _ray() -> ModuleType:
    return require("ray", extra=EXTRA)


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _line(reason: Exception, *, place: int = 0) -> str:
    """Return a line of what an exception says, the first one or the last (-1)."""
    lines = _COLOR.sub("", str(reason)).strip().splitlines()
    return (lines[place] if lines else type(reason).__name__).rstrip(".")
