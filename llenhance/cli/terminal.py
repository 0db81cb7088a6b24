"""The only place that prints: data to standard output, words for people to standard error.

Standard output carries the bytes of a picture, JSON, or a table that was asked for. Colors and bars
(`bars.py`) appear only on a terminal. Documents in JSON are made in `documents.py`, remedies in
`advice.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Final, TextIO
from unicodedata import category

from llenhance.cli.advice import remedy, sentence
from llenhance.cli.documents import Status, Told, document, told
from llenhance.cli.wrapping import wrapped
from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.messages.note import Note
from llenhance.system import system_error

if TYPE_CHECKING:
    from rich.console import Console

_STEERING: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, half of a pair, line ends
_SIGPIPE: Final = 13  # `signal.SIGPIPE`, which Windows does not define


class Terminal:
    """The standard streams of one command, and the exit code that its failures add up to.

    What is told in JSON is not told on standard error as well: programs may read both.

    Args:
        command: Name of the command, such as 'weights list'.
        json: Whether results, and everything that is told, are printed as JSON.
        quiet: Say nothing but errors.
        verbose: Say more about each result.

    Attributes:
        exit_code: 0, or the highest code among the failures so far.
    """

    def __init__(
        self, command: str, *, json: bool = False, quiet: bool = False, verbose: bool = False
    ) -> None:
        if quiet and verbose:
            raise UsageError("contradiction", "--quiet and --verbose")
        self.command, self.json, self.quiet, self.verbose = command, json, quiet, verbose
        self.exit_code = 0
        self._told: list[Told] = []

    def expect_picture(self) -> None:
        """Make sure that standard output can take the bytes of a picture.

        Raises:
            UsageError: JSON goes there too, or it is a terminal.
        """
        if self.json:
            raise UsageError("json-beside-picture", "--json")
        if is_terminal(sys.stdout):
            raise UsageError("terminal-for-picture", "standard output")

    def expect_input(self) -> None:
        """Make sure that standard input can give a picture.

        Raises:
            UsageError: It is a keyboard.
        """
        if is_terminal(sys.stdin):
            raise UsageError("terminal-for-input", "standard input")

    def document(
        self,
        result: Any,
        *,
        messages: Iterable[Told] | None = None,
        status: Status | None = None,
        exit_code: int | None = None,
        lines: bool = False,
    ) -> None:
        """Write a JSON document to standard output.

        Args:
            result: The command's own part.
            messages: Errors and notes; without them, all failures and notes told so far.
            status: See `documents.document`.
            exit_code: Without it, that of the failures so far.
            lines: Whether it is one line of many.
        """
        text = document(
            self.command,
            result,
            messages=self._told if messages is None else messages,
            status=status,
            exit_code=self.exit_code if exit_code is None else exit_code,
            lines=lines,
        )
        self.write_line(text)

    def fail(self, error: LlenhanceError) -> None:
        """Tell what went wrong with one input, and let its exit code count."""
        self.exit_code = max(self.exit_code, error.exit_code)
        self._told.append(told(error, command=self.command))
        if not self.json:
            self.error(sentence(error, command=self.command))

    def note(self, note: Note, *, about: str) -> None:
        """Tell something about a thing: people unless they want quiet, programs always."""
        self._told.append(told(note, command=self.command, about=about))
        advice = remedy(note, command=self.command)
        line = f"{about}: {note}" + (f". {advice}" if advice else "")
        if note.severity == "warning":
            self.warn(line)
        else:
            self.say(line)

    def take_told(self) -> list[Told]:
        """Return what was told so far and belongs to no document yet."""
        told, self._told = self._told, []
        return told

    def say(self, sentence: str) -> None:
        """Tell people something on standard error, unless they want quiet."""
        if not (self.quiet or self.json):
            self._print(sentence)

    def warn(self, sentence: str) -> None:
        """Tell people what they may not want, unless they want quiet."""
        if not (self.quiet or self.json):
            self._print(sentence, label="warning", style="yellow")

    def error(self, sentence: str) -> None:
        """Tell people what went wrong."""
        self._print(sentence, label="error", style="bold red")

    def ask(self, question: str, *, about: Sequence[str] = ()) -> bool:
        """Ask a yes-or-no question on standard error; the answer is no if nobody is there.

        Args:
            question: Ends with a question mark.
            about: What one must know to answer; lines that are printed before it.
        """
        if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
            for line in about:
                self.say(line)
            return False
        for line in (*about, f"{question} [y/N]"):
            self._print(line)
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def write_line(self, text: str) -> None:
        """Write a line of data to standard output."""
        self.write(f"{text}\n".encode(errors="surrogateescape"))

    def write_rows(self, text: str) -> None:
        """Write lines for people to standard output, on a terminal broken between words."""
        if is_terminal(sys.stdout):
            width = get_terminal_size().columns
            text = "\n".join(wrapped(line, width) for line in text.split("\n"))
        self.write_line(text)

    def write(self, data: bytes) -> None:
        """Write to standard output, whole and at once.

        Raises:
            PictureError: It cannot be written to.
            ResourceError: Its disk is full.
        """
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: >&-
            raise PictureError("stdout-closed", "standard output")
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            _forget_unwritten(sys.stdout)
            sys.exit(128 + _SIGPIPE)  # who reads our output has had enough, and that is no error
        except OSError as reason:
            _forget_unwritten(sys.stdout)
            raise system_error("standard output", reason) from reason

    @cached_property
    def console(self) -> Console:
        """Standard error, as Rich sees it."""
        from rich.console import Console

        class Words(Console):
            def on_broken_pipe(self) -> None:
                """Let `_print` hear of it: Rich would end the process, in the middle of a run."""
                raise BrokenPipeError

        # Told, not asked: FORCE_COLOR would make Rich take a file for a terminal.
        return Words(stderr=True, force_terminal=is_terminal(sys.stderr))

    def _print(self, sentence: str, *, label: str = "", style: str = "") -> None:
        from rich.text import Text

        label += ": " * bool(label)
        text = label + printable(sentence)
        if self.console.is_terminal:
            text = wrapped(text, self.console.width)
        line = Text(text)  # not a string: "[bold].jpg" is a name, no markup
        line.stylize(style, 0, len(label))
        try:
            self.console.print(line, soft_wrap=True)
        except OSError:  # its disk is full, or its reader is gone: the work goes on, and counts
            _forget_unwritten(sys.stderr)


def _forget_unwritten(stream: TextIO | None) -> None:
    """Let what could not be written go: Python would try again at exit, and exit with 120."""
    if stream is not None:  # closed: >&-
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_apart() -> None:
    """Give standard error, as Python writes to it, a descriptor of its own.

    What C libraries write to the usual one is caught while a picture is read (`native.py`), in a
    thread beside the one that prints: a sentence of ours would be taken for one of theirs.
    """
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: 2>&-
        return
    file = os.fdopen(os.dup(sys.stderr.fileno()), "wb", buffering=0)
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = TextIOWrapper(file, encoding, errors, line_buffering=True, write_through=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a standard stream is a terminal; it is None if it was closed (`2>&-`)."""
    return stream is not None and stream.isatty()


def printable(text: str) -> str:
    """Return the text with characters that steer a terminal as escapes: names may hold any."""
    return "".join(
        letter.encode("unicode_escape").decode() if category(letter) in _STEERING else letter
        for letter in text
    )


def amount(size: float) -> str:
    """Return a number of bytes as people say it: 1800 bytes, 12 kB, 3.4 MB, 1.2 GB."""
    if size < 1e4:
        return f"{size:.0f} bytes"
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def duration(seconds: float) -> str:
    """Return a time as people say it: 8.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
