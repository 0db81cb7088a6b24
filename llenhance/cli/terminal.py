"""What a command has to say, and where: the only place of llenhance that prints.

Standard output carries data only: the bytes of a picture, or JSON lines. Everything meant for
people goes to standard error; a colour or a bar only where that is a terminal.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TextIO
from unicodedata import category

from llenhance.errors import LlenhanceError, PictureError, ResourceError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from llenhance.jobs.results import Estimate, Result

PATIENCE: Final = 1.0
"""Seconds after which a bar appears."""

_STEERING: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, half of a pair, line ends
_SIGPIPE: Final = 13  # `signal.SIGPIPE`, which Windows does not define


class Terminal:
    """The standard streams of one command, and the exit code that its results add up to.

    Args:
        json_lines: report results as JSON lines on standard output, not as sentences.
        quiet: say nothing but errors.
        verbose: say more about each result.

    Attributes:
        exit_code: 0, or the highest code among the failures reported so far.
    """

    def __init__(
        self, *, json_lines: bool = False, quiet: bool = False, verbose: bool = False
    ) -> None:
        if quiet and verbose:
            raise UsageError("--quiet", "contradicts --verbose", "Give one of them")
        self.exit_code = 0
        self._reported = 0
        self._json_lines, self._quiet, self._verbose = json_lines, quiet, verbose

    def expect_picture(self) -> None:
        """Make sure that standard output can take the bytes of a picture.

        Raises:
            UsageError: JSON lines go there too, or it is a terminal.
        """
        if self._json_lines:
            remedy = "Write the picture to a file with -o FILE, or leave --json out"
            raise UsageError("--json", "would mix with the picture on standard output", remedy)
        if _is_terminal(sys.stdout):
            remedy = "Give -o FILE, or redirect it: > FILE"
            raise UsageError("standard output", "a terminal cannot show a picture file", remedy)

    def report(self, result: Result) -> None:
        """Write what is to go to standard output, and say what became of one input."""
        self._reported += 1
        if result.error:
            self.exit_code = max(self.exit_code, result.error.exit_code)
        if result.data is not None:
            self.write(result.data)
        if self._json_lines:
            self.write_line(_as_json(result))
        elif result.error:
            self.error(str(result.error))
        else:
            for line in _sentences(result, verbose=self._verbose):
                self.say(line)

    def fail(self, error: LlenhanceError) -> None:
        """Tell what went wrong with one input, and let its exit code count."""
        self.exit_code = max(self.exit_code, error.exit_code)
        self.error(str(error))

    def write_line(self, text: str) -> None:
        """Write a line of data to standard output."""
        self.write(f"{text}\n".encode())

    def say(self, sentence: str) -> None:
        """Tell people something on standard error, unless they want quiet."""
        if not self._quiet:
            self._print(sentence)

    def warn(self, sentence: str) -> None:
        """Tell people what they may not want, unless they want quiet."""
        if not self._quiet:
            self._print(sentence, label="warning", style="yellow")

    def error(self, sentence: str) -> None:
        """Tell people what went wrong."""
        self._print(sentence, label="error", style="bold red")

    def ask(self, question: str) -> bool:
        """Ask a question on standard error that is answered with yes or no; no where nobody is."""
        if not (_is_terminal(sys.stdin) and _is_terminal(sys.stderr)):
            return False
        self._print(f"{question} [y/N]")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def downloading(self, name: str) -> Generator[Callable[[int, int], None]]:
        """Show a bar on standard error from the first byte on, where somebody can see it.

        Yields:
            What to call with the bytes done and all of them, 0 while unknown.
        """
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TransferSpeedColumn,
        )

        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn())
        hidden = self._quiet or not self._console.is_terminal
        bar = Progress(*columns, console=self._console, transient=True, disable=hidden)
        task = bar.add_task(printable(name), total=None)

        def show(done: int, whole: int) -> None:
            bar.start()
            bar.update(task, completed=done, total=whole or None)

        try:
            yield show
        finally:
            bar.stop()

    @contextmanager
    def watching(self, files: int) -> Generator[Callable[[str, int, int], None]]:
        """Show a bar on standard error from the second second on, where somebody can see it.

        Yields:
            What to call with a picture's name, the tiles done and all its tiles, 0 while unknown.
        """
        console = self._console
        shares_screen = self._json_lines and _is_terminal(sys.stdout)
        if self._quiet or shares_screen or not console.is_terminal or console.is_dumb_terminal:
            yield lambda _name, _done, _tiles: None
            return

        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        text = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), text, BarColumn(), TimeElapsedColumn())
        bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        task = bar.add_task("Loading the model", total=None)

        def show(name: str, done: int, tiles: int) -> None:
            of = f" ({self._reported + 1} of {files})" if files > 1 else ""
            bar.update(task, description=printable(name) + of, completed=done, total=tiles or None)

        patience = threading.Timer(PATIENCE, bar.start)
        patience.daemon = True
        patience.start()
        try:
            yield show
        finally:
            patience.cancel()
            patience.join()
            bar.stop()

    @contextmanager
    def training(self) -> Generator[Callable[[dict[str, Any]], None]]:
        """Show how far a training run is: a bar on a terminal, else its validations as lines.

        Yields:
            What to call with each line of the run's log.
        """
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), TimeRemainingColumn())
        hidden = self._quiet or not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as bar:
            task = bar.add_task("Loading pictures", total=1.0)

            def show(line: dict[str, Any]) -> None:
                if self._json_lines:
                    self.write_line(json.dumps(line))
                if scores := line.get("validation"):
                    self.say(_validated(line["step"], scores))
                elif "head_step" in line:
                    doing = f"head, step {line['head_step']}  error {line['error']:.3f}"
                    bar.update(task, description=doing)
                else:
                    loss = f"step {line['step']}  loss {line['total']:.3f}  L1 {line['l1']:.3f}"
                    bar.update(task, description=loss, completed=line["progress"])

            yield show

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        # Told, not asked: FORCE_COLOR would make Rich take a file for a terminal.
        return Console(stderr=True, force_terminal=_is_terminal(sys.stderr))

    def _print(self, sentence: str, *, label: str = "", style: str = "") -> None:
        from rich.text import Text

        line = Text()  # not a string: "[bold].jpg" is a name, no markup
        if label:
            line.append(f"{label}: ", style=style)
        line.append(printable(sentence))
        self._console.print(line, soft_wrap=True)

    def write(self, data: bytes) -> None:
        """Write to standard output, whole and at once."""
        name = "standard output"
        try:
            if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: >&-
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            _forget_unwritten()
            sys.exit(128 + _SIGPIPE)  # who reads our output has had enough, and that is no error
        except OSError as reason:
            _forget_unwritten()
            remedy = "Write to a file with -o FILE"
            if reason.errno == errno.ENOSPC:
                raise ResourceError(name, "no space left", remedy) from reason
            raise PictureError(name, f"cannot be written: {reason.strerror}", remedy) from reason


def _forget_unwritten() -> None:
    """Let what could not be written go: Python would try again at exit, and exit with 120."""
    if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: >&-
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_terminal(stream: TextIO | None) -> bool:  # None where it was closed: `llenhance 2>&-`
    return stream is not None and stream.isatty()


def printable(text: str) -> str:
    """Return the text with characters that steer a terminal as escapes: names may hold any."""
    return "".join(
        letter.encode("unicode_escape").decode() if category(letter) in _STEERING else letter
        for letter in text
    )


def _validated(step: int, scores: dict[str, float]) -> str:
    produced = f"{scores['psnr']:.2f} dB, SSIM {scores['ssim']:.3f}"
    scaled = f"{scores['psnr_scaled']:.2f} dB, {scores['ssim_scaled']:.3f}"
    return f"step {step}: {produced} as produced; {scaled} scaled to the reference's mean"


def _sentences(result: Result, *, verbose: bool) -> Iterator[str]:
    """Yield what is worth saying about a picture that was enhanced."""
    source = "standard input" if result.input == "-" else result.input
    target = "standard output" if result.output == "-" else result.output
    size = f"{result.width}x{result.height}"
    if result.estimate:
        takes = f"about {result.estimate.seconds:.1f} s and {result.estimate.memory / 1e9:.1f} GB"
        yield f"{source} -> {target}  ({size}, would take {takes})"
    else:
        yield f"{source} -> {target}  ({size}, {result.seconds:.1f} s)"
    for note in result.notes:
        yield f"  {note}"
    if verbose and not result.estimate:
        tiles = "1 tile" if result.tiles == 1 else f"{result.tiles} tiles"
        network = f"{result.enhancing_seconds:.2f} s of {result.seconds:.2f} s"
        yield f"  model {result.model} on {result.device}, {result.precision}, {tiles}: {network}"
        yield f"  brightness {result.brightness:.3f}, mean grey {result.mean_grey:.3f}"


def _as_json(result: Result) -> str:
    error = result.error
    return json.dumps(
        {
            "input": result.input,
            "output": result.output,
            "status": "failed" if error else "planned" if result.estimate else "ok",
            "error": str(error) if error else None,
            "exit_code": error.exit_code if error else 0,
            "width": result.width,
            "height": result.height,
            "seconds": round(result.seconds, 3),
            **({"estimate": _estimated(result.estimate)} if result.estimate else {}),
            "notes": result.notes,
            "model": result.model,
            "device": result.device,
            "precision": result.precision,
            "fast": result.fast,
            "brightness": _rounded(result.brightness),
            "mean_grey": _rounded(result.mean_grey),
        }
    )


def _estimated(estimate: Estimate) -> dict[str, float]:
    return {"seconds": round(estimate.seconds, 2), "memory": round(estimate.memory)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
