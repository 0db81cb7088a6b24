"""Numbers as users give them: of any kind, but numbers."""

from __future__ import annotations

from typing import cast

from llenhance.errors import UsageError


def number(value: object, *, name: str) -> float:
    """Return a number of any kind as Python's own; text is none.

    Args:
        value: that somebody gave.
        name: of the value.

    Raises:
        UsageError: It is no number.
    """
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(cast("float", value))
    except (TypeError, ValueError, OverflowError) as reason:
        raise UsageError("not-a-number", name, given=type(value).__name__) from reason
