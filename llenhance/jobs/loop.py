"""The one loop over many: a bad item never stops the rest, and results come in the items' order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from threading import Event, Lock
from typing import Generic, TypeVar

from llenhance.errors import LlenhanceError, ResourceError, UsageError, WeightsError
from llenhance.memory import is_shortage
from llenhance.process import make_room
from llenhance.system import system_error

Item = TypeVar("Item")
Made = TypeVar("Made")
Ready = TypeVar("Ready")
Finished = TypeVar("Finished")


@dataclass(frozen=True)  # with slots, Python 3.11 could not make a `Failed[Job]`
class Failed(Generic[Item]):
    """An item that failed, and why."""

    item: Item
    error: LlenhanceError


def each(
    items: Iterable[Item], work: Callable[[Item], Made], *, name: Callable[[Item], str]
) -> Iterator[Made | Failed[Item]]:
    """Do the work for one item after the other, and yield what was made of each.

    Args:
        items: What to work on.
        work: Makes something of an item, or raises.
        name: Names an item, for errors that do not know it.

    Raises:
        UsageError: The work would fail for every item alike.
        WeightsError: Likewise.
    """
    for item in items:
        yield attempt(item, work, name=name)


@dataclass(frozen=True, kw_only=True)
class Stages(Generic[Item, Ready, Made, Finished]):
    """The work for an item in three parts; parts of different items go on at the same time.

    Attributes:
        before: Such as reading a file: for the next item while the work for this one goes on.
        work: What takes most of the time.
        after: Such as writing a file: for the item before.
        workers: For how many items the work goes on at once.
        stopped: Is set when nobody waits for the rest any more: the work should look at it.
    """

    before: Callable[[Item], Ready]
    work: Callable[[Ready], Made]
    after: Callable[[Made], Finished]
    workers: int = 1
    stopped: Event = field(default_factory=Event)

    def alone(self, item: Item) -> Finished:
        """Do all three parts for one item, one after the other."""
        return self.after(self.work(self.before(item)))


class _NoMoreError(Exception):
    """There is no other item."""


@dataclass(slots=True)
class _Begun(Generic[Item, Finished]):
    """An item whose turn has come, whether or not it is there already."""

    taken: Future[list[Item]]
    finished: Future[Finished]
    is_read: Event


def overlapped(
    items: Iterable[Item],
    stages: Stages[Item, Ready, Made, Finished],
    *,
    name: Callable[[Item], str],
    enough: Callable[[], None] | None = None,
    late: Callable[[Finished], None] | None = None,
) -> Iterator[Finished | Failed[Item]]:
    """Do the work for many items in threads, and yield what was made of each, in their order.

    Items are taken in the thread that reads, so one that is still to come keeps nothing waiting:
    what was made of those before is yielded at once. No more items than the workers and two are
    held at any time: one that is read, and one that is written. An item that fails for want of
    memory beside others is done once more, alone.

    Args:
        items: What to work on; they may come one by one.
        stages: Their work; it raises what `each` allows.
        name: As for `each`.
        enough: Called in the end, so that `items` does not wait for more.
        late: Called with what was finished, but not yielded since nobody waits for it any more.

    Raises:
        UsageError: The work would fail for every item alike.
        WeightsError: Likewise.
    """
    pools = [ThreadPoolExecutor(count) for count in (1, stages.workers, 1)]
    reading, working, writing = pools
    coming = iter(items)
    gate = Lock()  # closed while an item is done alone: no other one is read meanwhile

    def read(item: list[Item], is_read: Event) -> Ready:
        if not item:
            raise _NoMoreError
        with gate:
            is_read.set()
            return stages.before(item[0])

    def begin() -> _Begun[Item, Finished]:
        is_read = Event()
        taken = reading.submit(lambda: list(islice(coming, 1)))
        ready = reading.submit(lambda: read(taken.result(), is_read))
        made = working.submit(lambda: stages.work(ready.result()))
        finished = writing.submit(lambda: stages.after(made.result()))
        return _Begun(taken, finished, is_read)

    begun: deque[_Begun[Item, Finished]] = deque()
    try:
        while True:
            begun.extend(begin() for _ in range(stages.workers + 2 - len(begun)))
            first = begun[0]  # it stays there until it is known what became of it: see `late`
            if not (taken := first.taken.result()):
                return
            item = taken[0]
            made = attempt(item, lambda _, first=first: first.finished.result(), name=name)
            begun.popleft()
            if isinstance(made, Failed) and is_shortage(made.error):
                with gate:
                    beside = [later.finished for later in begun if later.is_read.is_set()]
                    wait(beside)
                    if beside:
                        made = attempt(item, stages.alone, name=name)
            yield made
    finally:
        stages.stopped.set()
        if enough is not None:
            enough()
        for pool in pools:
            pool.shutdown(cancel_futures=True)
        for finished in (one.finished for one in begun if one.finished.done()):
            if late is not None and not finished.cancelled() and not finished.exception():
                late(finished.result())


def attempt(
    item: Item, work: Callable[[Item], Made], *, name: Callable[[Item], str]
) -> Made | Failed[Item]:
    """Do the work for an item, and return what was made of it or why it failed.

    Raises:
        UsageError: The work would fail for every item alike.
        WeightsError: Likewise.
    """
    try:
        return work(item)
    except (UsageError, WeightsError):
        raise
    except LlenhanceError as reason:
        error = reason
    except Exception as reason:
        if is_shortage(reason):
            error = ResourceError("out-of-memory", name(item))
        elif isinstance(reason, OSError):
            error = system_error(name(item), reason)
        else:
            raise
    if is_shortage(error):
        # A new error: the old one knows, by way of its traceback, the picture and its tiles.
        error = error.about(error.name)
        make_room()
    return Failed(item, error)
