"""Sides of tiles that the network can compute; without torch, so that it can be asked early."""

from __future__ import annotations

from typing import Literal

from llenhance.errors import UsageError
from llenhance.model.architecture import STRIDE


def check_tile(tile: int | Literal["auto"]) -> None:
    """Refuse a tile that is neither auto, nor 0 (the whole picture), nor a multiple of 8 pixels.

    Raises:
        UsageError: The tile is refused.
    """
    if tile != "auto" and tile != 0:
        check_side(tile)


def check_side(tile: int) -> None:
    """Refuse a side of a tile, in pixels, that the network cannot compute.

    Raises:
        UsageError: It is not a multiple of 8, or less than 8.
    """
    if tile <= 0 or tile % STRIDE:
        below = max(STRIDE, tile // STRIDE * STRIDE)
        raise UsageError(
            "tile-not-multiple", "tile", tile=tile, stride=STRIDE, below=below, above=below + STRIDE
        )
