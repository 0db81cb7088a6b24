"""Metadata made to do harm costs the picture nothing: the bad block is left behind, and told."""

from __future__ import annotations

import struct
from time import perf_counter

import numpy as np
import pytest
from PIL import Image
from support.encoded import ICC, WITH_METADATA, codes, saved, smooth_pixels

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

PIXELS = smooth_pixels()
AT_MOST = 3.0  # seconds, on a busy machine; usual are a few hundredths


def read(data: bytes) -> Picture:
    """Read a file in no time; its pixels are all there, and so they are in every result."""
    started = perf_counter()
    picture = decode(data, name="p")
    assert perf_counter() - started < AT_MOST
    assert picture.pixels.shape == PIXELS.shape
    return picture


PROFILES = {
    "short": (b"abc", "no-color-profile"),
    "text": (b"this is no profile " * 30, "no-color-profile"),
    "zeros": (bytes(3000), "no-color-profile"),
    "cut": (ICC[:200], "color-profile-damaged"),
    "of many tags": (ICC[:128] + b"\xff" * 400, "color-profile-damaged"),
    "of tags elsewhere": (ICC[:132] + b"rXYZ\xff\xff\xff\xf0" * 40, "color-profile-damaged"),
}


@pytest.mark.parametrize("format", WITH_METADATA)
@pytest.mark.parametrize(("profile", "code"), PROFILES.values(), ids=list(PROFILES))
def test_a_profile_that_is_none_is_left_behind(format: str, profile: bytes, code: str) -> None:
    there = Picture(pixels=PIXELS, icc_profile=profile)
    picture = read(encode(there, format=format, name="p"))
    assert (picture.icc_profile, codes(picture.notes)) == (None, (code,))


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
PACKETS = {
    "a billion laughs": b'<!DOCTYPE x [<!ENTITY l0 "ha">'
    + LAUGHS
    + b"]><x:xmpmeta>&l9;</x:xmpmeta>",
    "a file of the reader": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    "in UTF-16": "<!DOCTYPE x [<!ENTITY l0 'ha'>]><x/>".encode("utf-16-le"),
    "no packet": b"\xff\x01 something else" * 40,
}


@pytest.mark.parametrize("format", WITH_METADATA)
@pytest.mark.parametrize("packet", PACKETS.values(), ids=list(PACKETS))
def test_an_xmp_bomb_is_left_behind(format: str, packet: bytes) -> None:
    data = encode(Picture(pixels=PIXELS, xmp=packet), format=format, name="p")
    picture = read(data)
    assert (picture.xmp, codes(picture.notes)) == (None, ("damaged-xmp-left-behind",))


@pytest.mark.parametrize(
    "part",
    [b"<xmp:Thumbnails ", b' hdrgm:x="', b"<xmp:Thumbnails>", b"<Container:Directory><rdf:li>",
     b"\n" * 16, b' hdrgm:a%d="1"'],
)  # fmt: skip
def test_a_packet_of_megabytes_that_repeats_itself_takes_no_time(part: bytes) -> None:
    times = 1_000_000 // len(part)
    packet = b"".join(part % n if b"%d" in part else part for n in range(times))
    picture = read(encode(Picture(pixels=PIXELS, xmp=b"<x" + packet), format="WEBP", name="p"))
    assert picture.xmp is not None


def deep(levels: int) -> bytes:
    """EXIF data of directories within directories."""
    parts = (struct.pack("<HHHIII", 1, 34665, 4, 1, 8 + 18 * (n + 1), 0) for n in range(levels))
    return b"II*\0\x08\0\0\0" + b"".join(parts) + bytes(6)


def wide(count: int) -> bytes:
    """EXIF data of very many entries, all of which point to the same thing."""
    entry = struct.pack("<HHII", 271, 2, 60_000, 8)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entry * count + bytes(4)


BLOCKS = {
    "of many levels": deep(3000),
    "of many entries": wide(5000),
    "zeros": bytes(60_000),
    "far away": b"II*\0\xff\xff\xff\xff" + b"a" * 5000,
    "text": b"hello",
    "of too many entries": b"II*\0\x08\0\0\0\xff\xff" + bytes(500),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", BLOCKS.values(), ids=list(BLOCKS))
def test_hostile_exif_data_costs_no_picture(format: str, exif: bytes) -> None:
    data = saved(Image.fromarray(PIXELS), format, exif=b"Exif\0\0" + exif)
    picture = read(data)
    good = exif == BLOCKS["of many entries"]
    assert good == ("damaged-exif-left-behind" not in codes(picture.notes))
    assert good == (picture.exif is not None)
    for other in WITH_METADATA:
        assert decode(encode(picture, format=other, name="p"), name="p").width == PIXELS.shape[1]


def test_exif_data_of_hostile_length_is_read_in_no_time() -> None:
    """PNG and WebP hold any length: here 20 MB of one entry."""
    size = 20_000_000
    exif = (
        b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 37500, 7, size, 26) + bytes(4) + bytes(size)
    )
    picture = read(encode(Picture(pixels=PIXELS, exif=exif), format="PNG", name="p"))
    assert picture.exif is not None
    assert len(picture.exif) == len(exif)
    assert np.array_equal(picture.pixels, PIXELS)
