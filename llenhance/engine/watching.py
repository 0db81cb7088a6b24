"""Watch how far an engine is with a picture, to measure it: `watched`.

The watcher belongs to the caller: other threads that use the same engine neither call it nor
notice it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from torch import Tensor

Passed = Callable[[str, Tensor], None]
"""Called with the name of a stage that a picture has passed, and the stage's result."""

_WATCHER: Final[ContextVar[Passed | None]] = ContextVar("watcher", default=None)


@contextmanager
def watched(passed: Passed) -> Generator[None]:
    """Tell how far `Engine.enhance` is with each picture that this thread enhances meanwhile.

    Args:
        passed: Called with `condition` and the 12 channels before the network runs, then with
            `encoder` and the color map, then with `flow` and the picture. If the engine runs
            something other than the folded network, `network` and the picture replace the last two.

    Example:
        ``with watched(lambda stage, _: print(stage)): enhancer.enhance(picture)``
    """
    before = _WATCHER.set(passed)
    try:
        yield
    finally:
        _WATCHER.reset(before)


def tell(stage: str, result: Tensor) -> None:
    """Tell this thread's watcher, if there is one, that a stage is done."""
    passed = _WATCHER.get()
    if passed is not None:
        passed(stage, result)
