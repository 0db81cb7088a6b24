"""EXIF and IPTC data keep their bytes from file to file, whatever holds them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import (
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
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.exif import directory
from llenhance.pictures.picture import Picture
from llenhance.pictures.tiff_exif import exif_in

TEXT = "Büro 日本".encode()  # EXIF has ASCII only; cameras and programs write UTF-8


def told_exif(orientation: int = 1, *, comment: bytes = b"", order: str = "<") -> bytes:
    """EXIF data with UTF-8 text, and a maker's note whose value lies at an absolute offset."""
    text = TEXT + b"\0" * (1 + (len(TEXT) + 1) % 2)
    first, within = 2 + 12 * 3 + 4, 2 + 12 * 2 + 4
    exif_at = 8 + first + len(text)
    note_at = exif_at + within
    inside = note_at + 18
    note = struct.pack(f"{order}HHHII", 1, 6, 2, 8, inside) + bytes(4) + b"firmware"
    comment_at = note_at + len(note)
    comment = comment or b"ASCII\0\0\0none"
    parts = [
        (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8),
        struct.pack(f"{order}H", 3),
        struct.pack(f"{order}HHII", 270, 2, len(TEXT) + 1, 8 + first),
        struct.pack(f"{order}HHIHH", 274, 3, 1, orientation, 0),
        struct.pack(f"{order}HHII", 34665, 4, 1, exif_at),
        bytes(4),
        text,
        struct.pack(f"{order}H", 2),
        struct.pack(f"{order}HHII", 37500, 7, len(note), note_at),
        struct.pack(f"{order}HHII", 37510, 7, len(comment), comment_at),
        bytes(4),
        note,
        comment,
    ]
    return b"".join(parts)


def firmware(exif: bytes) -> bytes:
    """What the maker's note of `told_exif` points to, as its programs find it."""
    order, first, _ = directory(exif)
    (start,) = struct.unpack_from(f"{order}I", exif, first[34665] + 8)
    _, within, _ = directory(exif, start)
    (note,) = struct.unpack_from(f"{order}I", exif, within[37500] + 8)
    (place,) = struct.unpack_from(f"{order}I", exif, note + 10)
    return exif[place : place + 8]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_text_and_makers_notes_stay_as_they_are(format: str, order: str) -> None:
    there = Picture(pixels=smooth_pixels(), exif=told_exif(order=order))
    data = encode(there, format=format, name="p")
    back = decode(data, name="p").exif
    assert back is not None
    assert TEXT in back
    assert firmware(back) == b"firmware"
    if format != "TIFF":
        assert back == there.exif


@pytest.mark.parametrize("format", ["JPEG", "PNG", "AVIF"])
def test_exif_of_a_tiff_goes_on_as_it_is(format: str) -> None:
    there = Picture(pixels=random_pixels((9, 7, 3), depth=16), exif=told_exif())
    back = through(there, "TIFF", format).exif
    assert back is not None
    assert TEXT in back
    assert firmware(back) == b"firmware"


def directories(big: bool) -> bytes:
    """A TIFF without pixels, of 32- or 64-bit offsets, whose text lies behind everything."""
    word, pad = ("Q", 8) if big else ("I", 4)
    head = (
        struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) if big else struct.pack("<2sHI", b"II", 42, 8)
    )
    table = struct.pack("<Q" if big else "<H", 2)
    end = len(head) + len(table) + 2 * (12 + 8 * big) + pad
    table += struct.pack(f"<HH{word}{word}", 315, 2, len(TEXT), end)
    table += struct.pack(f"<HH{word}", 274, 3, 1) + struct.pack("<H", 6).ljust(pad, b"\0")
    return head + table + bytes(pad) + TEXT


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_directories_of_tiff_become_exif(big: bool) -> None:
    exif = exif_in(directories(big))
    order, entries, _ = directory(exif)
    assert set(entries) == {274, 315}
    kind, count, place = struct.unpack_from(f"{order}HII", exif, entries[315] + 2)
    assert (kind, exif[place : place + count]) == (2, TEXT)


def test_a_tiff_that_tells_nothing_has_no_exif() -> None:
    assert through(Picture(pixels=smooth_pixels()), "TIFF").exif is None


def test_damaged_exif_of_a_tiff_costs_no_picture() -> None:
    data = bytearray(encode(full_picture(), format="TIFF", name="p"))
    at = data.index(struct.pack("<HHI", 34665, 4, 1))
    struct.pack_into("<I", data, at + 8, 2**31)
    back = decode(bytes(data), name="p")
    np.testing.assert_array_equal(back.pixels, full_picture().pixels)
    assert back.exif is not None  # what else there is


def avif_turned(exif: bytes, orientation: int) -> bytes:
    """An AVIF that is turned by its boxes, with EXIF data that says something else."""
    told = Image.Exif()
    told[270] = "x" * (len(exif) - 27)
    placeholder = told.tobytes().removeprefix(b"Exif\0\0")
    told[274] = orientation  # Pillow makes boxes of it
    data = saved(Image.fromarray(smooth_pixels()), "AVIF", exif=told, quality=90)
    assert data.count(placeholder) == 1
    assert len(placeholder) == len(exif)
    return data.replace(placeholder, exif)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("of_exif", [1, 6])
def test_exif_of_a_turned_avif_is_kept_and_turns_nothing(orientation: int, of_exif: int) -> None:
    picture = decode(avif_turned(told_exif(of_exif), orientation), name="p")
    assert picture.exif == told_exif(1)
    expected = turned(smooth_pixels(), orientation)
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 3


def test_exif_longer_than_a_segment_fills_several() -> None:
    exif = told_exif(comment=b"ASCII\0\0\0" + b"u" * 150_000)
    there = Picture(pixels=smooth_pixels(), exif=exif)
    data = encode(there, format="JPEG", name="p")
    assert data.count(b"\xff\xe1") >= 3
    assert data.count(b"Exif\0\0") == 3
    back = decode(data, name="p")
    assert back.exif == exif
    assert losses(there, format="JPEG") == ()


def zipped(key: bytes, kind: bytes, content: bytes) -> bytes:
    """A text as ImageMagick writes it."""
    lines = "\n".join(content.hex()[i : i + 72] for i in range(0, 2 * len(content), 72))
    text = b"\n" + kind + b"\n%8d\n" % len(content) + lines.encode() + b"\n"
    return chunk(b"zTXt", key + b"\0\0" + zlib.compress(text))


@pytest.mark.parametrize("kind", [b"exif", b"APP1"])
@pytest.mark.parametrize("late", [False, True], ids=["before the pixels", "after"])
def test_exif_in_a_text_of_a_png_counts(kind: bytes, late: bool) -> None:
    text = zipped(b"Raw profile type " + kind, kind.lower(), b"Exif\0\0" + told_exif(6))
    data = png(smooth_pixels(), colour=2, extra=b"" if late else text)
    data = data[:-12] + text + data[-12:] if late else data
    picture = decode(data, name="p")
    np.testing.assert_array_equal(picture.pixels, turned(smooth_pixels(), 6))
    assert picture.exif == told_exif(1)
    assert picture.notes == ()


def test_xmp_in_a_text_of_a_png_is_kept() -> None:
    content = b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(b'"6"', b'"1"')
    text = zipped(b"Raw profile type APP1", b"generic profile", content)
    assert decode(png(smooth_pixels(), colour=2, extra=text), name="p").xmp == content[29:]


@pytest.mark.parametrize("body", [b"", b"\nexif\n       4\nzz zz\n"], ids=["empty", "no numbers"])
def test_a_text_that_is_no_profile_stays_a_text(body: bytes) -> None:
    text = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(body))
    picture = decode(png(smooth_pixels(), colour=2, extra=text), name="p")
    assert (picture.notes, picture.exif) == ((), None)
    assert text in encode(picture, format="PNG", name="p")


def block(kind: int, content: bytes) -> bytes:
    even = content + b"\0" * (len(content) % 2)
    return b"8BIM" + struct.pack(">HHI", kind, 0, len(content)) + even


CAPTION = block(0x0404, b"\x1c\x02\x78\x00\x04" + "Büro".encode("latin-1"))


def jpeg_with(*segments: bytes) -> bytes:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG")
    parts = (b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body for body in segments)
    return data[:2] + b"".join(parts) + data[2:]


def test_captions_go_from_jpeg_to_jpeg() -> None:
    data = jpeg_with(b"Photoshop 3.0\0" + CAPTION)
    picture = decode(data, name="p")
    assert picture.notes == ()
    assert b"Photoshop 3.0\0" + CAPTION in encode(picture, format="JPEG", name="p")
    assert codes(losses(picture, format="WEBP")) == ("iptc-lost",)


def test_captions_of_several_segments_are_put_together() -> None:
    long = block(0x0404, b"c" * 90_001)
    segments = (b"Photoshop 3.0\0" + part for part in (long[:60_000], long[60_000:]))
    there = decode(jpeg_with(*segments), name="p")
    assert there.iptc == long
    assert through(there, "JPEG").iptc == long


def test_the_thumbnail_of_photoshop_is_left_out() -> None:
    data = jpeg_with(b"Photoshop 3.0\0" + block(0x040C, b"small and dark") + CAPTION)
    picture = decode(data, name="p")
    assert (picture.iptc, picture.notes) == (CAPTION, ())


@pytest.mark.parametrize("cut", range(12, len(CAPTION) - 1, 3))
def test_captions_that_are_cut_off_cost_no_picture(cut: int) -> None:
    picture = decode(jpeg_with(b"Photoshop 3.0\0" + CAPTION[:cut]), name="p")
    assert picture.iptc is None


def test_captions_of_a_png_go_to_jpeg() -> None:
    text = zipped(b"Raw profile type iptc", b"iptc", CAPTION)
    picture = decode(png(smooth_pixels(), colour=2, extra=text), name="p")
    assert through(picture, "JPEG").iptc == CAPTION


def resolution(exif: bytes, **options: Any) -> tuple[float, float] | None:
    data = saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0" + exif, **options)
    return decode(data, name="p").dpi


def test_a_resolution_that_nobody_told_is_not_invented() -> None:
    picture = decode(
        saved(Image.new("RGB", (8, 8)), "JPEG", exif=b"Exif\0\0" + told_exif()), name="p"
    )
    assert picture.dpi is None
    data = encode(picture, format="JPEG", name="p")
    assert data[6:18] == b"JFIF\0\x01\x01\0\0\x01\0\x01"  # no unit
    assert b"pHYs" not in encode(picture, format="PNG", name="p")


def test_a_resolution_in_exif_counts() -> None:
    assert resolution(exif_with(1)) == (300, 300)
