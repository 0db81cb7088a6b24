"""The content of a file, a pipe or a stream, without waiting or taking memory for nothing.

What does not begin like a picture is not read any further, and what is larger than any picture that
can be read is refused.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

from llenhance.errors import PictureError
from llenhance.pictures.formats import HEAD, format_in
from llenhance.system import system_errors

LARGEST: Final = 2_500_000_000
"""Bytes: the largest picture takes 2.2 GB, as 16-bit RGBA without compression."""

PATIENCE: Final = 10.0
"""Seconds to wait for somebody to write into a pipe that nobody has opened for writing."""

_CHUNK: Final = 2**22


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, or of a pipe up to its end; the beginning if it is no picture.

    Raises:
        PictureError: it is missing, a folder, too large, or cannot be read; or nobody writes into
            the pipe.
        ResourceError: there is not enough memory.
    """
    with system_errors(path), _opened(path) as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            raise PictureError("is-a-folder", str(path))
        if stat.S_ISREG(status.st_mode):
            head = _read(file, HEAD)
            if format_in(head) is None:
                return head
            _refuse_too_large(status.st_size, str(path))
            file.seek(0)
            return file.readall()
        if hasattr(select, "poll"):
            _wait_for_writer(file.fileno(), path)
            os.set_blocking(file.fileno(), True)
        return read_stream(lambda size: _read(file, size), name=str(path))


def read_stream(read: Callable[[int], bytes], *, name: str) -> bytes:
    """Return what a stream gives up to its end; the beginning if it is no picture.

    Args:
        read: returns at most so many bytes, none at the end.
        name: what messages call it.

    Raises:
        PictureError: it is too large.
    """
    head = b""
    while len(head) < HEAD and (chunk := read(HEAD - len(head))):  # a pipe may give it in pieces
        head += chunk
    if format_in(head) is None:
        return head
    chunks, size = [head], len(head)
    while chunk := read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        _refuse_too_large(size, name)
    return b"".join(chunks)


def _refuse_too_large(size: int, name: str) -> None:
    if size > LARGEST:
        raise PictureError("file-too-large", name, gigabytes=LARGEST / 1e9)


def _opened(path: Path) -> FileIO:
    """Return an open file; a pipe does not wait here for its writer."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags), "rb", buffering=0)


def _read(file: FileIO, size: int) -> bytes:
    return file.read(size) or b""


def _wait_for_writer(descriptor: int, path: Path) -> None:
    """Wait until there is something to read, or somebody has opened it to write."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    if waiting.poll(PATIENCE * 1000):
        return
    try:
        silent = not os.read(descriptor, 1)  # the end: nobody has it open
    except BlockingIOError:  # somebody has, and takes time
        return
    if silent:
        raise PictureError("pipe-silent", str(path), seconds=PATIENCE)
