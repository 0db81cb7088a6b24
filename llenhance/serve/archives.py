"""Zip files that results are put into one by one, on the disk, until somebody fetches them.

The files have no name in any folder, so nothing is left of them, however the service ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from tempfile import TemporaryFile
from threading import Lock
from typing import Final
from zipfile import ZIP_STORED, ZipFile

from llenhance.errors import ServiceError
from llenhance.serve.limits import Limits
from llenhance.serve.shelf import Shelf
from llenhance.system import system_errors

_AT_ONCE: Final = 1 << 18  # bytes that are read and sent together
_LONGEST: Final = 120  # characters of one part of a name


class Archive:
    """A zip file that grows; threads may share it."""

    def __init__(self) -> None:
        with system_errors("the archive"):
            self._file = TemporaryFile()  # noqa: SIM115  # it is closed by `close`
        self._zip: ZipFile | None = ZipFile(self._file, "w", ZIP_STORED)  # pictures shrink no more
        self._names: set[str] = set()
        self._lock = Lock()
        self.size = 0

    def add(self, name: str, data: bytes) -> str:
        """Add a file, and return the name that it got: no two have the same.

        Raises:
            ServiceError: The archive was fetched already.
            ResourceError: The disk is full.
        """
        with self._lock:
            if self._zip is None:
                raise ServiceError("archive-closed", "the archive")
            own = _unlike(name, self._names)
            self._names.add(own.lower())
            with system_errors("the archive"):
                self._zip.writestr(own, data)
            self.size += len(data)
        return own

    def contents(self) -> Iterator[bytes]:
        """Yield the bytes of the file, which gets no more pictures."""
        with self._lock, system_errors("the archive"):
            if self._zip is not None:
                self._zip.close()
                self._zip = None
        at = 0
        while True:
            with self._lock, system_errors("the archive"):
                if self._file.closed:
                    return
                self._file.seek(at)
                part = self._file.read(_AT_ONCE)
            if not part:
                return
            at += len(part)
            yield part

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._zip = None
            self._file.close()


class Archives:
    """All archives; those that nobody uses are let go."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._shelf = Shelf[Archive](most=limits.archives, idle_seconds=limits.idle_seconds)

    def begin(self) -> str:
        """Begin an archive, and return its name, which nobody can guess."""
        return self._shelf.put(secrets.token_urlsafe(24), Archive())

    def find(self, name: str) -> Archive:
        """Return an archive.

        Raises:
            ServiceError: There is none of this name.
        """
        found = self._shelf.get(name)
        if found is None:
            raise ServiceError("archive-gone", "the archive")
        return found

    def check_room(self) -> None:
        """Raise if archives hold as much as they may.

        Raises:
            ServiceError: They do.
        """
        most = self._limits.archive_bytes
        if sum(archive.size for archive in self._shelf.values()) >= most:
            raise ServiceError("archives-full", "the service", megabytes=most / 1e6)

    def remove(self, name: str) -> None:
        """Let an archive go, if it is there."""
        self._shelf.remove(name)

    def tidy(self) -> None:
        """Let those go that nobody has used for long."""
        self._shelf.tidy()

    def close(self) -> None:
        """Let all of them go."""
        self._shelf.clear()


def inner_name(name: str, *, extension: str) -> str:
    """Return what a result is called in an archive: a relative path that leads nowhere else.

    Args:
        name: What the picture was called, perhaps with folders; it may be anything.
        extension: Of the result, such as '.jpg'; that of the picture stays if it means the same.
    """
    parts = [_plain(part) for part in name.replace("\\", "/").split("/")]
    parts = [part for part in parts if part.strip(". ")] or ["picture"]
    stem, dot, own = parts[-1].rpartition(".")
    if dot and stem:
        parts[-1] = parts[-1] if f".{own.lower()}" == extension else f"{stem}{extension}"
    else:
        parts[-1] += extension
    return "/".join(parts)


def _plain(part: str) -> str:
    """Return a part of a path without what could mean something to a system that unpacks it."""
    kept = "".join(
        "_" if letter in '<>:"|?*' else letter for letter in part if letter.isprintable()
    )
    kept = kept.strip().rstrip(".")
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST // 2] + kept[-_LONGEST // 2 :]


def _unlike(name: str, others: set[str]) -> str:
    """Return a name, with a number if it is one of the others, which are in lower case."""
    stem, dot, extension = name.rpartition(".")
    own, number = name, 1
    while own.lower() in others:
        number += 1
        own = f"{stem}-{number}{dot}{extension}"
    return own
