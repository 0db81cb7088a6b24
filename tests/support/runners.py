"""Ways to run the command and small programs: in this process, or in one of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import pytest
from pydantic import TypeAdapter

import llenhance
from llenhance.cli import app
from llenhance.cli.shapes.document import adapter

os.environ["LLENHANCE_NO_CONFIG"] = "1"  # the settings of whoever tests stay out of it

ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(llenhance.__file__).parents[1]),
    "OMP_NUM_THREADS": "1",
}
"""Lets a process find this llenhance, and keeps it to one thread."""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    data: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.data.decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """JSON objects, one a line."""
        return [_strict(line) for line in self.data.splitlines()]

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that was printed."""
        return _strict(self.data)

    @property
    def errors(self) -> list[str]:
        """The errors in the only document of JSON, in the words that people are told."""
        told = [told for told in self.document["messages"] if told["severity"] == "error"]
        return [f"{error['about']}: {error['text']}." for error in told]

    @property
    def report(self) -> dict[str, Any]:
        """The result in the one JSON document that was printed."""
        return self.document["result"]


def _strict(text: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    if "schema" in found:  # a document of the command, not a file that it wrote
        _documents().validate_python(found)
    return found


@cache
def _documents() -> TypeAdapter[Any]:
    """What every document has to be, as `llenhance schema` prints it."""
    return adapter()


Command = Callable[..., Outcome]


def command(capture: pytest.CaptureFixture[bytes], *before: str) -> Command:
    """Return what runs a command line in this process, as `llenhance BEFORE ARGUMENTS`."""

    def run(*arguments: str) -> Outcome:
        capture.readouterr()
        try:
            code = app.run([*before, *arguments])
        except SystemExit as leaving:
            code = int(str(leaving.code))
        said = capture.readouterr()
        return Outcome(code, said.out, said.err.decode())

    return run


def process(
    *arguments: str, stdin: int | None = None, stdout: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start `llenhance ARGUMENTS` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "llenhance", *arguments],
        env=ENVIRONMENT,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def program(
    text: str, *arguments: str, environment: dict[str, str] = ENVIRONMENT, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter and return what became of it; `options` as `run`'s."""
    return subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=options.pop("timeout", 120),
        **options,
    )


def imported_by(*arguments: str) -> set[str]:
    """Return the modules that `llenhance ARGUMENTS` has imported when it ends."""
    done = program(
        "import sys; from llenhance.cli.app import run; run(sys.argv[1:]); "
        "print('\\0', *sys.modules)",
        *arguments,
        check=True,
    )
    return set(done.stdout.rpartition("\0")[2].split())
