"""What to do about a message, in the terms of the command: from its code to options and commands.

The words of a message itself are in `messages/`, for everybody. A code without an entry here keeps
the remedy that it has there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.errors import LlenhanceError
from llenhance.messages.note import Note

_ADVICE: Final[Mapping[str, str | Mapping[str, str]]] = {
    "out-of-memory": "Close other programs, or try a smaller --tile, such as 256",
    "exists": {
        "": "Add --overwrite, or choose another name",
        "enhance": "Add --overwrite, or choose another name with -o",
    },
    "stdin-twice": "Give - once",
    "stdin-among-many": "Name a folder with -o",
    "stdout-takes-one": "Name a folder with -o",
    "takes-long": "Add --fast",
    "target-mean-out-of-range": "Use for example --target-mean 0.45",
}
"""From a code to a remedy, or to one for each command; '' stands for all other commands."""


def remedy(message: LlenhanceError | Note, *, command: str) -> str:
    """Return what to do about a message, without a full stop; empty if there is nothing to do.

    Args:
        message: An error or a note.
        command: The command that tells it, such as 'enhance'.
    """
    advice = _ADVICE.get(message.code, message.remedy)
    if isinstance(advice, Mapping):
        advice = advice.get(command, advice.get("", message.remedy))
    return advice.format(**message.facts)


def sentence(error: LlenhanceError, *, command: str) -> str:
    """Return an error as a person reads it: the name, what is wrong, and what to do."""
    advice = remedy(error, command=command)
    return f"{error.name}: {error.problem}." + (f" {advice}." if advice else "")
