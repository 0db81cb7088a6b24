"""HEIC: right colors and the right way up, everything that belongs to the picture, no encoder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.encoded import ICC, XMP, codes, exif_with, turned
from support.heif_file import box, dusk, golden, heif, nclx, turns

from llenhance.errors import PictureError
from llenhance.files.naming import plan_output
from llenhance.jobs.task import open_bytes
from llenhance.pictures.cicp import told_by
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.formats import readable_extensions

pytest.importorskip("pi_heif", reason="the extra heic is not installed")

PLAIN = golden("dusk.heic")
# Turns counterclockwise, then a mirror (0: top and bottom, 1: left and right), for the orientations
# 1 to 8 of EXIF.
TURNED: dict[int, dict[str, Any]] = {
    1: {}, 2: {"mirror": 1}, 3: {"quarters": 2}, 4: {"mirror": 0},
    5: {"quarters": 1, "mirror": 0}, 6: {"quarters": 3}, 7: {"quarters": 1, "mirror": 1},
    8: {"quarters": 1},
}  # fmt: skip


def test_the_pixels_are_those_that_were_coded() -> None:
    picture = decode(PLAIN, name="p")
    assert (picture.source_format, picture.depth, picture.notes) == ("HEIC", 8, ())
    assert np.abs(picture.pixels - dusk(255)).mean() < 1  # measured: 0.5


def test_10_bits_are_kept_and_white_stays_white() -> None:
    picture = decode(golden("dusk_10_bits.heic"), name="p")
    assert picture.depth == 16
    assert np.abs(picture.pixels - dusk(65535)).mean() < 130  # measured: 66, a step of 10 bits
    assert picture.pixels.max() > 65535 - 2 * 64
    assert len(np.unique(picture.pixels)) > 256


def test_transparency_is_kept() -> None:
    picture = decode(golden("dusk_alpha.heic"), name="p")
    assert picture.alpha is not None
    assert (picture.alpha[:, :60] < 8).all()
    assert (picture.alpha[:, 68:] > 247).all()


@pytest.mark.parametrize("orientation", TURNED)
def test_the_boxes_turn_the_picture_once(orientation: int) -> None:
    exif = exif_with(orientation)  # the same is told here, for programs that know no boxes
    data = heif(PLAIN, properties=turns(**TURNED[orientation]), exif=exif, xmp=XMP)
    picture = decode(data, name="p")
    seen = decode(PLAIN, name="p").pixels
    np.testing.assert_array_equal(picture.pixels, turned(seen, orientation))
    assert picture.exif == exif_with(1)


def test_exif_data_alone_does_not_turn_the_picture() -> None:
    picture = decode(heif(PLAIN, exif=exif_with(6)), name="p")
    np.testing.assert_array_equal(picture.pixels, decode(PLAIN, name="p").pixels)


def test_exif_keeps_its_bytes_and_xmp_its_words() -> None:
    exif = exif_with(1)
    picture = decode(heif(PLAIN, exif=exif, xmp=XMP), name="p")
    assert picture.exif == exif
    assert picture.xmp is not None
    assert b'tiff:Make="Dusk"' in picture.xmp


def test_a_color_profile_is_kept() -> None:
    data = heif(PLAIN, properties=[box(b"colr", b"prof", ICC)])
    assert decode(data, name="p").icc_profile == ICC


def test_numbers_for_colors_become_a_profile() -> None:
    told = told_by(12, 13, [])
    assert told is not None
    assert decode(heif(PLAIN, properties=[nclx(12, 13)]), name="p").icc_profile == told.profile()
    assert decode(heif(PLAIN, properties=[nclx(1, 13)]), name="p").icc_profile is None


def test_hdr_ends_at_white_with_a_note() -> None:
    data = heif(golden("dusk_10_bits.heic"), properties=[nclx(9, 16)])
    picture = decode(data, name="p")
    assert codes(picture.notes) == ("hdr-cut-off",)
    assert picture.pixels.max() == 65535


def test_the_main_picture_is_read_and_the_number_of_others_told() -> None:
    picture = decode(heif(PLAIN, pictures=3), name="p")
    assert [str(note) for note in picture.notes] == ["only the main one of its 3 pictures is read"]


@pytest.mark.parametrize(
    ("auxiliary", "told"),
    [
        (b"urn:com:apple:photo:2020:aux:hdrgainmap", "the HDR gain map"),
        (b"urn:mpeg:hevc:2015:auxid:2", "the depth map"),
        (b"urn:dusk:stars", "a picture beside the picture (urn:dusk:stars)"),
    ],
)
def test_pictures_beside_the_picture_are_told_as_left_behind(auxiliary: bytes, told: str) -> None:
    picture = decode(heif(PLAIN, auxiliary=auxiliary), name="p")
    assert [str(note) for note in picture.notes] == [
        f"these parts of the file are left behind: {told}"
    ]


def test_another_codec_is_named() -> None:
    data = heif(PLAIN, kind=b"vvc1")
    with pytest.raises(PictureError, match=r"its compression \(VVC\) cannot be read"):
        decode(data, name="p")


@pytest.mark.parametrize("length", [24, 200, 400, 600, 800])
def test_a_file_that_ends_early_is_refused(length: int) -> None:
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(PLAIN[:length], name="p")


@pytest.mark.parametrize("text", [b"mime", b"application/rdf+xml"])
def test_an_item_that_does_not_say_in_letters_what_it_is_ends_nothing(text: bytes) -> None:
    data = heif(PLAIN, xmp=XMP)
    at = data.index(text, data.index(b"infe"))
    damaged = data[:at] + b"\xff\xfe" + data[at + 2 :]
    with pytest.raises(PictureError, match="damaged or incomplete"):  # not a crash of the process
        decode(damaged, name="p")


def test_a_picture_that_says_it_is_huge_is_refused_before_it_is_decoded() -> None:
    data = PLAIN.replace(
        (128).to_bytes(4, "big") + (64).to_bytes(4, "big"),
        (30000).to_bytes(4, "big") + (30000).to_bytes(4, "big"),
    )
    assert data != PLAIN
    with pytest.raises(PictureError, match=r"too large|damaged"):
        decode(data, name="p")


@pytest.mark.parametrize(
    ("name", "format"),
    [("dusk.heic", "JPEG"), ("dusk_10_bits.heic", "AVIF"), ("dusk_alpha.heic", "AVIF")],
)
def test_the_result_holds_the_depth_and_transparency_of_the_picture(
    tmp_path: Path, name: str, format: str
) -> None:
    opened = open_bytes(golden(name), name=name)
    assert opened.format == format
    assert "format-not-written" in codes(opened.notes)
    assert not {"depth-lost", "transparency-lost"} & set(codes(opened.notes))
    source = tmp_path / name
    source.write_bytes(golden(name))
    assert (
        plan_output(source, output=None).format == format
    )  # the file is named before it is decoded


def test_10_bits_go_into_avif_without_loss_of_depth() -> None:
    picture = decode(golden("dusk_10_bits.heic"), name="p")
    assert losses(picture, format="AVIF") == ()
    again = decode(encode(picture, format="AVIF", quality=100, name="p"), name="p")
    assert np.abs(again.pixels.astype(int) - picture.pixels).max() <= 65  # a step of 10 bits


def test_the_extensions_are_known() -> None:
    assert readable_extensions() >= {".heic", ".heif", ".hif"}


def test_without_the_decoder_the_file_fails_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PictureError) as refused:
        decode(PLAIN, name="dusk.heic")
    assert str(refused.value) == (
        "dusk.heic: HEIC files need a decoder that is not installed. "
        "Run: pip install 'llenhance[heic]'."
    )
    assert refused.value.exit_code == 1
