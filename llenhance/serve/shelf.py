"""Things that are kept for those who use them: not too many, and not for too long."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Generic, Protocol, TypeVar


class _Closable(Protocol):
    def close(self) -> None: ...


Kept = TypeVar("Kept", bound=_Closable)


class Shelf(Generic[Kept]):
    """Things by name; of too many, the one that was unused for longest is let go.

    Args:
        most: How many are kept.
        idle_seconds: After which one that is not used is let go, by `tidy`.
    """

    def __init__(self, *, most: int, idle_seconds: float) -> None:
        self._most, self._idle_seconds = most, idle_seconds
        self._things: OrderedDict[str, tuple[Kept, float]] = OrderedDict()  # the oldest use first
        self._lock = Lock()

    def put(self, name: str, thing: Kept) -> str:
        """Keep a thing, and return its name."""
        with self._lock:
            self._things[name] = (thing, monotonic())
            gone = [self._things.popitem(last=False)[1][0]] if len(self) > self._most else []
        for one in gone:
            one.close()
        return name

    def get(self, name: str) -> Kept | None:
        """Return a thing, which counts as a use of it; None if it is not here."""
        with self._lock:
            if name not in self._things:
                return None
            thing, _ = self._things.pop(name)
            self._things[name] = (thing, monotonic())
            return thing

    def values(self) -> list[Kept]:
        """Return all things."""
        with self._lock:
            return [thing for thing, _ in self._things.values()]

    def remove(self, name: str) -> None:
        """Let a thing go, if it is here."""
        with self._lock:
            thing, _ = self._things.pop(name, (None, 0.0))
        if thing is not None:
            thing.close()

    def tidy(self) -> None:
        """Let those go that were not used for long."""
        latest = monotonic() - self._idle_seconds
        with self._lock:
            old = [name for name, (_, used) in self._things.items() if used < latest]
        for name in old:
            self.remove(name)

    def clear(self) -> None:
        """Let everything go."""
        with self._lock:
            names = list(self._things)
        for name in names:
            self.remove(name)

    def __len__(self) -> int:
        return len(self._things)
