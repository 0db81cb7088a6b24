"""How a process uses threads and memory: call `prepare` once, before torch is loaded."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1  # parameters of `mallopt` from glibc's malloc.h
_MMAP_THRESHOLD: Final = -3
_GIGABYTE: Final = 1 << 30


def prepare() -> None:
    """Let waiting threads sleep, and keep freed memory for later use.

    Both hold for the whole process, so a program decides about them, not a library. The command
    `llenhance` calls this; a program that uses `Enhancer` may call it too.

    Example:
        ``prepare()``, then ``from llenhance import Enhancer``
    """
    # Waiting threads that spin take cores from others: next to other work, a 600x400 picture took
    # 23 s with spinning threads and 3.4 s with sleeping ones. OpenMP reads this as torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Let glibc keep large freed blocks, which it would otherwise give back to the system at once.

    A layer's result takes tens of megabytes. The system would fill new memory with zeros, page by
    page, each time, which took longer than some convolutions.
    """
    if sys.platform != "linux":
        return
    malloc = ctypes.CDLL(None)
    if hasattr(malloc, "mallopt"):  # musl has none
        malloc.mallopt(_MMAP_THRESHOLD, _GIGABYTE)
        malloc.mallopt(_TRIM_THRESHOLD, 2 * _GIGABYTE - 1)
