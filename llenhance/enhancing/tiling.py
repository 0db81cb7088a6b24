"""How a large picture is cut: cores that cover it once, each in a window with context around.

All windows have one shape, so that the memory of one is what the next one needs. A core is what its
window can spare: at the borders of the picture, where nothing is around, more than elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from llenhance.model.architecture import STRIDE


class Span(NamedTuple):
    """Pixels from ``start`` to before ``stop`` along one axis."""

    start: int
    stop: int

    def slice(self, origin: int = 0) -> slice:
        """Return the span as a slice of something that starts at ``origin``."""
        return slice(self.start - origin, self.stop - origin)


class Tile(NamedTuple):
    """One step of the work: the network sees the window, and the core of its result is kept."""

    core: tuple[Span, Span]
    window: tuple[Span, Span]


def cut(height: int, width: int, *, tile: int, margin: int) -> Iterator[Tile]:
    """Yield tiles whose cores cover the picture without overlap, row by row.

    Windows start at multiples of 8, where the flow's squeezes do, and end inside the picture. With
    their sides extended to multiples of 8, all have the same.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        tile: largest side of a core with windows on both sides of it, and margins apart the largest
            of any window; a multiple of 8, or 0 for the whole picture in one.
        margin: context on each side of a core, a multiple of 8.

    Raises:
        ValueError: a size that is no multiple of 8, or negative.
    """
    if tile < 0 or tile % STRIDE or margin < 0 or margin % STRIDE:
        raise ValueError(f"tile {tile} and margin {margin} must be multiples of {STRIDE}")
    columns = list(_spans(width, tile, margin))
    for row, high in _spans(height, tile, margin):
        for column, wide in columns:
            yield Tile(core=(row, column), window=(high, wide))


def count(height: int, width: int, *, tile: int, margin: int) -> int:
    """Return how many tiles `cut` yields."""
    return _parts(height, tile, margin) * _parts(width, tile, margin)


def window_size(height: int, width: int, *, tile: int, margin: int) -> int:
    """Return how many pixels a window of `cut` has."""
    return _side(height, tile, margin) * _side(width, tile, margin)


def _parts(length: int, tile: int, margin: int) -> int:
    if tile == 0 or length <= tile + 2 * margin:
        return 1
    return -(-(length - 2 * margin) // tile)


def _side(length: int, tile: int, margin: int) -> int:
    """Return the side of every window: neighbours share two margins, and together they reach."""
    parts = _parts(length, tile, margin)
    side = -(-(length + 2 * margin * (parts - 1)) // parts)
    return side + -side % STRIDE


def _spans(length: int, tile: int, margin: int) -> Iterator[tuple[Span, Span]]:
    """Yield the core and the window of each tile along one axis."""
    side, parts = _side(length, tile, margin), _parts(length, tile, margin)
    starts = [i * (side - 2 * margin) for i in range(parts)]
    starts[-1] = length + -length % STRIDE - side  # ends with the picture; may share more
    edges = [0, *(start + margin for start in starts[1:]), length]
    for start, core in zip(starts, pairwise(edges), strict=True):
        yield Span(*core), Span(start, min(start + side, length))
