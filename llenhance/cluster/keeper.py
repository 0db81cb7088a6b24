"""What all workers of a run have to agree on: they ask one process, on the machine of the command.

It keeps the ledgers, since SQLite has one writer, and counts how often a task was begun: a picture
that kills its workers must not kill all of them. Only numbers, names and checksums are sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from llenhance.errors import require
from llenhance.files.whole import make_folder
from llenhance.jobs.ledger import Ledger


class Keeper:
    """Keeps the ledgers of the folders that results go into.

    Args:
        settings: Everything beside a picture that its result depends on; values of JSON.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._ledgers: dict[str, Ledger] = {}
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> int:
        """Count that a task is begun, and return how often it was."""
        self._begun[number] += 1
        return self._begun[number]

    def has(self, folder: str, target: str, source_sha256: str) -> bool:
        """Tell whether a file is the result of a picture with these settings, unchanged."""
        return self._ledger(folder).knows(Path(target), source_sha256=source_sha256)

    def add(
        self, folder: str, target: str, *, name: str, source_sha256: str, result_sha256: str
    ) -> None:
        """Note down what is about to be written.

        Raises:
            ResourceError: The disk is full.
        """
        make_folder(Path(folder))
        self._ledger(folder).note_down(
            Path(target), name=name, source_sha256=source_sha256, result_sha256=result_sha256
        )

    def _ledger(self, folder: str) -> Ledger:
        if folder not in self._ledgers:
            self._ledgers[folder] = Ledger(Path(folder), self._settings)
        return self._ledgers[folder]


class AnyKeeper(Protocol):
    """A keeper, or what asks one in another process."""

    def begin(self, number: int) -> int: ...

    def has(self, folder: str, target: str, source_sha256: str) -> bool: ...

    def add(
        self, folder: str, target: str, *, name: str, source_sha256: str, result_sha256: str
    ) -> None: ...


class Remote:
    """Asks a keeper that is an actor of Ray.

    Args:
        actor: The actor.
    """

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def begin(self, number: int) -> int:
        return answer(self._actor.begin.remote(number))

    def has(self, folder: str, target: str, source_sha256: str) -> bool:
        return answer(self._actor.has.remote(folder, target, source_sha256))

    def add(
        self, folder: str, target: str, *, name: str, source_sha256: str, result_sha256: str
    ) -> None:
        answer(
            self._actor.add.remote(
                folder,
                target,
                name=name,
                source_sha256=source_sha256,
                result_sha256=result_sha256,
            )
        )


def answer(asked: Any) -> Any:
    """Wait for what another process returns; what it raised is raised here, as it was."""
    ray = require("ray", extra="cluster")
    try:
        return ray.get(asked)
    except ray.exceptions.RayTaskError as failed:
        if isinstance(cause := failed.cause, Exception):
            raise cause from None
        raise
