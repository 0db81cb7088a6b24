"""The value `Picture`, from arrays and Pillow images and back."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.encoded import (
    ICC,
    WRITABLE,
    exif_with,
    full_picture,
    random_pixels,
    saved,
    smooth_pixels,
    through,
    turned,
)

from llenhance.errors import UsageError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_an_array_of_any_number_of_channels_is_a_picture(channels: int | None) -> None:
    shape = (4, 5) if channels is None else (4, 5, channels)
    array = random_pixels(shape)
    picture = Picture.from_array(array)
    grey = array if channels is None else array[..., 0]
    np.testing.assert_array_equal(picture.pixels[..., 0], grey)
    assert (picture.alpha is not None) == (channels in (2, 4))


@pytest.mark.parametrize(
    ("array", "advice"),
    [
        (np.full((4, 5, 3), 255.0), "floats from 0 to 1; for values from 0 to 255 array.round()"),
        (np.full((4, 5, 3), np.nan), "floats from 0 to 1"),
        (np.full((4, 5, 3), -0.1, np.float32), "floats from 0 to 1"),
        (np.zeros((4, 5, 3), np.int64), "array.astype('uint8')"),
        (np.zeros((4, 5, 3), np.int8), "array.astype('uint8')"),
        (np.zeros((4, 5, 3), np.uint32), "array.astype('uint8')"),
        (np.zeros((4, 5, 3), np.bool_), "array.astype('uint8') * 255"),
        (np.zeros((4, 5, 3), np.complex64), "Use uint8, uint16, or floats"),
        (np.zeros((3, 50, 50), np.uint8), "use array.transpose(1, 2, 0)"),
        (np.zeros((1, 4, 5, 3), np.uint8), "array[0]"),
        (np.zeros((9, 5, 5), np.uint8), "(H, W), or (H, W, 1 to 4)"),
        (np.zeros((4,), np.uint8), "(H, W), or (H, W, 1 to 4)"),
        (np.zeros((0, 5, 3), np.uint8), "(H, W), or (H, W, 1 to 4)"),
    ],
    ids=lambda value: f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else "",
)
def test_a_refused_array_is_told_how_to_be_converted(array: NDArray[Any], advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        Picture.from_array(array)
    assert caught.value.code == "not-a-picture-array"
    assert advice in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_0_to_1_are_16_bits(dtype: type) -> None:
    picture = Picture.from_array(np.array([[0, 0.5, 1]], dtype))
    assert picture.depth == 16
    assert picture.pixels[0, :, 0].tolist() == [0, 32768, 65535]


def test_what_is_no_array_and_no_image_is_refused_with_a_sentence() -> None:
    values: list[Any] = [None, [[1, 2, 3]], b"pixels"]
    for value in values:
        for make in (Picture.from_array, Picture.from_pil):
            with pytest.raises(UsageError):
                make(value)
        with pytest.raises(UsageError):
            Picture(pixels=value)


def test_an_array_of_the_other_byte_order_is_converted() -> None:
    values = random_pixels((4, 5, 4), depth=16)
    picture = Picture.from_array(values.astype(">u2"))
    assert picture.pixels.dtype == picture.pixels.dtype.newbyteorder("=")
    np.testing.assert_array_equal(picture.pixels, values[..., :3])
    np.testing.assert_array_equal(picture.alpha, values[..., 3])
    np.testing.assert_array_equal(through(picture, "TIFF").pixels, values[..., :3])


def test_pixels_must_be_in_native_byte_order() -> None:
    with pytest.raises(UsageError, match="native byte order"):
        Picture(pixels=np.zeros((4, 5, 3), np.dtype(np.uint16).newbyteorder("S")))


def test_a_picture_is_shown_in_a_line() -> None:
    assert repr(Picture(pixels=np.zeros((4, 5, 3), np.uint16))) == "<Picture 5 x 4, 16 bits, array>"
    told = "<Picture 64 x 48, 8 bits, PNG, alpha, icc_profile, exif, xmp, dpi>"
    assert repr(through(full_picture(), "PNG")) == told


def test_a_picture_does_not_share_memory_with_the_array() -> None:
    array = random_pixels((4, 5, 4))
    picture = Picture.from_array(array)
    assert picture.alpha is not None
    assert not np.shares_memory(picture.pixels, array)
    assert not np.shares_memory(picture.alpha, array)


@pytest.mark.parametrize(
    "alpha", [np.zeros((5, 4), np.uint8), np.zeros((4, 5), np.uint16)], ids=["size", "type"]
)
def test_alpha_must_fit_the_pixels(alpha: NDArray[Any]) -> None:
    with pytest.raises(UsageError, match="alpha must be"):
        Picture(pixels=np.zeros((4, 5, 3), np.uint8), alpha=alpha)


def test_pixels_must_be_contiguous() -> None:
    with pytest.raises(UsageError, match="C-contiguous"):
        Picture(pixels=np.zeros((4, 5, 3), np.uint8)[:, ::-1])


def test_a_picture_knows_its_size_and_depth() -> None:
    picture = Picture(pixels=np.zeros((4, 5, 3), np.uint16))
    assert (picture.height, picture.width, picture.depth) == (4, 5, 16)


@pytest.mark.parametrize("pixels", [np.zeros((5, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint16)])
def test_other_pixels_must_have_the_same_size_and_type(pixels: NDArray[Any]) -> None:
    with pytest.raises(UsageError, match="pixels must be"):
        Picture(pixels=np.zeros((4, 5, 3), np.uint8)).with_pixels(pixels)


def test_other_pixels_keep_what_stands_beside_them() -> None:
    there = full_picture()
    other = there.with_pixels(255 - there.pixels)
    assert other.exif is there.exif
    assert other.alpha is there.alpha


@pytest.mark.parametrize("orientation", [1, 6])
def test_an_open_pillow_image_is_the_picture_in_its_file(orientation: int) -> None:
    image = Image.fromarray(smooth_pixels())
    data = saved(image, "PNG", exif=b"Exif\0\0" + exif_with(orientation), icc_profile=ICC)
    picture = Picture.from_pil(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(picture.pixels, turned(smooth_pixels(), orientation))
    assert (picture.exif, picture.icc_profile) == (exif_with(1), ICC)


def test_a_pillow_image_carries_everything_back() -> None:
    there = full_picture()
    back = Picture.from_pil(there.to_pil())
    np.testing.assert_array_equal(back.pixels, there.pixels)
    np.testing.assert_array_equal(back.alpha, there.alpha)
    assert (back.exif, back.xmp, back.dpi) == (there.exif, there.xmp, there.dpi)


def test_16_bits_are_rounded_to_8_for_pillow() -> None:
    values = np.array([[0, 128, 129, 65535 - 128, 65535 - 129, 65535]], np.uint16)
    image = Picture.from_array(values).to_pil()
    assert np.asarray(image)[0, :, 0].tolist() == [0, 0, 1, 255, 254, 255]


@pytest.mark.parametrize("format", WRITABLE)
def test_encoding_leaves_the_picture_as_it_is(format: str) -> None:
    there = full_picture()
    before = there.pixels.copy()
    encode(there, format=format, name="p")
    np.testing.assert_array_equal(there.pixels, before)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no such format"):
        encode(Picture(pixels=smooth_pixels()), format="doc", name="p")


def test_decoding_makes_no_second_copy_of_the_pixels() -> None:
    data = encode(Picture(pixels=np.zeros((2000, 3000, 3), np.uint8)), format="PNG", name="p")
    tracemalloc.start()
    try:
        picture = decode(data, name="p")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.7 * picture.pixels.nbytes  # Pillow's own 4 bytes a pixel are not traced
