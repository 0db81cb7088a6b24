"""What was made in a folder, so that the same command goes on where it was stopped.

A line of the ledger says: the picture with this SHA-256, enhanced with these settings (and to look
like the pictures of this set; `alike.py`), gives the file with this name and this SHA-256. It is on
the disk before the file is, so that no file of a run is ever taken for one of somebody else, and
one that is not there yet or was changed is told by its SHA-256. Times are never looked at.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal, NamedTuple

from llenhance.errors import ResourceError, UsageError
from llenhance.files.tree import LEDGER

_TABLE: Final = """CREATE TABLE IF NOT EXISTS results (
    target TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,
    target_sha256 TEXT NOT NULL,
    together TEXT
) WITHOUT ROWID"""
_ADDED: Final = "ALTER TABLE results ADD COLUMN together TEXT"  # to a table of version 0 or 1
_VERSION: Final = 2  # of the table
_PATIENCE: Final = 60.0  # seconds to wait for another run that writes


Standing = Literal["ours", "edited", "other-settings", "other-set", "unrecorded"]
"""What a file is to a run: a result of these settings and this set, unchanged, though perhaps of
another picture; one that somebody has changed; one of other settings or another set; or one that no
line tells of."""


class _Line(NamedTuple):
    """What is noted down of a result."""

    source: str
    source_sha256: str
    settings: str
    target_sha256: str
    together: str | None

    def is_of(self, target: Path) -> bool:
        """Tell whether a file is as it was written."""
        try:
            return _sha256(target.read_bytes()) == self.target_sha256
        except OSError:  # it is not there any more
            return False


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

    def knows(self, target: Path, *, source_sha256: str, together: str | None = None) -> bool:
        """Tell whether a file is the result of a picture with these settings, unchanged.

        Args:
            target: The file of the result.
            source_sha256: Of the picture's file.
            together: Digest of the set that it is to look like; None if it stands alone.
        """
        line = self._like(target, together)
        return line is not None and line.source_sha256 == source_sha256 and line.is_of(target)

    def made_of(self, name: str, target: Path) -> bool:
        """Tell whether a file was made with these settings of a picture that may be another now.

        The file itself has not changed.

        Args:
            name: Of the picture; folders do not matter.
            target: The file of the result.
        """
        line = self._like(target, None)
        same_name = line is not None and Path(line.source).name == Path(_text(name)).name
        return line is not None and same_name and line.is_of(target)

    def standing(
        self, target: Path, *, together: str | None = None, edited: bool = True
    ) -> Standing:
        """Tell what a file that exists is to a run.

        Args:
            target: The file.
            together: As for `knows`.
            edited: Whether to look if somebody has changed it, which takes reading it.
        """
        line = self._line_of(target)
        if line is None:
            return "unrecorded"
        if edited and not line.is_of(target):
            return "edited"
        if line.settings != self._settings:
            return "other-settings"
        return "ours" if line.together == together else "other-set"

    def note_down(
        self,
        target: Path,
        *,
        name: str,
        source_sha256: str,
        result_sha256: str,
        together: str | None = None,
    ) -> None:
        """Note down what is about to be written.

        Args:
            target: The file of the result; the folder of the ledger exists.
            name: Of the picture.
            source_sha256: Of the picture's file.
            result_sha256: Of the result's file.
            together: As for `knows`.

        Raises:
            ResourceError: The disk is full.
        """
        line = _Line(_text(name), source_sha256, self._settings, result_sha256, together)
        if self._known is None:
            self._open()
        with self._database() as database:
            database.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)",
                (self._name_of(target), *line),
            )

    def all(self) -> dict[str, str]:
        """Return the names of all results, and those of their pictures."""
        if self._known is None:
            return {}
        with self._database() as database:
            return dict(database.execute("SELECT target, source FROM results"))

    def close(self) -> None:
        """Close the file."""
        if self._known is not None:
            self._known.close()
            self._known = None

    def _open(self) -> None:
        path = self.folder / LEDGER
        with self._lock, _errors(path):
            if self._known is not None:  # another thread was first
                return
            self._known = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
            # After a power failure a line must not be gone whose file is there. The usual FULL
            # leaves open whether the journal is deleted, and with it the line undone.
            self._known.execute("PRAGMA synchronous = EXTRA")
            (version,) = self._known.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise UsageError("ledger-of-later-version", str(path))
            if version < _VERSION:
                with self._known:
                    self._known.execute("BEGIN IMMEDIATE")  # another run may be making it right now
                    self._known.execute(_TABLE)
                    columns = self._known.execute("PRAGMA table_info(results)").fetchall()
                    if "together" not in {column[1] for column in columns}:
                        self._known.execute(_ADDED)
                    self._known.execute(f"PRAGMA user_version = {_VERSION}")

    def _like(self, target: Path, together: str | None) -> _Line | None:
        """Return what is noted down of a file with these settings; None if nothing is."""
        line = self._line_of(target)
        same = line is not None and (line.settings, line.together) == (self._settings, together)
        return line if same else None

    def _line_of(self, target: Path) -> _Line | None:
        if self._known is None and (self.folder / LEDGER).exists():  # another run has made it
            self._open()
        if self._known is None:
            return None
        with self._database() as database:
            found = database.execute(
                "SELECT source, source_sha256, settings, target_sha256, together FROM results "
                "WHERE target = ?",
                (self._name_of(target),),
            ).fetchone()
        return None if found is None else _Line(*found)

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


def made_in(folder: Path) -> dict[str, str]:
    """Return what was made in a folder, with any settings: results, and what they are made of.

    Args:
        folder: Of the results; it need not exist.

    Raises:
        UsageError: As for `Ledger`.
    """
    if not (folder / LEDGER).exists():
        return {}
    ledger = Ledger(folder, {})
    try:
        return ledger.all()
    finally:
        ledger.close()


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
