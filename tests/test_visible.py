"""What of a file is picture: frames, round pictures and transparency count for nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps
from support.photographs import example

from llenhance import Enhancer, Picture, Wish
from llenhance.model.conditioning import thumbnail
from llenhance.pictures.circle import outside_of_circle
from llenhance.pictures.frame import Frame, frame_around
from llenhance.pictures.visible import visible_part
from llenhance.scoring.metrics import mean_grey

COLORS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
    "red": (190, 30, 50),
}
FRAMES = {
    "frame": Frame(13, 13, 13, 13),
    "thin frame": Frame(3, 3, 3, 3),
    "uneven frame": Frame(6, 30, 11, 17),
    "bars": Frame(24, 24, 0, 0),
    "pillars": Frame(0, 0, 31, 31),
    "caption": Frame(0, 40, 0, 0),
}


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def photograph() -> NDArray[np.uint8]:
    whole = example("coffee")
    top, left = ((side - 200) // 2 for side in whole.shape[:2])
    return np.ascontiguousarray(whole[top : top + 200, left : left + 200])


def framed(pixels: NDArray[Any], frame: Frame, color: tuple[int, int, int]) -> NDArray[np.uint8]:
    image = ImageOps.expand(
        Image.fromarray(pixels), (frame.left, frame.top, frame.right, frame.bottom), color
    )
    if frame == FRAMES["caption"]:
        letters = (255, 255, 255) if sum(color) < 300 else (0, 0, 0)
        ImageDraw.Draw(image).text((20, image.height - 26), "A cup of coffee, 1998", letters)
    return np.asarray(image)


def compressed(pixels: NDArray[Any], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def inside(pixels: NDArray[Any], frame: Frame) -> NDArray[Any]:
    height, width = pixels.shape[:2]
    return pixels[frame.top : height - frame.bottom, frame.left : width - frame.right]


# --- Frames -------------------------------------------------------------------------------------


# A black band at one side of a picture that is dark there might be a part of it.
FRAMED = [(k, c) for k in FRAMES for c in COLORS if (k, c) != ("caption", "black")]


@pytest.mark.parametrize(("kind", "color"), FRAMED)
def test_frame_is_found_to_the_pixel(kind: str, color: str, photograph: NDArray[np.uint8]) -> None:
    assert frame_around(framed(photograph, FRAMES[kind], COLORS[color])) == FRAMES[kind]


@pytest.mark.parametrize("quality", [90, 75])
@pytest.mark.parametrize("kind", ["frame", "bars", "pillars"])
@pytest.mark.parametrize("color", COLORS)
def test_frame_is_found_in_a_jpeg(
    kind: str, color: str, quality: int, photograph: NDArray[np.uint8]
) -> None:
    pixels = compressed(framed(photograph, FRAMES[kind], COLORS[color]), quality)
    assert np.abs(np.subtract(frame_around(pixels), FRAMES[kind])).max() <= 1


@pytest.mark.parametrize(("kind", "color"), FRAMED)
def test_framed_picture_becomes_what_it_becomes_without_the_frame(
    kind: str, color: str, photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    frame = FRAMES[kind]
    pixels = framed(photograph, frame, COLORS[color])
    found = enhancer.enhance(pixels)
    np.testing.assert_array_equal(inside(found, frame), enhancer.enhance(photograph))
    outside = np.ones(pixels.shape[:2], bool)
    inside(outside, frame)[:] = False
    np.testing.assert_array_equal(found[outside], pixels[outside])


def test_frame_is_told(photograph: NDArray[np.uint8], enhancer: Enhancer) -> None:
    picture = Picture(pixels=framed(photograph, FRAMES["frame"], COLORS["white"]))
    [note] = enhancer.enhance_picture(picture).notes
    assert (note.code, note.facts["top"], note.facts["right"]) == ("frame-kept", 13, 13)


def test_frame_of_16_bits_is_found(photograph: NDArray[np.uint8]) -> None:
    pixels = framed(photograph, FRAMES["bars"], COLORS["gray"]).astype(np.uint16) * 257
    assert frame_around(pixels) == FRAMES["bars"]


def test_target_is_that_of_the_picture_in_the_frame(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    frame = FRAMES["pillars"]
    picture = Picture(pixels=framed(photograph, frame, COLORS["white"]))
    found = enhancer.enhance_picture(picture, Wish(target_mean=0.45))
    assert mean_grey(inside(found.picture.pixels, frame)) == pytest.approx(0.45, abs=0.01)
    assert found.mean_grey == pytest.approx(0.45, abs=0.01)


def test_match_is_that_of_the_picture_in_the_frame(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    reference = np.full((60, 60, 3), 120, np.uint8)
    reference[::2] = 130
    pixels = framed(reference, FRAMES["frame"], COLORS["black"])
    found = enhancer.enhance(photograph, match=Picture(pixels=pixels))
    assert mean_grey(found) == pytest.approx(125 / 255, abs=0.01)


def test_look_and_render_leave_the_frame_out_too(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    pixels = framed(photograph, FRAMES["bars"], COLORS["black"])
    plan = enhancer.look(pixels)
    np.testing.assert_array_equal(enhancer.render(pixels, plan), enhancer.enhance(pixels))


def test_inputs_of_an_exported_network_are_all_of_the_same_pixels(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    pixels = framed(photograph, FRAMES["bars"], COLORS["white"])
    inputs = enhancer.network_inputs(pixels)
    np.testing.assert_array_equal(inputs["window"], [0, 0, *pixels.shape[:2]])
    np.testing.assert_array_equal(inputs["thumbnail"], thumbnail(pixels).numpy())


# --- No false alarms ----------------------------------------------------------------------------


def skyline(*, sky: int, noise: float) -> NDArray[np.uint8]:
    """Roofs of different heights before an even sky."""
    rng = np.random.default_rng(0)
    pixels = np.full((160, 240, 3), sky, np.uint8)
    for left in range(0, 240, 12):
        top = int(rng.integers(50, 110))
        pixels[top:, left : left + 12] = rng.integers(20, 200, (160 - top, 12, 3))
    return (pixels + rng.normal(0, noise, pixels.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("sky", [0, 255, 90])
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_sky_is_no_frame(sky: int, noise: float) -> None:
    assert visible_part(skyline(sky=sky, noise=noise)).is_everything


def test_light_in_the_dark_is_no_round_picture() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    glow = 230 * np.exp(-5 * (x**2 + y**2))
    assert visible_part(np.repeat(glow.astype(np.uint8)[..., None], 3, axis=2)).is_everything


@pytest.mark.parametrize("value", [0, 255])
def test_even_picture_is_all_picture(value: int) -> None:
    assert visible_part(np.full((64, 80, 3), value, np.uint8)).is_everything


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_noise_is_all_picture(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    assert visible_part(pixels).is_everything


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_photographs_are_all_picture(name: str) -> None:
    with Image.open(Path(__file__).parents[1] / "examples" / f"{name}.jpg") as file:
        assert visible_part(np.asarray(file)).is_everything


# --- Round pictures -----------------------------------------------------------------------------


def round_picture(pixels: NDArray[Any], color: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    radius = min(height, width) / 2 - 2
    outside = (y - height / 2) ** 2 + (x - width / 2) ** 2 > radius**2
    return np.where(outside[..., None], np.uint8(color), pixels), outside


@pytest.mark.parametrize("size", [(200, 200), (97, 143), (181, 180), (150, 99)])
@pytest.mark.parametrize("color", [0, 255, 128])
def test_surroundings_of_a_round_picture_are_found(
    color: int, size: tuple[int, int], photograph: NDArray[np.uint8]
) -> None:
    pixels, outside = round_picture(photograph[: size[0], : size[1]], color)
    found = outside_of_circle(pixels)
    assert found is not None
    assert not (outside & ~found).any()
    assert (found & ~outside).mean() < 0.03  # the rim of the lens


def test_round_picture_does_not_depend_on_its_surroundings(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    results = {color: round_picture(photograph, color) for color in (0, 255, 128)}
    greys = [mean_grey(enhancer.enhance(p)[~outside][None]) for p, outside in results.values()]
    assert max(greys) - min(greys) < 4 / 255
    pixels, outside = results[255]
    assert (enhancer.enhance(pixels)[outside] == 255).all()


def test_moon_is_no_round_picture() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    moon = np.where(x**2 + y**2 < 0.3, 220, 0).astype(np.uint8)
    assert visible_part(np.repeat(moon[..., None], 3, axis=2)).is_everything


# --- Transparency -------------------------------------------------------------------------------


def cut_out(pixels: NDArray[np.uint8], hidden: int) -> Picture:
    alpha = np.where(round_picture(pixels, 0)[1], 0, 255).astype(np.uint8)
    return Picture(pixels=np.where(alpha[..., None] == 0, np.uint8(hidden), pixels), alpha=alpha)


@pytest.mark.parametrize("wish", [Wish(), Wish(target_mean=0.5), Wish(exposure=0.5)], ids=repr)
def test_hidden_color_changes_nothing(
    wish: Wish, photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    one, other = (
        enhancer.enhance_picture(cut_out(photograph, hidden), wish) for hidden in (0, 255)
    )
    assert one.picture.alpha is not None
    seen = one.picture.alpha > 0
    np.testing.assert_array_equal(one.picture.pixels[seen], other.picture.pixels[seen])
    assert one.mean_grey == other.mean_grey
    if wish.target_mean is not None:
        assert mean_grey(one.picture.pixels[seen][None]) == pytest.approx(0.5, abs=0.01)


def test_hidden_pixels_stay_as_they_are(photograph: NDArray[np.uint8], enhancer: Enhancer) -> None:
    picture = cut_out(photograph, 77)
    assert picture.alpha is not None
    found = enhancer.enhance_picture(picture).picture.pixels
    assert (found[picture.alpha == 0] == 77).all()


def test_opaque_alpha_is_as_none(photograph: NDArray[np.uint8], enhancer: Enhancer) -> None:
    opaque = Picture(pixels=photograph, alpha=np.full(photograph.shape[:2], 255, np.uint8))
    np.testing.assert_array_equal(
        enhancer.enhance_picture(opaque).picture.pixels, enhancer.enhance(photograph)
    )


def test_wholly_transparent_picture_is_enhanced_all_the_same(
    photograph: NDArray[np.uint8], enhancer: Enhancer
) -> None:
    hidden = Picture(pixels=photograph, alpha=np.zeros(photograph.shape[:2], np.uint8))
    np.testing.assert_array_equal(
        enhancer.enhance_picture(hidden).picture.pixels, enhancer.enhance(photograph)
    )
