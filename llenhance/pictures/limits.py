"""How large a picture may be: a number that travels from whoever reads a picture to its reader.

`guard.py` holds readers to it.
"""

from __future__ import annotations

from numbers import Real
from typing import Final

from llenhance.errors import UsageError

MEGAPIXELS: Final = 200.0
"""Millions of pixels that a picture may have, unless who reads it says otherwise."""


def pixels_in(max_megapixels: float) -> int:
    """Return a limit in pixels; infinity is a number of 19 digits."""
    return int(min(float(max_megapixels) * 1e6, 2**62))


def check_limit(max_megapixels: float) -> None:
    """Raise if it is no number above 0; infinity is one.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(max_megapixels, Real):  # pyright: ignore[reportUnnecessaryIsInstance]
        given = type(max_megapixels).__name__
        raise UsageError("not-a-number", "the limit of megapixels", given=given)
    if not max_megapixels > 0:  # refuses NaN as well
        raise UsageError("megapixels-out-of-range", "the limit", value=float(max_megapixels))
