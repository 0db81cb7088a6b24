"""AVIF of 10 and 12 bits: as deep in the result, with all that AVIF of 8 bits keeps."""

from __future__ import annotations

import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.encoded import ICC, XMP, codes, exif_with

from llenhance.errors import PictureError
from llenhance.pictures.coding import Coding
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import upright

BITS = pytest.mark.parametrize("bits", [10, 12])
SMOOTH = np.mgrid[0:48, 0:64].astype(np.float64)
RAMPS = np.dstack([SMOOTH[1] / 63, SMOOTH[0] / 47, SMOOTH.sum(axis=0) / 110])


def coded(values: NDArray[np.float64], bits: int, *, quality: int = 100) -> bytes:
    """A file as OpenCV writes it, of values from 0 to 1 in the order of RGB or RGBA."""
    stored = np.rint(values * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    if stored.ndim == 3:
        stored = stored[..., [2, 1, 0, *range(3, stored.shape[2])]]
    options = [cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, quality]
    done, data = cv2.imencode(".avif", stored, options)
    assert done
    return data.tobytes()


@BITS
def test_every_value_is_read_and_full_is_full(bits: int) -> None:
    picture = decode(coded(RAMPS, bits), name="p")
    assert (picture.depth, picture.notes) == (16, ())
    assert (picture.pixels.min(), picture.pixels.max()) == (0, 65535)
    full = 2**bits - 1
    np.testing.assert_array_equal(np.rint(picture.pixels / 65535 * full), np.rint(RAMPS * full))


@BITS
def test_the_result_has_the_bits_of_its_source(bits: int) -> None:
    picture = decode(coded(RAMPS, bits), name="p")
    again = decode(encode(picture, format="AVIF", quality=100, name="p"), name="p")
    assert again.coding is not None
    assert again.coding.bits == bits
    np.testing.assert_array_equal(again.pixels, picture.pixels)
    assert losses(picture, format="AVIF") == ()


def test_8_bits_stay_8_bits() -> None:
    picture = decode(coded(RAMPS, 8), name="p")
    assert (picture.depth, picture.notes) == (8, ())
    assert decode(encode(picture, format="AVIF", name="p"), name="p").depth == 8


def test_16_bits_from_elsewhere_become_10_with_a_note() -> None:
    picture = Picture.from_array(RAMPS)
    assert codes(losses(picture, format="AVIF")) == ("depth-reduced",)
    again = decode(encode(picture, format="AVIF", name="p"), name="p")
    assert again.coding is not None
    assert again.coding.bits == 10
    assert np.abs(again.pixels.astype(int) - picture.pixels).mean() < 257  # measured: 200


def test_what_belongs_to_the_picture_is_kept() -> None:
    exif = exif_with(1)
    picture = replace(
        Picture.from_array(np.dstack([RAMPS, RAMPS[..., 0]])), icc_profile=ICC, exif=exif, xmp=XMP
    )
    again = decode(encode(picture, format="AVIF", quality=100, name="p"), name="p")
    assert (again.icc_profile, again.exif) == (ICC, exif)
    assert again.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')
    assert again.alpha is not None
    assert picture.alpha is not None
    assert np.abs(again.alpha.astype(int) - picture.alpha).max() <= 33  # half a step of 10 bits


def test_gray_has_one_channel() -> None:
    picture = decode(coded(RAMPS[..., 0], 10), name="p")
    assert picture.gray
    assert picture.is_gray
    again = decode(encode(picture, format="AVIF", quality=100, name="p"), name="p")
    assert again.gray
    np.testing.assert_array_equal(again.pixels, picture.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_boxes_turn_the_picture_once(orientation: int) -> None:
    stored = np.rint(RAMPS * 1023).astype(np.uint16)[..., ::-1]
    exif = np.frombuffer(exif_with(orientation), np.uint8)[None]
    options = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 100]
    kinds = [cv2.IMAGE_METADATA_EXIF]
    _, data = cv2.imencodeWithMetadata(".avif", stored, kinds, [exif], options)
    picture = decode(data.tobytes(), name="p")
    seen = np.rint(upright(RAMPS, orientation) * 1023)
    np.testing.assert_array_equal(np.rint(picture.pixels / 65535 * 1023), seen)
    assert picture.exif == exif_with(1)


def test_colors_that_numbers_tell_become_a_profile_and_hdr_ends_at_white() -> None:
    data = coded(RAMPS, 10, quality=90)
    usual = b"nclx" + struct.pack(">3H", 1, 13, 6)
    assert data.count(usual) == 1
    for transfer, told in ((13, ()), (16, ("hdr-cut-off",))):
        picture = decode(
            data.replace(usual, b"nclx" + struct.pack(">3H", 9, transfer, 6)), name="p"
        )
        assert picture.icc_profile is not None
        assert "BT.2020".encode("utf-16-be") in picture.icc_profile
        assert codes(picture.notes) == told


def test_a_picture_that_says_it_has_other_bits_than_avif_has_is_written_with_10() -> None:
    picture = replace(Picture.from_array(RAMPS), source_format="AVIF", coding=Coding(bits=8))
    again = decode(encode(picture, format="AVIF", name="p"), name="p")
    assert again.coding is not None
    assert again.coding.bits == 10


def test_a_file_that_is_cut_off_is_refused() -> None:
    data = coded(RAMPS, 10)
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(data[: len(data) // 2], name="p")
