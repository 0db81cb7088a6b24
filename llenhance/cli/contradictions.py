"""Options of `llenhance enhance` that cannot be given together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.errors import UsageError

_NOT_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    # What arrives later is no part of a list, and a plan of all pictures would have to change.
    "--watch": ("--dry-run", "--files-from", "--files0-from", "--copy-others", "--consistent"),
    # A page shows results, when all of them are there.
    "--report": ("--watch", "--dry-run"),
    # Copies keep all of it, to the byte.
    "--only-if-dark": ("--metadata strip", "--metadata strip-gps"),
    # The settings of one result are not those of a set; some of a set left alone would flicker.
    "--consistent": ("--replay", "--only-if-dark"),
    # There must be files that can be looked at here.
    "--preview": ("--dry-run", "--cluster"),
}
_NEEDED: Final[Mapping[str, str]] = {"--poll": "--watch"}


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
        if given.get(option) and not given.get(needed):
            raise UsageError("option-needs-other", option, other=needed)
