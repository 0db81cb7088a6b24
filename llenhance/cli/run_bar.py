"""Bars for a run over pictures: how many are done, how fast, and how long the rest will take.

A picture that is alone, and a large one among many, has a bar of its own, for its tiles.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from llenhance.cli import bars
from llenhance.cli.terminal import Terminal, printable

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID
    from rich.text import Text

    from llenhance.jobs.results import Result

_LARGE: Final = 4  # tiles: a picture of so many has a bar of its own


class Watch:
    """Is told how far a run is, and shows nothing. Threads may call it."""

    def begin(self, pictures: int) -> None:
        """Hear that so many pictures are to be done; 0 if nobody knows how many will come."""

    def tiles(self, name: str, done: int, tiles: int) -> None:
        """Hear how far a picture is; 0 of 0 tiles is its beginning."""

    def finished(self, result: Result) -> None:
        """Hear that a picture is done."""


@contextmanager
def watching_run(terminal: Terminal) -> Generator[Watch]:
    """Show bars for a run, once it takes more than a second.

    Args:
        terminal: Knows whether bars are wanted.
    """
    console = terminal.console
    if not bars.are_wanted(terminal):
        yield Watch()
        return

    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn
    from rich.table import Column

    class Clock(ProgressColumn):
        max_refresh = 0.5

        def render(self, task: Task) -> Text:
            return _clock(task, with_speed=console.width >= bars.WIDE)

    # Where it is narrow, the bar gets shorter; words that wrap would take a second line.
    text = TextColumn("{task.description}", markup=False)
    clock = Clock(table_column=Column(no_wrap=True))
    bar = bars.narrow(console, SpinnerColumn(), text, BarColumn(), clock)
    watch = _Shown(bar, width=console.width)
    with bars.shown_later(bar):
        yield watch


class _Shown(Watch):
    """The same on a terminal."""

    def __init__(self, bar: Progress, *, width: int) -> None:
        self._bar, self._width = bar, width
        self._lock = threading.Lock()
        self._whole = bar.add_task("Loading the model", total=None)
        self._pictures, self._done, self._pixels = 1, 0, 0
        self._is_counting = False
        self._own: dict[str, TaskID] = {}

    def begin(self, pictures: int) -> None:
        self._pictures = pictures

    def tiles(self, name: str, done: int, tiles: int) -> None:
        with self._lock:
            if self._pictures != 1 and not self._is_counting:
                self._is_counting = True
                self._restart(self._counted(), total=self._pictures or None)
            if self._pictures == 1 and tiles == 0:
                title = bars.shortened(printable(name), max(4, self._width // 2))
                self._restart(title, total=None)
                self._own[name] = self._whole
            elif tiles >= _LARGE or name in self._own:
                # The last step is writing the file: without it, the clock would stop too early.
                self._bar.update(self._line_of(name), completed=done, total=tiles + 1)

    def finished(self, result: Result) -> None:
        with self._lock:
            self._done += 1
            if result.status == "written":
                self._pixels += (result.width or 0) * (result.height or 0)
            own = self._own.pop(result.input, None)
            if own not in (None, self._whole):
                self._bar.remove_task(own)
            if self._pictures != 1:
                counted = self._counted()
                self._bar.update(
                    self._whole, description=counted, completed=self._done, pixels=self._pixels
                )

    def _counted(self) -> str:
        return f"{self._done} of {self._pictures}" if self._pictures else f"{self._done} done"

    def _restart(self, title: str, *, total: int | None) -> None:
        """Begin the clock of the whole run, or of its only picture, anew."""
        self._bar.remove_task(self._whole)
        self._whole = self._bar.add_task(title, total=total, pixels=0)

    def _line_of(self, name: str) -> TaskID:
        if name not in self._own:
            title = bars.shortened(printable(name), max(4, self._width // 3))
            self._own[name] = self._bar.add_task(title, total=None)
        return self._own[name]


def _clock(task: Task, *, with_speed: bool) -> Text:
    """Return the time that a picture has taken; of a run its speed and the time that is left."""
    from rich.text import Text

    elapsed = task.elapsed or 0.0
    if "pixels" not in task.fields or not task.total or not task.completed:
        return Text(_time(elapsed), style="progress.elapsed")
    left = elapsed / task.completed * (task.total - task.completed)
    speed = task.fields["pixels"] / 1e6 / max(elapsed, 1e-3)
    told = f"{speed:.1f} MP/s, " if with_speed else ""
    return Text(f"{told}{_time(left)} left", style="progress.remaining")


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
