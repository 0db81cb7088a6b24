"""A worker of a cluster: a process with one model, which does one picture after the other.

The work itself is `jobs/task.py`; here is where its bytes come from and go to.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Final, Literal

from llenhance.cluster.keeper import AnyKeeper
from llenhance.cluster.stores import is_address, store_of
from llenhance.errors import LlenhanceError, PictureError, require
from llenhance.files.provenance import provenance_in
from llenhance.files.whole import set_time
from llenhance.jobs.enhancers import AnyEnhancer
from llenhance.jobs.loop import Failed, attempt
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.jobs.signing import is_made_so
from llenhance.jobs.task import enhance_bytes
from llenhance.messages.note import Note

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer

ATTEMPTS: Final = 3
"""How many workers may be lost over one picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as it travels to machines that do not have its file.

    Attributes:
        name: As it was named.
        weights: Content of its weights file.
        device: Where to compute, or auto.
        precision: Of the network, or auto.
        tile: Largest side of a tile.
        fast: Whether the network sees a small copy alone.
        threads: Of the processor, for one worker.
    """

    name: str
    weights: bytes
    device: str
    precision: str
    tile: int | Literal["auto"]
    fast: bool
    threads: int

    def load(self) -> Enhancer:
        """Return an enhancer, in a process that does nothing else.

        Raises:
            UsageError: The device or precision is not on this machine.
            WeightsError: The file is damaged.
        """
        from llenhance.process import prepare

        prepare()  # before torch is imported

        from llenhance.engine.settings import use_threads
        from llenhance.enhancer import Enhancer
        from llenhance.weights.find import FoundModel

        use_threads(self.threads)
        with tempfile.TemporaryDirectory(prefix="llenhance-") as folder:
            path = Path(folder, "weights.safetensors")
            path.write_bytes(self.weights)
            found = FoundModel(name=self.name, path=path, license=None)
            return Enhancer(
                found,
                device=self.device,
                precision=self.precision,
                tile=self.tile,
                fast=self.fast,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A picture to be enhanced, as it travels to a worker.

    Attributes:
        input: What messages call it.
        source: Where it is: an address, or an absolute path.
        output: What messages call its result.
        target: Where that goes: an address, or an absolute path.
        format: Of the result.
        ledger: Absolute path of the folder whose ledger tells of the result; '' if none does.
    """

    input: str
    source: str
    output: str
    target: str
    format: str
    ledger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for all pictures of a run.

    Attributes:
        request: What to make of each.
        overwrite: Whether files that exist are replaced.
        skip_existing: Whether pictures are skipped if there is a file where their result would be.
        preserve_time: Whether a result gets the time at which its input was modified.
    """

    request: Request
    overwrite: bool
    skip_existing: bool
    preserve_time: bool


class Worker:
    """Does tasks as Ray Data hands them out.

    Args:
        model: Reference of Ray to a `Model`, which is loaded once.
        rules: For all pictures.
        keeper: Knows what was done before.
    """

    def __init__(self, *, model: Any, rules: Rules, keeper: AnyKeeper) -> None:
        found: Model = require("ray", extra="cluster").get(model)
        self._work, self._keeper = Work(found.load(), rules=rules, keeper=keeper), keeper

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what became of a task, pickled: a `Result`, or the error that ends the run."""
        task = Task(**{name: str(value) for name, value in row.items() if name != "number"})
        try:
            begun = self._keeper.begin(int(row["number"]))
            made: object = self._work.do(task) if begun <= ATTEMPTS else lost(task)
        except LlenhanceError as error:  # it would be the same for every picture
            made = error
        except Exception:  # noqa: BLE001  # Ray would hide it; the driver raises it
            made = RuntimeError(format_exc())
        return {"number": row["number"], "made": pickle.dumps(made)}


def lost(task: Task) -> Result:
    """Return the result of a picture whose workers were lost."""
    error = PictureError("worker-lost", task.input)
    return Result(input=task.input, output=task.output, status="failed", error=error)


class Work:
    """The work for the pictures of a run, in one process.

    Args:
        enhancer: Enhances.
        rules: For all pictures.
        keeper: As for `Worker`.
    """

    def __init__(self, enhancer: AnyEnhancer, *, rules: Rules, keeper: AnyKeeper) -> None:
        self._enhancer, self._rules, self._keeper = enhancer, rules, keeper

    def do(self, task: Task) -> Result:
        """Return what became of a picture; a bad one is a result with an error.

        A result that is there before it is written, such as one of a worker that was lost right
        after writing, counts as done before.

        Raises:
            UsageError: The work would fail for every picture alike.
            WeightsError: Likewise.
        """
        made = attempt(task, self._made, name=lambda one: one.input)
        if not isinstance(made, Failed):
            return made
        called = {task.source: task.input, task.target: task.output}
        error = made.error.about(called.get(made.error.name, made.error.name))
        wish = self._rules.request.wish
        return Result(
            input=task.input,
            output=task.output,
            status="failed",
            error=error,
            brightness=None if wish.is_target else wish.brightness,
        )

    def _made(self, task: Task) -> Result:
        source, target, rules = store_of(task.source), store_of(task.target), self._rules
        if rules.skip_existing and target.exists(task.target):
            return Result(input=task.input, output=task.output, status="skipped")
        started = perf_counter()
        modified = _modified(task) if rules.preserve_time else None
        data = source.read(task.source)
        digest = sha256(data).hexdigest()
        before = Result(input=task.input, output=task.output, status="done-before")
        if not rules.overwrite and self._is_done(task, digest):
            return before
        target.check(task.target, overwrite=rules.overwrite)
        request = replace(rules.request, format=task.format)
        outcome = enhance_bytes(data, name=task.input, enhancer=self._enhancer, request=request)
        if task.ledger:
            self._keeper.add(
                task.ledger,
                task.target,
                name=task.input,
                source_sha256=digest,
                result_sha256=sha256(outcome.data).hexdigest(),
            )
        try:
            target.write(task.target, outcome.data, overwrite=rules.overwrite, like=task.source)
        except PictureError as error:
            # A worker that was given up, and is not dead, may have done the same.
            if error.code == "exists" and self._is_done(task, digest):
                return before
            raise
        enhancer = self._enhancer
        return Result(
            input=task.input,
            output=task.output,
            status="written",
            format=outcome.format,
            width=outcome.picture.width,
            height=outcome.picture.height,
            pictures=outcome.pictures,
            seconds=perf_counter() - started,
            enhancing_seconds=outcome.enhancing_seconds,
            tiles=outcome.tiles,
            notes=(*outcome.notes, *(_timed(task, modified) if rules.preserve_time else ())),
            model=enhancer.model_name,
            device=str(enhancer.device),
            precision=enhancer.precision,
            fast=enhancer.fast,
            brightness=outcome.brightness,
            mean_grey=outcome.mean_grey,
        )

    def _is_done(self, task: Task, digest: str) -> bool:
        """Tell whether the result is there: by the ledger, or by its own record in a store."""
        if not is_address(task.target):
            return bool(task.ledger) and self._keeper.has(task.ledger, task.target, digest)
        target = store_of(task.target)
        if not target.exists(task.target):
            return False
        try:
            record = provenance_in(target.read(task.target), name=task.output)
        except PictureError:  # it is something else
            return False
        return is_made_so(
            record,
            self._enhancer,
            request=self._rules.request,
            format=task.format,
            source_sha256=digest,
        )


def _modified(task: Task) -> int | None:
    """Return when the file of a picture was modified, in nanoseconds; None if it is no file."""
    if is_address(task.source) or is_address(task.target):
        return None
    try:
        return Path(task.source).stat().st_mtime_ns
    except OSError:  # reading it will tell
        return None


def _timed(task: Task, modified: int | None) -> tuple[Note, ...]:
    if modified is None:
        return (Note("time-of-no-file"),)
    return set_time(Path(task.target), modified)
