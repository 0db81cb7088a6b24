"""Even areas of graphics stay even, and what is drawn on them stays crisp."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from support.photographs import dark_photograph

from llenhance import Enhancer
from llenhance.enhancing.even import even_kept
from llenhance.pictures.even import EvenColor, even_areas
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, equal_channels
from llenhance.pictures.visible import visible_part
from llenhance.scoring.metrics import LUMA, mean_grey

GROUND, CARD, INK = (30, 32, 40), (52, 50, 58), (170, 160, 150)


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def screen() -> NDArray[np.uint8]:
    """A window in dark colors: a ground, a card, words on both."""
    image = Image.new("RGB", (280, 200), GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((150, 30, 260, 150), fill=CARD)
    for line in range(12, 180, 14):
        draw.text((10, line), "Words on a ground", fill=INK)
    draw.text((160, 60), "and on a card", fill=INK)
    return np.asarray(image)


def slide(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph over words, at the border of a page."""
    height, width = photograph.shape[:2]
    image = Image.new("RGB", (width, height + 60), (230, 228, 220))
    for line in (8, 24, 40):
        ImageDraw.Draw(image).text((8, height + line), "What the picture shows", fill=(40, 40, 40))
    image.paste(Image.fromarray(photograph), (0, 0))
    return np.asarray(image)


def even_colors(pixels: NDArray[Any]) -> list[EvenColor]:
    found = even_areas(pixels)
    return [] if found is None else found.colors


def colors_at(found: NDArray[Any], pixels: NDArray[Any], color: NDArray[Any]) -> NDArray[Any]:
    """The colors that came of a color."""
    return np.unique(found[(pixels == color).all(axis=2)], axis=0)


@pytest.mark.parametrize("tile", [256, 0])
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_even_area_of_a_color_gets_one_color(dtype: Any, fast: bool, tile: int) -> None:
    pixels: Pixels = screen().astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    made = Enhancer(device="cpu", precision="fp32", fast=fast, tile=tile)
    found = made.enhance_picture(Picture.from_array(pixels)).picture.pixels
    for color in pixels[5, 5], pixels[35, 155]:
        assert len(colors_at(found, pixels, color)) == 1
    assert mean_grey(found) > 1.3 * mean_grey(pixels)


def test_frames_of_a_film_are_as_even(enhancer: Enhancer) -> None:
    pixels = screen()
    np.testing.assert_array_equal(
        enhancer.render(pixels, enhancer.look(pixels)), enhancer.enhance(pixels)
    )


@pytest.mark.parametrize("brightness", [-0.2, 0.1])
def test_even_areas_are_even_however_bright(brightness: float, enhancer: Enhancer) -> None:
    pixels = screen()
    found = enhancer.enhance(pixels, brightness=brightness)
    assert len(colors_at(found, pixels, pixels[5, 5])) == 1


def test_target_is_met_with_even_areas(enhancer: Enhancer) -> None:
    pixels = screen()
    found = enhancer.enhance(pixels, target_mean=0.5)
    assert len(colors_at(found, pixels, pixels[5, 5])) == 1
    assert mean_grey(found) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_gray_graphics_stay_gray(mode: Literal["L", "RGB"], enhancer: Enhancer) -> None:
    image = Image.fromarray(screen()).convert("L").convert(mode)
    found = np.asarray(enhancer.enhance(image).convert("RGB"))
    assert equal_channels(found)
    pixels = np.asarray(image.convert("RGB"))
    assert len(colors_at(found, pixels, pixels[5, 5])) == 1


def test_letters_are_as_sharp_as_in_the_input() -> None:
    """What a network may make of letters: soft, with light around them."""
    pixels = screen()
    soft = (np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5)) + 40).astype(np.uint8)
    found = even_kept(pixels, soft, keeps_light=True).astype(float)
    before, after = pixels[:, :140].astype(float), found[:, :140]
    steps = np.abs(np.diff(before, axis=1)), np.abs(np.diff(after, axis=1))
    blurred = np.abs(np.diff(soft[:, :140].astype(float), axis=1))
    assert np.corrcoef(steps[0].ravel(), steps[1].ravel())[0, 1] > 0.97
    assert np.corrcoef(steps[0].ravel(), blurred.ravel())[0, 1] < 0.9


def test_no_even_area_gets_darker() -> None:
    pixels = screen()
    found = even_kept(pixels, pixels // 2, keeps_light=True)
    assert (colors_at(found, pixels, pixels[5, 5]) == pixels[5, 5]).all()
    found = even_kept(pixels, pixels // 2, keeps_light=False)
    assert (colors_at(found, pixels, pixels[5, 5]) == pixels[5, 5] // 2).all()


def test_letters_stay_as_light_as_they_were() -> None:
    """The network lifts the ground, and smears light letters into it."""
    dark = screen()
    lifted = np.clip(dark.astype(float) * 0.7 + 50, 0, 255).astype(np.uint8)
    bright = np.asarray(cv2.blur(lifted, (3, 3))).astype(np.uint8)
    before = dark @ LUMA
    letters = before > 120
    changes = even_kept(dark, bright, keeps_light=False) @ LUMA - before
    assert changes[letters].min() < -5
    changes = even_kept(dark, bright, keeps_light=True) @ LUMA - before
    assert changes[letters].min() > -1  # they are rounded


def test_colors_come_with_their_share_and_places() -> None:
    pixels = screen()
    found = {tuple(map(int, even.color)): even for even in even_colors(pixels)}
    assert {GROUND, CARD} <= set(found)
    assert found[GROUND].share == pytest.approx(0.6, abs=0.15)
    for color, even in found.items():
        assert (pixels[even.places] == color).all()


def test_photograph_beside_even_areas_is_the_networks() -> None:
    photograph = dark_photograph(160, 280)
    pixels = slide(photograph)
    bright = np.minimum(pixels, 85) * np.uint8(3)
    bright[165:] += np.arange(280, dtype=np.uint8)[:, None] // 28  # an uneven ground
    found = even_kept(pixels, bright, keeps_light=True)
    np.testing.assert_array_equal(found[:150], bright[:150])
    assert len(colors_at(found, pixels, pixels[-1, -1])) == 1


@pytest.mark.parametrize("clipped", [0, 255])
def test_what_a_camera_clipped_is_left_to_the_network(clipped: int) -> None:
    """Most of it is exactly black or white, and it ends in noise."""
    down = np.linspace(-90, 40, 300)[:, None, None] * np.ones((1, 400, 1))
    noise = np.random.default_rng(0).normal(0, 2, (300, 400, 3))
    dark = (down + noise).clip(0, 255).astype(np.uint8)
    pixels = dark if clipped == 0 else 255 - dark
    assert (pixels == clipped).all(axis=2).mean() > 0.5
    assert not even_colors(pixels)
    assert even_kept(pixels, bright := pixels.copy(), keeps_light=True) is bright


def test_ground_that_goes_on_is_no_frame() -> None:
    assert visible_part(screen()).is_everything
    assert any(visible_part(np.pad(dark_photograph(90, 120), ((9, 9), (9, 9), (0, 0)))).frame)


def test_gradient_is_no_even_area() -> None:
    down = np.linspace(10, 60, 400)[:, None, None].astype(np.uint8)
    assert not even_colors(np.tile(down, (1, 300, 3)))


@pytest.mark.parametrize("quality", [75, 90])
def test_ground_of_a_jpeg_is_even(quality: int, enhancer: Enhancer) -> None:
    """Its ringing is not, nor does it end sharply."""
    page = np.full((200, 320, 3), GROUND, np.uint8)
    page[:, :150] = screen()[:, :150]
    data = cv2.imencode(".jpg", page[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1].copy()
    found = enhancer.enhance(pixels)
    for even in even_colors(pixels):
        assert len(np.unique(found[even.places], axis=0)) == 1
    assert sum(even.share for even in even_colors(pixels)) > 0.3
