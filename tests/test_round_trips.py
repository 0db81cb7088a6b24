"""What a picture keeps from format to format."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.encoded import (
    DEEP,
    ICC,
    LOSSLESS,
    WITH_ALPHA,
    WITH_METADATA,
    WRITABLE,
    exif_with,
    full_picture,
    random_pixels,
    smooth_pixels,
    through,
)

from llenhance.files.folders import read_pixels
from llenhance.files.pictures import write_picture
from llenhance.pictures import pixels as arrays
from llenhance.pictures.decode import decode
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize("second", WITH_METADATA)
@pytest.mark.parametrize("first", WITH_METADATA)
def test_colour_profile_survives_every_pair_of_formats_byte_for_byte(
    first: str, second: str
) -> None:
    assert through(full_picture(), first, second).icc_profile == ICC


@pytest.mark.parametrize("second", WITH_METADATA)
@pytest.mark.parametrize("first", WITH_METADATA)
def test_exif_survives_every_pair_of_formats(first: str, second: str) -> None:
    data = encode(through(full_picture(), first), format=second, name="p")
    exif = Image.open(io.BytesIO(data)).getexif()
    assert exif[271] == "Dusk"
    assert exif.get_ifd(34665)[36867] == "2024:12:31 23:59:59"
    assert exif.get_ifd(34665)[37500].startswith(b"MakerNote!")
    assert exif.get_ifd(34853)[2] == (52.0, 31.0, 0.0)
    assert exif.get(274, 1) == 1


@pytest.mark.parametrize("second", WITH_METADATA)
@pytest.mark.parametrize("first", WITH_METADATA)
def test_xmp_survives_every_pair_of_formats(first: str, second: str) -> None:
    assert through(full_picture(), first, second).xmp == full_picture().xmp


@pytest.mark.parametrize("second", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("first", ["JPEG", "PNG", "TIFF", "BMP"])
def test_resolution_survives_every_pair_of_formats_that_have_one(first: str, second: str) -> None:
    assert through(full_picture(), first, second).dpi == pytest.approx((300, 240), abs=0.02)


@pytest.mark.parametrize("format", WRITABLE)
def test_a_picture_of_unknown_resolution_does_not_get_one(format: str) -> None:
    assert through(Picture(pixels=smooth_pixels()), format).dpi is None


@pytest.mark.parametrize("second", WITH_ALPHA)
@pytest.mark.parametrize("first", WITH_ALPHA)
def test_transparency_survives_every_pair_of_formats_that_have_it(first: str, second: str) -> None:
    alpha = through(full_picture(), first, second).alpha
    assert alpha is not None
    assert np.abs(alpha.astype(int) - full_picture().alpha).max() <= 4  # AVIF's is lossy: 2


@pytest.mark.parametrize("second", DEEP)
@pytest.mark.parametrize("first", DEEP)
def test_16_bits_survive_every_pair_of_formats_that_have_them(first: str, second: str) -> None:
    there = full_picture(16)
    back = through(there, first, second)
    np.testing.assert_array_equal(back.pixels, there.pixels)
    np.testing.assert_array_equal(back.alpha, there.alpha)


@pytest.mark.parametrize("format", DEEP)
def test_16_bits_keep_profile_exif_xmp_and_resolution(format: str) -> None:
    there, back = full_picture(16), through(full_picture(16), format)
    assert (back.icc_profile, back.xmp) == (there.icc_profile, there.xmp)
    assert back.exif is not None
    assert b"2024:12:31" in back.exif
    assert back.dpi == pytest.approx((300, 240), abs=0.02)


@pytest.mark.parametrize("format", LOSSLESS)
def test_lossless_formats_keep_every_value(format: str) -> None:
    there = Picture.from_array(random_pixels((31, 17, 3)))
    np.testing.assert_array_equal(through(there, format).pixels, there.pixels)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_stay_close(format: str) -> None:
    back = through(Picture(pixels=smooth_pixels()), format).pixels.astype(int)
    assert np.abs(back - smooth_pixels()).mean() < 1.5  # measured: 0.4 to 1.1


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
def test_tiff_follows_the_byte_order_of_its_exif_data(big: bool) -> None:
    there = Picture(pixels=random_pixels((5, 7, 3), depth=16), exif=exif_with(1, big=big))
    data = encode(there, format="TIFF", name="p")
    assert data[:2] == (b"MM" if big else b"II")
    np.testing.assert_array_equal(decode(data, name="p").pixels, there.pixels)


def test_tiff_is_read_by_opencv_as_it_is_here() -> None:
    there = Picture.from_array(random_pixels((9, 7, 3), depth=16))
    data = encode(there, format="TIFF", name="p")
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert other is not None
    np.testing.assert_array_equal(other[..., ::-1], there.pixels)


@pytest.mark.parametrize("format", DEEP)
def test_a_picture_of_several_bands_is_whole(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "BAND", 100)  # 7 rows of 13 pixels each
    there = full_picture(16)
    np.testing.assert_array_equal(through(there, format).pixels, there.pixels)


def sampling_of_brightness(jpeg: bytes) -> tuple[int, int]:
    """How often brightness is sampled for each sample of colour, across and down."""
    byte = jpeg[jpeg.index(b"\xff\xc0") + 11]
    return byte >> 4, byte & 15


def test_jpeg_of_the_usual_quality_keeps_colour_at_full_size() -> None:
    data = encode(Picture(pixels=smooth_pixels()), format="JPEG", name="p")
    assert sampling_of_brightness(data) == (1, 1)


def test_jpeg_of_low_quality_halves_colour() -> None:
    data = encode(Picture(pixels=smooth_pixels()), format="JPEG", quality=80, name="p")
    assert sampling_of_brightness(data) == (2, 2)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF"])
def test_quality_changes_the_size(format: str) -> None:
    there = Picture.from_array(random_pixels((64, 64, 3)))
    low, high = (len(encode(there, format=format, quality=q, name="p")) for q in (20, 90))
    assert low < high


def test_scores_and_files_use_the_same_8_bits(tmp_path: Path) -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    write_picture(tmp_path / "deep.png", Picture(pixels=values))
    write_picture(tmp_path / "shallow.bmp", Picture(pixels=values))
    scored, stored = read_pixels(tmp_path / "deep.png"), read_pixels(tmp_path / "shallow.bmp")
    np.testing.assert_array_equal(scored, stored)
    np.testing.assert_array_equal(scored, to_8_bits(values))
