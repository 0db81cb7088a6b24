"""What a file has beside the picture and what is known is told, whatever it is."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from support.encoded import WRITABLE, chunk, codes, full_picture, png, random_pixels, saved

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats.tiff_directory import first_directory

PIXELS = random_pixels((8, 9, 3))


def told(data: bytes) -> str:
    """The parts that were left behind; everything else was told otherwise."""
    notes = [note for note in decode(data, name="p").notes if note.code == "parts-left-behind"]
    assert len(notes) <= 1
    return str(notes[0].facts["parts"]) if notes else ""


def jpeg(segment: bytes = b"", *, marker: int = 0xE1, behind: bytes = b"") -> bytes:
    data = saved(Image.fromarray(PIXELS), "JPEG")
    part = bytes([0xFF, marker]) + struct.pack(">H", 2 + len(segment)) + segment
    return data[:2] + (part if segment else b"") + data[2:] + behind


def tiff(*extra: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, PIXELS, photometric="rgb", metadata=None, extratags=extra)
    return file.getvalue()


@pytest.mark.parametrize("format", WRITABLE)
@pytest.mark.parametrize("depth", [8, 16])
def test_of_our_own_files_nothing_is_left_behind(format: str, depth: int) -> None:
    assert codes(decode(encode(full_picture(depth), format=format, name="p"), name="p").notes) == ()


@pytest.mark.parametrize(
    ("segment", "marker", "name"),
    [
        (b"FLIR\0\1\0\0", 0xE1, "FLIR (APP1)"),
        (b"JP\0\1\0\0\0\1", 0xEB, "JUMBF data (APP11)"),
        (b"Ducky\0\1", 0xEC, "Ducky (APP12)"),
        (b"urn:iso:std:iso:ts:21496:-1\0", 0xE2, "urn:iso:std:iso:ts:21496:-1 (APP2)"),
        (b"\1\2\3\4", 0xE9, "APP9"),
    ],
)
def test_segments_of_jpeg(segment: bytes, marker: int, name: str) -> None:
    assert name in told(jpeg(segment, marker=marker))


@pytest.mark.parametrize(
    ("behind", "name"),
    [
        (b"\0\0\0\x18ftypmp42" + bytes(40), "a video of 52 bytes"),
        (b"what somebody wrote here SEFT", "Samsung's data of 29 bytes"),
        (b"something else", "14 bytes behind the picture"),
        (jpeg(), "another picture"),
        (bytes(500), ""),
    ],
    ids=["video", "Samsung", "unknown", "picture", "padding"],
)
def test_what_follows_the_end_of_a_jpeg(behind: bytes, name: str) -> None:
    found = told(jpeg(behind=behind))
    assert name in found if name else found == ""


def test_chunks_of_png() -> None:
    extra = chunk(b"tIME", bytes(7)) + chunk(b"vpAg", bytes(9))
    data = png(PIXELS, colour=2, extra=extra) + b"something behind it"
    found = told(data)
    assert "the time of changing (tIME), vpAg" in found
    assert "19 bytes behind" in found


def test_chunks_of_webp() -> None:
    data = saved(Image.fromarray(PIXELS), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    data += b"DUSK" + struct.pack("<I", 4) + b"data"
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    assert told(data) == "DUSK"


def test_application_data_of_gif() -> None:
    data = saved(Image.fromarray(PIXELS), "GIF")
    at = 13 + (3 << ((data[10] & 7) + 1))
    extra = b"\x21\xff\x0bXMP DataXMP\3abc\0"
    assert told(data[:at] + extra + data[at:]) == "XMP DataXMP (application data)"


def test_boxes_of_avif() -> None:
    data = saved(Image.fromarray(PIXELS), "AVIF")
    assert told(data + struct.pack(">I", 12) + b"jumbdata") == "jumb"


def test_entries_of_tiff() -> None:
    data = tiff((37724, 7, 4, b"8BIM", True), (50000, 3, 1, 7, True))
    assert told(data) == "Photoshop's layers (ImageSourceData), tag 50000"


def test_of_two_entries_of_tiff_the_first_counts_and_the_other_is_told() -> None:
    data = bytearray(tiff((270, 2, 0, "before noon", True), (271, 2, 0, "after noon!", True)))
    at = data.index(struct.pack("<HHI", 271, 2, 12))
    struct.pack_into("<H", data, at, 270)
    assert told(bytes(data)) == "another ImageDescription"
    picture = decode(bytes(data), name="p")
    after = encode(picture, format="TIFF", name="p")
    assert b"before noon" in after
    assert b"after noon" not in after


GEO = (
    (33550, 12, 3, (1.0, 1.0, 0.0), True),
    (33922, 12, 6, (0.0, 0.0, 0.0, 691000.0, 5334000.0, 0.0), True),
    (34735, 3, 8, (1, 1, 0, 1, 1024, 0, 1, 1), True),
    (34737, 2, 0, "WGS 84 / UTM zone 32N|", True),
)
TEXTS = (
    (269, 2, 0, "Document 7", True),
    (285, 2, 0, "Page 3", True),
    (36867, 2, 0, "2024:01:02 03:04:05", True),
)


@pytest.mark.parametrize("entries", [GEO, TEXTS], ids=["GeoTIFF", "texts"])
def test_what_a_tiff_says_about_its_picture_stays_in_tiff(entries: Any) -> None:
    data = tiff(*entries)
    there = decode(data, name="p")
    assert codes(there.notes) == ()
    before = first_directory(data).entries
    after = first_directory(encode(there, format="TIFF", name="p")).entries
    for tag, *_ in entries:
        assert after[tag] == before[tag]


def test_many_parts_are_one_note() -> None:
    many = b"".join(chunk(bytes([97 + n // 26, 97 + n % 26, 66, 98]), b"x") for n in range(600))
    found = told(png(PIXELS, colour=2, extra=many))
    assert found.endswith("and 592 more")
    assert len(found) < 200


def test_many_warnings_are_few_notes() -> None:
    """Each of these entries makes Pillow warn in other words."""
    data = bytearray(tiff(*((60000 + n, 3, 1, n, True) for n in range(40))))
    for n in range(40):
        at = data.index(struct.pack("<HHI", 60000 + n, 3, 1))
        data[at + 4 : at + 12] = struct.pack("<II", 1000 + n, len(data) + n)
    picture = decode(bytes(data), name="p")
    assert np.array_equal(picture.pixels, PIXELS)
    assert len(picture.notes) <= 6


def test_pixels_that_are_not_square_are_told() -> None:
    photograph = bytearray(saved(Image.fromarray(PIXELS), "JPEG"))
    assert photograph[6:11] == b"JFIF\0"
    photograph[13:18] = struct.pack(">BHH", 0, 16, 15)  # no unit: what is told is their shape
    graphic = png(PIXELS, colour=2, extra=chunk(b"pHYs", struct.pack(">IIB", 16, 15, 0)))
    for data in (bytes(photograph), graphic):
        (note,) = decode(data, name="p").notes
        assert note.code == "pixel-shape-left-behind"
        assert dict(note.facts) == {"across": 16, "down": 15}
