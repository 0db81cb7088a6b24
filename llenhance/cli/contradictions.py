"""Options of `llenhance enhance` that cannot be given together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llenhance.errors import UsageError

_BRIGHT: Final = ("--exposure", "--target-mean", "--match")
_OF_ONE: Final = ("--replay", "--only-if-dark", "--consistent", "--watch", "--cluster")

_NOT_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    # What arrives later is no part of a list, and a plan of all pictures would have to change.
    "--watch": ("--dry-run", "--files-from", "--files0-from", "--copy-others", "--consistent"),
    # A page shows results, when all of them are there.
    "--report": ("--watch", "--dry-run"),
    # Copies keep all of it, to the byte.
    "--only-if-dark": ("--metadata strip", "--metadata strip-gps"),
    # The settings of one result are not those of a set; some of a set left alone would flicker.
    "--consistent": ("--replay", "--only-if-dark"),
    # They differ in brightness themselves; and one copy of a picture, or one look of a set, is not
    # several.
    "--variants": (*_BRIGHT, *_OF_ONE, "--pick", "--series"),
    "--sheet": (*_BRIGHT, *_OF_ONE, "--pick", "--series"),
    "--pick": (*_BRIGHT, *_OF_ONE, "--series"),
    "--series": (*_BRIGHT, *_OF_ONE, "--brightness", "--temperature", "--seed"),
    # A map is of one result, as it is of one picture alone.
    "--confidence": ("--variants", "--sheet", "--series", "--consistent", "--cluster"),
    # There must be files that can be looked at here.
    "--preview": ("--dry-run", "--cluster"),
}
_OF_VARIANTS: Final = ("--variants", "--pick", "--sheet")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "--poll": ("--watch",),
    "--temperature": _OF_VARIANTS,
    "--seed": _OF_VARIANTS,
}


def options_of(values: Mapping[str, Any]) -> dict[str, bool]:
    """Return options, by the names of their values, and whether they say anything."""
    return {
        f"--{name.replace('_', '-')}": value is not None and value is not False
        for name, value in values.items()
    }


def refuse_contradictions(given: Mapping[str, bool]) -> None:
    """Raise if options contradict each other.

    Args:
        given: Options, and whether they are given; what is missing is not.

    Raises:
        UsageError: Two of them cannot be given together, or one needs another.
    """
    for option, others in _NOT_TOGETHER.items():
        for other in others:
            if given.get(option) and given.get(other):
                raise UsageError("options-contradict", other, other=option)
    for option, needed in _NEEDED.items():
        if given.get(option) and not any(given.get(one) for one in needed):
            *others, last = needed
            other = f"{', '.join(others)} or {last}" if others else last
            raise UsageError("option-needs-other", option, other=other)
