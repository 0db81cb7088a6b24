"""How libraries say that memory is short: the one place that knows all of them.

Python raises MemoryError; others raise RuntimeError, OSError, ImportError or an error of their own
and put it in words, and some fail without a word. Where the words leave it open, a trial decides:
whether so much memory can be had at this moment.
"""

from __future__ import annotations

import errno
import mmap
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from llenhance.errors import LlenhanceError, ResourceError

_SAYINGS: Final = (
    "not enough memory",  # torch: Windows
    "can't allocate memory",  # torch: Linux and macOS
    "cannot allocate memory",  # the C library's ENOMEM, in torch's, safetensors' and the loader's
    "out of memory",  # torch: CUDA and MPS; Pillow, libavif
    "outofmemoryerror",  # OpenCV
    "insufficient memory",  # OpenCV: StsNoMem
    "failed to allocate",  # OpenCV, ONNX Runtime
    "unable to allocate",  # numpy
    "could not allocate",
    "alloc_failed",  # cuBLAS and cuDNN
    "bad_alloc",  # C++
    "bad allocation",
    "unable to mmap",  # torch
    "failed to map segment",  # the dynamic loader
    "paging file is too small",  # Windows' loader
)
_AMBIGUOUS: Final = (
    "could not create a primitive",  # oneDNN: no memory for its code, or a machine it cannot serve
    "could not create a memory",
    "could not execute a primitive",
    "can't start new thread",  # no memory for its stack, or too many threads
    "libgomp",
)
_OTHERS: Final = ("in static tls block",)  # of the loader: its place for these is of fixed size

PLENTY: Final = 1_000_000_000
"""Bytes. Where so much can be had, what is ambiguous does not mean a lack of memory."""


def is_shortage(error: BaseException) -> bool:
    """Tell whether an error, or one that it was raised from, says that memory is short."""
    return any(_says_so(one) for one in _chain(error))


def is_short(size: int) -> bool:
    """Tell whether so many bytes of memory cannot be had at this moment.

    Only a limit on the address space is noticed, or a system that promises no more than it has.
    """
    with suppress(OSError, ValueError, OverflowError):
        mmap.mmap(-1, size).close()
        return False
    return not _in_heap(size)


@contextmanager
def lack_of_memory_told(name: str = "the picture", code: str = "out-of-memory") -> Generator[None]:
    """Raise whatever says that memory is short as a `ResourceError` about `name`."""
    try:
        yield
    except LlenhanceError:
        raise
    except Exception as reason:
        if not is_shortage(reason):
            raise
        raise ResourceError(code, name) from reason


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, LlenhanceError):
        return error.code in ("out-of-memory", "picture-exceeds-memory")
    if isinstance(error, OSError) and error.errno:
        return error.errno == errno.ENOMEM  # its text holds a name, which may be anything
    text = str(error).lower()
    if any(saying in text for saying in _OTHERS):
        return False
    if any(saying in text for saying in _SAYINGS):
        return True
    return any(saying in text for saying in _AMBIGUOUS) and is_short(PLENTY)


def _in_heap(size: int) -> bool:
    """Tell whether the heap has so many bytes in one piece: it keeps what was freed."""
    import numpy as np  # the command's help must not wait for it

    try:
        np.empty(size, np.uint8)
    except (MemoryError, ValueError):
        return False
    return True
