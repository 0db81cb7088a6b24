"""The camera in poor light: exposure, noise, and uneven light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from llenhance.pictures.color import linear_to_srgb, srgb_to_linear
from llenhance.training.darkening import (
    Camera,
    darken,
    full_light,
    poor_light,
    random_lamps,
    random_light,
    random_night,
    relit,
    scenic_light,
)

Pixels = NDArray[np.uint8]

QUIET = Camera(exposure=1.0, shot=0.0, read=0.0)


def linear(value: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Light of a stored sRGB value in 0..1, by the standard's formula."""
    stored = np.asarray(value, np.float64)
    return np.where(stored > 0.04045, ((stored + 0.055) / 1.055) ** 2.4, stored / 12.92)


def taken(bright: Pixels, camera: Camera, *, seed: int = 0) -> Pixels:
    return darken(bright, camera, rng=np.random.default_rng(seed))


def ramp() -> Pixels:
    """Every level of every channel."""
    return np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)


def half_a_level(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light that rounding to 8 bits, and truncation of the linear scale, may add or take."""
    return linear((stored + 0.5) / 255) - linear(stored / 255) + 2 / 65535


# --- Exposure -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exposure", [1.0, 0.5, 0.1, 1 / 30])
def test_exposure_scales_linear_light(exposure: float) -> None:
    dark = taken(ramp(), replace(QUIET, exposure=exposure)).astype(np.float64)
    difference = linear(dark / 255) - exposure * linear(ramp() / 255.0)
    assert (np.abs(difference) <= half_a_level(dark)).all()


def test_full_exposure_without_noise_gives_the_picture_back() -> None:
    difference = taken(ramp(), QUIET).astype(int) - ramp()
    assert np.abs(difference).max() <= 1  # the linear scale is truncated to 16 bits


def test_white_balance_scales_each_channel() -> None:
    white = np.full((2, 2, 3), 255, np.uint8)
    dark = taken(white, replace(QUIET, exposure=0.4, white_balance=(1.5, 1.0, 0.5)))
    expected = 0.4 * np.array([1.5, 1.0, 0.5])
    np.testing.assert_allclose(linear(dark[0, 0] / 255.0), expected, rtol=0, atol=0.004)


def test_too_much_light_saturates() -> None:
    assert (taken(ramp(), replace(QUIET, exposure=100.0))[:, 50:] == 255).all()


@pytest.mark.parametrize("quality", [(), (80,), (40, 80)])
def test_less_exposure_gives_a_darker_picture(quality: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    bright = rng.integers(40, 256, (32, 32, 3)).astype(np.uint8)
    camera = Camera(exposure=1.0, grain=0.5, jpeg_quality=quality)
    means = [
        taken(bright, replace(camera, exposure=exposure)).mean() for exposure in (0.5, 0.2, 0.05)
    ]
    assert means[0] > means[1] > means[2]


# --- Noise --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shot", "read"), [(0.0, 0.02), (1e-3, 0.0), (2e-3, 0.01), (5e-4, 0.02)])
@pytest.mark.parametrize("level", [0.3, 0.5])
def test_noise_has_the_variance_of_photons_and_electronics(
    shot: float, read: float, level: float
) -> None:
    """In the middle of the range, where 8 bits neither clip the noise nor hide it."""
    flat = np.full((128, 128, 3), 255, np.uint8)
    dark = taken(flat, Camera(exposure=level, shot=shot, read=read))
    found = linear(dark / 255.0).var()
    # Rounding adds a twelfth of a level's square; 49,152 values leave 0.6 % of chance.
    rounding = (half_a_level(dark.astype(np.float64)).mean() * 2) ** 2 / 12
    assert found == pytest.approx(shot * level + read**2 + rounding, rel=0.04)


def test_grain_keeps_the_deviation() -> None:
    flat = np.full((128, 128, 3), 255, np.uint8)
    camera = Camera(exposure=0.4, shot=0.0, read=0.03, grain=0.8)
    assert linear(taken(flat, camera) / 255.0).std() == pytest.approx(0.03, rel=0.04)


@pytest.mark.parametrize(("grain", "related"), [(0.0, False), (0.8, True)])
def test_grain_makes_noise_of_neighbours_alike(grain: float, related: bool) -> None:
    flat = np.full((64, 64, 3), 255, np.uint8)
    noise = taken(flat, Camera(exposure=0.4, shot=0.0, read=0.03, grain=grain))[..., 1]
    correlation = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    assert bool(correlation > 0.3) == related


def test_noise_is_grey_on_average() -> None:
    flat = np.full((128, 128, 3), 255, np.uint8)
    mean = linear(taken(flat, Camera(exposure=0.4, shot=1e-3, read=0.01)) / 255.0).mean()
    assert mean == pytest.approx(0.4, abs=0.001)


def test_same_generator_gives_the_same_picture() -> None:
    camera = Camera(exposure=0.2, grain=0.7, jpeg_quality=(75,))
    np.testing.assert_array_equal(taken(ramp(), camera, seed=4), taken(ramp(), camera, seed=4))


def test_other_generator_gives_other_noise() -> None:
    camera = Camera(exposure=0.5, shot=2e-3)
    assert (taken(ramp(), camera, seed=4) != taken(ramp(), camera, seed=5)).any()


def test_bright_picture_is_left_alone() -> None:
    bright = ramp()
    taken(bright, Camera(exposure=0.1))
    np.testing.assert_array_equal(bright, ramp())


@pytest.mark.parametrize("oversampling", [1.0, 1.6])
@pytest.mark.parametrize("quality", [(), (60,), (60, 30)])
@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 13, 3)])
def test_darkened_picture_is_of_the_same_kind(
    shape: tuple[int, int, int], quality: tuple[int, ...], oversampling: float
) -> None:
    camera = Camera(exposure=0.3, oversampling=oversampling, jpeg_quality=quality)
    dark = taken(np.full(shape, 90, np.uint8), camera)
    assert (dark.shape, dark.dtype, dark.flags.c_contiguous) == (shape, np.uint8, True)


def test_picture_of_a_larger_recording_has_less_noise() -> None:
    flat = np.full((96, 96, 3), 255, np.uint8)
    camera = Camera(exposure=0.4, shot=0.0, read=0.03)
    fine, coarse = (
        linear(taken(flat, replace(camera, oversampling=n)) / 255.0).std() for n in (1.7, 1.0)
    )
    assert fine < 0.75 * coarse


def test_second_compression_leaves_its_own_blocks() -> None:
    noise = np.random.default_rng(0).integers(60, 200, (64, 64, 3)).astype(np.uint8)
    once, twice = (
        taken(noise, replace(QUIET, exposure=0.5, jpeg_quality=q)) for q in ((90,), (90, 30))
    )
    assert np.abs(once.astype(int) - twice).mean() > 5


def test_compression_keeps_red_red() -> None:
    red = np.full((32, 32, 3), (250, 10, 10), np.uint8)
    dark = taken(red, replace(QUIET, exposure=0.5, jpeg_quality=(95,)))
    assert dark[..., 0].min() > 100 > dark[..., 2].max()


# --- Light --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_uneven_light_never_darkens(seed: int) -> None:
    light = random_light((24, 40), 0.1, np.random.default_rng(seed))
    assert light.min() >= 1


@pytest.mark.parametrize("seed", range(8))
def test_uneven_light_stays_below_a_little_more_than_full_exposure(seed: int) -> None:
    light = random_light((24, 40), 0.1, np.random.default_rng(seed))
    assert light.max() <= 1.2 / 0.1 * (1 + 1e-5)


def test_uneven_light_is_uneven() -> None:
    spreads = [np.ptp(random_light((24, 40), 0.1, np.random.default_rng(n))) for n in range(8)]
    assert np.median(spreads) > 1


def test_light_multiplies_the_exposure() -> None:
    light = np.ones((1, 256), np.float32)
    light[:, 128:] = 3.0
    camera = replace(QUIET, exposure=0.1)
    rng = np.random.default_rng(0)
    lit = darken(ramp(), camera, light=light, rng=rng)[:, 128:]
    np.testing.assert_array_equal(lit, taken(ramp(), replace(QUIET, exposure=0.3))[:, 128:])


@pytest.mark.parametrize("seed", range(20))
def test_poor_light_is_a_half_to_a_thirtieth(seed: int) -> None:
    assert 1 / 30 * (1 - 1e-9) <= poor_light(np.random.default_rng(seed)).exposure <= 1 / 2


@pytest.mark.parametrize("seed", range(20))
def test_full_light_is_nearly_all_of_it(seed: int) -> None:
    assert 0.7 <= full_light(np.random.default_rng(seed)).exposure <= 1


def scene() -> Pixels:
    """A bright upper half over a darker lower half."""
    pixels = np.full((48, 64, 3), 60, np.uint8)
    pixels[:24] = 220
    return pixels


@pytest.mark.parametrize("seed", range(12))
def test_night_takes_most_light_of_a_part_and_leaves_another_part(seed: int) -> None:
    light = random_night(ramp().repeat(48, axis=0), np.random.default_rng(seed))
    assert light.shape == (48, 256)
    assert 1e-3 * (1 - 1e-5) <= light.min() < 0.2
    assert 0.5 < light.max() <= 1


def test_some_nights_turn_the_bright_sky_black() -> None:
    lights = [random_night(scene(), np.random.default_rng(seed)) for seed in range(12)]
    assert any(light[:20].max() < 0.1 < 0.9 < light[28:].min() for light in lights)


@pytest.mark.parametrize("seed", range(8))
def test_lamps_are_small_and_brighter_than_white(seed: int) -> None:
    lamps = random_lamps((64, 96), np.random.default_rng(seed))
    assert lamps.shape == (64, 96, 3)
    assert lamps.min() >= 0
    assert 0 < np.mean(lamps.max(axis=2) > 0.9) < 0.3


def test_lamps_stay_white_in_poor_light() -> None:
    lamps = np.zeros((48, 64, 3), np.float32)
    lamps[10:14, 10:14] = 40
    camera = replace(QUIET, exposure=1 / 30)
    dark = darken(scene(), camera, lamps=lamps, rng=np.random.default_rng(0))
    assert (dark[10:14, 10:14] == 255).all()
    assert dark[20:].max() < 60


def test_another_light_is_linear_and_lamps_add_to_it() -> None:
    half, lamps = np.full((48, 64), 0.5, np.float32), np.zeros((48, 64, 3), np.float32)
    lamps[-1, -1] = 1
    lit = relit(scene(), light=half, lamps=lamps)
    expected = linear_to_srgb(srgb_to_linear(scene() / 255) / 2) * 255
    np.testing.assert_allclose(lit[:-1], expected[:-1], atol=1)
    assert (lit[-1, -1] == 255).all()


def test_light_that_does_not_change_leaves_the_picture_alone() -> None:
    np.testing.assert_array_equal(relit(scene(), light=None, lamps=None), scene())


def test_light_follows_the_things_in_the_scene() -> None:
    """A bright sky over dark land keeps its light, the land loses it, and the border is theirs."""
    bright = np.full((60, 80, 3), 60, np.uint8)
    bright[:20] = 230
    for seed in range(20):
        light = scenic_light(bright, 0.1, np.random.default_rng(seed))
        assert light.shape == (60, 80)
        assert 1 <= light.min() <= light.max() <= 11
        if light.max() > 2 * light.min():
            assert light[:17].min() > light[23:].max()
    assert scenic_light(bright, 0.1, np.random.default_rng(0)).max() > 3
