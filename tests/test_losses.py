"""What a format cannot hold is told before encoding, and left out."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from support.encoded import (
    DEEP,
    ICC,
    LOSSLESS,
    WRITABLE,
    codes,
    exif_with,
    full_picture,
    said,
    smooth_pixels,
    through,
)

from llenhance.errors import PictureError, UsageError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import check_fits, encode, losses
from llenhance.pictures.picture import Picture


def test_what_bmp_cannot_hold_is_told() -> None:
    assert said(losses(full_picture(16), format="BMP")) == (
        "BMP cannot hold transparency",
        "BMP cannot hold 16 bits per channel",
        "BMP cannot hold the color profile",
        "BMP cannot hold the EXIF data",
        "BMP cannot hold the XMP data",
    )


def test_what_jpeg_cannot_hold_is_told() -> None:
    assert codes(losses(full_picture(16), format="JPEG")) == ("transparency-lost", "depth-lost")


@pytest.mark.parametrize("format", DEEP)
def test_png_and_tiff_hold_everything(format: str) -> None:
    assert losses(full_picture(16), format=format) == ()


def test_alpha_that_hides_nothing_is_no_loss() -> None:
    values = np.full((4, 4, 4), 255, np.uint8)
    assert losses(Picture.from_array(values), format="JPEG") == ()


def test_colours_under_transparency_stay_as_they_are_in_a_jpeg() -> None:
    values = np.dstack([smooth_pixels(), np.zeros((48, 64), np.uint8)])
    back = through(Picture.from_array(values), "JPEG").pixels.astype(int)
    assert np.abs(back - smooth_pixels()).mean() < 1.5


@pytest.mark.parametrize("format", ["WEBP", "AVIF"])
def test_a_resolution_that_exif_does_not_hold_is_told(format: str) -> None:
    there = Picture(pixels=smooth_pixels(), dpi=(300, 300))
    assert codes(losses(there, format=format)) == ("resolution-lost",)


@pytest.mark.parametrize("format", ["WEBP", "AVIF"])
def test_a_resolution_that_exif_holds_is_not_lost(format: str) -> None:
    there = Picture(pixels=smooth_pixels(), dpi=(300, 300), exif=exif_with(1))
    assert losses(there, format=format) == ()


@pytest.mark.parametrize("dpi", [0.1, 70_000.0])
def test_a_resolution_that_jpeg_cannot_count_is_told(dpi: float) -> None:
    there = Picture(pixels=smooth_pixels(), dpi=(dpi, dpi))
    assert codes(losses(there, format="JPEG")) == ("resolution-lost",)
    assert through(there, "JPEG").dpi is None


def test_a_resolution_that_jpeg_cannot_count_stays_in_exif() -> None:
    there = Picture(pixels=smooth_pixels(), dpi=(70_000.0, 70_000.0), exif=exif_with(1))
    assert losses(there, format="JPEG") == ()
    assert through(there, "JPEG").exif == there.exif


def test_a_resolution_that_makes_no_sense_is_none() -> None:
    data = bytearray(encode(full_picture(), format="TIFF", name="p"))
    at = data.index(struct.pack("<2I", 240, 1))
    data[at : at + 8] = bytes(8)  # 0 / 0
    assert decode(bytes(data), name="p").dpi is None


def test_webp_keeps_colours_under_full_transparency() -> None:
    values = np.dstack([smooth_pixels(), np.zeros((48, 64), np.uint8)])
    back = through(Picture.from_array(values), "WEBP").pixels.astype(int)
    assert np.abs(back - smooth_pixels()).mean() < 3


def test_metadata_too_long_for_jpeg_is_told_and_left_out() -> None:
    there = Picture(pixels=smooth_pixels(), xmp=b" " * 66000)
    lost = losses(there, format="JPEG")
    assert said(lost) == ("JPEG cannot hold the XMP data (66000 bytes, at most 65504)",)
    assert through(there, "JPEG").xmp is None


def test_exif_data_of_several_segments_fits_into_jpeg() -> None:
    there = Picture(pixels=smooth_pixels(), exif=exif_with(1) + b"\0" * 66000)
    assert losses(there, format="JPEG") == ()
    assert through(there, "JPEG").exif == there.exif


def test_a_long_color_profile_fits_into_png() -> None:
    long = ICC + np.random.default_rng(0).bytes(3_000_000)
    there = Picture(pixels=smooth_pixels(), icc_profile=long)
    assert losses(there, format="PNG") == ()
    assert through(there, "PNG").icc_profile == long


def test_a_color_profile_too_long_for_png_is_told_and_left_out() -> None:
    there = Picture(pixels=smooth_pixels(), icc_profile=ICC + bytes(2**24))
    assert codes(losses(there, format="PNG")) == ("color-profile-too-long",)
    assert through(there, "PNG").icc_profile is None


@pytest.mark.parametrize("format", LOSSLESS)
def test_quality_means_nothing_to_lossless_formats_and_that_is_told(format: str) -> None:
    lost = losses(Picture(pixels=smooth_pixels()), format=format, quality=80)
    assert said(lost) == (f"the quality has no effect: {format} is lossless",)


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(UsageError, match=f"{quality} is out of range"):
        encode(Picture(pixels=smooth_pixels()), format="JPEG", quality=quality, name="p")


@pytest.mark.parametrize("value", [1, 100])
def test_the_ends_of_the_quality_range_work(value: int) -> None:
    for format in WRITABLE:
        assert encode(Picture(pixels=smooth_pixels()), format=format, quality=value, name="p")


@pytest.mark.parametrize(
    ("format", "side"), [("JPEG", 65501), ("WEBP", 16384), ("AVIF", 65537), ("PNG", 1_000_001)]
)
def test_a_picture_larger_than_the_format_allows_is_refused(format: str, side: int) -> None:
    there = Picture(pixels=np.zeros((1, side, 3), np.uint8))
    with pytest.raises(PictureError, match=f"{side} x 1 pixels are more than the {side - 1}"):
        check_fits(there, format=format, name="p")
    with pytest.raises(PictureError):
        encode(there, format=format, name="p")


@pytest.mark.parametrize(("format", "side"), [("JPEG", 65500), ("WEBP", 16383), ("PNG", 10**6)])
def test_a_picture_as_large_as_the_format_allows_is_written(format: str, side: int) -> None:
    there = Picture(pixels=np.zeros((1, side, 3), np.uint8))
    assert through(there, format).width == side


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)], ids=str)
@pytest.mark.parametrize("format", WRITABLE)
def test_one_pixel_is_a_width_and_a_height(format: str, shape: tuple[int, int]) -> None:
    there = Picture(pixels=np.full((*shape, 3), 90, np.uint8))
    assert np.abs(through(there, format).pixels.astype(int) - 90).max() <= 3
