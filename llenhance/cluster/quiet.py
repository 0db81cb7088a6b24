"""Standard output is for results: what Ray says of itself goes to its own files of logs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

_SETTINGS: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anybody
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # what its core would print on standard error
    "RAY_DEDUP_LOGS": "0",  # else the thread that ends it prints what it has kept back
    "RAY_worker_niceness": "0",  # workers started here are as nice as the command, not 15 nicer
}
_STOPPING: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is unknown to Windows


def set_up() -> None:
    """Tell Ray, before it is imported, to print little and to send no statistics."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


class _OwnThread:
    """Standard output for the thread that made it; what other threads print is dropped.

    Ray prints what its processes report from a thread of its own, whatever is asked of it.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._owner = stream, threading.get_ident()

    def write(self, text: str) -> int:
        is_own = threading.get_ident() == self._owner
        return self._stream.write(text) if is_own else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Generator[None]:
    """Keep Ray from printing."""
    speak_no_more()
    before, sys.stdout = sys.stdout, _OwnThread(sys.stdout)
    try:
        yield
    finally:
        sys.stdout = before


def speak_no_more() -> None:
    """Silence the logs of Ray that would go to standard error."""
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def signals_kept() -> Generator[None]:
    """Let signals do what they did before: Ray takes SIGTERM for itself as it starts."""
    numbers = [getattr(signal, name) for name in _STOPPING if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                signal.signal(number, handler)


@contextmanager
def errors_silent() -> Generator[None]:
    """Drop what C++ prints on standard error, such as that it has been told not to print."""
    sys.stderr.flush()
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
