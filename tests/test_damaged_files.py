"""Files that are no good give a sentence, and never an error of a library."""

from __future__ import annotations

import math
import struct
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from support.encoded import (
    ICC,
    WRITABLE,
    XMP,
    chunk,
    exif_with,
    full_picture,
    png,
    pnm,
    random_pixels,
    said,
    saved,
    smooth_pixels,
    through,
)

from llenhance.errors import LlenhanceError, PictureError, ResourceError, UsageError
from llenhance.pictures import pillow
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats import format_in
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "dusk.jpg: the file is empty. "),
        (
            b"Shopping list: lamps, candles",
            "it is not a picture in a format that can be read. If it is a picture, convert it",
        ),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in", "it is a web page, not a picture"),
        (b"GIF89a\1\0\1\0\0\0\0;", "its GIF data is damaged or incomplete"),
        (b"P6 5 4 255\n12345", "its PPM data is damaged or incomplete"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "its HEIC data is damaged or incomplete"),
        (b"\xff\xd8\xff\xe0 and so on", "its JPEG data is damaged or incomplete"),
        (b"\x89PNG\r\n\x1a\n", "its PNG data is damaged or incomplete"),
        (b"II*\0\x08\0\0\0", "its TIFF data is damaged or incomplete"),
    ],
    ids=["empty", "text", "page", "GIF", "PNM", "HEIC", "JPEG", "PNG", "TIFF"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(PictureError) as refused:
        decode(data, name="dusk.jpg")
    assert str(refused.value).startswith("dusk.jpg: ")
    assert sentence in str(refused.value)


def test_a_camera_raw_file_is_not_mistaken_for_its_preview() -> None:
    data = saved(Image.new("RGB", (16, 16)), "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    with pytest.raises(PictureError, match="RAW file"):
        decode(data, name="p")


def header_of_png(width: int, height: int) -> bytes:
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", body)


def large_tiff(width: int, height: int) -> bytes:
    data = bytearray(saved(Image.new("RGB", (16, 16)), "TIFF"))
    for tag, value in ((256, width), (257, height)):
        at = data.index(struct.pack("<HH", tag, 4))
        data[at + 8 : at + 12] = struct.pack("<I", value)
    return bytes(data)


def large_webp(width: int, height: int) -> bytes:
    data = bytearray(saved(Image.new("RGBA", (16, 16)), "WEBP", exif=b"Exif\0\0" + exif_with(1)))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        header_of_png(20000, 15000) + chunk(b"IDAT", zlib.compress(bytes(10**7))),
        header_of_png(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", b""),
        large_tiff(20000, 15000),
        large_webp(40000, 30000),
        b"P6 40000 30000 255\n",
        b"P3 40000 30000 255\n",
        b"GIF89a" + struct.pack("<HH", 40000, 30000) + b"\0\0\0," + bytes(10),
    ],
    ids=["PNG", "largest PNG", "TIFF", "WebP", "PNM", "text PNM", "GIF"],
)
def test_a_bomb_is_refused_before_memory_is_taken(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(
            PictureError, match=r"too large: it has .* megapixels, and at most 200 are read"
        ):
            decode(data, name="p")
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("large", [large_tiff, large_webp], ids=["TIFF", "WebP"])
def test_a_picture_within_the_limit_is_not_too_large(large: Any) -> None:
    """Pillow's own limit, 179 megapixels, must not come first; this data is merely incomplete."""
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(large(16000, 12500), name="p")


@pytest.mark.parametrize("format", WRITABLE)
def test_a_picture_at_the_limit_is_read_without_a_word(format: str) -> None:
    data = encode(Picture(pixels=smooth_pixels(40, 50)), format=format, name="p")
    assert decode(data, name="p", max_megapixels=0.002).notes == ()


@pytest.mark.parametrize("format", WRITABLE)
def test_a_picture_above_the_limit_is_refused(format: str) -> None:
    data = encode(Picture(pixels=smooth_pixels(48, 64)), format=format, name="p")
    with pytest.raises(PictureError, match=r"it has 0\.01 megapixels, and at most 0\.003 are read"):
        decode(data, name="p", max_megapixels=0.003)
    assert decode(data, name="p", max_megapixels=math.inf).width == 64


@pytest.mark.parametrize("limit", [0, -1, math.nan])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(UsageError, match="Use a number above 0"):
        decode(b"", name="p", max_megapixels=limit)


def test_two_threads_have_limits_of_their_own() -> None:
    data = encode(Picture(pixels=smooth_pixels(48, 64)), format="TIFF", name="p")

    def reads(limit: float) -> bool:
        try:
            return decode(data, name="p", max_megapixels=limit).width == 64
        except PictureError:
            return False

    limits = [0.003, 1.0] * 40
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(reads, limits)) == [limit == 1.0 for limit in limits]


@pytest.mark.parametrize("lossless", [False, True])
def test_plain_webp_is_refused_at_its_header(lossless: bool) -> None:
    """Nothing behind the header is looked at: it is not there."""
    data = saved(Image.new("RGB", (120, 100)), "WEBP", lossless=lossless)[:32]
    with pytest.raises(PictureError, match=r"it has 0\.02 megapixels"):
        decode(data, name="p", max_megapixels=0.01)


def test_pillows_own_limit_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12345)
    through(full_picture(), "PNG")
    assert Image.MAX_IMAGE_PIXELS == 12345


def test_lack_of_memory_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(full_picture(), format="JPEG", name="p")

    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pillow, "shallow_pixels", exhausted)
    with pytest.raises(ResourceError, match="not enough memory"):
        decode(data, name="p")


def test_warnings_of_the_decoder_become_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(Picture(pixels=smooth_pixels()), format="JPEG", name="p")
    plain = pillow.open_file

    def odd(*args: Any, **options: Any) -> Any:
        warnings.warn("one strange tag", stacklevel=2)
        return plain(*args, **options)

    monkeypatch.setattr(pillow, "open_file", odd)
    assert said(decode(data, name="p").notes) == ("its decoder warned: one strange tag",)


def example(format: str, depth: int) -> bytes:
    there = full_picture(depth)
    values = np.dstack([there.pixels, cast("NDArray[Any]", there.alpha)])[:12, :16]
    small = replace(
        Picture.from_array(values),
        icc_profile=ICC,
        exif=exif_with(6, thumbnail=b"thumbnail"),
        xmp=XMP,
        dpi=(300, 240),
    )
    return encode(small, format=format, name="p")


EXAMPLES = {
    **{f"{format} {depth}": example(format, depth) for format in WRITABLE for depth in (8, 16)},
    "GIF 8": saved(Image.fromarray(smooth_pixels()).quantize(32), "GIF"),
    "PPM 8": pnm(6, smooth_pixels(), 255),
    "PPM 16": pnm(6, random_pixels((12, 16, 3), depth=16), 65535),
    "PGM gray": pnm(5, random_pixels((12, 16), depth=16), 65535),
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_truncated_file_is_a_picture_error(kind: str) -> None:
    whole = EXAMPLES[kind]
    for end in np.linspace(1, len(whole) * 0.9, 25).astype(int):
        try:
            decode(whole[:end], name="p")
        except PictureError:
            continue
        pytest.fail(f"{end} of {len(whole)} bytes were taken for a picture")


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(list(EXAMPLES)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    keep=st.floats(0.05, 1) | st.just(1.0),
)
def test_a_damaged_file_gives_a_picture_or_a_sentence(
    kind: str, changes: list[tuple[float, int]], keep: float
) -> None:
    data = bytearray(EXAMPLES[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        picture = decode(bytes(data[: int(keep * len(data))]), name="p")
    except LlenhanceError:
        return
    assert picture.pixels.size


def test_a_format_is_told_from_few_bytes_even_of_no_picture() -> None:
    assert format_in(b"") is None
    assert {format_in(EXAMPLES[f"{key} 8"][:64]) for key in WRITABLE} == set(WRITABLE)


def of_height(data: bytes, height: int, *, interlaced: bool = False) -> bytes:
    """A PNG that says it has another height."""
    header = bytearray(data[16:29])
    header[4:8] = struct.pack(">I", height)
    header[12] = interlaced
    return data[:8] + chunk(b"IHDR", bytes(header)) + data[33:]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_a_png_with_fewer_rows_than_it_says_is_damaged(
    colour: int, channels: int, depth: int
) -> None:
    values = random_pixels((8, 9, channels), depth=depth)
    whole = png(values, colour=colour)
    assert decode(of_height(whole, 8), name="p").height == 8
    for broken in (
        of_height(whole, 9),
        of_height(whole, 5000),
        of_height(whole, 20, interlaced=True),
    ):
        with pytest.raises(PictureError, match="damaged or incomplete"):
            decode(broken, name="p")


@pytest.mark.parametrize("depth", [8, 16])
def test_a_png_whose_last_row_is_black_is_whole(depth: int) -> None:
    values = random_pixels((8, 9, 3), depth=depth)
    values[-2:] = 0
    np.testing.assert_array_equal(decode(png(values, colour=2), name="p").pixels, values)
