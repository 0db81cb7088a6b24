"""The content of a file, a pipe or a stream, without waiting or taking memory for nothing.

What does not begin like a picture is not read any further. What is larger than any picture that can
be read, or far larger than the picture that its beginning declares, is refused.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO, FileIO
from pathlib import Path
from typing import Final

from PIL import Image

from llenhance.errors import LlenhanceError, PictureError
from llenhance.pictures import guard
from llenhance.pictures.formats import FORMATS, HEAD, format_in
from llenhance.system import system_errors

LARGEST: Final = 2_500_000_000
"""Bytes: the largest picture takes 2.2 GB, as 16-bit RGBA without compression."""

BESIDE: Final = 2**28
"""Bytes that a file may have beside its pixels: videos, previews and data of other programs."""

_PER_PIXEL: Final = 16  # bytes; twice as many as RGBA of 16 bits has without compression
_DECLARING: Final = ("JPEG", "PNG", "BMP", "PPM", "PGM", "PBM", "PAM")
"""Formats that declare all of their pixels near the beginning."""

_DECLARED: Final = 2**24
"""Bytes within which they do so: color profiles and texts may come first."""

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
            if status.st_size > BESIDE:
                longest = _longest(head + _read(file, _DECLARED))
                _refuse_longer(status.st_size, longest, str(path))
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
    whole = BytesIO(head)  # which gives its bytes away without a copy, unlike a list of pieces
    whole.seek(len(head))
    longest = LARGEST
    while chunk := read(_CHUNK):
        if whole.tell() <= BESIDE < whole.tell() + len(chunk):
            longest = _longest(whole.getvalue()[:_DECLARED])
        whole.write(chunk)
        _refuse_longer(whole.tell(), longest, name)
    return whole.getvalue()


def beginning(path: Path) -> bytes:
    """Return the first bytes of a file; none if it cannot be read.

    Pipes and devices are not opened: what is read from them is gone.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(HEAD)
    except (OSError, ValueError):  # reading the picture will tell
        return b""


def _longest(head: bytes) -> int:
    """Return how many bytes a file can have that begins so."""
    format = format_in(head)
    if format in _DECLARING:
        about = guard.reading(name="", format=FORMATS[format].title)
        with suppress(LlenhanceError), about, Image.open(BytesIO(head)) as image:
            pixels = image.width * image.height * getattr(image, "n_frames", 1)
            return min(LARGEST, BESIDE + _PER_PIXEL * pixels)
    return LARGEST  # reading the picture will tell what is wrong with it


def _refuse_longer(size: int, longest: int, name: str) -> None:
    if size > longest == LARGEST:
        raise PictureError("file-too-large", name, gigabytes=LARGEST / 1e9)
    if size > longest:
        raise PictureError("file-longer-than-picture", name, megabytes=longest // 10**6)


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
