"""A result is coded as its file was, where both have one format."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, JpegPresets
from support.encoded import exif_with, saved, smooth_pixels, through

from llenhance.jobs.request import Request
from llenhance.jobs.task import open_bytes
from llenhance.pictures.coding import Coding
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats.jpeg_coding import coded
from llenhance.pictures.picture import Picture

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1"]
SEEN = smooth_pixels(64, 96)


def jpeg(**options: Any) -> bytes:
    return saved(Image.fromarray(SEEN), "JPEG", **options)


def coding(data: bytes) -> Coding:
    found = decode(data, name="p").coding
    assert found is not None
    return found


def again(data: bytes, quality: int | None = None) -> Coding:
    picture = decode(data, name="p")
    return coding(encode(picture, format="JPEG", quality=quality, name="p"))


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 51, 75, 80, 92, 95, 100])
def test_the_quality_of_a_jpeg_is_told_by_its_tables(quality: int) -> None:
    assert coding(jpeg(quality=quality)).quality == quality
    assert coding(saved(Image.fromarray(SEEN[..., 0]), "JPEG", quality=quality)).quality == quality


@pytest.mark.parametrize(
    ("preset", "quality"), [("web_medium", 62), ("web_high", 84), ("high", 84), ("maximum", 93)]
)
def test_tables_of_other_programs_are_like_those_that_tell_as_much(
    preset: Any, quality: int
) -> None:
    tables = JpegPresets.presets[preset]["quantization"]
    assert coding(jpeg(qtables=tables)).quality == quality


@pytest.mark.parametrize("quality", [75, 80, 94, 95, 100])
def test_the_quality_of_a_jpeg_is_kept(quality: int) -> None:
    assert again(jpeg(quality=quality)).quality == quality


def test_a_low_quality_becomes_seventy_five() -> None:
    assert again(jpeg(quality=30)).quality == 75


def test_a_low_quality_that_is_asked_for_is_written() -> None:
    assert again(jpeg(quality=90), quality=30).quality == 30


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_color_keeps_its_share_of_a_jpeg(subsampling: str) -> None:
    data = coded(SEEN, quality=85, coding=Coding(subsampling=subsampling))
    assert again(data).subsampling == again(data, quality=94).subsampling == subsampling


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_from_quality_95_on_color_is_as_fine_as_light(subsampling: str) -> None:
    data = coded(SEEN, quality=94, coding=Coding(subsampling=subsampling))
    assert again(data, quality=95).subsampling == "4:4:4"


@pytest.mark.parametrize(("stored", "upright"), [("4:2:2", "4:4:0"), ("4:4:0", "4:2:2")])
def test_a_picture_that_is_turned_turns_its_subsampling(stored: str, upright: str) -> None:
    data = coded(SEEN, quality=85, coding=Coding(subsampling=stored))
    exif = b"Exif\0\0" + exif_with(6)
    segment = b"\xff\xe1" + (2 + len(exif)).to_bytes(2, "big") + exif
    assert again(data[:2] + segment + data[2:]).subsampling == upright


@pytest.mark.parametrize("progressive", [False, True])
def test_a_progressive_jpeg_stays_progressive(progressive: bool) -> None:
    assert again(jpeg(quality=80, progressive=progressive)).progressive == progressive


@pytest.mark.parametrize("progressive", [False, True])
def test_a_gray_jpeg_keeps_its_quality(progressive: bool) -> None:
    gray = saved(Image.fromarray(SEEN[..., 0]), "JPEG", quality=82, progressive=progressive)
    assert again(gray) == Coding(quality=82, progressive=progressive)


def test_a_jpeg_of_another_file_has_quality_95_and_full_color() -> None:
    expected = Coding(quality=95, subsampling="4:4:4")
    assert through(Picture(pixels=SEEN), "JPEG").coding == expected
    assert through(decode(saved(Image.fromarray(SEEN), "PNG"), name="p"), "JPEG").coding == expected


def test_how_a_jpeg_was_coded_says_nothing_about_other_formats() -> None:
    low = decode(jpeg(quality=75), name="p")
    like_any = replace(low, coding=None)
    for format in ("WEBP", "AVIF"):
        assert encode(low, format=format, name="p") == encode(like_any, format=format, name="p")


def test_a_picture_opened_for_a_result_knows_its_coding() -> None:
    opened = open_bytes(jpeg(quality=81), name="p", request=Request())
    assert opened.picture.coding == Coding(quality=81, subsampling="4:2:0")


def test_tables_without_sense_tell_no_quality() -> None:
    data = bytearray(jpeg(quality=80))
    at = data.index(b"\xff\xdb")
    assert data[at + 4] == 0  # a table of 8 bits
    data[at + 5 : at + 5 + 64] = bytes(64)
    with Image.open(io.BytesIO(bytes(data))) as image:
        image.load()
    found = coding(bytes(data))
    assert found.quality is None
    assert np.asarray(through(decode(bytes(data), name="p"), "JPEG").pixels).shape == SEEN.shape
