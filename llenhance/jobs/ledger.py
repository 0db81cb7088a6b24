"""What was made in a folder, so that the same command goes on where it was stopped.

A line of the ledger says: the picture with this SHA-256 (of a set that is to look alike, that of
the picture and its set; `alike.py`), enhanced with these settings, gives the
file with this name and this SHA-256. It is on the disk before the file is, so that no file of a
run is ever taken for one of somebody else, and one that is not there yet or was changed is told by
its SHA-256. Times are never looked at.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from llenhance.errors import ResourceError, UsageError
from llenhance.files.tree import LEDGER

_TABLE: Final = """CREATE TABLE IF NOT EXISTS results (
    target TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,
    target_sha256 TEXT NOT NULL
) WITHOUT ROWID"""
_VERSION: Final = 1  # of the table; ledgers of before had none, and are the same
_PATIENCE: Final = 60.0  # seconds to wait for another run that writes


class Ledger:
    """The ledger of a folder. Threads may share it.

    Args:
        folder: Of the results; it need not exist yet.
        settings: Everything beside the picture that its result depends on; values of JSON.

    Raises:
        UsageError: What has the ledger's name is none, cannot be read, or is of a later version.
        ResourceError: The disk is full.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self._settings = digest_of_settings(settings)
        self._lock = Lock()
        self._known: sqlite3.Connection | None = None
        if (folder / LEDGER).exists():
            self._open()

    def has(self, target: Path, *, source: bytes) -> bool:
        """Tell whether a file is the result of a picture with these settings, unchanged.

        Args:
            target: The file of the result.
            source: The content of the picture's file.
        """
        return self.knows(target, source_sha256=_sha256(source))

    def knows(self, target: Path, *, source_sha256: str) -> bool:
        """Tell the same of a picture whose file has this SHA-256."""
        if self._known is None:
            return False
        with self._database() as database:
            line = database.execute(
                "SELECT source_sha256, settings, target_sha256 FROM results WHERE target = ?",
                (self._name_of(target),),
            ).fetchone()
        if line is None or line[:2] != (source_sha256, self._settings):
            return False
        try:
            return _sha256(target.read_bytes()) == line[2]
        except OSError:  # it is not there any more
            return False

    def made_of(self, name: str, target: Path) -> bool:
        """Tell whether a file was made with these settings of a picture that may be another now.

        The file itself has not.

        Args:
            name: Of the picture; folders do not matter.
            target: The file of the result.
        """
        if self._known is None:
            return False
        with self._database() as database:
            line = database.execute(
                "SELECT source, settings, target_sha256 FROM results WHERE target = ?",
                (self._name_of(target),),
            ).fetchone()
        if line is None or line[1] != self._settings:
            return False
        try:
            same = Path(line[0]).name == Path(_text(name)).name
            return same and _sha256(target.read_bytes()) == line[2]
        except OSError:  # it is not there any more
            return False

    def add(self, target: Path, *, name: str, source: bytes, result: bytes) -> None:
        """Note down what is about to be written.

        Args:
            target: The file of the result; the folder of the ledger exists.
            name: Of the picture.
            source: The content of the picture's file.
            result: The content of the result's file.

        Raises:
            ResourceError: The disk is full.
        """
        self.note_down(
            target, name=name, source_sha256=_sha256(source), result_sha256=_sha256(result)
        )

    def note_down(self, target: Path, *, name: str, source_sha256: str, result_sha256: str) -> None:
        """Note down the same of files that have these SHA-256."""
        line = (self._name_of(target), _text(name), source_sha256, self._settings, result_sha256)
        if self._known is None:
            self._open()
        with self._database() as database:
            database.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", line)

    def close(self) -> None:
        """Close the file."""
        if self._known is not None:
            self._known.close()
            self._known = None

    def _open(self) -> None:
        path = self.folder / LEDGER
        with self._lock, _errors(path):
            self._known = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
            # After a power failure a line must not be gone whose file is there. The usual FULL
            # leaves open whether the journal is deleted, and with it the line undone.
            self._known.execute("PRAGMA synchronous = EXTRA")
            (version,) = self._known.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise UsageError("ledger-of-later-version", str(path))
            if version < _VERSION:
                with self._known:
                    self._known.execute(_TABLE)
                    self._known.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _database(self) -> Generator[sqlite3.Connection]:
        assert self._known is not None
        with self._lock, _errors(self.folder / LEDGER), self._known as transaction:
            yield transaction

    def _name_of(self, target: Path) -> str:
        return _text(target.relative_to(self.folder).as_posix())


def digest_of_settings(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 of settings, which does not depend on their order."""
    return _sha256(json.dumps(settings, sort_keys=True).encode())


@contextmanager
def _errors(path: Path) -> Generator[None]:
    """Raise what SQLite says as an error about the ledger."""
    try:
        yield
    except sqlite3.Error as reason:
        code = getattr(reason, "sqlite_errorcode", 0) & 0xFF  # without what is special about it
        if code == sqlite3.SQLITE_FULL:
            raise ResourceError("disk-full", str(path)) from reason
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise UsageError("ledger-damaged", str(path)) from reason
        raise UsageError("ledger-not-used", str(path), reason=str(reason)) from reason


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _text(name: str) -> str:
    """Return a name as SQLite takes it: bytes that are no UTF-8 are written out."""
    return name.encode(errors="backslashreplace").decode()
