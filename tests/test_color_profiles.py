"""Colors that are not RGB go through their profiles."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import (
    ICC,
    RAMP,
    codes,
    said,
    saved,
    smooth_pixels,
)

from llenhance.files.values import like
from llenhance.pictures import icc
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import equal_channels
from llenhance.pictures.spaces import as_srgb, in_its_space


def grey_profile(gamma: float) -> bytes:
    """A minimal ICC profile of greys with a power curve, built tag by tag."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)  # D50
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + b"\0" * 78
    text += b"\0" * (-len(text) % 4)
    body, table = b"", b""
    for name, tag in ((b"wtpt", white), (b"kTRC", curve), (b"desc", text)):
        table += name + struct.pack(">2I", 128 + 4 + 36 + len(body), len(tag))
        body += tag
    header = struct.pack(">I", 128 + 4 + 36 + len(body)) + b"lcms" + b"\x02\x10\0\0"
    header += b"mntrGRAYXYZ " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", 3) + table + body


@cache
def cmyk_profile() -> bytes:
    """A small CMYK profile: ink percentages to Lab over two grid points a channel."""
    grid = np.indices((2, 2, 2, 2)).reshape(4, -1).T
    light = 255 * np.prod(1 - grid * [0.3, 0.5, 0.1, 0.9], axis=1)
    lab = np.stack([light, np.full(16, 128), np.full(16, 128)], axis=1).round().astype(np.uint8)
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
    lut += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += bytes(range(256)) * 4 + lab.tobytes() + bytes(range(256)) * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I", 2)
    begin = 128 + 4 + 24
    table += b"A2B0" + struct.pack(">2I", begin, len(lut))
    table += b"wtpt" + struct.pack(">2I", begin + len(lut), len(white))
    header = struct.pack(">I", begin + len(lut) + len(white)) + b"lcms" + b"\x02\x10\0\0"
    header += b"prtrCMYKLab " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + lut + white


CMYK = Image.merge("CMYK", [Image.new("L", (16, 16), ink) for ink in (255, 0, 0, 0)])


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_becomes_rgb(format: str) -> None:
    picture = decode(saved(CMYK, format), name="p")
    assert np.abs(picture.pixels.reshape(-1, 3).astype(int) - [0, 255, 255]).max() <= 2
    assert "cmyk-without-profile" in codes(picture.notes)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(format: str) -> None:
    picture = decode(saved(CMYK, format, icc_profile=cmyk_profile()), name="p")
    grey = picture.pixels.reshape(-1, 3).astype(int)  # this profile's cyan is 70 % light, no hue
    assert np.abs(grey - grey[:, :1]).max() <= 2
    assert 160 < grey.mean() < 180


def test_the_cmyk_profile_is_not_attached_to_rgb() -> None:
    assert decode(saved(CMYK, "JPEG", icc_profile=cmyk_profile()), name="p").icc_profile is None


def test_a_damaged_cmyk_profile_is_noted_and_not_used() -> None:
    picture = decode(saved(CMYK, "JPEG", icc_profile=cmyk_profile()[:200]), name="p")
    assert "its CMYK color profile is damaged and is left behind" in said(picture.notes)
    assert picture.icc_profile is None


def test_lab_becomes_rgb() -> None:
    white = Image.merge("LAB", [Image.new("L", (4, 4), value) for value in (255, 128, 128)])
    assert decode(saved(white, "TIFF"), name="p").pixels.min() >= 253


@pytest.mark.parametrize("deep", [False, True], ids=["8 bits", "16 bits"])
def test_greys_are_seen_through_their_profile_and_stay_in_its_space(deep: bool) -> None:
    values = RAMP.astype(np.uint16) * 257 if deep else RAMP
    profile = grey_profile(1.0)
    picture = decode(saved(Image.fromarray(values), "PNG", icc_profile=profile), name="p")
    seen = as_srgb(picture)
    middle = seen[4, 0, 0] / 65535  # linear light of 128 / 255
    assert middle == pytest.approx(0.735, abs=0.01)  # 1.055 * 0.502 ** (1 / 2.4) - 0.055
    assert (picture.icc_profile, picture.notes) == (profile, ())
    np.testing.assert_array_equal(in_its_space(picture, seen).pixels, picture.pixels)
    bright = in_its_space(picture, np.full_like(seen, 32768)).pixels
    light = ((0.5 + 0.055) / 1.055) ** 2.4
    np.testing.assert_allclose(bright / np.iinfo(bright.dtype).max, light, atol=0.002)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF"])
def test_greys_are_written_with_their_profile_and_one_channel(format: str) -> None:
    profile = grey_profile(1.8)
    picture = decode(saved(Image.fromarray(RAMP), "PNG", icc_profile=profile), name="p")
    assert losses(picture, format=format) == ()
    with Image.open(io.BytesIO(encode(picture, format=format, name="p"))) as image:
        assert (image.mode, image.info["icc_profile"]) == ("L", profile)


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "BMP"])
def test_a_format_without_a_place_for_a_profile_of_greys_gets_srgb(format: str) -> None:
    values = np.full((16, 16), 55, np.uint8)  # light of 0.0633 with this gamma
    data = saved(Image.fromarray(values), "PNG", icc_profile=grey_profile(1.8))
    picture = decode(data, name="p")
    assert codes(losses(picture, format=format)) == ("converted-to-srgb",)
    back = decode(encode(picture, format=format, name="p"), name="p")
    assert back.icc_profile is None
    assert np.abs(back.pixels.astype(int) - 71).max() <= 2  # 1.055 * 0.0633 ** (1 / 2.4) - 0.055


def test_a_colored_picture_is_never_written_with_a_profile_of_greys() -> None:
    values = np.full((8, 8), 60, np.uint8)
    picture = decode(saved(Image.fromarray(values), "PNG", icc_profile=grey_profile(1.8)), name="p")
    colored = picture.with_pixels(np.full((8, 8, 3), (60, 90, 120), np.uint8))
    assert codes(losses(colored, format="PNG")) == ("converted-to-srgb",)
    assert decode(encode(colored, format="PNG", name="p"), name="p").icc_profile is None


def test_a_pillow_image_of_greys_keeps_its_profile() -> None:
    image = Image.fromarray(RAMP)
    image.info["icc_profile"] = grey_profile(1.8)
    back = like(Picture.from_pil(image), image)
    assert isinstance(back, Image.Image)
    assert (back.mode, back.info["icc_profile"]) == ("L", grey_profile(1.8))
    np.testing.assert_array_equal(np.asarray(back), RAMP)


def test_a_pillow_image_of_colors_gets_no_profile_of_greys() -> None:
    image = Image.fromarray(RAMP)
    image.info["icc_profile"] = grey_profile(1.0)
    made = Picture.from_pil(image).to_pil()
    assert made.mode == "RGB"
    assert "icc_profile" not in made.info
    assert np.asarray(made)[4, 0, 0] == 188  # linear light of 128 / 255


@pytest.mark.parametrize(
    "primaries",
    [((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))],
    ids=["Adobe RGB", "Display P3"],
)
def test_equal_channels_stay_equal_in_every_space(primaries: Any) -> None:
    profile = icc.rgb_profile("wide", curve=(2.2,), primaries=primaries, white=icc.D65)
    grays = np.repeat(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1), 3, axis=2)
    picture = Picture(pixels=grays, icc_profile=profile)
    seen = as_srgb(picture)
    assert equal_channels(seen)
    assert equal_channels(in_its_space(picture, np.minimum(seen, 32000) * 2).pixels)


@pytest.mark.parametrize(("format", "mode"), [("JPEG", "L"), ("TIFF", "L"), ("PNG", "RGB")])
def test_greys_with_a_profile_for_rgb_have_one_channel_where_that_is_allowed(
    format: str, mode: str
) -> None:
    """ImageMagick writes such JPEG files; PNG forbids them."""
    data = saved(Image.fromarray(RAMP), "JPEG", icc_profile=ICC)
    with Image.open(io.BytesIO(encode(decode(data, name="p"), format=format, name="p"))) as image:
        assert (image.mode, image.info["icc_profile"]) == (mode, ICC)


def test_a_profile_for_greys_is_not_attached_to_rgb() -> None:
    image = Image.fromarray(smooth_pixels())
    picture = decode(saved(image, "PNG", icc_profile=grey_profile(2.2)), name="p")
    assert picture.icc_profile is None
    assert "a color profile for GRAY is left behind" in said(picture.notes)
