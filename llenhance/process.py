"""How a process that enhances shall use the machine: `prepare`, once, before torch is loaded."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1  # numbers of `mallopt` in glibc's malloc.h
_MMAP_THRESHOLD: Final = -3
_GIGABYTE: Final = 1 << 30


def prepare() -> None:
    """Settle how threads wait, and what becomes of memory that is free again.

    Both hold for the whole process: a program decides on them, a library does not. `llenhance` the
    command calls this; a program that uses `Enhancer` may.
    """
    # Threads that wait shall sleep, not spin: beside other work on the same cores a 600x400 picture
    # took 3.4 s instead of 23. OpenMP reads this when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep large blocks that are free, where it gives them back at once by itself.

    A layer's result is tens of megabytes; each time anew, the system would fill it with zeros page
    by page, which took longer than some convolutions do.
    """
    if sys.platform != "linux":
        return
    malloc = ctypes.CDLL(None)
    if hasattr(malloc, "mallopt"):  # musl has none
        malloc.mallopt(_MMAP_THRESHOLD, _GIGABYTE)
        malloc.mallopt(_TRIM_THRESHOLD, 2 * _GIGABYTE - 1)
