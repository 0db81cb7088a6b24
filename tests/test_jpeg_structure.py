"""JPEG files: what is not supported is named, and damage that libjpeg notices is told."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support.encoded import codes, random_pixels, saved, smooth_pixels

from llenhance.errors import PictureError
from llenhance.pictures.decode import decode
from llenhance.pictures.formats.jpeg_structure import structure_of


def jpeg(*, progressive: bool = False) -> bytes:
    pixels = smooth_pixels(120, 160) // 2 + random_pixels((120, 160, 3)) // 4
    return saved(Image.fromarray(pixels), "JPEG", progressive=progressive, quality=90)


def frame_at(data: bytes | bytearray) -> int:
    return max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))


def refusal(data: bytes) -> str:
    with pytest.raises(PictureError) as refused:
        decode(data, name="p")
    return refused.value.code


@pytest.mark.parametrize("progressive", [False, True])
def test_markers_tell_what_is_in_a_file(progressive: bool) -> None:
    data = jpeg(progressive=progressive)
    found = structure_of(data + b"behind it")
    assert found.end == len(data)
    assert (found.bits, found.pixels, found.complete) == (8, 120 * 160, True)
    assert found.scans > 1 if progressive else found.scans == 1


def test_12_bits_are_named() -> None:
    data = bytearray(jpeg())
    data[frame_at(data) + 4] = 12
    assert refusal(bytes(data)) == "unusual-depth"


@pytest.mark.parametrize("process", [0xC3, 0xC5])
def test_lossless_and_hierarchical_files_are_named(process: int) -> None:
    data = bytearray(jpeg())
    data[frame_at(data) + 1] = process
    assert refusal(bytes(data)) == "compression-not-readable"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_end_marker_is_told_and_the_picture_read(missing: int, progressive: bool) -> None:
    data = jpeg(progressive=progressive)
    picture = decode(data[:-missing], name="p")
    np.testing.assert_array_equal(picture.pixels, decode(data, name="p").pixels)
    assert codes(picture.notes) == ("end-marker-missing",)


def test_a_file_that_ends_between_two_scans_is_incomplete() -> None:
    data = jpeg(progressive=True)
    assert refusal(data[: data.rindex(b"\xff\xda")]) == "damaged-picture"


def test_damage_that_the_decoder_notices_is_told(
    capfd: pytest.CaptureFixture[str],
) -> None:
    data = bytearray(jpeg())
    at = len(data) // 2
    data[at : at + 2] = b"\xff\xd3"  # a restart where none belongs
    picture = decode(bytes(data), name="p")
    assert codes(picture.notes) == ("damaged-data-used",)
    assert "Corrupt JPEG data" in str(picture.notes[0])
    assert capfd.readouterr().err == ""


def test_zeros_before_the_end_are_no_damage() -> None:
    data = jpeg()
    assert decode(data[:-2] + bytes(20) + data[-2:], name="p").notes == ()


def test_scans_that_would_take_minutes_are_refused() -> None:
    """The same small scan again and again, of a picture that says it is large."""
    data = bytearray(jpeg(progressive=True))
    at = frame_at(data) + 5
    data[at : at + 4] = b"\x20\x00\x20\x00"
    last = bytes(data[data.rindex(b"\xff\xda") : -2])
    assert refusal(bytes(data[:-2]) + last * 60 + b"\xff\xd9") == "too-many-scans"
