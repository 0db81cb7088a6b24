"""Strength, detail and protection: what is done with the network's result at the end."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import floats
from numpy.typing import NDArray
from support.photographs import dark_photograph, example

from llenhance import Enhancer, Finish, Picture, Request, UsageError, Wish
from llenhance.enhancing import finish as finishing
from llenhance.enhancing import render as rendering
from llenhance.enhancing.fast import enhance_fast
from llenhance.enhancing.finish import AS_IT_IS, finished
from llenhance.jobs.earlier import settings_of
from llenhance.jobs.policy import Policy
from llenhance.pictures.pixels import equal_channels
from llenhance.scoring.metrics import mean_grey

SHARES = ("strength", "denoise", "protect")
MIXED = Finish(strength=0.6, denoise=0.3, protect=0.7)
small = arrays(np.uint8, (7, 9, 3))
shares = floats(0, 1)


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def scene(*, dtype: Any = np.uint8) -> tuple[NDArray[Any], NDArray[Any]]:
    """A dark room with a lit window that has bars, and what makes all of it too bright: 8 times."""
    y, x = np.mgrid[:120, :160]
    dark = np.full((120, 160, 3), (0.05, 0.045, 0.04)) + 0.01 * np.sin(x / 3)[..., None]
    window = (abs(y - 50) < 30) & (abs(x - 80) < 40)
    dark[window] = (0.55, 0.62, 0.75)
    dark[window & (x % 20 < 8)] = (0.42, 0.48, 0.58)
    top = np.iinfo(dtype).max
    bright = (dark * 8).clip(0, 1)
    return np.rint(dark * top).astype(dtype), np.rint(bright * top).astype(dtype)


def noisy(level: float, deviation: float) -> NDArray[np.uint8]:
    """An even gray place with noise of luma and of color."""
    rng = np.random.default_rng(7)
    return np.rint(rng.normal(level, deviation, (96, 96, 3)).clip(0, 255)).astype(np.uint8)


def fine(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """What a mean over 9x9 pixels leaves over, of luma."""
    luma = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return luma - np.asarray(cv2.blur(luma, (9, 9)))


# --- Values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), 50])
@pytest.mark.parametrize("name", SHARES)
def test_a_share_out_of_range_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Finish(**{name: value})
    assert (caught.value.code, caught.value.name) == ("share-out-of-range", name)


@pytest.mark.parametrize("name", SHARES)
def test_numbers_of_any_kind_are_shares(name: str) -> None:
    number: Any = np.float32(0.25)
    found = getattr(Finish(**{name: number}), name)
    assert (type(found), found) == (float, 0.25)


def test_a_wish_takes_a_finish_alone() -> None:
    with pytest.raises(UsageError, match="finish"):
        Wish(finish=0.5)  # pyright: ignore[reportArgumentType]


# --- At the ends --------------------------------------------------------------------------------


def test_nothing_is_done_at_the_neutral_values() -> None:
    dark, bright = scene()
    assert finished(dark, bright, AS_IT_IS) is bright


def test_an_enhancer_does_by_itself_what_the_neutral_values_say(enhancer: Enhancer) -> None:
    pixels = dark_photograph(48, 64)
    found = enhancer.enhance(pixels, strength=1, denoise=1, protect=0)
    np.testing.assert_array_equal(found, enhancer.enhance(pixels))


@given(dark=small, bright=small, denoise=shares, protect=shares)
@settings(max_examples=30)
def test_no_strength_is_the_input(
    dark: NDArray[np.uint8], bright: NDArray[np.uint8], denoise: float, protect: float
) -> None:
    finish = Finish(strength=0, denoise=denoise, protect=protect)
    np.testing.assert_array_equal(finished(dark, bright, finish), dark)


def test_a_picture_at_no_strength_is_the_input(enhancer: Enhancer) -> None:
    pixels = example("coffee")[:96, :120]
    found = enhancer.enhance(pixels, strength=0)
    np.testing.assert_array_equal(found, pixels)
    assert found is not pixels


# --- Strength -----------------------------------------------------------------------------------


@given(dark=small, bright=small, one=shares, other=shares)
@settings(max_examples=60)
def test_mean_gray_rises_with_strength(
    dark: NDArray[np.uint8], bright: NDArray[np.uint8], one: float, other: float
) -> None:
    brighter = np.maximum(dark, bright)
    low, high = (
        mean_grey(finished(dark, brighter, Finish(strength=share)))
        for share in sorted((one, other))
    )
    assert low <= high


@given(dark=small, bright=small, share=shares)
@settings(max_examples=60)
def test_every_value_lies_between_input_and_result(
    dark: NDArray[np.uint8], bright: NDArray[np.uint8], share: float
) -> None:
    """So there are no halos but the network's."""
    found = finished(dark, bright, Finish(strength=share, protect=1 - share))
    assert (found >= np.minimum(dark, bright)).all()
    assert (found <= np.maximum(dark, bright)).all()


def test_half_the_strength_is_half_the_change_of_mean_gray(enhancer: Enhancer) -> None:
    pixels = example("chelsea")[:96, :120]
    ends = [mean_grey(enhancer.enhance(pixels, strength=share)) for share in (0, 1)]
    half = mean_grey(enhancer.enhance(pixels, strength=0.5))
    assert half == pytest.approx(sum(ends) / 2, abs=0.002)


# --- Detail -------------------------------------------------------------------------------------


def test_detail_of_the_input_comes_back_as_much_brighter_as_its_surroundings() -> None:
    dark = noisy(40, 3)
    smooth = np.full_like(dark, 120)
    found = finished(dark, smooth, Finish(denoise=0))
    gain = (120 / 255 + 0.05) / (40 / 255 + 0.05)
    np.testing.assert_allclose(fine(found).std(), gain * fine(dark).std(), rtol=0.1)
    assert np.corrcoef(fine(found).ravel(), fine(dark).ravel())[0, 1] > 0.99


def test_less_denoising_brings_more_detail() -> None:
    dark, smooth = noisy(40, 3), np.full((96, 96, 3), 120, np.uint8)
    found = [fine(finished(dark, smooth, Finish(denoise=d))).std() for d in (1, 0.7, 0.4, 0)]
    assert found == sorted(found)
    assert found[0] < 0.01
    assert found[1] == pytest.approx(0.3 * found[3], rel=0.1)


def test_colored_noise_stays_away() -> None:
    dark, smooth = noisy(40, 3), np.full((96, 96, 3), (120, 90, 60), np.uint8)
    found = finished(dark, smooth, Finish(denoise=0)).astype(int)
    assert np.abs(np.diff(found, axis=2) - np.diff(smooth.astype(int), axis=2)).max() <= 1


def test_noise_of_black_places_is_lifted_by_a_few_times_at_most() -> None:
    dark, smooth = noisy(2, 1.5), np.full((96, 96, 3), 100, np.uint8)
    found = finished(dark, smooth, Finish(denoise=0))
    assert fine(found).std() < 9 * fine(dark).std()  # and the surroundings 50 times


def test_detail_changes_no_area(enhancer: Enhancer) -> None:
    pixels = example("coffee")[:128, :128]
    bright, found = enhancer.enhance(pixels), enhancer.enhance(pixels, denoise=0)
    means = [np.asarray(cv2.blur(one.astype(np.float32), (31, 31))) for one in (bright, found)]
    assert np.abs(means[1] - means[0]).mean() < 0.5  # of 255
    assert np.abs(fine(found)).mean() > np.abs(fine(bright)).mean()


# --- Protection ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_lit_keeps_its_structure(dtype: Any) -> None:
    dark, bright = scene(dtype=dtype)
    top, window = np.iinfo(dtype).max, (slice(30, 70), slice(50, 110))
    assert bright[window].min() == top  # burnt out
    spreads = [
        float(finished(dark, bright, Finish(protect=share))[window].std()) / top
        for share in (0, 0.3, 0.6, 1)
    ]
    assert spreads == sorted(spreads)
    assert spreads[0] == 0
    assert spreads[3] > 0.6 * float(dark[window].std()) / top


def test_what_is_dark_is_not_protected() -> None:
    dark, bright = scene()
    found = finished(dark, bright, Finish(protect=1))
    assert found[100:].mean() > 0.9 * bright[100:].mean()


def test_no_dark_halo_surrounds_what_is_protected() -> None:
    dark, bright = scene()
    kept = finished(dark, bright, Finish(protect=1))[22:76] / bright[22:76].astype(float)
    near, far = kept[:, 30:40].mean(), kept[:, :16].mean()
    assert near > far - 0.04


def test_a_lamp_in_a_haze_stays_brighter_than_the_haze() -> None:
    dark = np.full((120, 120, 3), 12, np.uint8)
    cv2.rectangle(dark, (56, 30), (64, 90), (170, 160, 150), -1)
    bright = np.full_like(dark, 215)
    bright[30:91, 56:65] = 255
    found = finished(dark, bright, Finish(protect=1)).astype(int)
    assert found[35:86, 58:63].min() > found[30:91, 30:52].max() + 5


def test_order_of_brightness_stays_from_dark_to_lit() -> None:
    """A ramp that the network makes steep in the dark and flat in the light."""
    ramp = np.linspace(0, 1, 256)
    dark = np.rint(255 * np.tile(ramp[:, None], (64, 1, 3))).astype(np.uint8)
    bright = np.rint(255 * np.tile((ramp**0.35)[:, None], (64, 1, 3))).astype(np.uint8)
    found = finished(dark, bright, Finish(protect=1))[32, :, 1].astype(int)
    assert np.diff(found).min() >= -1
    assert found[-1] == 255


def test_a_lamp_stays_white() -> None:
    dark = np.zeros((80, 80, 3), np.uint8)
    cv2.circle(dark, (40, 40), 6, (255, 255, 255), -1)
    bright = np.maximum(dark, 90)
    assert (finished(dark, bright, Finish(protect=1))[38:43, 38:43] == 255).all()


# --- With everything else -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_stays_gray(dtype: Any, enhancer: Enhancer) -> None:
    gray = dark_photograph(72, 96, dtype=dtype)[..., :1].repeat(3, axis=2)
    found = enhancer.enhance(gray, strength=0.6, denoise=0.3, protect=0.7)
    assert found.dtype == dtype
    assert equal_channels(found)
    assert mean_grey(found) > 1.2 * mean_grey(gray)


@pytest.mark.parametrize("light", [1.0, 6.0])
def test_nothing_gets_darker(light: float, enhancer: Enhancer) -> None:
    pixels = (example("coffee")[:128, :128] * light).clip(0, 255).astype(np.uint8)
    found = enhancer.enhance(pixels, strength=0.6, denoise=0.3, protect=0.7)
    assert mean_grey(found) >= mean_grey(pixels)
    change = cv2.blur(found.astype(np.float32) - pixels, (31, 31))
    assert np.asarray(change).min() > -2


def test_an_even_picture_stays_even(enhancer: Enhancer) -> None:
    pixels = np.full((40, 56, 3), (17, 17, 9), np.uint8)
    finish: dict[str, Any] = {"strength": 0.6, "denoise": 0.3, "protect": 0.7}
    np.testing.assert_array_equal(enhancer.enhance(pixels, **finish), pixels)
    found = enhancer.enhance(pixels, target_mean=0.2, **finish)
    assert (found == found[0, 0]).all()


def test_what_is_16_bits_is_finished_as_8_bits_are() -> None:
    dark, bright = scene()
    deep = finished(dark.astype(np.uint16) * 257, bright.astype(np.uint16) * 257, MIXED)
    difference = deep / 257 - finished(dark, bright, MIXED)
    assert np.abs(difference).max() < 1


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    dark, bright = scene()
    whole = finished(dark, bright, MIXED)
    monkeypatch.setattr(finishing, "_AT_ONCE", 7 * dark.shape[1])
    np.testing.assert_array_equal(finished(dark, bright, MIXED), whole)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_pictures_of_any_size_can_be_finished(size: tuple[int, int]) -> None:
    dark = np.full((*size, 3), 20, np.uint8)
    bright = np.full((*size, 3), 90, np.uint8)
    found = finished(dark, bright, MIXED)
    assert found.shape == dark.shape
    assert ((found > dark) & (found < bright)).all()


def test_inputs_are_not_changed() -> None:
    dark, bright = scene()
    before = dark.copy(), bright.copy()
    finished(dark, bright, MIXED)
    np.testing.assert_array_equal(dark, before[0])
    np.testing.assert_array_equal(bright, before[1])


@pytest.mark.parametrize(
    "finish",
    [Finish(denoise=0), Finish(strength=0.8, denoise=0.3, protect=0.7)],
    ids=str,
)
def test_a_target_is_hit_with_a_finish(finish: Finish, enhancer: Enhancer) -> None:
    pixels = example("chelsea")[:128, :128]
    found = enhancer.enhance_picture(
        Picture.from_array(pixels), Wish(target_mean=0.35, finish=finish)
    )
    assert found.mean_grey == pytest.approx(0.35, abs=0.01)
    assert found.notes == ()


def test_an_exposure_is_relative_to_the_finished_result(enhancer: Enhancer) -> None:
    picture, finish = Picture.from_array(example("chelsea")[:64, :64]), Finish(strength=0.5)
    usual = enhancer.enhance_picture(picture, Wish(finish=finish)).mean_grey
    found = enhancer.enhance_picture(picture, Wish(exposure=0.2, finish=finish)).mean_grey
    assert usual + 0.005 < found < usual + 0.1


def test_a_target_beyond_the_strength_is_told(enhancer: Enhancer) -> None:
    wish = Wish(target_mean=0.6, finish=Finish(strength=0.2))
    found = enhancer.enhance_picture(Picture.from_array(example("coffee")[:64, :64]), wish)
    [note] = found.notes
    assert (note.code, note.facts["way"], note.facts["strength"]) == (
        "target-beyond-strength",
        "brighter",
        0.2,
    )


def test_what_a_small_copy_gave_is_finished_at_full_size(
    enhancer: Enhancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = example("coffee")[:96, :120]
    monkeypatch.setattr(rendering, "enhance_fast", partial(enhance_fast, megapixels=0.002))
    plan = enhancer.look(pixels, Wish(finish=MIXED))
    bright = rendering.render(enhancer.engine, pixels, replace(plan, finish=AS_IT_IS), fast=True)
    found = rendering.render(enhancer.engine, pixels, plan, fast=True)
    np.testing.assert_array_equal(found, finished(pixels, bright, MIXED))


def test_frames_and_plans_have_the_finish(enhancer: Enhancer) -> None:
    picture = Picture.from_array(example("coffee")[:96, :120])
    wish = Wish(finish=MIXED)
    alone = enhancer.enhance_picture(picture, wish).picture.pixels
    together = enhancer.look_at_all([picture], wish, frames=True).enhance(picture).picture.pixels
    planned = enhancer.render(picture.pixels, enhancer.look(picture.pixels, wish))
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(planned, alone)


def test_a_ledger_knows_the_finish_and_is_as_before_without_one(enhancer: Enhancer) -> None:
    finish = Finish(protect=0.4)
    usual, other = (
        settings_of(Request(wish=wish), enhancer, Policy())
        for wish in (Wish(), Wish(finish=finish))
    )
    assert "finish" not in usual
    assert other == usual | {"finish": {"strength": 1.0, "denoise": 1.0, "protect": 0.4}}
