"""All kinds of pixels become RGB of 8 or 16 bits, and what is left behind is told."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from support.encoded import (
    RAMP,
    WRITABLE,
    chunk,
    codes,
    png,
    random_pixels,
    said,
    saved,
    smooth_pixels,
)

from llenhance.errors import PictureError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "BMP"])
def test_greys_become_rgb(format: str) -> None:
    pixels = decode(saved(Image.fromarray(RAMP), format), name="p").pixels.astype(int)
    assert (pixels == pixels[..., :1]).all()
    assert np.abs(pixels[..., 0] - RAMP).max() <= 8  # JPEG; the others are exact


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_1_bit_becomes_black_and_white(format: str) -> None:
    image = Image.fromarray(RAMP > 99)
    assert set(np.unique(decode(saved(image, format), name="p").pixels)) == {0, 255}


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_grey_with_alpha_keeps_both(format: str) -> None:
    values = random_pixels((8, 9, 2))
    image = Image.merge("LA", [Image.fromarray(channel) for channel in np.moveaxis(values, -1, 0)])
    picture = decode(saved(image, format), name="p")
    np.testing.assert_array_equal(picture.pixels[..., 1], values[..., 0])
    np.testing.assert_array_equal(picture.alpha, values[..., 1])


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_greys_keep_16_bits(format: str) -> None:
    values = random_pixels((8, 9), depth=16)
    picture = decode(saved(Image.fromarray(values), format), name="p")
    np.testing.assert_array_equal(picture.pixels, np.dstack([values] * 3))


def test_16_bit_greys_with_alpha_keep_16_bits() -> None:
    values = random_pixels((8, 9, 2), depth=16)
    picture = decode(png(values, colour=4), name="p")
    np.testing.assert_array_equal(picture.pixels[..., 1], values[..., 0])
    np.testing.assert_array_equal(picture.alpha, values[..., 1])


def test_16_bit_greys_where_0_is_white_are_inverted() -> None:
    values = random_pixels((8, 9), depth=16)
    data = bytearray(saved(Image.fromarray(values), "TIFF"))
    at = data.index(struct.pack("<HHI", 262, 3, 1))
    data[at + 8] = 0
    np.testing.assert_array_equal(decode(bytes(data), name="p").pixels[..., 2], 65535 - values)


@pytest.mark.parametrize("colour", [0, 2], ids=["grey", "RGB"])
def test_the_transparent_colour_of_a_16_bit_png_becomes_alpha(colour: int) -> None:
    values = random_pixels((6, 5, 3 if colour else 1), depth=16)
    data = png(values, colour=colour, extra=chunk(b"tRNS", values[2, 3].astype(">u2").tobytes()))
    alpha = decode(data, name="p").alpha
    assert alpha is not None
    assert np.argwhere(alpha == 0).tolist() == [[2, 3]]


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_palette_becomes_rgb(format: str) -> None:
    image = Image.fromarray(smooth_pixels()).quantize(32)
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(decode(saved(image, format), name="p").pixels, expected)


@pytest.mark.parametrize("transparency", [3, bytes(range(0, 256, 8))], ids=["index", "table"])
def test_palette_with_transparency_becomes_alpha(transparency: int | bytes) -> None:
    image = Image.fromarray(smooth_pixels()).quantize(32)
    data = saved(image, "PNG", transparency=transparency)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))[..., 3]
    assert expected.min() < 255
    np.testing.assert_array_equal(decode(data, name="p").alpha, expected)


def test_alpha_multiplied_into_16_bit_colour_is_divided_out() -> None:
    values = random_pixels((4, 5, 4), depth=16)
    values[..., 3] = 32768
    values[..., :3] //= 2
    data = bytearray(encode(Picture.from_array(values), format="TIFF", name="p"))
    at = data.index(struct.pack("<HHI", 338, 3, 1))
    data[at + 8] = 1
    expected = np.minimum(values[..., :3] * (65535 / 32768), 65535)
    assert np.abs(decode(bytes(data), name="p").pixels - expected).max() <= 1


@pytest.mark.parametrize("depth", [8, 16])
def test_a_fourth_channel_that_means_nothing_is_not_alpha(depth: int) -> None:
    values = random_pixels((4, 5, 4), depth=depth)
    data = bytearray(encode(Picture.from_array(values), format="TIFF", name="p"))
    data[data.index(struct.pack("<HHI", 338, 3, 1)) + 8] = 0
    picture = decode(bytes(data), name="p")
    assert picture.alpha is None
    np.testing.assert_array_equal(picture.pixels, values[..., :3])


def test_alpha_multiplied_into_greys_is_divided_out() -> None:
    image = Image.merge("LA", [Image.new("L", (4, 4), 60), Image.new("L", (4, 4), 128)])
    data = bytearray(saved(image, "TIFF"))
    data[data.index(struct.pack("<HHI", 338, 3, 1)) + 8] = 1
    picture = decode(bytes(data), name="p")
    assert np.abs(picture.pixels.astype(int) - 120).max() <= 1
    assert picture.alpha is not None
    assert (picture.alpha == 128).all()


def test_pixels_without_a_defined_white_are_refused() -> None:
    data = saved(Image.new("I", (4, 4)), "TIFF")
    with pytest.raises(PictureError, match="white is not defined"):
        decode(data, name="p")


def test_only_the_first_frame_is_read_and_that_is_said() -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    data = saved(first, "WEBP", save_all=True, append_images=[second], lossless=True)
    picture = decode(data, name="p")
    assert picture.pixels[0, 0].tolist() == [255, 0, 0]
    assert said(picture.notes) == ("only the first of 2 frames is read",)


def test_a_phones_file_of_several_pictures_is_a_jpeg() -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    picture = decode(saved(first, "MPO", save_all=True, append_images=[second]), name="p")
    assert picture.source_format == "JPEG"
    assert said(picture.notes) == ("only the first of 2 frames is read",)


@pytest.mark.parametrize("format", WRITABLE)
def test_the_format_is_told_from_the_content(format: str) -> None:
    data = encode(Picture(pixels=smooth_pixels()), format=format, name="p")
    assert decode(data, name="misnamed.xyz").source_format == format


def segment(body: bytes, marker: int = 0xE1) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"xmp": b'<x hdrgm:Version="1.0"/>'}, "the HDR gain map is left behind"),
        (
            {"extra": segment(b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40)},
            "the extended part of the XMP data is left behind",
        ),
        (
            {"extra": segment(b"Photoshop 3.0\x008BIM\4\14\0\0\0\0\0\7ok", 0xED)},
            "some of Photoshop's data is left behind: it is damaged, or the picture is turned",
        ),
    ],
    ids=["gain map", "extended XMP", "Photoshop"],
)
def test_what_a_picture_does_not_hold_is_left_behind_with_a_note(
    options: dict[str, Any], note: str
) -> None:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", **options)
    assert said(decode(data, name="p").notes) == (note,)


def test_16_bit_cmyk_is_read_with_8_bits_and_a_note() -> None:
    values = np.full((4, 5, 4), 0, np.uint16)
    data = bytearray(encode(Picture.from_array(values), format="TIFF", name="p"))
    data[data.index(struct.pack("<HHI", 262, 3, 1)) + 8] = 5  # RGB: CMYK
    at = data.index(struct.pack("<HHI", 338, 3, 1))
    data[at : at + 9] = struct.pack("<HHIB", 339, 3, 1, 1)  # alpha: unsigned integers
    picture = decode(bytes(data), name="p")
    assert (picture.pixels == 255).all()
    assert "read-with-8-bits" in codes(picture.notes)


def test_12_bits_are_refused() -> None:
    data = bytearray(saved(Image.new("I;16", (4, 4)), "TIFF"))
    data[data.index(struct.pack("<HHI", 258, 3, 1)) + 8] = 12
    with pytest.raises(PictureError, match="it has 12 bits per channel"):
        decode(bytes(data), name="p")


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is missing")
@pytest.mark.parametrize("photo", sorted(REAL.glob("*")), ids=lambda path: path.name)
def test_real_photograph_is_read_as_pillow_reads_it(photo: Path) -> None:
    expected = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    picture = decode(photo.read_bytes(), name=photo.name)
    np.testing.assert_array_equal(picture.pixels, np.asarray(expected))
