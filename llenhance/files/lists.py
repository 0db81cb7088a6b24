"""Lists of names: files of them, and pipes that give one name after the other.

Names in a list mean themselves: nothing in them is replaced, and they count from the working
folder. Bytes that are no UTF-8 are kept, as file systems keep them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import Final

from llenhance.errors import LlenhanceError, UsageError
from llenhance.pictures.formats import HEAD, format_in
from llenhance.system import system_errors

LINES: Final = b"\n"
"""What ends a name in a list that people write."""

NULS: Final = b"\0"
"""What ends a name in a list that holds names of any kind, such as that of `find -print0`."""

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CHUNK: Final = 2**16
_LONGEST: Final = 2**15  # bytes of a name; Windows allows the longest, of 32,767 letters
_LARGEST: Final = 2**28  # bytes of a list that is read at once
_NOTHING: Final = 2**20  # ends without a name: /dev/zero has nothing else
_MARK: Final = b"\xef\xbb\xbf"  # what Windows puts before text in UTF-8
_WAITING: Final = 1000  # names that are held for who is slower than the pipe


class NameList:
    """A list of names.

    Args:
        path: The file, or pipe; None is standard input.
        end: What ends a name: `LINES` or `NULS`.

    Attributes:
        name: What messages call it.
        is_stream: Whether it is a pipe or the like, in which names may come one by one.

    Raises:
        UsageError: It cannot be opened.
    """

    def __init__(self, path: Path | None, *, end: bytes = LINES) -> None:
        self.name = "standard input" if path is None else str(path)
        self._end = end
        with system_errors(self.name, UsageError):
            self._descriptor = _standard_input() if path is None else os.open(path, _FLAGS)
            self._is_own = path is not None
            mode = os.fstat(self._descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise UsageError("list-is-a-folder", self.name)
        self.is_stream = not stat.S_ISREG(mode)

    def whole(self) -> list[str]:
        """Return all names.

        Raises:
            UsageError: It is no list of names, or too long.
        """
        return list(self._names(largest=_LARGEST))

    def __iter__(self) -> Iterator[str]:
        """Yield each name as soon as it is there; raise what `whole` does, but for the length."""
        return self._names()

    def _names(self, *, largest: int | None = None) -> Iterator[str]:
        rest, size, nothing = b"", 0, 0
        try:
            while chunk := self._read():
                if size == 0:
                    self._refuse_picture(chunk)
                    chunk = chunk.removeprefix(_MARK if self._end == LINES else b"")
                size += len(chunk)
                if largest is not None and size > largest:
                    raise UsageError("list-too-long", self.name, megabytes=largest // 10**6)
                if self._end == LINES and b"\0" in chunk:
                    raise UsageError("list-no-text", self.name)
                *ended, rest = (rest + chunk).split(self._end)
                if len(rest) > _LONGEST:
                    raise UsageError("list-name-too-long", self.name, longest=_LONGEST)
                for one in ended:
                    nothing = 0 if one else nothing + 1
                    yield from self._name(one)
                if nothing > _NOTHING:
                    raise UsageError("list-of-nothing", self.name)
            yield from self._name(rest)  # the last one need not be ended
        finally:
            if self._is_own:
                os.close(self._descriptor)

    def _read(self) -> bytes:
        # Not through Python's buffer: a thread that waits in it would keep the process from ending.
        with system_errors(self.name, UsageError):
            return os.read(self._descriptor, _CHUNK)

    def _refuse_picture(self, beginning: bytes) -> None:
        if format_in(beginning[:HEAD]) is None:
            return
        with suppress(OSError, ValueError):  # a name may begin like a picture, such as BMW.jpg
            if os.path.lexists(os.fsdecode(beginning.split(self._end)[0].rstrip(b"\r"))):
                return
        raise UsageError("list-is-a-picture", self.name)

    def _name(self, line: bytes) -> Iterator[str]:
        if self._end == LINES:
            line = line.removesuffix(b"\r")
        if not line:
            return
        if len(line) > _LONGEST:
            raise UsageError("list-name-too-long", self.name, longest=_LONGEST)
        try:
            name = os.fsdecode(line)
        except UnicodeDecodeError as reason:  # only on Windows, whose names are no bytes
            raise UsageError("list-no-text", self.name) from reason
        yield str(Path("./-")) if name == "-" else name  # a file: a list is no place for a stream


def _standard_input() -> int:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: <&-
        raise UsageError("stdin-closed", "standard input")
    return sys.stdin.fileno()


class Arriving:
    """Names as they come, which can be waited for in one thread and given up in another.

    Args:
        names: Read in a thread of its own.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._queue: Queue[str | LlenhanceError | None] = Queue(_WAITING)
        self._closed = Event()
        Thread(target=self._take, args=(names,), daemon=True).start()

    def __iter__(self) -> Iterator[str]:
        """Yield the names, and raise what reading them raises."""
        while True:
            found = self._queue.get()
            if found is None or self._closed.is_set():
                return
            if isinstance(found, LlenhanceError):
                raise found
            yield found

    def close(self) -> None:
        """End the waiting for another name."""
        self._closed.set()
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._queue.put(None)

    def _take(self, names: Iterable[str]) -> None:
        end = None
        try:
            for name in names:
                if self._closed.is_set():
                    return
                self._queue.put(name)
        except LlenhanceError as reason:
            end = reason
        self._queue.put(end)
