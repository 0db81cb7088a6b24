"""Folders that are watched: jobs for the pictures that are there, and for those that arrive.

A file is begun when its size and time have been still for a while. If it cannot be read then, it
may be that whoever writes it is slow: it is tried again, and fails only if it stays as it is. A
file that is replaced later is a job again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from llenhance.errors import PictureError, UsageError, require
from llenhance.files.naming import Output
from llenhance.files.numbers import Numbers
from llenhance.files.planning import Known, NoOutput, plan_each
from llenhance.jobs.job import Job, job_of, remember
from llenhance.jobs.loop import Failed
from llenhance.jobs.policy import USUAL_POLICY, Policy
from llenhance.jobs.request import USUAL, Request
from llenhance.jobs.sources import Gathered, Named, gather

STILL: Final = 1.0
"""Seconds for which a file has to be as it is before it counts as complete."""

PATIENCE: Final = 30.0
"""Seconds for which a file that cannot be read may still be one that somebody is writing."""

_GROUPED: Final = 200  # milliseconds: changes so close together are looked at once
_POLLING: Final = 1000  # milliseconds between two looks where the system tells of no changes
_UNREADABLE: Final = {
    "empty-file", "format-not-known", "damaged-picture", "permission-denied", "not-found",
    "link-to-nothing", "compression-not-readable", "samples-not-readable",
}  # fmt: skip
"""Codes of errors that a file may have that is not complete."""

_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class _Seen:
    """A file as it is now.

    Attributes:
        stamp: What changes when it is written.
        since: When it was seen so first, by `monotonic`.
        is_begun: Whether its job was handed out.
        again: When it is tried once more, since it could not be read; None if it is not.
        was_last: Whether that try was made.
    """

    stamp: _Stamp
    since: float
    is_begun: bool = False
    again: float | None = None
    was_last: bool = False


class Watched:
    """The pictures of folders, as they arrive.

    Args:
        folders: Names of folders that exist.
        request: What to make of each picture.
        policy: As for `plan`; its output is no file. With `poll`, all files are looked at every
            second: some network drives tell of no changes.

    Raises:
        UsageError: One is no folder, or the folders contradict the output.
        MissingExtraError: watchfiles is not installed.
    """

    def __init__(
        self,
        folders: Sequence[str],
        *,
        request: Request = USUAL,
        policy: Policy = USUAL_POLICY,
    ) -> None:
        self._watch: Callable[..., Any] = require("watchfiles", extra="watch").watch
        for name in folders:
            if not Path(name).is_dir():
                raise UsageError("watched-is-no-folder", name)
        self._folders, self._request, self._policy = list(folders), request, policy
        self._known, self._numbers = Known(), Numbers(policy.naming)
        self._jobs: dict[str, Job] = {}
        self._seen: dict[str, _Seen] = {}
        self._results: set[str] = set()
        self._refused: set[str] = set()
        self._stop, self._changed = Event(), Event()
        self._problem: Exception | None = None
        remember(self._numbers, self._gather(), into=None)  # says what is wrong before any loading

    def __iter__(self) -> Iterator[Job]:
        """Yield a job for each picture that is complete, until somebody closes this."""
        noticing = Thread(target=self._notice, daemon=True)
        noticing.start()  # first: what arrives during the first look is noticed
        try:
            first = True
            while not self._stop.is_set():
                self._changed.clear()
                began = time.monotonic()
                waits, ready = self._look(first=first)
                first = False
                pause = max(STILL / 4, 4 * (time.monotonic() - began))  # large folders take long
                for job in ready:
                    if self._stop.is_set():
                        return
                    yield job
                self._changed.wait(pause if waits else None)
        finally:
            self.close()
            noticing.join()

    def close(self) -> None:
        """Wait for no more pictures."""
        self._stop.set()
        self._changed.set()

    def may_be_unfinished(self, failed: Failed[Job]) -> bool:
        """Tell whether a picture that failed may be one that somebody is still writing.

        Then it is tried again, at the latest after `PATIENCE`, and nobody need be told of it.
        """
        seen = self._seen.get(failed.item.input)
        if seen is None or seen.was_last or failed.error.code not in _UNREADABLE:
            return False
        again = seen.since + PATIENCE
        if time.monotonic() >= again:  # it has been as it is for long
            return False
        seen.again = again
        self._changed.set()
        return True

    def _notice(self) -> None:
        """Hear of changes from the system, until this is closed."""
        try:
            for _ in self._watch(
                *self._folders,
                watch_filter=None,
                debounce=_GROUPED,
                stop_event=self._stop,
                raise_interrupt=False,
                force_polling=self._policy.poll or None,
                poll_delay_ms=_POLLING,
                recursive=self._policy.recursive,
                ignore_permission_denied=True,
            ):
                self._changed.set()
        except Exception as reason:  # noqa: BLE001  # the system refuses it in many ways
            self._problem = reason
            self._changed.set()

    def _look(self, *, first: bool) -> tuple[bool, list[Job]]:
        """Return whether files wait for their time, and the jobs that can be begun."""
        gathered = self._gather()
        if self._problem is not None:
            facts = {"reason": str(self._problem)}
            raise UsageError("watch-refused", self._folders[0], **facts) from self._problem
        jobs = [
            Job(input=error.name, output=None, request=self._request, refusal=error)
            for error in gathered.refused
            if error.name not in self._refused
        ]
        self._refused |= {job.input for job in jobs}
        waits, ready = False, list[Named]()
        for named in gathered.pictures:
            if os.path.realpath(named.source.path) in self._results:  # in the same folder
                continue
            due = self._is_due(named.name, named.source.path, first=first)
            waits = waits or due is None
            if due:
                ready.append(named)
        self._plan([named for named in ready if named.name not in self._jobs], first=first)
        return waits, jobs + [self._jobs[named.name] for named in ready]

    def _is_due(self, name: str, path: Path, *, first: bool) -> bool | None:
        """Tell whether a picture is to be begun now; None if it has to wait."""
        stamp, now = _stamp(path), time.monotonic()
        if stamp is None:  # it is gone again
            return False
        seen = self._seen.get(name)
        if seen is None or seen.stamp != stamp:
            # Of files that were there before, their own time tells since when.
            age = max(0.0, time.time() - stamp[1] / 1e9) if first else 0.0
            seen = self._seen[name] = _Seen(stamp, now - age)
        if not seen.is_begun:
            seen.is_begun = now - seen.since >= STILL
            return seen.is_begun or None
        if seen.again is None:
            return False
        if now < seen.again:
            return None
        seen.again, seen.was_last = None, True
        return True

    def _plan(self, new: list[Named], *, first: bool) -> None:
        """Give jobs to pictures that have none: where the result goes does not change later."""
        if not new:
            return
        planned: list[Output | NoOutput]
        try:
            planned = plan_each(
                [named.source for named in new],
                output=self._policy.output,
                many=True,
                format=self._request.format,
                naming=self._policy.naming,
                known=self._known,
                numbers=self._numbers,
            )
        except UsageError as error:
            if first:
                raise
            why = PictureError(error.code, error.name, **error.facts)
            planned = [NoOutput(source=named.source.path, why=why) for named in new]
        for named, one in zip(new, planned, strict=True):
            job = job_of(named, one, request=self._request, into=None)
            self._jobs[named.name] = replace(job, replaces=True)
            if job.output is not None:
                self._results.add(os.path.realpath(job.output))

    def _gather(self) -> Gathered:
        for name in self._folders:
            if not Path(name).is_dir():
                raise UsageError("watched-folder-gone", name)
        policy = self._policy
        return gather(
            self._folders, output=policy.output, recursive=policy.recursive, naming=policy.naming
        )


def _stamp(path: Path) -> _Stamp | None:
    """Return what changes when a file is written; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
