"""The words of one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""How bad it is: nothing was made; something may not be as wanted; good to know."""

Fact = str | int | float | None
"""What a message can be told: values that JSON has."""


@dataclass(frozen=True, slots=True)
class Message:
    """A problem or a note, and what anybody can do about it.

    Both texts are templates of `str.format` whose fields are the facts, without a full stop.

    Attributes:
        problem: what is wrong or worth knowing. The thing it is about is named by whoever tells it.
        remedy: what to do about it, in words that hold in Python too: no options of the command.
            Empty where there is nothing to do.
        severity: of it.
    """

    problem: str
    remedy: str = ""
    severity: Severity = "error"


def note(problem: str, remedy: str = "") -> Message:
    """Return a message of something that is good to know."""
    return Message(problem, remedy, "note")


def warning(problem: str, remedy: str = "") -> Message:
    """Return a message of something that may not be as wanted."""
    return Message(problem, remedy, "warning")
