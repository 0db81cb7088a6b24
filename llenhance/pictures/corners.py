"""Find the even color around the rounded corners of a picture, as phones cut them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.channels import largest_channel
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.pixels import Pixels

Mask = NDArray[np.bool_]

_SMALLEST: Final = 32  # pixels a side of a picture that is worth the search
_EVEN: Final = (1, 8, 20)  # 8-bit levels that the color in a corner may differ: hardly, then more
_COARSE: Final = 64  # pixels of a corner that say whether it is worth a closer look
_LARGEST: Final = 0.25  # of the shorter side: the radius of a corner
_LEAST: Final = 3  # pixels of a radius
_UNEQUAL: Final = 0.15  # of the radius: how much it may differ along the two sides
# Share of the square on a corner that lies outside: 0.21 for a circle, less for a softer curve,
# more for what is seen of it where the rim is mixed.
_OUTSIDE: Final = (0.1, 0.45)


def outside_of_corners(pixels: Pixels) -> Mask | None:
    """Return which pixels lie outside of four rounded corners; None if there are no such corners.

    Three corners must be beyond doubt. In the fourth the picture may have the color of what
    surrounds it; it is taken to be like the one beside it.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
    """
    height, width = pixels.shape[:2]
    side = int(_LARGEST * min(height, width))
    if min(height, width) < _SMALLEST:
        return None
    if (step := side // _COARSE) > 1 and outside_of_corners(pixels[::step, ::step]) is None:
        return None
    turned = [to_8_bits(view(pixels)[:side, :side]).astype(np.int16) for view in _VIEWS]
    color = np.median([corner[0, 0] for corner in turned], axis=0)
    away = [largest_channel(np.abs(corner - color)) for corner in turned]
    for even in _EVEN:
        like: list[NDArray[np.uint8]] = [(each <= even).astype(np.uint8) for each in away]
        if even != _EVEN[0]:  # a lossy file, with specks
            like = [cast("NDArray[np.uint8]", cv2.medianBlur(each, 5)) for each in like]
        found = _alike([_corner(each) for each in like])
        if found:
            outside = np.zeros((height, width), bool)
            for view, corner in zip(_VIEWS, found, strict=True):
                view(outside)[:side, :side] |= corner
            return outside
    return None


def _alike(corners: list[Mask | None]) -> list[Mask]:
    """Return all four corners, the doubtful one made up; none if they are not alike."""
    sure = [corner for corner in corners if corner is not None]
    if len(sure) < 3:
        return []
    radii = [int(corner[0].sum()) for corner in sure]
    if max(radii) - min(radii) > max(2.0, _UNEQUAL * max(radii)):
        return []
    beside = (corners[n ^ 1] for n in range(4))
    return [
        corner if corner is not None else (other if other is not None else sure[0])
        for corner, other in zip(corners, beside, strict=True)
    ]


# Each corner at the top left; neighbors in the list lie beside each other.
_VIEWS: Final[tuple[Callable[[NDArray[Any]], NDArray[Any]], ...]] = (
    lambda values: values,
    lambda values: values[:, ::-1],
    lambda values: values[::-1],
    lambda values: values[::-1, ::-1],
)


def _corner(like: NDArray[np.uint8]) -> Mask | None:
    """Return what lies outside of the rounded corner at the top left; None if it is not round.

    Args:
        like: Which pixels have the color of the corner: 1 or 0.
    """
    if not like[0, 0]:
        return None
    labels = np.asarray(cv2.connectedComponents(like, connectivity=4)[1])
    outside = labels == labels[0, 0]
    across, down = int(outside.any(axis=0).sum()), int(outside.any(axis=1).sum())
    radius = max(across, down)
    if not _LEAST <= radius < len(like) or abs(across - down) > max(2, _UNEQUAL * radius):
        return None
    low, high = _OUTSIDE
    if not low <= outside.sum() / radius**2 <= high:
        return None
    widths = outside.sum(axis=1)[:down]
    if (np.diff(widths) > 1).any():  # it gets narrower, away from the side
        return None
    wider = cv2.dilate(outside.astype(np.uint8), np.ones((3, 3), np.uint8))  # a mixed rim
    return np.asarray(wider) > 0
