"""Find the even areas of graphics: the grounds of screenshots, slides, charts, scanned line art.

An even area is large, connected, and of exactly one color, and it ends sharply nearly everywhere:
at letters, lines, other areas. That tells it from what a camera clipped to black or white, which
fades into noise. In a lossy file the edges of a graphic have ringing beside them, so there the
whole picture must speak for it.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.channels import largest_channel
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.pixels import Pixels, rows_of_a_band

Places = tuple[NDArray[np.intp], NDArray[np.intp]]
Labels = NDArray[np.int32]

_SAMPLED: Final = 4  # of so many rows and columns, one tells whether the search is worth it
_WORTH_IT: Final = 0.01  # share of even pixels from which it is
_SMALLEST: Final = 100  # pixels of an area, at least, and
_SHARE: Final = 1e-4  # share of the picture
_AREAS: Final = 1024  # areas that are looked at, the largest ones
_SEEN: Final = 1 << 20  # pixels that examples are taken from

# How far from an area's rim, in pixels, how different, in 8-bit levels, and for which share of the
# rim. On 245 photographs and nights the areas that end sharply have 0.0 % of the pixels; those that
# end softly have 0 to 1 %, 15 % and 20 % on two nights with silhouettes; on graphics saved as JPEG
# of quality 85 mostly 50 % and more.
_SHARPLY: Final = (2, 6, 0.9)
_SOFTLY: Final = (7, 24, 0.5)
_GRAPHIC: Final = 0.3  # share of the picture from which areas that end softly count


class EvenColor(NamedTuple):
    """A color that even areas have.

    Attributes:
        color: Its values, ``(3,)``, of the picture's type.
        share: Share of the picture that these areas are.
        places: Rows and columns of some of their pixels, spread evenly.
    """

    color: Pixels
    share: float
    places: Places


class EvenAreas(NamedTuple):
    """The even areas of a graphic.

    Attributes:
        colors: The colors that they have.
        inside: Which pixels are inside of them, ``(H, W)``: they equal all their neighbors.
    """

    colors: list[EvenColor]
    inside: NDArray[np.bool_]


def even_areas(pixels: Pixels) -> EvenAreas | None:
    """Return the even areas of a graphic; None if a picture is no graphic.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
    """
    if not _is_worth_it(pixels):
        return None
    labels, areas = _areas(pixels)
    large = areas >= max(_SMALLEST, _SHARE * labels.size)
    if large.sum() > _AREAS:
        large &= areas >= np.sort(areas[large])[-_AREAS]
    if not areas[large].sum() >= _WORTH_IT * labels.size:
        return None
    kept = _bounded(pixels, labels, large, areas)
    if not kept.any():
        return None
    return EvenAreas(_by_color(pixels, labels, kept, areas), kept[labels])


def _is_worth_it(pixels: Pixels) -> bool:
    """Tell whether some of the pixels equal their neighbors, by a sample of them."""
    if min(pixels.shape[:2]) < 2 * _SAMPLED:
        return False
    corner = pixels[:-1:_SAMPLED, :-1:_SAMPLED]
    right, below = pixels[:-1:_SAMPLED, 1::_SAMPLED], pixels[1::_SAMPLED, :-1:_SAMPLED]
    changes = largest_channel((corner != right) | (corner != below))
    return bool((~changes).mean() >= _WORTH_IT)


def _areas(pixels: Pixels) -> tuple[Labels, NDArray[np.int64]]:
    """Return the number of the area that each pixel is inside of, and the pixels of each.

    A pixel is inside if its eight neighbors equal it, so neighbors inside are of the same area.
    Number 0 is for the others; it has no pixels.
    """
    even = np.empty(pixels.shape[:2], np.uint8)
    rows = rows_of_a_band(pixels.shape[1])
    square = np.ones((3, 3), np.uint8)
    for top in range(0, len(even), rows):  # in bands: a change of all would be another picture
        first, last = max(0, top - 1), min(len(even), top + rows + 1)
        change = np.asarray(cv2.morphologyEx(pixels[first:last], cv2.MORPH_GRADIENT, square))
        even[top : top + rows] = largest_channel(change[top - first : top - first + rows]) == 0
    labels = cast("Labels", cv2.connectedComponents(even, connectivity=4)[1])
    areas = np.bincount(labels.reshape(-1))  # in half the time of OpenCV's statistics
    areas[0] = 0
    return labels, areas


def _bounded(
    pixels: Pixels, labels: Labels, large: NDArray[np.bool_], areas: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which of the large areas end as those of graphics do."""
    inside = large[labels].astype(np.uint8)
    beside = cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=1)
    at = np.flatnonzero((inside > 0) & (np.asarray(beside) == 0))
    of = labels.reshape(-1)[at]
    length = np.bincount(of, minlength=len(areas))
    luma = cv2.cvtColor(to_8_bits(pixels), cv2.COLOR_RGB2GRAY)

    def ending(reach: int, levels: int, share: float) -> NDArray[np.bool_]:
        window = np.ones((2 * reach + 1,) * 2, np.uint8)
        differs = np.asarray(cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, window)).reshape(-1)[at]
        ends = np.bincount(of, weights=differs >= levels, minlength=len(areas))
        return large & (ends >= share * length) & (length > 0)

    sharply = ending(*_SHARPLY)
    either = sharply | ending(*_SOFTLY)
    return either if areas[either].sum() >= _GRAPHIC * labels.size else sharply


def _by_color(
    pixels: Pixels, labels: Labels, kept: NDArray[np.bool_], areas: NDArray[np.int64]
) -> list[EvenColor]:
    """Return the colors of these areas, with examples."""
    step = max(1, int((labels.size / _SEEN) ** 0.5))
    part = labels[::step, ::step]
    rows, columns = np.nonzero(kept[part])
    numbers = part[rows, columns]
    order = np.argsort(numbers, kind="stable")
    rows, columns, numbers = rows[order] * step, columns[order] * step, numbers[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    colors = pixels[rows[starts], columns[starts]]
    found: list[EvenColor] = []
    unique, of = np.unique(colors, axis=0, return_inverse=True)
    spans = np.split(np.arange(len(numbers)), starts[1:])
    for number, color in enumerate(unique):
        mine = np.flatnonzero(of.reshape(-1) == number)
        at = np.concatenate([spans[area] for area in mine])
        share = float(areas[numbers[starts[mine]]].sum() / labels.size)
        found.append(EvenColor(color, share, (rows[at], columns[at])))
    return found
