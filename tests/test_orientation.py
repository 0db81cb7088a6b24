"""Pictures are turned upright once, and their metadata says so."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.encoded import (
    WITH_METADATA,
    XMP,
    chunk,
    codes,
    exif_with,
    full_picture,
    png,
    random_pixels,
    saved,
    smooth_pixels,
    through,
    turned,
)

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

ORIENTATIONS = pytest.mark.parametrize("orientation", range(1, 9))


@ORIENTATIONS
@pytest.mark.parametrize("format", WITH_METADATA)
def test_orientation_is_applied_once(format: str, orientation: int) -> None:
    stored = smooth_pixels()
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(stored), format, exif=exif)
    seen = decode(data, name="p").pixels.astype(int)
    expected = turned(stored, orientation)
    assert seen.shape == expected.shape
    assert np.abs(seen - expected).mean() < 3  # a wrong turn is 40 or more


@ORIENTATIONS
def test_orientation_of_a_16_bit_png_is_applied_once(orientation: int) -> None:
    stored = random_pixels((5, 7, 3), depth=16)
    data = png(stored, colour=2, extra=chunk(b"eXIf", exif_with(orientation)))
    np.testing.assert_array_equal(decode(data, name="p").pixels, turned(stored, orientation))


@ORIENTATIONS
def test_orientation_of_a_16_bit_tiff_is_applied_once(orientation: int) -> None:
    stored = random_pixels((5, 7, 4), depth=16)
    data = bytearray(encode(Picture.from_array(stored), format="TIFF", name="p"))
    at = data.index(struct.pack("<HHI", 274, 3, 1))
    data[at + 8] = orientation
    seen = decode(bytes(data), name="p")
    assert seen.alpha is not None
    both = np.dstack([seen.pixels, seen.alpha])
    np.testing.assert_array_equal(both, turned(stored, orientation))


@ORIENTATIONS
def test_orientation_of_16_bit_greys_is_applied_once(orientation: int) -> None:
    stored = random_pixels((5, 7, 1), depth=16)
    data = png(stored[..., 0], colour=0, extra=chunk(b"eXIf", exif_with(orientation)))
    expected = np.repeat(turned(stored, orientation), 3, axis=-1)
    np.testing.assert_array_equal(decode(data, name="p").pixels, expected)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
def test_exif_keeps_every_byte_but_the_orientation(big: bool) -> None:
    image = Image.fromarray(smooth_pixels())
    data = saved(image, "JPEG", exif=b"Exif\0\0" + exif_with(6, big=big))
    assert decode(data, name="p").exif == exif_with(1, big=big)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_exif_is_written_byte_for_byte(format: str) -> None:
    assert through(full_picture(), format).exif == full_picture().exif


def test_tiff_keeps_exif_where_its_offsets_point_to() -> None:
    data = encode(full_picture(), format="TIFF", name="p")
    assert data[8 : len(exif_with(1))] == exif_with(1)[8:]


def test_thumbnail_of_the_dark_picture_is_dropped() -> None:
    small = saved(Image.new("RGB", (16, 16)), "JPEG")
    exif = exif_with(6, thumbnail=small)
    picture = decode(saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0" + exif), name="p")
    assert picture.exif is not None
    assert small not in picture.exif
    assert len(picture.exif) < len(exif)


def test_a_thumbnail_before_other_data_is_blanked() -> None:
    exif = exif_with(6, thumbnail=b"small and dark") + b"maker's data"
    data = saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0" + exif)
    kept = decode(data, name="p").exif
    assert kept is not None
    assert b"dark" not in kept
    assert kept.endswith(b"maker's data")


def test_no_directory_of_a_thumbnail_follows() -> None:
    exif = exif_with(6, thumbnail=saved(Image.new("RGB", (16, 16)), "JPEG"))
    data = saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0" + exif)
    kept = decode(data, name="p").exif
    assert kept is not None
    (count,) = struct.unpack_from("<H", kept, 8)
    assert struct.unpack_from("<I", kept, 10 + 12 * count) == (0,)


def test_tiff_takes_over_from_exif_only_what_describes_the_picture() -> None:
    reversed_bits = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHIHH", 266, 3, 1, 2, 0) + b"\0" * 4
    there = replace(Picture(pixels=smooth_pixels()), exif=reversed_bits)
    np.testing.assert_array_equal(through(there, "TIFF").pixels, there.pixels)


def test_damaged_exif_is_left_behind_with_a_note() -> None:
    data = saved(Image.new("RGB", (8, 8)), "WEBP", exif=b"II*\0\xff\xff\xff\x7f")
    picture = decode(data, name="p")
    assert picture.exif is None
    assert codes(picture.notes) == ("damaged-exif-left-behind",)


def png_with_xmp(pixels: NDArray[Any], *, extra: bytes = b"") -> bytes:
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp" + b"\0" * 5 + XMP)
    return png(pixels, colour=2, extra=extra + xmp)


def test_orientation_in_xmp_is_reset() -> None:
    picture = decode(png_with_xmp(smooth_pixels()), name="p")
    assert picture.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')


def test_orientation_in_xmp_counts_where_exif_has_none() -> None:
    data = png_with_xmp(smooth_pixels(), extra=chunk(b"eXIf", exif_with(None)))
    np.testing.assert_array_equal(decode(data, name="p").pixels, turned(smooth_pixels(), 6))


def test_orientation_in_exif_wins_over_xmp() -> None:
    data = png_with_xmp(smooth_pixels(), extra=chunk(b"eXIf", exif_with(3)))
    np.testing.assert_array_equal(decode(data, name="p").pixels, turned(smooth_pixels(), 3))


@pytest.mark.parametrize("tag", [274, 275], ids=["tag says 1", "no tag"])
@pytest.mark.parametrize("depth", [8, 16])
def test_in_a_tiff_the_tag_alone_counts(depth: int, tag: int) -> None:
    there = replace(Picture.from_array(random_pixels((5, 7, 3), depth=depth)), xmp=XMP)
    data = bytearray(encode(there, format="TIFF", name="p"))
    at = data.index(struct.pack("<HHI", 274, 3, 1))
    data[at : at + 2] = struct.pack("<H", tag)
    back = decode(bytes(data), name="p")
    np.testing.assert_array_equal(back.pixels, there.pixels)
    assert back.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')
