"""A note: something about a result that its owner may want to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llenhance.messages import MESSAGES
from llenhance.messages.message import Fact, Severity


class Note:
    """A code and facts, immutable; `str` of it is a clause in English.

    Args:
        code: a key of `messages.MESSAGES`.
        facts: that its words need.

    Attributes:
        code: what kind of note it is; it does not change between versions.
        facts: such as the number of frames that were left behind; JSON values.
    """

    __slots__ = ("code", "facts")
    code: str
    facts: Mapping[str, Fact]

    def __init__(self, code: str, /, **facts: Fact) -> None:
        MESSAGES[code].problem.format(**facts)  # a wrong note is found where it is made
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "facts", facts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a note cannot be changed: {name}")

    @property
    def severity(self) -> Severity:
        """'note' or 'warning'."""
        return MESSAGES[self.code].severity

    @property
    def remedy(self) -> str:
        """What to do about it; empty where there is nothing to do."""
        return MESSAGES[self.code].remedy.format(**self.facts)

    def __str__(self) -> str:
        return MESSAGES[self.code].problem.format(**self.facts)

    def __repr__(self) -> str:
        facts = "".join(f", {name}={value!r}" for name, value in self.facts.items())
        return f"Note({self.code!r}{facts})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Note) and (self.code, self.facts) == (other.code, other.facts)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.facts.items(), key=str))))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.code, dict(self.facts))


def _rebuilt(code: str, facts: dict[str, Fact]) -> Note:
    return Note(code, **facts)
