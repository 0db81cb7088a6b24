"""A picture gets at full size what its small copy got, without halos and with its own detail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from llenhance.enhancing import fast as lifting
from llenhance.enhancing.fast import GAMMA, copy_size, enhance_fast, lift, reduced
from llenhance.pictures.pixels import Pixels

EXAMPLE = Path(__file__).parents[1] / "examples" / "coffee.jpg"
ROOT_OF_LIGHT = 0.5


def unit(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def brighter(pixels: Pixels) -> Pixels:
    """Brighten as a network does: every level, dark ones the most."""
    top = np.iinfo(pixels.dtype).max
    return np.rint(unit(pixels) ** ROOT_OF_LIGHT * top).astype(pixels.dtype)


def small(pixels: Pixels, factor: int) -> NDArray[np.float32]:
    height, width = (max(1, side // factor) for side in pixels.shape[:2])
    return reduced(pixels, height, width) / np.float32(np.iinfo(pixels.dtype).max)


def fast(pixels: Pixels, factor: int = 4) -> Pixels:
    """Enhance by way of a copy of ``1 / factor`` of the side."""
    megapixels = pixels.shape[0] * pixels.shape[1] / factor**2 / 1e6
    return enhance_fast(pixels, brighter, megapixels=megapixels)


def detail(pixels: Pixels) -> NDArray[Any]:
    """What differs from pixel to pixel: the grey picture without its slopes."""
    grey = pixels.mean(axis=2)
    return grey[1:-1, 1:-1] - (grey[:-2, 1:-1] + grey[2:, 1:-1]) / 2


@pytest.fixture
def dark() -> Pixels:
    with Image.open(EXAMPLE) as picture:
        return (np.asarray(picture.convert("RGB")) // 2).astype(np.uint8)


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def test_affine_effect_is_reproduced(noise: Pixels) -> None:
    """Colours mixed by a matrix, and lifted by a constant: what the filter's model can say."""
    mixing = np.array([[0.5, 0.1, 0.0], [0.2, 0.4, 0.1], [0.0, 0.1, 0.6]], np.float32)
    guide = unit(noise) ** GAMMA
    expected = (guide @ mixing + 0.1).astype(np.float32)
    result = lift(noise, unit(noise), expected)
    np.testing.assert_allclose(unit(result), expected, atol=1.5 / 255)


@pytest.mark.parametrize("value", [0, 1, 40, 255])
def test_constant_picture_stays_constant(value: int) -> None:
    pixels = np.full((40, 60, 3), value, np.uint8)
    np.testing.assert_array_equal(fast(pixels), brighter(pixels))


def test_grey_stays_grey(dark: Pixels) -> None:
    grey = np.repeat(dark[..., 1:2], 3, axis=2)
    result = fast(grey).astype(int)
    assert np.ptp(result, axis=2).max() <= 1


def test_black_border_stays_black(dark: Pixels) -> None:
    dark[:64] = 0
    result = fast(dark)
    assert result[:40].max() == 0
    assert result[:64].max() <= 10


def test_lamp_throws_no_halo() -> None:
    """A white disc on near black, edges between the pixels of the small copy."""
    rows, columns = np.mgrid[:201, :301]
    inside = np.hypot(rows - 101, columns - 149) < 37.5
    pixels = np.where(inside[..., None], 250, 6).astype(np.uint8).repeat(3, axis=2)
    error = np.abs(fast(pixels).astype(int) - brighter(pixels).astype(int)).max(axis=2)
    beside = np.abs(np.hypot(rows - 101, columns - 149) - 37.5) < 4  # a pixel of the small copy
    assert error[beside].max() <= 10
    assert error[~beside].max() <= 4


def test_result_is_near_to_the_effect_at_full_size(dark: Pixels) -> None:
    difference = unit(fast(dark)) - unit(brighter(dark))
    assert 10 * np.log10(1 / np.mean(difference**2)) > 33


def test_detail_that_the_small_copy_has_lost_is_kept(dark: Pixels) -> None:
    wanted, kept = detail(brighter(dark)), detail(fast(dark))
    assert np.corrcoef(wanted.ravel(), kept.ravel())[0, 1] > 0.9
    assert 0.6 < kept.std() / wanted.std() < 1.2


def test_sixteen_bits_stay_sixteen(dark: Pixels) -> None:
    deep = dark.astype(np.uint16) * 257
    result = fast(deep)
    assert result.dtype == np.uint16
    assert len(np.unique(result)) > 5000  # 8 bits have 256
    np.testing.assert_allclose(unit(result), unit(fast(dark)), atol=0.51 / 255)


def test_strips_are_the_whole(dark: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fast(dark)
    monkeypatch.setattr(lifting, "_AT_ONCE", 7 * dark.shape[1])
    np.testing.assert_array_equal(fast(dark), whole)


@settings(max_examples=40)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    factor=st.integers(1, 80),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
def test_any_size(height: int, width: int, factor: int, dtype: type[np.uint8 | np.uint16]) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(1).integers(0, top + 1, (height, width, 3), dtype)
    before, copy = pixels.copy(), small(pixels, factor)
    result = lift(pixels, copy, np.sqrt(copy))
    assert (result.shape, result.dtype) == (pixels.shape, pixels.dtype)
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(result, lift(pixels, copy, np.sqrt(copy)))


def test_network_sees_the_small_copy_once(dark: Pixels) -> None:
    seen: list[Pixels] = []

    def enhance(pixels: Pixels) -> Pixels:
        seen.append(pixels)
        return brighter(pixels)

    enhance_fast(dark, enhance, megapixels=0.01)
    [copy] = seen
    assert copy.shape[:2] == copy_size(*dark.shape[:2], megapixels=0.01)
    assert copy.shape[0] * copy.shape[1] == pytest.approx(10_000, rel=0.02)
    assert copy.dtype == np.uint16
    assert copy.mean() / 257 == pytest.approx(dark.mean(), rel=0.005)


def test_picture_that_is_hardly_larger_than_the_copy_is_enhanced_itself(dark: Pixels) -> None:
    megapixels = dark.shape[0] * dark.shape[1] / 1e6
    result = enhance_fast(dark, brighter, megapixels=megapixels / 1.4)
    np.testing.assert_array_equal(result, brighter(dark))


def test_reduced_keeps_levels_between_levels() -> None:
    pixels = np.tile(np.array([[0, 1], [1, 1]], np.uint8)[..., None], (4, 4, 3))
    np.testing.assert_array_equal(reduced(pixels, 4, 4), 0.75)


def test_copy_size_of_a_line() -> None:
    assert copy_size(1, 4_000_000, megapixels=1) == (1, 2_000_000)


@pytest.mark.parametrize("megapixels", [0.0, -1.0, float("nan")])
def test_no_megapixels_are_refused(dark: Pixels, megapixels: float) -> None:
    with pytest.raises(ValueError, match="megapixels"):
        enhance_fast(dark, brighter, megapixels=megapixels)


def test_small_pictures_of_different_sizes_are_refused(dark: Pixels) -> None:
    with pytest.raises(ValueError, match="sizes"):
        lift(dark, small(dark, 4), small(dark, 5))
