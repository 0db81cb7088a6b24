"""A WebP is written as its file was: without loss, or with its quality."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import random_pixels, saved, smooth_pixels
from support.photographs import dark_photograph

from llenhance.pictures.coding import UNKNOWN, Coding
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats.webp_coding import coding_of
from llenhance.pictures.picture import Picture


def webp(pixels: Any = None, **options: Any) -> bytes:
    return saved(Image.fromarray(smooth_pixels() if pixels is None else pixels), "WEBP", **options)


def chunk_kinds(data: bytes) -> set[bytes]:
    kinds: set[bytes] = set()
    at = 12
    while at < len(data):
        kinds.add(data[at : at + 4])
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return kinds


@pytest.mark.parametrize("channels", [3, 4], ids=["opaque", "transparent"])
def test_a_lossless_webp_stays_lossless(channels: int) -> None:
    values = random_pixels((20, 30, channels))
    picture = decode(webp(values, lossless=True, exact=True), name="p")
    data = encode(picture, format="WEBP", name="p")
    assert picture.coding == Coding(lossless=True)
    assert chunk_kinds(data) & {b"VP8 ", b"VP8L"} == {b"VP8L"}
    back = decode(data, name="p")
    np.testing.assert_array_equal(back.pixels, values[..., :3])
    assert back.alpha is None if channels == 3 else (back.alpha == values[..., 3]).all()


def test_metadata_of_a_lossless_webp_stays() -> None:
    data = webp(lossless=True, xmp=b"<x/>", icc_profile=b"")
    picture = decode(data, name="p")
    back = decode(encode(picture, format="WEBP", name="p"), name="p")
    assert (back.xmp, back.coding) == (b"<x/>", Coding(lossless=True))


def test_a_quality_that_is_asked_for_makes_a_lossless_webp_lossy() -> None:
    picture = decode(webp(lossless=True), name="p")
    data = encode(picture, format="WEBP", quality=80, name="p")
    assert b"VP8 " in chunk_kinds(data)
    assert coding_of(data).quality in range(78, 83)


def test_lossless_webp_says_nothing_about_other_formats() -> None:
    picture = decode(webp(lossless=True), name="p")
    plain = Picture(pixels=picture.pixels)
    for format in ("JPEG", "AVIF"):
        assert encode(picture, format=format, name="p") == encode(plain, format=format, name="p")


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "transparent"])
@pytest.mark.parametrize("method", [0, 4])
@pytest.mark.parametrize("quality", [50, 75, 80, 92, 100])
def test_the_quality_of_a_webp_is_told_by_its_quantizers(
    quality: int, method: int, alpha: bool
) -> None:
    pixels = dark_photograph(128, 160)
    pixels = np.dstack([pixels, pixels[..., 0]]) if alpha else pixels
    found = coding_of(webp(pixels, quality=quality, method=method)).quality
    assert found is not None
    assert abs(found - quality) <= 3


@pytest.mark.parametrize("quality", [75, 85, 95])
def test_the_quality_of_a_webp_is_kept(quality: int) -> None:
    photo = dark_photograph(128, 160)
    picture = decode(webp(photo, quality=quality), name="p")
    assert picture.coding is not None
    back = coding_of(encode(picture, format="WEBP", name="p")).quality
    assert back is not None
    assert abs(back - max(quality, 75)) <= 3


def test_a_low_quality_becomes_seventy_five() -> None:
    photo = dark_photograph(128, 160)
    low = decode(webp(photo, quality=20), name="p")
    plain = Picture(pixels=low.pixels)
    assert encode(low, format="WEBP", name="p") == encode(
        plain, format="WEBP", quality=75, name="p"
    )


def test_the_quality_of_an_animation_is_that_of_its_first_lossy_frame() -> None:
    frames = [Image.fromarray(dark_photograph(64, 96)), Image.fromarray(smooth_pixels(64, 96))]
    for options, expected in (({"lossless": True}, Coding(lossless=True)), ({"quality": 80}, None)):
        file = io.BytesIO()
        frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], **options)
        found = coding_of(file.getvalue())
        if expected is None:
            assert found.quality in range(77, 84)
        else:
            assert found == expected


@pytest.mark.parametrize("at", [0, 3, 4, 5])
def test_what_is_no_key_frame_tells_no_quality(at: int) -> None:
    data = bytearray(webp(quality=80))
    data[20 + at] ^= 1
    assert coding_of(bytes(data)) == UNKNOWN


@pytest.mark.parametrize("cut", range(12, 60, 3))
def test_a_file_that_is_cut_off_tells_what_it_can(cut: int) -> None:
    found = coding_of(webp(quality=80)[:cut])
    assert found.quality is None or 1 <= found.quality <= 100
