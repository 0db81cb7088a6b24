"""Bars that show how far the work is: on standard error, only where somebody can see them.

Each function is a context manager that yields what to call with the progress.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from llenhance.cli.terminal import Terminal, is_terminal, printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress, ProgressColumn

WIDE: Final = 60
"""Columns of a terminal; with fewer, a bar does without what would go to the next line."""

PATIENCE: Final = 1.0
"""Seconds after which the bars of pictures appear."""


@contextmanager
def downloading(terminal: Terminal, name: str) -> Generator[Callable[[int, int], None]]:
    """Show a bar for a download, from its first byte on.

    Yields:
        A function to call with the bytes done and all of them, 0 while unknown.
    """
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.table import Column

    console, whole = terminal.console, Column(no_wrap=True)
    text = TextColumn("{task.description}", markup=False)
    columns: list[ProgressColumn] = [text, BarColumn(), DownloadColumn(table_column=whole)]
    if console.width >= WIDE:
        columns.append(TransferSpeedColumn(table_column=whole))
    bar = narrow(console, *columns)
    bar.disable = terminal.quiet or not console.is_terminal
    task = bar.add_task(shortened(printable(name), max(4, console.width // 3)), total=None)

    def show(done: int, whole: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=whole or None)

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def watching(terminal: Terminal, files: int) -> Generator[Callable[[str, int, int], None]]:
    """Show a bar for the tiles of each picture, once the work takes more than a second.

    Args:
        terminal: Knows whether a bar is wanted.
        files: Number of pictures.

    Yields:
        A function to call with a picture's name, the tiles done and all its tiles, 0 while unknown.
    """
    console = terminal.console
    if not are_wanted(terminal):
        yield lambda _name, _done, _tiles: None
        return

    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), text, BarColumn(), TimeElapsedColumn())
    bar = narrow(console, *columns)
    task = bar.add_task("Loading the model", total=None)
    started = 0

    def show(name: str, done: int, tiles: int) -> None:
        nonlocal started, task
        if tiles == 0:  # a picture begins: a task of its own, whose clock begins too
            started += 1
            of = f" ({started} of {files})" if files > 1 else ""
            bar.remove_task(task)
            room = max(4, console.width // 2 - len(of))  # the bar and its clock need the rest
            task = bar.add_task(shortened(printable(name), room) + of, total=None)
        else:  # the last step is writing the file: without it, the clock would stop too early
            bar.update(task, completed=done, total=tiles + 1)

    with shown_later(bar):
        yield show


def are_wanted(terminal: Terminal) -> bool:
    """Tell whether somebody can see bars that nothing else is printed beside."""
    console = terminal.console
    shares_screen = terminal.json and is_terminal(sys.stdout)
    return not (
        terminal.quiet or shares_screen or not console.is_terminal or console.is_dumb_terminal
    )


@contextmanager
def shown_later(bar: Progress) -> Generator[None]:
    """Show a bar once the work takes longer than `PATIENCE`, and take it away at the end."""
    patience = threading.Timer(PATIENCE, bar.start)
    patience.daemon = True
    patience.start()
    try:
        yield
    finally:
        patience.cancel()
        patience.join()
        bar.stop()


def shortened(name: str, cells: int) -> str:
    """Return a name that takes no more than this many cells of a terminal."""
    from rich.cells import cell_len, set_cell_size

    return (
        name
        if cell_len(name) <= cells
        else set_cell_size(name, cells - 1) + "\N{HORIZONTAL ELLIPSIS}"
    )


def narrow(console: Console, *columns: ProgressColumn) -> Progress:
    """Return bars that leave room at the right for the ^C that a terminal shows.

    At the end of a full line, it would move the cursor to the next one, and the bar would stay.
    """
    from rich.constrain import Constrain
    from rich.progress import Progress

    class Narrow(Progress):
        def get_renderables(self) -> Iterable[RenderableType]:
            for renderable in super().get_renderables():
                yield Constrain(renderable, max(1, console.width - len("^C^C")))

    return Narrow(*columns, console=console, transient=True, redirect_stdout=False)


@contextmanager
def training(terminal: Terminal) -> Generator[Callable[[dict[str, Any]], None]]:
    """Show how far a training run is: a bar on a terminal, else its validations as lines.

    Yields:
        A function to call with each line of the run's log.
    """
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = terminal.console
    text = TextColumn("{task.description}", markup=False)
    columns: list[ProgressColumn] = [text, BarColumn()]
    if console.width >= WIDE:
        columns.append(TimeRemainingColumn(table_column=Column(no_wrap=True)))
    bar = narrow(console, *columns)
    bar.disable = terminal.quiet or not console.is_terminal
    with bar:
        task = bar.add_task("Loading pictures", total=1.0)

        def show(line: dict[str, Any]) -> None:
            if terminal.json:
                terminal.document(line, lines=True)
            if scores := line.get("validation"):
                terminal.say(_validated(line["step"], scores))
            elif "head_step" in line:
                doing = f"head, step {line['head_step']}  error {line['error']:.3f}"
                bar.update(task, description=doing)
            else:
                loss = f"step {line['step']}  loss {line['total']:.3f}  L1 {line['l1']:.3f}"
                bar.update(task, description=loss, completed=line["progress"])

        yield show


def _validated(step: int, scores: dict[str, float]) -> str:
    produced = f"{scores['psnr']:.2f} dB, SSIM {scores['ssim']:.3f}"
    scaled = f"{scores['psnr_scaled']:.2f} dB, {scores['ssim_scaled']:.3f}"
    return f"step {step}: {produced} as produced; {scaled} scaled to the reference's mean"
