"""Are the originals of results still what they were? Told by the records in the results."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from llenhance.errors import LlenhanceError, UsageError
from llenhance.files.called import ENHANCED
from llenhance.files.provenance import read_provenance
from llenhance.files.whole import identity
from llenhance.jobs.loop import Failed, each
from llenhance.pictures.formats import readable_extensions
from llenhance.pictures.provenance import Provenance
from llenhance.system import system_error, system_errors

Status = Literal["unchanged", "changed", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What became of the original of one result.

    Attributes:
        result: The result.
        status: Whether its original is the same to the byte, another file has its name, or neither.
        original: The file that was found; None if it is missing.
        source_name: What the original was called.
        expected: SHA-256 that the record tells.
        found: SHA-256 of the file that was found; None if it is missing.
    """

    result: Path
    status: Status
    original: Path | None
    source_name: str
    expected: str
    found: str | None


@dataclass(frozen=True, slots=True)
class NoRecord:
    """A picture that does not say what made it."""

    picture: Path


def audit(
    folder: Path, *, originals: Sequence[Path] = ()
) -> Iterator[Audited | NoRecord | Failed[Path]]:
    """Look for the original of every result in a folder and below it, and compare its SHA-256.

    The original is searched by its name in the folder of the result, in the folder around that, in
    `folder` and in `originals` and below, then by its content among the pictures there.

    Args:
        folder: With results; everything in it is looked at, and nothing is changed.
        originals: More folders with originals.

    Yields:
        What was found, for each picture in the order of names.

    Raises:
        UsageError: A folder does not exist or cannot be read.
    """
    for one in (folder, *originals):
        with system_errors(one, UsageError):
            one.stat()
            if not one.is_dir():
                raise UsageError("not-a-folder", str(one))
    search = _Search(folder, originals)
    yield from each(_pictures(search.below), search.work, name=str)
    yield from search.refused


class _Search:
    """Looks for originals; each file is read once.

    Attributes:
        below: All files in the folder of results and below it.
        refused: Folders that cannot be read, so that nobody knows what is in them.
    """

    def __init__(self, folder: Path, originals: Sequence[Path]) -> None:
        self._folder = folder
        self.refused: list[Failed[Path]] = []
        self.below = list(_files_below(folder, self.refused))
        self._files = [path for one in originals for path in _files_below(one, self.refused)]
        self._sha256 = cache(_sha256)

    def work(self, result: Path) -> Audited | NoRecord:
        record = read_provenance(result)
        if record is None:
            return NoRecord(result)
        expected = record.source_sha256
        named = {path: self._sha256(path) for path in self._named(result, record.source_name)}
        same = next((path for path, found in named.items() if found == expected), None)
        same = same or next(filter(self._is(expected), _pictures(self._around(result))), None)
        if same is not None:
            return _audited(result, record, "unchanged", same, expected)
        for path, found in named.items():
            if not _is_result_of(path, record):
                return _audited(result, record, "changed", path, found)
        return _audited(result, record, "missing", None, None)

    def _is(self, expected: str) -> Callable[[Path], bool]:
        """Return what tells whether a file has a checksum; one that cannot be read has not."""

        def tell(path: Path) -> bool:
            with suppress(LlenhanceError):
                return self._sha256(path) == expected
            return False

        return tell

    def _named(self, result: Path, name: str) -> Iterator[Path]:
        """Yield the files that have the name of the original, nearest first."""
        near = (
            result.parent / name,
            _folder_around(result) / name,
            self._folder / name,
            *_mirrored(result, name),
        )
        own, seen = identity(result), set[object]()
        for path in (*near, *(path for path in self._files if path.name == name)):
            with suppress(OSError):
                if path.is_file() and (key := identity(path)) != own and key not in seen:
                    seen.add(key)
                    yield path

    def _around(self, result: Path) -> Iterator[Path]:
        """Yield all files where an original of another name may be."""
        yield from _files_in(result.parent)
        yield from _files_in(_folder_around(result))
        yield from self.below
        yield from self._files


def _audited(
    result: Path, record: Provenance, status: Status, original: Path | None, found: str | None
) -> Audited:
    return Audited(
        result=result,
        status=status,
        original=original,
        source_name=record.source_name,
        expected=record.source_sha256,
        found=found,
    )


def _is_result_of(path: Path, record: Provenance) -> bool:
    """Tell whether a file is another result of the same original, which has kept its name."""
    try:
        other = read_provenance(path)
    except LlenhanceError:
        return False
    return other is not None and other.source_sha256 == record.source_sha256


def _sha256(path: Path) -> str:
    with system_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder_around(result: Path) -> Path:
    """Return the folder around that of a result: results often lie in one beside originals."""
    own = result.parent
    return own.parent if own.name not in ("", "..") else own.resolve().parent


def _mirrored(result: Path, name: str) -> Iterator[Path]:
    """Yield where the original is if the results of a folder went to the usual one beside it."""
    whole = result.absolute()
    for folder in whole.parents:
        if folder.name.endswith(ENHANCED):
            beside = folder.with_name(folder.name.removesuffix(ENHANCED))
            yield beside / whole.parent.relative_to(folder) / name


def _files_below(folder: Path, refused: list[Failed[Path]]) -> Iterator[Path]:
    def refuse(reason: OSError) -> None:
        path = Path(str(reason.filename))
        refused.append(Failed(path, system_error(str(path), reason)))

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _files_in(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.is_file())
    return []


def _pictures(files: Iterable[Path]) -> Iterator[Path]:
    known = readable_extensions()
    return (path for path in files if path.suffix.lower() in known)
