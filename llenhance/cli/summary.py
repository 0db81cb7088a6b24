"""What became of a whole run, in a few lines at its end: counts, and why pictures failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from llenhance.cli.routine import ROUTINE_FAILURES
from llenhance.cli.terminal import Terminal, amount, duration
from llenhance.messages.note import Note

if TYPE_CHECKING:
    from llenhance.files.space import Space
    from llenhance.jobs.job import Planned
    from llenhance.jobs.results import Result, Status

_WORDS: Final[dict[Status, str]] = {
    "written": "written",
    "planned": "to write",
    "left": "left as they are",
    "done-before": "done before",
    "copied": "copied",
    "skipped": "skipped",
    "failed": "failed",
}
"""What a status is called, in the order in which they are told."""

_NOTHING_NEW: Final[frozenset[Status]] = frozenset({"failed", "done-before", "skipped"})

_MANY: Final = 4  # failures, from which on they are counted by kind


@dataclass(slots=True)
class _Disk:
    """What a run would take of a disk, and what is free there, in bytes."""

    folder: Path
    free: int
    size: int = 0


@dataclass(slots=True)
class Summary:
    """Counts of a run.

    Attributes:
        expected: Number of pictures; if more may come, of those that came.
        others: Number of files that are no pictures.
        counts: Of each status.
        kinds: Number of failures by the code of their error.
        examples: By code: what is wrong, and with which picture first.
        megapixels: Of what was written.
        takes: Seconds that all of what is only planned would take.
        memory: Bytes that the largest of it would take.
        disks: By number: what all of it would take of them.
    """

    expected: int = 0
    others: int = 0
    in_folders: bool = False
    is_open: bool = False
    counts: Counter[Status] = field(default_factory=Counter["Status"])
    kinds: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    megapixels: float = 0.0
    takes: float = 0.0
    memory: float = 0.0
    disks: dict[int, _Disk] = field(default_factory=dict[int, _Disk])
    started: float = field(default_factory=monotonic)

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to sum up: several pictures, or those of a folder."""
        return self.expected > 1 or self.in_folders or self.is_open

    def begin(self, planned: Planned) -> None:
        """Count what is to be done."""
        self.expected = len(planned.jobs) + len(planned.refused)
        self.others = len(planned.others)
        self.in_folders = planned.in_folders
        self.is_open = planned.is_open

    def add(self, result: Result) -> None:
        """Count what became of one picture."""
        self.counts[result.status] += 1
        self.expected += self.is_open
        if result.status == "written":
            self.megapixels += (result.width or 0) * (result.height or 0) / 1e6
        if result.estimate is not None:
            self.takes += result.estimate.seconds
            self.memory = max(self.memory, result.estimate.memory)
        for space in result.space:
            self._count(space)
        if result.error is not None:
            self.kinds[result.error.code] += 1
            self.examples.setdefault(result.error.code, (result.error.problem, result.error.name))

    def _count(self, space: Space) -> None:
        if space.folder is not None and space.disk is not None and space.free is not None:
            disk = self.disks.setdefault(space.disk, _Disk(space.folder, space.free))
            disk.size += space.size - space.replaced

    def tell(self, terminal: Terminal, *, stopped: bool = False) -> None:
        """Say it on standard error, or print it as the last line of JSON.

        Args:
            terminal: Where.
            stopped: Whether something stopped the run; so does a full disk, without being told.
        """
        stopped = stopped or self._left > 0
        if self.is_wanted and not terminal.json:
            for line in self._lines(stopped=stopped):
                terminal.say(line)
        lacks = [disk for disk in self.disks.values() if disk.size > disk.free]
        for disk in lacks:
            megabytes, free = (round(size / 1e6, 1) for size in (disk.size, disk.free))
            note = Note("space-too-small", megabytes=megabytes, free=free)
            terminal.note(note, about=str(disk.folder))
        if terminal.json and (self.is_wanted or lacks):
            terminal.document(
                {"summary": self._figures(stopped=stopped)},
                messages=terminal.take_told(),
                status=None,
                lines=True,
            )

    @property
    def _left(self) -> int:
        """Number of pictures of which nothing became yet."""
        return self.expected - sum(self.counts.values())

    @property
    def _fails(self) -> bool:
        """Whether pictures failed, and nothing came of the others that was not there before."""
        return self.counts["failed"] > 0 and self.counts.keys() <= _NOTHING_NEW

    def _lines(self, *, stopped: bool) -> Iterator[str]:
        told = [f"{self.counts[one]} {word}" for one, word in _WORDS.items() if self.counts[one]]
        seconds = monotonic() - self.started
        if stopped and self.is_open:
            if told:
                yield f"Stopped: {', '.join(told)}"
        elif stopped:
            others = [one for one in told if not one.endswith("written")]
            written = f"{self.counts['written']} of {self.expected} written"
            of = ", ".join([written, *others, f"{self._left} to go"])
            yield f"Stopped: {of}; run the same command to go on"
        else:
            if self.others:
                files = "1 other file" if self.others == 1 else f"{self.others} other files"
                told.append(f"{files} left alone")
            speed = self.megapixels / seconds
            pace = f", {speed:.1f} MP/s" if speed >= 0.05 else ""
            if not any(self.counts.values()):
                told.insert(0, "there are no pictures")
            begin = "Nothing was written" if self._fails else "Done"
            yield f"{begin}: {', '.join(told)} ({duration(seconds)}{pace})"
            if self.takes:
                takes = f"{duration(self.takes)}, and {self.memory / 1e9:.1f} GB of memory"
                yield f"  It would take about {takes}"
            for disk in self.disks.values():
                free = f"{amount(disk.free)} are free"
                where = f" in {disk.folder}" if len(self.disks) > 1 else ""
                yield f"  The results would take about {amount(max(0, disk.size))}{where}; {free}"
        few = self.counts["failed"] < _MANY  # they can be seen right above
        for code, count in self.kinds.most_common():
            if few and (count == 1 or code not in ROUTINE_FAILURES):
                continue
            if reason := ROUTINE_FAILURES.get(code):  # the whole sentence is right above
                yield f"  {count} failed: {reason}"
                continue
            problem, name = self.examples[code]
            yield f"  {count} failed{', such as' if count > 1 else ':'} {name}: {problem}"

    def _figures(self, *, stopped: bool) -> dict[str, Any]:
        return {
            "pictures": self.expected,
            "counts": {status: self.counts[status] for status in _WORDS},
            "failed": dict(self.kinds),
            "others": self.others,
            "megapixels": round(self.megapixels, 3),
            "seconds": round(monotonic() - self.started, 3),
            "stopped": stopped,
            "disks": [
                {"folder": str(disk.folder), "size": disk.size, "free": disk.free}
                for disk in self.disks.values()
            ],
        }
