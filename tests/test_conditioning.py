"""Equalisation, the twelve channels and the thumbnail."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from llenhance.model.conditioning import (
    EPSILON,
    LOG_FLOOR,
    THUMBNAIL_HEIGHT,
    THUMBNAIL_WIDTH,
    Pixels,
    colour_map,
    condition,
    deepened,
    equalisation_tables,
    equalise,
    log_picture,
    noise_map,
    thumbnail,
    to_unit,
)

Shape = st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))


def pictures(dtype: type[np.uint8] | type[np.uint16]) -> st.SearchStrategy[Pixels]:
    """Pictures whose values lie in a range of their own: dark, narrow, constant or full."""
    top = int(np.iinfo(dtype).max)
    ranges = st.tuples(st.integers(0, top), st.integers(0, top)).map(sorted)
    return ranges.flatmap(lambda ends: arrays(dtype, Shape, elements=st.integers(ends[0], ends[1])))


def random_picture(height: int, width: int, *, seed: int = 0, top: int = 60) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, top, (height, width, 3)).astype(np.uint8)


def equalised(pixels: Pixels) -> Pixels:
    return equalise(pixels, equalisation_tables(pixels))


# --- Equalisation -------------------------------------------------------------------------------


@given(pixels=pictures(np.uint8))
def test_equalisation_of_eight_bits_is_that_of_opencv(pixels: NDArray[np.uint8]) -> None:
    expected = [cv2.equalizeHist(np.ascontiguousarray(pixels[..., c])) for c in range(3)]
    np.testing.assert_array_equal(equalised(pixels), np.stack(expected, axis=-1))


@pytest.mark.parametrize("seed", range(5))
def test_equalisation_of_a_larger_picture_is_that_of_opencv(seed: int) -> None:
    pixels = random_picture(123, 97, seed=seed, top=40 + 50 * seed)
    expected = [cv2.equalizeHist(np.ascontiguousarray(pixels[..., c])) for c in range(3)]
    np.testing.assert_array_equal(equalised(pixels), np.stack(expected, axis=-1))


def test_equalisation_rounds_as_float32_does() -> None:
    """With 28 of 29 pixels above the darkest, float64 rounds halves to another level."""
    pixels = np.repeat(np.arange(29, dtype=np.uint8)[None, :, None], 3, axis=2)
    expected = cv2.equalizeHist(np.ascontiguousarray(pixels[..., 0]))
    np.testing.assert_array_equal(equalised(pixels)[..., 0], expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("level", [0, 17, 255])
def test_constant_channel_stays_as_it_is(dtype: type[np.uint8], level: int) -> None:
    pixels = random_picture(5, 7).astype(dtype)
    pixels[..., 1] = level
    assert (equalised(pixels)[..., 1] == level).all()


@given(pixels=pictures(np.uint16))
@settings(max_examples=30)
def test_tables_of_sixteen_bits_never_fall(pixels: NDArray[np.uint16]) -> None:
    assert (np.diff(equalisation_tables(pixels).astype(np.int64), axis=1) >= 0).all()


@given(pixels=pictures(np.uint16))
@settings(max_examples=30)
def test_sixteen_bits_are_stretched_to_the_full_range(pixels: NDArray[np.uint16]) -> None:
    for channel in range(3):
        before, after = pixels[..., channel], equalised(pixels)[..., channel]
        if before.min() < before.max():
            assert (after.min(), after.max()) == (0, 65535)


@given(pixels=pictures(np.uint16))
@settings(max_examples=30)
def test_sixteen_bit_value_becomes_the_share_of_pixels_up_to_it(
    pixels: NDArray[np.uint16],
) -> None:
    """All that are not the darkest count; float32 and rounding leave half a level and a little."""
    for channel in range(3):
        before, after = pixels[..., channel], equalised(pixels)[..., channel]
        brighter = before > before.min()
        if not brighter.any():
            continue
        at_most = (before[None, None] <= before[..., None, None]) & brighter
        share = at_most.sum(axis=(2, 3)) / brighter.sum()
        np.testing.assert_allclose(after, share * 65535, rtol=0, atol=0.51)


def test_deepened_tables_do_to_levels_what_the_tables_do_and_rise_between() -> None:
    pixels = np.random.default_rng(0).integers(5, 90, (40, 50, 3), np.uint8)
    tables = equalisation_tables(pixels)
    deep = deepened(tables)
    np.testing.assert_array_equal(deep[:, ::257], tables * np.uint16(257))
    assert (np.diff(deep.astype(int), axis=1) >= 0).all()
    assert (deep[:, 257 * 40 + 128] > deep[:, 257 * 40]).all()


def test_sixteen_bits_that_hold_eight_are_equalised_alike() -> None:
    shallow = random_picture(20, 30)
    deep = equalised(shallow.astype(np.uint16) * 257)
    np.testing.assert_allclose(deep / 257, equalised(shallow), rtol=0, atol=0.51)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_part_of_a_picture_is_equalised_as_in_the_whole(dtype: type[np.uint8]) -> None:
    pixels = random_picture(24, 40).astype(dtype)
    tables = equalisation_tables(pixels)
    part = np.s_[8:16, 24:40]
    np.testing.assert_array_equal(equalise(pixels[part], tables), equalise(pixels, tables)[part])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_equalisation_keeps_the_type(dtype: type[np.uint8]) -> None:
    assert equalised(random_picture(4, 4).astype(dtype)).dtype == dtype


# --- Twelve channels ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pixels_are_brought_to_the_unit_range(dtype: type[np.uint8]) -> None:
    top = np.iinfo(dtype).max
    pixels = np.array([[[0, top, top // 5]]], dtype)
    torch.testing.assert_close(to_unit(pixels).flatten(), torch.tensor([0.0, 1.0, 0.2]))


def test_unit_picture_has_channels_first() -> None:
    assert to_unit(random_picture(4, 6)).shape == (1, 3, 4, 6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, math.log(1e-3)), (1.0, math.log(1.001)), (0.009, math.log(0.01)), (-1.0, -6.907755279)],
)
def test_logarithm_has_a_floor(value: float, expected: float) -> None:
    found = log_picture(torch.full((1, 3, 1, 1), value, dtype=torch.float64))
    torch.testing.assert_close(found, torch.full_like(found, expected), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (1 / 1.0001, 0.0, 0.0)),
        ((0.1, 0.2, 0.7), (0.1 / 1.0001, 0.2 / 1.0001, 0.7 / 1.0001)),
        ((0.5, 0.5, 0.5), (0.5 / 1.5001, 0.5 / 1.5001, 0.5 / 1.5001)),
    ],
)
def test_colour_map_is_the_share_of_each_channel(
    colour: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    found = colour_map(torch.tensor(colour, dtype=torch.float64).view(1, 3, 1, 1)).flatten()
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_colour_map_of_a_brighter_picture_is_the_same() -> None:
    picture = torch.rand(1, 3, 4, 4, dtype=torch.float64) + 0.5
    difference = colour_map(picture) - colour_map(3 * picture)
    assert difference.abs().max() < EPSILON / 1.5  # the smallest sum of three channels is 1.5


def single_channel(rows: list[list[float]]) -> torch.Tensor:
    return torch.tensor(rows)[None, None].expand(1, 3, -1, -1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1.0]], [[0.0]]),  # a single pixel has zeros on both sides
        ([[1.0, 3.0, 7.0]], [[1.5, 3.0, 1.5]]),
        ([[1.0], [3.0], [7.0]], [[1.5], [3.0], [1.5]]),
        (  # the larger of both directions; the outside is zero
            [[0.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]],
            [[0.0, 2.0, 0.0], [2.0, 0.0, 2.0], [0.0, 2.0, 0.0]],
        ),
        ([[0.2, 0.2], [0.2, 0.2]], [[0.1, 0.1], [0.1, 0.1]]),
    ],
)
def test_noise_map_is_the_largest_central_difference(
    rows: list[list[float]], expected: list[list[float]]
) -> None:
    torch.testing.assert_close(noise_map(single_channel(rows)), single_channel(expected))


@pytest.fixture(scope="module")
def channels() -> dict[str, torch.Tensor]:
    pixels = random_picture(8, 16)
    dark, bright = to_unit(pixels), to_unit(equalised(pixels))
    made = condition(dark, bright)
    colours = colour_map(dark + LOG_FLOOR)
    return {
        "all": made,
        "log picture": log_picture(dark) - made[:, 0:3],
        "equalised picture": bright - made[:, 3:6],
        "colour map": colours - made[:, 6:9],
        "noise map": noise_map(colours) - made[:, 9:12],
    }


def test_condition_has_twelve_channels(channels: dict[str, torch.Tensor]) -> None:
    assert channels["all"].shape == (1, 12, 8, 16)


@pytest.mark.parametrize("group", ["log picture", "equalised picture", "colour map", "noise map"])
def test_condition_holds(group: str, channels: dict[str, torch.Tensor]) -> None:
    assert channels[group].abs().max() <= 1e-6  # measured: 1.2e-7, by way of the logarithm


def test_condition_is_finite_for_black() -> None:
    black = np.zeros((8, 8, 3), np.uint8)
    assert condition(to_unit(black), to_unit(equalised(black))).isfinite().all()


# --- Thumbnail ----------------------------------------------------------------------------------


@given(
    height=st.integers(1, 100),
    width=st.integers(1, 100),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(max_examples=40, deadline=None)
def test_thumbnail_of_any_size_is_finite(height: int, width: int, dtype: Any) -> None:
    pixels = random_picture(height, width).astype(dtype)
    small = thumbnail(pixels)
    assert small.isfinite().all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 500), (500, 7), (64, 96), (301, 407)])
def test_thumbnail_has_one_size(height: int, width: int) -> None:
    pixels = random_picture(height, width)
    small = thumbnail(pixels)
    assert small.shape == (1, 3, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH)


def test_thumbnail_averages_areas_before_the_logarithm() -> None:
    pixels = random_picture(64, 96)
    blocks = (pixels / 255).reshape(32, 2, 48, 2, 3).mean(axis=(1, 3))
    expected = torch.from_numpy(np.log(blocks + 1e-3)).permute(2, 0, 1)
    found = thumbnail(pixels)[0]
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5)  # measured: 1.9e-7
