"""EXIF entries that cannot be right are left behind; what stays keeps its bytes and its place."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from PIL import Image
from support.encoded import WITH_METADATA, codes, exif_with, full_picture, saved, smooth_pixels

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.exif import directory, erase_thumbnail
from llenhance.pictures.exif_repair import drop_impossible
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.picture import Picture


def damaged(*, big: bool, tag: int = 271, kind: int = 2, count: int = 2**24) -> bytes:
    """EXIF data in which an entry of the first directory counts too many values."""
    order = ">" if big else "<"
    exif = bytearray(exif_with(1, big=big))
    at = exif.index(struct.pack(f"{order}H", tag))
    struct.pack_into(f"{order}HI", exif, at + 2, kind, count)
    return bytes(exif)


@pytest.mark.parametrize("big", [False, True], ids=["II", "MM"])
def test_good_data_stays_as_it_is(big: bool) -> None:
    exif = bytearray(exif_with(6, big=big, thumbnail=b"thumbnail"))
    assert drop_impossible(exif) == 0
    assert exif == exif_with(6, big=big, thumbnail=b"thumbnail")


@pytest.mark.parametrize("big", [False, True], ids=["II", "MM"])
@pytest.mark.parametrize("format", WITH_METADATA)
def test_an_entry_that_points_out_of_the_data_is_left_behind(format: str, big: bool) -> None:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + damaged(big=big))
    there = decode(data, name="p")
    assert "exif-entries-left-behind" in codes(there.notes)
    there = replace(there, icc_profile=full_picture().icc_profile, notes=())
    written = encode(there, format=format, name="p")
    again = decode(written, name="p")
    assert codes(again.notes) == ()
    assert again.icc_profile == there.icc_profile
    tags = Image.open(io.BytesIO(written)).getexif()
    assert 271 not in tags
    assert tags.get_ifd(34665)[36867] == "2024:12:31 23:59:59"


@pytest.mark.parametrize("tag", [34665, 34853])
def test_a_pointer_out_of_the_data_is_left_behind(tag: int) -> None:
    exif = bytearray(exif_with(1))
    at = exif.index(struct.pack("<HHI", tag, 4, 1))
    struct.pack_into("<I", exif, at + 8, len(exif) - 1)
    assert drop_impossible(exif) == 1
    assert tag not in first_directory(bytes(exif)).entries


def test_directories_in_a_circle_end() -> None:
    exif = bytearray(exif_with(1))
    at = exif.index(struct.pack("<HHI", 34665, 4, 1))
    struct.pack_into("<I", exif, at + 8, 8)
    assert drop_impossible(exif) == 1


def test_a_tiff_is_whole_whatever_exif_data_a_picture_is_given() -> None:
    picture = Picture(pixels=smooth_pixels(), exif=damaged(big=True, tag=282, kind=5))
    assert decode(encode(picture, format="TIFF", name="p"), name="p").notes == ()


def test_a_thumbnail_far_beyond_the_data_takes_no_memory() -> None:
    """A few bytes may say that four gigabytes of thumbnail lie where nothing is."""
    exif = bytearray(exif_with(6, thumbnail=b"thumbnail"))
    (start,) = struct.unpack_from("<I", exif, 8 + 2 + 12 * struct.unpack_from("<H", exif, 8)[0])
    _, entries, _ = directory(exif, start)
    for tag, value in ((513, 2**31), (514, 2**32 - 1)):
        struct.pack_into("<I", exif, entries[tag] + 8, value)
    size = len(exif)
    erase_thumbnail(exif, start)
    assert len(exif) == size
