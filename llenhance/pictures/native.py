"""What C libraries write to standard error while they read a picture, as a list of lines.

libtiff and libjpeg tell what is wrong with a file there, and nowhere else that Python can see. The
descriptor belongs to the whole process. So it is taken for as short as possible, by one thread at a
time, and lines that are not in the style of these libraries are passed on at once.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from llenhance.process import new_lock

_STDERR: Final = 2
_MOST: Final = 65536  # bytes that are kept; the rest is only counted
_END: Final = b"\0llenhance: no more\0\n"
_LIBRARIES: Final = re.compile(
    rb"""\[\ ?(?:WARN|ERROR|INFO|FATAL)  # OpenCV
    |  libpng\ (?:warning|error):
    |  (?:Corrupt\ JPEG|Premature\ end|Inconsistent\ progression|Invalid\ SOS|Unsupported\ marker
        |unknown\ file:  # LibRaw, of data that it gets from memory
        |Warning:\ unknown\ JFIF|Unknown\ Adobe|Invalid\ (?:JPEG|crop)|Unexpected\ marker)
    |  (?!error:|warning:)[A-Za-z_][\w.]*:\ .+\.\s*$  # libtiff: a function or file, a sentence
    """,
    re.VERBOSE,
)

_taken = new_lock()


class Overheard:
    """What was written.

    Attributes:
        lines: the first of them; no more than `_MOST` bytes.
        count: how many there were.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0
        self._kept = 0

    def add(self, line: bytes) -> None:
        """Count a line, and keep it if there is room."""
        self.count += 1
        if self._kept < _MOST:
            self._kept += len(line)
            self.lines.append(line.decode(errors="replace").strip())


@contextmanager
def overheard() -> Generator[Overheard]:
    """Catch what C libraries write to standard error inside; it is complete afterwards.

    Where standard error is closed, nothing else gets its descriptor meanwhile.
    """
    heard = Overheard()
    with _taken:
        try:
            before: int | None = os.dup(_STDERR)
        except OSError:  # closed: 2>&-
            before = None
        reader, writer = os.pipe()  # never 2 where that is closed: see below
        spare = [number for number in (reader, writer) if number != _STDERR]
        try:
            if _STDERR in (reader, writer):  # it was free, and the pipe got it
                reader, writer = os.dup(reader), os.dup(writer)
                spare += [reader, writer]
            thread = threading.Thread(target=_listen, args=(reader, before, heard), daemon=True)
            thread.start()  # first: it is refused where memory is short
            os.dup2(writer, _STDERR)
            try:
                yield heard
            finally:
                if before is None:
                    os.close(_STDERR)
                else:
                    os.dup2(before, _STDERR)
                os.write(writer, _END)  # a child of this process may hold the pipe open for long
                thread.join()
        finally:
            for number in (*spare, before):
                if number is not None:
                    os.close(number)


def _listen(reader: int, before: int | None, heard: Overheard) -> None:
    """Sort what comes through the pipe: lines of libraries, and what belongs to somebody else."""
    rest = b""
    ended = False
    while not ended:
        try:
            rest += os.read(reader, 4096)
        except MemoryError:  # then there are worse things to tell
            return
        if ended := rest.endswith(_END):
            rest = rest.removesuffix(_END)
        *lines, rest = rest.split(b"\n")
        for line in lines:
            _sort(line + b"\n", before, heard)
        if rest and (ended or b"\x1b" in rest or b"\r" in rest or len(rest) > _MOST):
            _sort(rest, before, heard)  # the middle of a line that somebody draws again and again
            rest = b""


def _sort(part: bytes, before: int | None, heard: Overheard) -> None:
    if _LIBRARIES.match(part) and b"\x1b" not in part:
        heard.add(part)
    elif heard.count and part == b"\n":
        return  # OpenCV ends some of its messages with an empty line
    elif before is not None:
        with suppress(OSError):  # whoever wrote it would not have got any further either
            os.write(before, part)
