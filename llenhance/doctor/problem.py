"""What the doctor finds: errors for what does not work, notes for what works all the same."""

from __future__ import annotations

from llenhance.errors import LlenhanceError
from llenhance.messages.note import Note

Problem = LlenhanceError | Note
"""Something that does not work, or could work better."""


def exit_code_of(problem: Problem) -> int:
    """Return the exit code that a problem leads to; 0 for a note."""
    return problem.exit_code if isinstance(problem, LlenhanceError) else 0


def what(problem: Problem) -> str:
    """Return what is wrong, without a full stop."""
    return (
        f"{problem.name}: {problem.problem}"
        if isinstance(problem, LlenhanceError)
        else f"{problem}"
    )


def told(error: BaseException) -> str:
    """Return in one line what an error says and what caused it."""
    text = error.problem if isinstance(error, LlenhanceError) else _first_line(error)
    return f"{text} ({_first_line(error.__cause__)})" if error.__cause__ else text


def _first_line(error: BaseException) -> str:
    """Return an error's type and the first line of its text; torch's texts fill pages."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
