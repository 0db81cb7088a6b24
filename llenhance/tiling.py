"""How a large picture is cut: cores that cover it once, each in a window with context around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from llenhance.architecture import STRIDE


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

    Windows start at multiples of 8, where the flow's squeezes do, and end inside the picture.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        tile: largest side of a core; a multiple of 8, or 0 for the whole picture in one.
        margin: context on each side of a core, a multiple of 8.

    Raises:
        ValueError: a size that is no multiple of 8, or negative.
    """
    if tile < 0 or tile % STRIDE or margin < 0 or margin % STRIDE:
        raise ValueError(f"tile {tile} and margin {margin} must be multiples of {STRIDE}")
    columns = list(_spans(width, tile))
    for row in _spans(height, tile):
        for column in columns:
            window = (_widen(row, margin, height), _widen(column, margin, width))
            yield Tile(core=(row, column), window=window)


def count(height: int, width: int, *, tile: int) -> int:
    """Return how many tiles `cut` yields."""
    return len(list(_spans(height, tile))) * len(list(_spans(width, tile)))


def _spans(length: int, tile: int) -> Iterator[Span]:
    parts = 1 if tile == 0 else -(-length // tile)
    side = -(-length // parts)  # equal parts: a narrow last tile would cost nearly a whole one
    side += -side % STRIDE
    for start in range(0, length, side):
        yield Span(start, min(start + side, length))


def _widen(span: Span, margin: int, length: int) -> Span:
    return Span(max(0, span.start - margin), min(length, span.stop + margin))


def computed(height: int, width: int, *, tile: int, margin: int) -> int:
    """Return how many pixels the windows of `cut` have in all, margins included."""
    rows, columns = (_window_sides(side, tile, margin) for side in (height, width))
    return sum(rows) * sum(columns)


def largest_window(height: int, width: int, *, tile: int, margin: int) -> int:
    """Return how many pixels the largest window of `cut` has."""
    rows, columns = (_window_sides(side, tile, margin) for side in (height, width))
    return max(rows) * max(columns)


def _window_sides(length: int, tile: int, margin: int) -> list[int]:
    windows = (_widen(span, margin, length) for span in _spans(length, tile))
    return [window.stop - window.start for window in windows]
