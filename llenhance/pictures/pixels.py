"""Arrays of pixels: bands of rows, and the eight orientations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8 | np.uint16]
"""Pixels of 8 or 16 bits a channel."""

Pixels8 = NDArray[np.uint8]
"""Pixels of 8 bits a channel."""

Array = TypeVar("Array", bound=NDArray[Any])

BAND: Final = 2**20  # pixels converted at a time, so that a conversion costs no second picture

# Orientation tag of EXIF: swap rows and columns, then reverse the rows, then the columns.
TURNS: Final = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True),
    4: (False, True, False), 5: (True, False, False), 6: (True, False, True),
    7: (True, True, True), 8: (True, True, False),
}  # fmt: skip


def rows_of_a_band(width: int) -> int:
    """Return how many rows of this width make up a band, at least one."""
    return max(1, BAND // width)


def bands(pixels: Array) -> Iterator[Array]:
    """Yield views of some rows each, about `BAND` pixels, that make up a (H, W, ...) array."""
    rows = rows_of_a_band(pixels.shape[1])
    for top in range(0, len(pixels), rows):
        yield cast("Array", pixels[top : top + rows])


def equal_channels(pixels: Pixels) -> bool:
    """Tell whether the three channels are equal everywhere: whether a picture is gray."""
    return all(
        bool((part[..., 0] == part[..., 1]).all() and (part[..., 0] == part[..., 2]).all())
        for part in bands(pixels)
    )


def upright(stored: Array, orientation: int) -> Array:
    """Return a view of a stored (H, W, ...) array as it should be seen."""
    swap, rows, columns = TURNS[orientation]
    turned = stored.swapaxes(0, 1) if swap else stored
    return cast("Array", turned[:: -1 if rows else 1, :: -1 if columns else 1])


def as_stored(seen: Array, orientation: int) -> Array:
    """Return a view of an upright (H, W, ...) array as the file stores it: undoes `upright`."""
    swap, rows, columns = TURNS[orientation]
    turned = seen[:: -1 if rows else 1, :: -1 if columns else 1]
    return cast("Array", turned.swapaxes(0, 1) if swap else turned)
