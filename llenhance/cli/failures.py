"""`--errors FILE`: a line of JSON for each picture that failed, written as it happens."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from llenhance.cli.documents import SCHEMA, told
from llenhance.errors import UsageError
from llenhance.system import system_errors

if TYPE_CHECKING:
    from llenhance.jobs.results import Result

_STDIO: Final = "-"


class FailureFile:
    """A file of the pictures that failed.

    A file of an earlier run is continued, so that the same command can be given again; what it says
    already is not said twice. Any other file is left as it is, whatever is to be replaced.

    Args:
        name: Of the file; None writes nothing.
        overwrite: Whether the file of an earlier run is begun anew.

    Raises:
        UsageError: It is another file, a folder, or standard output; or the system refuses it.
    """

    def __init__(self, name: str | None, *, overwrite: bool = False) -> None:
        self._name, self._file = name, None
        self._said: set[bytes] = set()
        if name == _STDIO:
            raise UsageError("failures-to-stdout", "--errors -")
        if name is not None:
            with system_errors(name, UsageError):
                self._file = self._opened(Path(name), overwrite=overwrite)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: Result) -> Result:
        """Write the line of a picture that has failed; return what became of it.

        Raises:
            ResourceError: The disk is full.
            UsageError: The system refuses to write it.
        """
        if self._file is None or self._name is None or result.error is None:
            return result
        failure = {"schema": SCHEMA, "input": result.input, "output": result.output}
        failure |= told(result.error, command="enhance")
        line = json.dumps(failure, allow_nan=False).encode() + b"\n"
        if line not in self._said:
            self._said.add(line)
            with system_errors(self._name, UsageError):
                self._file.write(line)
                with suppress(OSError):  # a pipe has no disk to go to
                    os.fsync(self._file.fileno())
        return result

    def _opened(self, path: Path, *, overwrite: bool) -> IO[bytes]:
        """Return the file, open to be added to; it has no buffer, so that nothing is lost."""
        if path.is_dir():
            raise UsageError("not-a-failure-file", str(path))
        if not path.exists() or not stat.S_ISREG(path.stat().st_mode):
            return path.open("ab", buffering=0)
        with path.open("rb") as before:
            first = before.readline(2**20)
            if first and not _is_failure(first):  # it may be a picture, or a list: never replaced
                raise UsageError("not-a-failure-file", str(path))
            self._said = set() if overwrite else {first, *before} - {b""}
        if overwrite:
            return path.open("wb", buffering=0)
        file = path.open("ab", buffering=0)
        if self._said and any(not line.endswith(b"\n") for line in self._said):
            file.write(b"\n")  # a crash has cut the last line short
        return file


def _is_failure(line: bytes) -> bool:
    """Tell whether a line is one that `add` writes."""
    try:
        found: Any = json.loads(line)
        return all(key in found for key in ("schema", "input", "code", "facts"))
    except (ValueError, TypeError):  # no JSON, or a number
        return False
