"""JSON, the same for every command: one envelope around each command's own result.

Programs read `status`, `exit_code` and the codes of `messages`; `result` is described in
`shapes/document.py`. What is here only grows; a change that breaks readers raises `SCHEMA`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, Literal

from typing_extensions import TypedDict  # see `shapes/document.py`

from llenhance.cli.advice import remedy
from llenhance.errors import LlenhanceError
from llenhance.messages.message import Fact, Severity
from llenhance.messages.note import Note

SCHEMA: Final = 1
"""Number of this shape of documents."""

Status = Literal["ok", "planned", "failed"]
"""'planned' is what a dry run says, 'failed' goes with an error among the messages."""


class Told(TypedDict):
    """An error or a note.

    `code` and `facts` are for programs and do not change; `text` and `remedy` are for people.
    """

    code: str
    severity: Severity
    about: str
    text: str
    remedy: str | None
    facts: dict[str, Fact]


def told(message: LlenhanceError | Note, *, command: str, about: str = "") -> Told:
    """Return a message as JSON has it.

    Args:
        message: An error, which knows what it is about, or a note.
        command: The command that tells it.
        about: What a note is about.
    """
    is_error = isinstance(message, LlenhanceError)
    return {
        "code": message.code,
        "severity": "error" if is_error else message.severity,
        "about": message.name if is_error else about,
        "text": message.problem if is_error else str(message),
        "remedy": remedy(message, command=command) or None,
        "facts": dict(message.facts),
    }


def document(
    command: str,
    result: Any,
    *,
    messages: Iterable[Told] = (),
    status: Status | None = None,
    exit_code: int = 0,
    lines: bool = False,
) -> str:
    """Return a document as text.

    Args:
        command: The command that prints it, such as 'weights list'.
        result: The command's own part, of what JSON has; see `shapes/document.py`.
        messages: Errors and notes.
        status: Without it, 'failed' if the exit code is not 0.
        exit_code: What the command exits with, on account of this document.
        lines: Whether it is one line of many, not indented.
    """
    whole = {
        "schema": SCHEMA,
        "command": command,
        "status": status or ("failed" if exit_code else "ok"),
        "exit_code": exit_code,
        "messages": list(messages),
        "result": result,
    }
    return json.dumps(whole, indent=None if lines else 1, allow_nan=False)
