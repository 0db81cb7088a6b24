"""Few work, some wait, and who comes when all places are taken is told to come back.

Work is done in threads. When nobody waits for it any longer, it ends at the next tile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from llenhance.enhancing.progress import Progress
from llenhance.errors import ServiceError
from llenhance.serve.body import gone
from llenhance.serve.limits import Limits

Made = TypeVar("Made")


class AbandonedError(Exception):
    """Nobody waits for this work any longer."""


class Room:
    """Where pictures are worked on.

    Attributes:
        inside: Requests that are worked on, or wait.

    Args:
        limits: How many may work and wait, and how long a picture may take.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(limits.at_once)
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="enhance")
        self._closing, self._closed = Event(), asyncio.Event()
        self.inside = 0

    @contextmanager
    def place(self) -> Generator[None]:
        """Take a place, from before the body is read: waiting bodies take memory.

        Raises:
            ServiceError: All places are taken.
        """
        if self.inside >= self._limits.at_once + self._limits.waiting:
            raise ServiceError("service-busy", "the service", count=self.inside)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def work(self, request: Request, task: Callable[[Progress], Made]) -> Made:
        """Do a task in a thread when its turn comes, as long as somebody waits for it.

        Args:
            request: Whose body is read.
            task: Calls what it is given after each tile.

        Raises:
            ServiceError: It takes too long, or the service ends.
            ClientDisconnect: Who has asked has gone.
        """
        leaving = asyncio.create_task(gone(request))
        try:
            async with self._places:
                if leaving.done():
                    raise ClientDisconnect
                if self._closing.is_set():
                    raise _ending()
                return await self._done(task, leaving)
        finally:
            leaving.cancel()

    async def _done(self, task: Callable[[Progress], Made], leaving: asyncio.Task[None]) -> Made:
        seconds = self._limits.work_seconds
        abandoned, latest = Event(), monotonic() + seconds

        def progress(_done: int, _tiles: int) -> None:
            if abandoned.is_set() or self._closing.is_set() or monotonic() > latest:
                raise AbandonedError

        working = asyncio.get_running_loop().run_in_executor(self._threads, task, progress)
        working.add_done_callback(_looked_at)
        ending = asyncio.create_task(self._closed.wait())
        try:
            await asyncio.wait({working, leaving, ending}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not working.done():  # a tile takes seconds: it is not waited for
                raise _ending()
            if leaving.done():
                abandoned.set()
            return await working
        except AbandonedError:
            if self._closing.is_set():
                raise _ending() from None
            if leaving.done():
                raise ClientDisconnect from None
            raise ServiceError("took-too-long", "the picture", seconds=seconds) from None
        finally:
            abandoned.set()
            ending.cancel()

    def close(self) -> None:
        """Let work end at the next tile, and answer those who wait for it."""
        self._closing.set()
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ending() -> ServiceError:
    return ServiceError("service-ends", "the service")


def _looked_at(working: asyncio.Future[Any]) -> None:
    """Take note of how work ended for which nobody waits any longer."""
    if not working.cancelled():
        working.exception()
