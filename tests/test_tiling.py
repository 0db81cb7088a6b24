"""Cores cover the picture once, and windows hold their context."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llenhance.enhancing.tiling import Span, Tile, count, cut, window_size
from llenhance.model.architecture import STRIDE

Lengths = st.integers(1, 200)
Tiles = st.sampled_from([0, 8, 16, 24, 64, 128, 256])
Margins = st.sampled_from([0, 8, 24, 64])


def along(tile: Tile, length: tuple[int, int]) -> list[tuple[Span, Span, int]]:
    """Return core, window and the picture's length, for both axes."""
    return list(zip(tile.core, tile.window, length, strict=True))


@given(height=Lengths, width=Lengths, tile=Tiles, margin=Margins)
def test_cores_cover_every_pixel_once(height: int, width: int, tile: int, margin: int) -> None:
    covered = np.zeros((height, width), int)
    for part in cut(height, width, tile=tile, margin=margin):
        covered[part.core[0].slice(), part.core[1].slice()] += 1
    assert (covered == 1).all()


@given(height=Lengths, width=Lengths, tile=Tiles, margin=Margins)
def test_window_reaches_beyond_the_core_by_the_margin_or_to_the_border(
    height: int, width: int, tile: int, margin: int
) -> None:
    for part in cut(height, width, tile=tile, margin=margin):
        for core, window, length in along(part, (height, width)):
            assert 0 <= window.start <= max(0, core.start - margin)
            assert min(length, core.stop + margin) <= window.stop <= length


@given(height=Lengths, width=Lengths, tile=Tiles, margin=Margins)
def test_windows_start_where_the_squeezes_do(
    height: int, width: int, tile: int, margin: int
) -> None:
    starts = [
        span.start for part in cut(height, width, tile=tile, margin=margin) for span in part.window
    ]
    assert all(start % STRIDE == 0 for start in starts)


@given(height=Lengths, width=Lengths, tile=Tiles.filter(bool), margin=Margins)
def test_no_window_is_larger_than_a_tile_with_its_margins(
    height: int, width: int, tile: int, margin: int
) -> None:
    for part in cut(height, width, tile=tile, margin=margin):
        assert all(span.stop - span.start > 0 for span in part.core)
        assert all(span.stop - span.start <= tile + 2 * margin for span in part.window)


@given(height=Lengths, width=Lengths, tile=Tiles, margin=Margins)
def test_all_windows_have_the_same_shape(height: int, width: int, tile: int, margin: int) -> None:
    sizes = {
        math.prod(-(-(span.stop - span.start) // STRIDE) * STRIDE for span in part.window)
        for part in cut(height, width, tile=tile, margin=margin)
    }
    assert sizes == {window_size(height, width, tile=tile, margin=margin)}


@given(height=Lengths, width=Lengths, tile=Tiles, margin=Margins)
def test_count_is_the_number_of_tiles(height: int, width: int, tile: int, margin: int) -> None:
    tiles = list(cut(height, width, tile=tile, margin=margin))
    assert count(height, width, tile=tile, margin=margin) == len(tiles)


@given(height=Lengths, width=Lengths)
def test_tile_of_zero_is_the_whole_picture(height: int, width: int) -> None:
    (whole,) = cut(height, width, tile=0, margin=64)
    assert whole.core == whole.window == ((0, height), (0, width))


def test_tiles_are_about_equal() -> None:
    """Not 128 and 12: the second would cost nearly as much as the first."""
    cores = [part.core[1] for part in cut(8, 150, tile=128, margin=8)]
    assert cores == [(0, 72), (72, 150)]


def test_tiles_come_row_by_row() -> None:
    cores = [part.core for part in cut(16, 16, tile=8, margin=0)]
    assert [(rows.start, columns.start) for rows, columns in cores] == [
        (0, 0),
        (0, 8),
        (8, 0),
        (8, 8),
    ]


def test_span_is_a_slice_of_what_starts_elsewhere() -> None:
    assert Span(16, 24).slice(origin=8) == slice(8, 16)


@pytest.mark.parametrize(("tile", "margin"), [(12, 8), (-8, 8), (16, 4), (16, -8)])
def test_size_off_the_grid_is_refused(tile: int, margin: int) -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        list(cut(32, 32, tile=tile, margin=margin))
