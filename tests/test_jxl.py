"""JPEG XL: all bits, and colors whether a profile tells them or the header."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.encoded import ICC, XMP, codes, exif_with, turned
from support.heif_file import box, golden

from llenhance.errors import PictureError
from llenhance.files.naming import plan_output
from llenhance.jobs.task import open_bytes
from llenhance.pictures.cicp import ADOBE_RGB, told_by
from llenhance.pictures.decode import decode
from llenhance.pictures.formats import readable_extensions
from llenhance.pictures.formats.jxl_header import header_of

codec: Any = pytest.importorskip("imagecodecs", reason="the extra jxl is not installed")
blocks: Any = pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")

_Y, _X = np.mgrid[0:64, 0:96]
RAMPS = np.dstack([_X / 95, _Y / 63, (_X + _Y) / 158])
SHALLOW = np.rint(RAMPS * 255).astype(np.uint8)


def lossless(values: NDArray[Any], **options: Any) -> bytes:
    return codec.jpegxl_encode(values, lossless=True, **options)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_every_value_is_read_and_full_is_full(bits: int) -> None:
    stored = np.rint(RAMPS * (2**bits - 1)).astype(np.uint16)
    picture = decode(lossless(stored, bitspersample=bits), name="p")
    assert (picture.source_format, picture.depth, picture.notes) == ("JXL", 16, ())
    assert picture.pixels.max() == 65535
    np.testing.assert_array_equal(np.rint(picture.pixels / 65535 * (2**bits - 1)), stored)


def test_8_bits_are_read_as_they_are() -> None:
    picture = decode(lossless(SHALLOW), name="p")
    np.testing.assert_array_equal(picture.pixels, SHALLOW)
    assert picture.icc_profile is None


def test_transparency_and_gray_are_kept() -> None:
    both = decode(lossless(np.dstack([SHALLOW, SHALLOW[..., 0]])), name="p")
    assert both.alpha is not None
    np.testing.assert_array_equal(both.alpha, SHALLOW[..., 0])
    gray = decode(lossless(SHALLOW[..., 0], photometric="gray"), name="p")
    assert gray.gray
    np.testing.assert_array_equal(gray.pixels[..., 1], SHALLOW[..., 0])


@pytest.mark.parametrize("is_lossless", [True, False])
def test_what_belongs_to_the_picture_is_kept(is_lossless: bool) -> None:
    profile = ADOBE_RGB.profile()
    exif = exif_with(1)
    data = blocks.encode(SHALLOW, lossless=is_lossless, icc=profile, exif=exif, xmp=XMP)
    picture = decode(data, name="p")
    assert (picture.icc_profile, picture.exif) == (profile, exif)
    assert picture.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')
    assert np.abs(picture.pixels.astype(int) - SHALLOW).mean() < (0.01 if is_lossless else 1)


def test_a_profile_that_says_srgb_is_kept() -> None:
    assert decode(blocks.encode(SHALLOW, icc=ICC), name="p").icc_profile in (ICC, None)


def test_colors_that_the_header_tells_become_a_profile() -> None:
    told = told_by(12, 13, [])
    assert told is not None
    picture = decode(golden("dusk_p3.jxl"), name="p")
    assert (picture.depth, picture.icc_profile) == (16, told.profile())
    off = np.abs(picture.pixels / 65535 - RAMPS[..., ::-1])
    assert off.mean() < 0.01  # lossy; measured: 0.002


def test_hdr_ends_at_white_with_a_note() -> None:
    picture = decode(golden("dusk_pq.jxl"), name="p")
    assert codes(picture.notes) == ("hdr-cut-off",)
    assert picture.pixels.max() == 65535
    assert picture.icc_profile is not None
    assert "BT.2020".encode("utf-16-be") in picture.icc_profile


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_turns_the_picture_once(orientation: int) -> None:
    data = codec.jpegxl_encode(SHALLOW, lossless=False)
    start = data.index(b"\xff\x0a") + 2
    plain = decode(data, name="p").pixels
    assert header_of(data).size == (96, 64)
    # The size has 1 + 5 + 3 bits here; a one for "all as usual" follows, and one for no transform.
    size = int.from_bytes(data[start : start + 2], "little")
    assert size >> 9 == 0b11
    way = f"{orientation - 1:03b}"[::-1]
    # Not as usual, with more: the way, none of three things; 8 bits, no further channels, XYB;
    # colors and tones as usual, no extensions, no transform.
    fields = f"01{way}000" + "000" + "1" + "00" + "1" + "1" + "1" + "00" + "1"
    value = size & 0x1FF
    for place, bit in enumerate(fields, start=9):
        value |= int(bit) << place
    head = value.to_bytes((9 + len(fields) + 7) // 8, "little")
    picture = decode(b"\xff\x0a" + head + data[start + 2 :], name="p")
    off = picture.pixels.astype(int) - turned(plain, orientation)
    assert np.abs(off).max() <= 1  # the decoder dithers


def test_the_first_frame_of_an_animation_is_read_with_a_note() -> None:
    picture = decode(lossless(np.stack([SHALLOW, 255 - SHALLOW])), name="p")
    np.testing.assert_array_equal(picture.pixels, SHALLOW)
    assert codes(picture.notes) == ("animation-left-behind",)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (b"jumb", "data of a program (JUMBF)"),
        (b"jhgm", "the HDR gain map"),
        (b"star", "star"),
    ],
)
def test_what_else_is_in_the_file_is_told_as_left_behind(kind: bytes, told: str) -> None:
    data = blocks.encode(SHALLOW, exif=exif_with(1)) + box(kind, b"dusk")
    notes = decode(data, name="p").notes
    assert [str(note) for note in notes] == [f"these parts of the file are left behind: {told}"]


def test_content_credentials_are_told_as_such() -> None:
    data = blocks.encode(SHALLOW, exif=exif_with(1)) + box(b"jumb", box(b"jumd", b"c2pa\0"))
    assert codes(decode(data, name="p").notes) == ("credentials-left-behind",)


def test_floats_are_refused() -> None:
    with pytest.raises(PictureError, match="their white is not defined"):
        decode(lossless(RAMPS.astype(np.float32)), name="p")


@pytest.mark.parametrize("length", [2, 3, 8, 20, 60, -3])
def test_a_file_that_ends_early_is_refused(length: int) -> None:
    data = lossless(SHALLOW)
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(data[:length], name="p")


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded() -> None:
    def side(pixels: int) -> str:  # the fourth way to store it: 30 bits, less one
        return "11" + f"{pixels - 1:030b}"[::-1]

    fields = "0" + side(100_000) + "000" + side(100_000) + "1"
    value = sum(int(bit) << place for place, bit in enumerate(fields))
    with pytest.raises(PictureError, match="too large"):
        decode(b"\xff\x0a" + value.to_bytes(20, "little"), name="p")


@pytest.mark.parametrize("depth", [8, 16])
def test_the_result_is_a_png(tmp_path: Path, depth: int) -> None:
    data = lossless(SHALLOW if depth == 8 else SHALLOW.astype(np.uint16) * 257)
    opened = open_bytes(data, name="p")
    assert opened.format == "PNG"
    assert codes(opened.notes) == ("format-not-written",)
    (tmp_path / "dusk.jxl").write_bytes(data)
    assert plan_output(tmp_path / "dusk.jxl", output=None).target.name == "dusk_enhanced.png"
    assert ".jxl" in readable_extensions()


@pytest.mark.parametrize("module", ["imagecodecs", "pylibjxl"])
def test_without_the_libraries_the_file_fails_with_the_command_that_brings_them(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    data = lossless(SHALLOW)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PictureError) as refused:
        decode(data, name="dusk.jxl")
    assert str(refused.value) == (
        "dusk.jxl: JPEG XL files need a decoder that is not installed. "
        "Run: pip install 'llenhance[jxl]'."
    )
