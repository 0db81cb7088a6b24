"""How a process uses threads and memory: call `prepare` once, before torch is loaded."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from threading import Lock
from typing import Final

_TRIM_THRESHOLD: Final = -1  # parameters of `mallopt` from glibc's malloc.h
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_GIGABYTE: Final = 1 << 30
_MODEST: Final = 1 << 17  # bytes: what glibc begins with


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


def make_room() -> None:
    """Give memory that nothing uses any longer back to the system, where that can be done.

    From now on, large blocks are given back as soon as they are freed: what the heap keeps is of no
    use to those who ask the system, such as the code that oneDNN makes and the stacks of threads.
    """
    gc.collect()  # what failed may hold itself, and tensors, in a circle
    malloc = _malloc()
    if malloc is None:
        return
    malloc.mallopt(_MMAP_THRESHOLD, _MODEST)
    malloc.mallopt(_TRIM_THRESHOLD, _MODEST)
    malloc.malloc_trim(0)


def new_lock() -> Lock:
    """Return a lock that forking waits for: in the child it is free, and what it guards is whole.

    It is for locks of a module: the system never forgets them.
    """
    lock = Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock


def memory_is_limited() -> bool:
    """Tell whether this process may use a part of its address space only, as `ulimit -v` does."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _keep_freed_memory() -> None:
    """Let glibc keep large freed blocks, which it would otherwise give back to the system at once.

    A layer's result takes tens of megabytes. The system would fill new memory with zeros, page by
    page, each time, which took longer than some convolutions. All threads share one heap: those
    that glibc makes for threads hold 64 MB, and what is larger would be new memory each time.
    """
    malloc = _malloc()
    if malloc is not None and not memory_is_limited():
        malloc.mallopt(_MMAP_THRESHOLD, _GIGABYTE)
        malloc.mallopt(_TRIM_THRESHOLD, 2 * _GIGABYTE - 1)
        malloc.mallopt(_ARENA_MAX, 1)


def _malloc() -> ctypes.CDLL | None:
    """Return glibc's malloc; None with another one, such as musl's."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "mallopt") else None
