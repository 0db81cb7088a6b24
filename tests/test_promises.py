"""Gray stays gray, and without being asked nothing gets darker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from support.photographs import dark_photograph, example

from llenhance import Enhancer, read_picture, write_picture
from llenhance.enhancing.promises import as_gray, light_kept
from llenhance.pictures.pixels import equal_channels
from llenhance.scoring.metrics import mean_grey


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def page(*, ground: int, ink: int) -> NDArray[np.uint8]:
    """A page of text."""
    image = Image.new("RGB", (240, 160), (ground,) * 3)
    for line in range(10, 150, 12):
        ImageDraw.Draw(image).text((8, line), "Words on a page, line after line", (ink,) * 3)
    return np.asarray(image)


def blocks(values: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Means of 16x16 pixels."""
    rows, columns = height // 16 * 16, width // 16 * 16
    parts = values[:rows, :columns].reshape(rows // 16, 16, columns // 16, 16, 3)
    return parts.mean(axis=(1, 3))


# --- Gray ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("fast", [False, True])
def test_gray_stays_gray(dtype: Any, fast: bool) -> None:
    gray = dark_photograph(96, 120, dtype=dtype)[..., :1].repeat(3, axis=2)
    found = Enhancer(device="cpu", precision="fp32", fast=fast).enhance(gray)
    assert equal_channels(found)
    assert mean_grey(found) > 1.5 * mean_grey(gray)


@pytest.mark.parametrize(
    ("name", "mode"), [("a.jpg", "L"), ("a.png", "L"), ("a.tif", "L"), ("deep.png", "I;16")]
)
def test_file_of_one_channel_gives_one_of_one_channel(
    name: str, mode: str, enhancer: Enhancer, tmp_path: Path
) -> None:
    values = dark_photograph(48, 64, dtype=np.uint16 if mode == "I;16" else np.uint8)[..., 0]
    path, result = tmp_path / name, tmp_path / f"bright_{name}"
    Image.fromarray(values).save(path)
    write_picture(result, enhancer.enhance(path))
    with Image.open(result) as image:
        assert image.mode in (mode, "I;16B" if mode == "I;16" else mode)
        assert image.size == (64, 48)
    assert mean_grey(read_picture(result).pixels) > 1.5 * mean_grey(read_picture(path).pixels)


def test_gray_tiff_keeps_transparency(enhancer: Enhancer, tmp_path: Path) -> None:
    gray = dark_photograph(40, 40)[..., 0]
    alpha = np.full((40, 40), 200, np.uint8)
    Image.merge("LA", [Image.fromarray(gray), Image.fromarray(alpha)]).save(tmp_path / "a.tif")
    write_picture(tmp_path / "b.tif", enhancer.enhance(tmp_path / "a.tif"))
    found = read_picture(tmp_path / "b.tif")
    assert found.alpha is not None
    assert (found.alpha == 200).all()
    assert equal_channels(found.pixels)


def test_color_is_not_gray(enhancer: Enhancer) -> None:
    assert not equal_channels(enhancer.enhance(dark_photograph(64, 64)))


@given(arrays(np.uint8, (3, 4, 3)))
def test_gray_is_the_luma(pixels: NDArray[np.uint8]) -> None:
    found = as_gray(pixels)
    assert equal_channels(found)
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(found[..., 0] - luma).max() <= 0.51


@pytest.mark.parametrize("value", [0, 17, 128, 255])
def test_even_picture_stays_even(value: int, enhancer: Enhancer) -> None:
    pixels = np.full((40, 56, 3), (value, value, max(0, value - 9)), np.uint8)
    np.testing.assert_array_equal(enhancer.enhance(pixels), pixels)
    found = enhancer.enhance(pixels, target_mean=0.4)
    assert (found == found[0, 0]).all()


# --- Never darker -------------------------------------------------------------------------------


@pytest.mark.parametrize(("ground", "ink"), [(240, 20), (255, 0)])
def test_bright_page_is_left_nearly_alone(ground: int, ink: int, enhancer: Enhancer) -> None:
    pixels = page(ground=ground, ink=ink)
    found = enhancer.enhance(pixels)
    assert mean_grey(found) >= mean_grey(pixels)
    assert np.abs(found.astype(int) - pixels).mean() < 8


def test_dark_page_gets_no_darker(enhancer: Enhancer) -> None:
    pixels = page(ground=25, ink=220)
    assert mean_grey(enhancer.enhance(pixels)) >= mean_grey(pixels)


@pytest.mark.parametrize("light", [1.0, 6.0, 12.0])
@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_no_place_of_a_photograph_gets_darker(name: str, light: float, enhancer: Enhancer) -> None:
    """The dark examples, and what they are with more light: nothing to do, or nearly."""
    whole = example(name)[:288, :384].astype(np.float64) * light
    pixels = whole.clip(0, 255).astype(np.uint8)
    found = enhancer.enhance(pixels)
    height, width = pixels.shape[:2]
    change = blocks(found, height, width).mean(axis=2) - blocks(pixels, height, width).mean(axis=2)
    assert mean_grey(found) >= mean_grey(pixels)
    assert change.min() > -4


def test_who_asks_for_it_gets_a_darker_picture(enhancer: Enhancer) -> None:
    pixels = page(ground=200, ink=90)
    assert mean_grey(enhancer.enhance(pixels, brightness=-0.3)) < mean_grey(pixels)
    assert mean_grey(enhancer.enhance(pixels, target_mean=0.5)) == pytest.approx(0.5, abs=0.01)


@given(
    dark=arrays(np.uint8, (20, 24, 3)),
    bright=arrays(np.uint8, (20, 24, 3)),
)
@settings(max_examples=40)
def test_result_lies_between_the_input_and_what_the_network_made(
    dark: NDArray[np.uint8], bright: NDArray[np.uint8]
) -> None:
    found = light_kept(dark, bright)
    assert (found >= np.minimum(dark, bright)).all()
    assert (found <= np.maximum(dark, bright)).all()


def test_what_is_brightened_everywhere_is_the_networks() -> None:
    dark = np.full((40, 60, 3), 30, np.uint8)
    bright = np.full((40, 60, 3), 120, np.uint8)
    assert light_kept(dark, bright) is bright
    np.testing.assert_array_equal(light_kept(bright, dark), bright)
