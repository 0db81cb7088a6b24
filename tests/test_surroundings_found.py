"""Frames in frames, slides, albums, rounded corners: all that surrounds photographs is found."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from support.photographs import example

from llenhance import Enhancer
from llenhance.pictures.corners import outside_of_corners
from llenhance.pictures.mounted import mounted_photographs
from llenhance.pictures.visible import visible_part

Pixels = NDArray[np.uint8]

COLORS = [(0, 0, 0), (255, 255, 255), (128, 128, 128), (16, 24, 48)]


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(example("coffee")[60:300, 60:380])


@pytest.fixture(scope="module")
def other() -> Pixels:
    return np.ascontiguousarray(example("chelsea")[20:260, 60:380])


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def framed(
    pixels: Pixels, depths: tuple[int, int, int, int], color: tuple[int, int, int]
) -> Pixels:
    top, bottom, left, right = depths
    return np.asarray(
        cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=color)
    ).astype(np.uint8)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)).astype(np.uint8)


def slide(pixels: Pixels, color: tuple[int, int, int]) -> tuple[Pixels, tuple[int, int, int, int]]:
    """A page with words on the left and a photograph on the right."""
    height, width = pixels.shape[:2]
    image = Image.new("RGB", (width + 260, height + 120), color)
    draw = ImageDraw.Draw(image)
    ink = (255, 255, 255) if sum(color) < 300 else (0, 0, 0)
    for line in range(20, height + 90, 30):
        draw.text((16, line), "A point that\nmatters a lot", fill=ink)
    image.paste(Image.fromarray(pixels), (230, 90))
    return np.asarray(image), (90, 30, 230, 30)


def rounded(pixels: Pixels, color: tuple[int, int, int], radius: int = 30) -> Pixels:
    """A picture with rounded corners, smooth as phones make them."""
    height, width = pixels.shape[:2]
    mask = Image.new("L", (4 * width, 4 * height), 0)
    box = (0, 0, 4 * width - 1, 4 * height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 4 * radius, fill=255)
    image = Image.new("RGB", (width, height), color)
    image.paste(Image.fromarray(pixels), (0, 0), mask.resize((width, height), Image.Resampling.BOX))
    return np.asarray(image)


@pytest.mark.parametrize("quality", [None, 85])
@pytest.mark.parametrize("color", COLORS)
def test_photograph_on_a_slide_is_found(
    color: tuple[int, int, int], quality: int | None, photo: Pixels
) -> None:
    pixels, place = slide(photo, color)
    found = visible_part(as_jpeg(pixels, quality) if quality else pixels)
    np.testing.assert_allclose(found.frame, place, atol=1)
    assert found.weights is None


@pytest.mark.parametrize(
    ("inner", "outer"), [((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (0, 0, 0))]
)
def test_frames_in_frames_are_found(
    inner: tuple[int, int, int], outer: tuple[int, int, int], photo: Pixels
) -> None:
    pixels = framed(framed(photo, (20, 60, 20, 20), inner), (15, 15, 25, 25), outer)
    assert tuple(visible_part(pixels).frame) == (35, 75, 45, 45)


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255)])
def test_what_surrounds_a_photograph_changes_nothing_of_it(
    color: tuple[int, int, int], photo: Pixels, enhancer: Enhancer
) -> None:
    pixels, (top, bottom, left, right) = slide(photo, color)
    found = enhancer.enhance(pixels)
    part = np.s_[top : len(pixels) - bottom, left : pixels.shape[1] - right]
    np.testing.assert_array_equal(found[part], enhancer.enhance(photo))
    found[part] = pixels[part]
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("color", [(128, 128, 128), (255, 255, 255)])
def test_gutters_of_a_collage_stay(
    color: tuple[int, int, int], photo: Pixels, other: Pixels, enhancer: Enhancer
) -> None:
    both = [framed(each, (12, 12, 12, 0), color) for each in (photo, other)]
    pixels = framed(np.hstack(both), (0, 0, 0, 12), color)
    found = visible_part(pixels)
    assert tuple(found.frame) == (12, 12, 12, 12)
    assert found.weights is not None
    assert found.weights.sum() == photo[..., 0].size + other[..., 0].size
    assert (note := found.note()) is not None
    assert note.code == "frame-kept"
    made = enhancer.enhance(pixels)
    gutter = np.s_[:, 12 + photo.shape[1] : 24 + photo.shape[1]]
    np.testing.assert_array_equal(made[gutter], pixels[gutter])
    together = enhancer.enhance(np.hstack([photo, other]))
    assert made[12:-12, 12:332].mean() == pytest.approx(together[:, :320].mean(), abs=4)


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (90, 60, 30)])
@pytest.mark.parametrize("radius", [16, 30])
def test_rounded_corners_are_no_picture(
    radius: int, color: tuple[int, int, int], photo: Pixels
) -> None:
    pixels = rounded(photo, color, radius)
    outside = outside_of_corners(pixels)
    assert outside is not None
    even = (pixels == color).all(axis=2)
    corners = np.zeros_like(even)
    for rows in (np.s_[:radius], np.s_[-radius:]):
        for columns in (np.s_[:radius], np.s_[-radius:]):
            corners[rows, columns] = True
    assert (outside & ~corners).sum() < 8 * radius  # the rim, mixed of both
    assert outside[even & corners].mean() > 0.95


def test_rounded_corners_of_a_picture_in_a_frame(photo: Pixels, enhancer: Enhancer) -> None:
    pixels = framed(rounded(photo, (255, 255, 255)), (20, 20, 20, 20), (255, 255, 255))
    found = visible_part(pixels)
    assert tuple(found.frame) == (20, 20, 20, 20)
    assert found.weights is not None
    part = enhancer.enhance(pixels)[20:-20, 20:-20]
    middle = np.s_[30:-30, 30:-30]
    assert part[middle].mean() == pytest.approx(enhancer.enhance(photo)[middle].mean(), abs=4)


def test_no_photograph_of_an_album_on_black_is_left_dark(photo: Pixels) -> None:
    night = np.zeros_like(photo)
    night[100:140, 150:180] = 40
    both = np.hstack([photo, framed(photo, (0, 0, 14, 14), (0, 0, 0)), night])
    found = visible_part(framed(both, (14, 14, 14, 14), (0, 0, 0)))
    assert found.weights is None


@pytest.mark.parametrize("shadowed", [False, True])
def test_photograph_on_paper_is_found(shadowed: bool, photo: Pixels) -> None:
    """Paper of a scanner, which is neither quite even nor equally bright; a drop shadow."""
    page = framed(photo, (50, 70, 50, 50), (232, 228, 218)).astype(np.float64)
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 9, page.shape[:2]), (0, 0), 1.0)
    page += (noise + np.linspace(0, -8, page.shape[1]))[..., None]
    if shadowed:
        shade = np.zeros(page.shape[:2])
        shade[56 : 56 + len(photo), 55 : 55 + photo.shape[1]] = 0.6
        page *= 1 - np.asarray(cv2.GaussianBlur(shade, (0, 0), 8))[..., None]
    pixels = page.clip(0, 255).astype(np.uint8)
    pixels[50:-70, 50:-50] = photo
    np.testing.assert_allclose(visible_part(pixels).frame, (50, 70, 50, 50), atol=1)


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_photographs_have_no_surroundings(name: str) -> None:
    pixels = example(name)
    assert not mounted_photographs(pixels)
    assert outside_of_corners(pixels) is None


def test_lit_window_in_a_dark_room_is_no_photograph(photo: Pixels) -> None:
    """A camera does not see its edges straight to the pixel."""
    room: NDArray[Any] = np.zeros((400, 560, 3), np.uint8)
    room[80:320, 120:440] = photo
    turned = cv2.warpAffine(room, cv2.getRotationMatrix2D((280, 200), 1.0, 1.0), (560, 400))
    assert mounted_photographs(room)
    assert not mounted_photographs(np.asarray(turned).astype(np.uint8))


def test_cards_and_bars_of_a_screen_are_no_surroundings() -> None:
    image = Image.new("RGB", (480, 320), (30, 30, 34))
    ImageDraw.Draw(image).rectangle((40, 40, 240, 280), fill=(60, 60, 66))
    ImageDraw.Draw(image).text((60, 60), "A card", fill=(220, 220, 220))
    ImageDraw.Draw(image).rectangle((0, 0, 480, 24), fill=(45, 45, 50))
    assert visible_part(np.asarray(image)).is_everything
