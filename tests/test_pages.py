"""TIFF files of several pages: each is a picture of its own, and none is lost."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from support.encoded import ICC, codes, exif_with, random_pixels, saved, smooth_pixels, turned
from support.stand_in import StandIn

from llenhance import Request, decode, encode, enhance_bytes
from llenhance.errors import PictureError
from llenhance.pictures.decode import decode_all
from llenhance.pictures.encode import encode_all
from llenhance.pictures.exif import directory
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence


def document(*pages: NDArray[Any], **options: Any) -> bytes:
    """A TIFF file that tifffile writes, a page for each array."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=options.pop("bigtiff", False), byteorder="<") as writer:
        for page in pages:
            writer.write(page, photometric="rgb" if page.ndim == 3 else "minisblack", **options)
    return file.getvalue()


def pages_of(data: bytes) -> list[NDArray[Any]]:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return [page.asarray() for page in file.pages]


def enhanced(data: bytes, **request: Any) -> Any:
    return enhance_bytes(data, name="p", enhancer=StandIn(), request=Request(**request))


MIXED = (
    random_pixels((20, 30, 3)),
    random_pixels((41, 17, 3), depth=16, seed=1),
    random_pixels((9, 50), seed=2),
    random_pixels((33, 8), depth=16, seed=3),
)


@pytest.mark.parametrize("bigtiff", [False, True])
def test_pages_of_any_size_and_depth_stay_what_they_are(bigtiff: bool) -> None:
    made = enhanced(document(*MIXED, bigtiff=bigtiff))
    assert made.pictures == 4
    assert made.notes == ()
    for page, expected in zip(pages_of(made.data), MIXED, strict=True):
        np.testing.assert_array_equal(page, expected)
        assert page.dtype == expected.dtype


def test_big_endian_pages_are_read() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=">") as writer:
        for page in MIXED:
            writer.write(page, photometric="rgb" if page.ndim == 3 else "minisblack")
    for page, expected in zip(pages_of(enhanced(file.getvalue()).data), MIXED, strict=True):
        np.testing.assert_array_equal(page, expected)


def test_a_picture_alone_is_the_first_page_and_says_so() -> None:
    picture = decode(document(*MIXED), name="p")
    np.testing.assert_array_equal(picture.pixels, MIXED[0])
    assert codes(picture.notes) == ("first-frame-only",)
    assert dict(picture.notes[0].facts) == {"frames": 4}


def test_each_page_is_turned_by_its_own_orientation() -> None:
    pixels = smooth_pixels(24, 32)
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for way in range(1, 9):
            writer.write(pixels, photometric="rgb", extratags=[(274, 3, 1, way, True)])
    found = pages_of(enhanced(file.getvalue()).data)
    for way, page in enumerate(found, start=1):
        np.testing.assert_array_equal(page, turned(pixels, way))
    with Image.open(io.BytesIO(enhanced(file.getvalue()).data)) as image:
        for page in range(8):
            image.seek(page)
            assert image.tag_v2[274] == 1  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("orders", ["II", "IM", "MI", "MM"])
def test_each_page_keeps_profile_resolution_and_exif_data(orders: str) -> None:
    """Whatever the byte order of each page's EXIF data: a file has one."""
    sequence = PictureSequence(kind="pages", count=2, read=lambda: iter(()))
    pictures = [
        Picture(
            pixels=smooth_pixels(20 + n, 30),
            icc_profile=ICC if n else None,
            exif=exif_with(1, big=order == "M"),
            dpi=(100.0 + n, 200.0),
        )
        for n, order in enumerate(orders)
    ]
    data = encode_all(pictures, sequence, format="TIFF", name="p")
    for n, page in enumerate(decode_all(data, name="p")):
        np.testing.assert_array_equal(page.pixels, pictures[n].pixels)
        assert page.icc_profile == pictures[n].icc_profile
        assert page.dpi == pictures[n].dpi
        assert page.exif is not None
        assert directory(page.exif)[0] == (">" if orders[0] == "M" else "<")
    with Image.open(io.BytesIO(data)) as image:
        for page in range(2):
            image.seek(page)
            exif = image.getexif()
            assert exif[271] == "Dusk"
            assert exif.get_ifd(34665)[36867] == "2024:12:31 23:59:59"
            assert exif.get_ifd(34665)[37500] == b"MakerNote!" + b"\x55" * 22
            assert exif.get_ifd(34853)[2] == (52.0, 31.0, 0.0)


def test_smaller_copies_are_left_behind_and_that_is_said() -> None:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(MIXED[0], photometric="rgb")
        writer.write(MIXED[0][::2, ::2], photometric="rgb", subfiletype=1)
        writer.write(MIXED[2], photometric="minisblack")
        writer.write(MIXED[2] > 99, photometric="minisblack", subfiletype=4)
    made = enhanced(file.getvalue())
    assert len(pages_of(made.data)) == made.pictures == 2
    assert codes(made.notes) == ("reduced-copies-left-behind",)
    assert dict(made.notes[0].facts) == {"count": 2}


def test_a_page_that_cannot_be_read_refuses_the_file() -> None:
    floats = np.full((8, 8), 1e6, np.float32)
    with pytest.raises(PictureError) as refused:
        enhanced(document(MIXED[0], floats))
    assert refused.value.code == "white-undefined"


def test_pages_that_are_cut_off_refuse_the_file() -> None:
    data = document(MIXED[0], MIXED[1])
    with pytest.raises(PictureError, match="damaged or incomplete"):
        enhanced(data[: len(data) - MIXED[1].nbytes // 2])


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif", "bmp"])
def test_formats_without_pages_refuse_them(format: str) -> None:
    with pytest.raises(PictureError) as refused:
        enhanced(document(*MIXED), format=format)
    assert refused.value.code == "several-pictures"
    assert refused.value.facts["formats"] == "TIFF"


def test_pages_of_too_many_pixels_together_are_refused() -> None:
    page = random_pixels((100, 100, 3))
    with pytest.raises(PictureError) as refused:
        enhanced(document(*[page] * 21), max_megapixels=0.02)
    assert refused.value.code == "sequence-too-large"


def test_a_second_page_that_is_nowhere_is_told() -> None:
    data = bytearray(encode(Picture(pixels=smooth_pixels()), format="TIFF", name="p"))
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * count, len(data) + 1000)
    assert codes(enhanced(bytes(data)).notes) == ("page-not-there",)


def test_every_page_of_a_fax_is_read() -> None:
    pages = [Image.fromarray(random_pixels((30, 40), seed=n) > 99) for n in range(3)]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    made = enhanced(data)
    for page, expected in zip(pages_of(made.data), pages, strict=True):
        np.testing.assert_array_equal(page > 0, np.asarray(expected))
