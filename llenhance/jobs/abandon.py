"""Work that nobody waits for any more is given up between two layers of the network.

A tile of a large picture takes seconds, a layer of it a few hundredths of one.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, local


class StoppedError(Exception):
    """Nobody waits for this picture any more."""


class Abandoning:
    """Raises in threads that are at work as soon as that is not wanted any more.

    Args:
        stopped: Is set when it is not. Threads that do other work with torch do not notice it.
    """

    def __init__(self, stopped: Event) -> None:
        from torch.nn.modules.module import register_module_forward_pre_hook  # it takes seconds

        self._stopped, self._thread = stopped, local()
        self._hook = register_module_forward_pre_hook(self._before_layer)

    def close(self) -> None:
        """Look no more."""
        self._hook.remove()

    @contextmanager
    def at_work(self) -> Generator[None]:
        """Give up the work inside if it is not wanted any more.

        Raises:
            StoppedError: It is not.
        """
        self._thread.is_at_work = True
        try:
            yield
        finally:
            self._thread.is_at_work = False

    def _before_layer(self, *_: object) -> None:
        if self._stopped.is_set() and getattr(self._thread, "is_at_work", False):
            raise StoppedError
