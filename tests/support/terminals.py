"""A terminal of some columns: a program runs in it, and what it shows in the end is read off."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

_STEP = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]|.", re.DOTALL)


class Screen(io.StringIO):
    """A standard stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def run_in_terminal(
    command: Sequence[str],
    *,
    columns: int,
    environment: dict[str, str],
    until: Callable[[str], bool] = lambda _: False,
    keys: bytes = b"",
    seconds: float = 60,
) -> tuple[int, str]:
    """Run a program whose standard streams are a terminal.

    Args:
        command: The program and its arguments.
        columns: Width of the terminal.
        environment: Of the program.
        until: Tells from what was shown so far when the keys are pressed.
        keys: Bytes of these keys, such as that of Ctrl-C.
        seconds: After which the program is killed.

    Returns:
        Its exit code, and all that it wrote.
    """
    import fcntl
    import struct
    import termios

    outer, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def take_terminal() -> None:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    sizes = {"COLUMNS", "LINES"}  # of another terminal: pytest-xdist sets them for its workers
    running = subprocess.Popen(
        command,
        env={key: value for key, value in environment.items() if key not in sizes},
        preexec_fn=take_terminal,
        stdin=inner,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    written, ends = b"", time.monotonic() + seconds
    with suppress(OSError):  # the program has ended, and with it the terminal
        while time.monotonic() < ends:
            if select.select([outer], [], [], 0.05)[0]:
                read = os.read(outer, 65536)
                written += read
                if not read:
                    break
            if keys and until(written.decode(errors="replace")):
                os.write(outer, keys)
                keys = b""
    if time.monotonic() >= ends:
        running.kill()
    os.close(outer)
    return running.wait(), written.decode(errors="replace")


def screen(written: str, *, columns: int) -> list[str]:
    """Return the lines that a terminal shows after all this was written to it."""
    lines: list[list[str]] = [[" "] * columns]
    row = column = 0
    full = False  # a letter is in the last column: the next one goes to the next line

    def go_down() -> None:
        nonlocal row, full
        row, full = row + 1, False
        if row == len(lines):
            lines.append([" "] * columns)

    for step in _STEP.findall(written):
        if step.startswith("\x1b"):
            number = int(re.sub(r"\D", "", step) or 0)
            if step.endswith("A"):
                row, full = max(0, row - (number or 1)), False
            elif step.endswith("K"):
                lines[row][0 if number == 2 else column :] = [" "] * (
                    columns - (0 if number == 2 else column)
                )
        elif step == "\r":
            column, full = 0, False
        elif step == "\n":
            go_down()
        else:
            if full:
                column = 0
                go_down()
            lines[row][column] = step
            full = column == columns - 1
            column = min(column + 1, columns - 1)
    return ["".join(line).rstrip() for line in lines]
