"""The one loop over many: one item after the other, and a bad one never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from llenhance.errors import LlenhanceError, ResourceError, UsageError, WeightsError
from llenhance.memory import is_shortage
from llenhance.process import make_room
from llenhance.system import system_error

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)  # with slots, Python 3.11 could not make a `Failed[Job]`
class Failed(Generic[Item]):
    """An item that failed, and why."""

    item: Item
    error: LlenhanceError


def each(
    items: Iterable[Item], work: Callable[[Item], Made], *, name: Callable[[Item], str]
) -> Iterator[Made | Failed[Item]]:
    """Do the work for one item after the other, and yield what was made of each.

    Args:
        items: What to work on.
        work: Makes something of an item, or raises.
        name: Names an item, for errors that do not know it.

    Raises:
        UsageError: The work would fail for every item alike.
        WeightsError: Likewise.
    """
    for item in items:
        try:
            made = work(item)
        except (UsageError, WeightsError):
            raise
        except LlenhanceError as error:
            made = Failed(item, error)
        except Exception as reason:
            if is_shortage(reason):
                made = Failed(item, ResourceError("out-of-memory", name(item)))
            elif isinstance(reason, OSError):
                made = Failed(item, system_error(name(item), reason))
            else:
                raise
        if isinstance(made, Failed) and is_shortage(made.error):
            # A new error: the old one knows, by way of its traceback, the picture and its tiles.
            made = Failed(item, made.error.about(made.error.name))
            make_room()
        yield made
