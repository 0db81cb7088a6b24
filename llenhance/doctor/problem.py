"""What is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from llenhance.errors import LlenhanceError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not work, or could work better.

    Attributes:
        what: is wrong, without a full stop.
        remedy: what the user can do about it, without a full stop.
        exit_code: that it is worth; 0 for a remark, where everything works all the same.
    """

    what: str
    remedy: str
    exit_code: int = 1

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}."

    @classmethod
    def of(cls, error: LlenhanceError) -> Problem:
        """Return the problem that an error tells of."""
        return cls(f"{error.name}: {error.problem}", error.remedy, error.exit_code)


def told(error: BaseException) -> str:
    """Return in one line what an error says, and what it came from."""
    text = error.problem if isinstance(error, LlenhanceError) else _first_line(error)
    return f"{text} ({_first_line(error.__cause__)})" if error.__cause__ else text


def _first_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of its text: torch's go on for pages."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
