"""Texts of a file: kept byte for byte where they are true, and told where they cannot be kept."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import chunk, codes, png, random_pixels, said, saved, smooth_pixels, through

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.picture import Picture

TEXTS = [
    chunk(b"tEXt", b"Author\0Ren\xe9"),
    chunk(b"zTXt", b"Description\0\0" + zlib.compress(b"at dusk " * 99, 9)),
    chunk(b"iTXt", "Title\0\0\0de\0Überschrift\0Dämmerung".encode()),
    chunk(b"iTXt", b"Copyright\0\1\0\0\0" + zlib.compress("© 2024".encode())),
    chunk(b"tEXt", b"Author\0somebody else"),
]
UNTRUE = [
    b"Thumb::MTime\x001700000000",
    b"Thumb::Image::Width\x0064",
    b"date:modify\x002020-01-01T00:00:00+00:00",
    b"exif:Orientation\x006",
    b"exif:PixelXDimension\x00640",
    b"png:IHDR.width,height\x00640, 480",
    b"tiff:endian\x00lsb",
    b"signature\x00e3b0c44298fc1c149afbf4c8996fb924",
]
BOMB = b"Comment\0\0" + zlib.compress(bytes(2**24 + 1), 9)


def png_with(*chunks: bytes, behind: bytes = b"") -> bytes:
    data = png(smooth_pixels(), colour=2, extra=b"".join(chunks))
    return data[:-12] + behind + data[-12:]


def jpeg_with(*comments: bytes) -> bytes:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG")
    parts = (b"\xff\xfe" + (2 + len(one)).to_bytes(2, "big") + one for one in comments)
    return data[:2] + b"".join(parts) + data[2:]


def gif_with(*comments: bytes, frames: int = 1) -> bytes:
    first = Image.fromarray(random_pixels((8, 9)))
    rest = [Image.fromarray(random_pixels((8, 9), seed=n)) for n in range(1, frames)]
    data = saved(first, "GIF", save_all=True, append_images=rest)
    at = 13 + (3 << ((data[10] & 7) + 1))
    blocks = b""
    for one in comments:
        parts = (one[start : start + 255] for start in range(0, len(one), 255))
        blocks += b"\x21\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
    return data[:at] + blocks + data[at:]


def comments_in(data: bytes) -> list[bytes]:
    """The comments of a JPEG file, found by their markers."""
    found: list[bytes] = []
    at = 2
    while data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xFE:
            found.append(data[at + 4 : at + 2 + size])
        at += 2 + size
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_a_png_keeps_its_bytes(text: bytes) -> None:
    picture = decode(png_with(text), name="p")
    assert picture.notes == losses(picture, format="PNG") == ()
    assert text in encode(picture, format="PNG", name="p")


def test_texts_keep_their_order_wherever_they_stood() -> None:
    picture = decode(png_with(*TEXTS[:2], behind=b"".join(TEXTS[2:])), name="p")
    assert b"".join(TEXTS) in encode(picture, format="PNG", name="p")


@pytest.mark.parametrize("text", UNTRUE)
def test_a_text_that_would_not_be_true_of_the_result_is_left_out(text: bytes) -> None:
    picture = decode(png_with(chunk(b"tEXt", text)), name="p")
    assert (picture.texts, picture.notes) == ((), ())
    assert text not in encode(picture, format="PNG", name="p")


@pytest.mark.parametrize(
    "keyword", [b"exif:FocalLength", b"tiff:make", b"Software", b"Creation Time"]
)
def test_what_is_true_of_the_result_stays(keyword: bytes) -> None:
    text = chunk(b"tEXt", keyword + b"\0as it was")
    assert text in encode(decode(png_with(text), name="p"), format="PNG", name="p")


def test_comments_of_a_jpeg_keep_their_bytes() -> None:
    comments = [b"Dusk", b"R\xfcckseite", b"", b"zero\0byte", b"x" * 65533]
    picture = decode(jpeg_with(*comments), name="p")
    assert picture.notes == ()
    back = encode(picture, format="JPEG", name="p")
    assert comments_in(back) == [one for one in comments if one]


@pytest.mark.parametrize("frames", [1, 3])
def test_comments_of_a_gif_become_those_of_other_formats(frames: int) -> None:
    picture = decode(gif_with(b"Dusk", "Dämmerung ".encode() * 60, frames=frames), name="p")
    assert "comments-left-behind" not in codes(picture.notes)
    assert comments_in(encode(picture, format="JPEG", name="p")) == [
        b"Dusk",
        "Dämmerung ".encode() * 60,
    ]
    assert chunk(b"tEXt", b"Comment\0Dusk") in encode(picture, format="PNG", name="p")


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"Dusk", chunk(b"tEXt", b"Comment\0Dusk")),
        (b"R\xfcckseite", chunk(b"tEXt", b"Comment\0R\xfcckseite")),
        ("Rückseite".encode(), chunk(b"tEXt", b"Comment\0R\xfcckseite")),
        ("夕暮れ".encode(), chunk(b"iTXt", b"Comment\0\0\0\0\0" + "夕暮れ".encode())),
        (b"zero\0byte", chunk(b"tEXt", b"Comment\0zero byte")),
    ],
)
def test_a_comment_of_a_jpeg_is_a_text_of_a_png(comment: bytes, text: bytes) -> None:
    assert text in encode(decode(jpeg_with(comment), name="p"), format="PNG", name="p")


def test_a_comment_of_a_png_is_one_of_a_jpeg() -> None:
    text = chunk(b"iTXt", b"Comment\0\0\0\0\0" + "夕暮れ".encode())
    picture = decode(png_with(text, chunk(b"tEXt", b"comment\0by ImageMagick")), name="p")
    assert losses(picture, format="JPEG") == ()
    assert comments_in(encode(picture, format="JPEG", name="p")) == [
        "夕暮れ".encode(),
        b"by ImageMagick",
    ]


def test_texts_without_a_place_are_told_by_name() -> None:
    picture = decode(png_with(*TEXTS, chunk(b"tEXt", b"Comment\0Dusk")), name="p")
    titles = "Author, Description, Title, Copyright"
    assert said(losses(picture, format="JPEG")) == (f"JPEG cannot hold these texts: {titles}",)
    assert said(losses(picture, format="WEBP")) == (
        f"WebP cannot hold these texts: {titles}, Comment",
    )
    assert [text.keyword for text in through(picture, "JPEG").texts] == ["Comment"]


def test_a_comment_too_long_for_a_jpeg_is_told() -> None:
    picture = decode(png_with(chunk(b"tEXt", b"Comment\0" + b"x" * 65534)), name="p")
    assert codes(losses(picture, format="JPEG")) == ("texts-lost",)
    assert through(picture, "JPEG").texts == ()


def test_many_texts_are_one_short_note() -> None:
    many = (chunk(b"tEXt", b"Key %d\0x" % n) for n in range(500))
    (note,) = losses(decode(png_with(*many), name="p"), format="WEBP")
    assert "and 494 more" in str(note)
    assert len(str(note)) < 200


@pytest.mark.parametrize(
    "bad",
    [
        chunk(b"zTXt", BOMB),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + BOMB[9:]),
        chunk(b"zTXt", b"Comment\0\0not packed"),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"cut off")[:-5]),
        chunk(b"iTXt", b"Comment\0\0\0de"),
        chunk(b"tEXt", b"Comment"),
        chunk(b"tEXt", b"Comment\0Dusk")[:-1] + b"?",
    ],
    ids=["bomb", "iTXt bomb", "garbage", "cut off", "no text", "no end", "checksum"],
)
def test_a_bad_text_costs_no_picture(bad: bytes) -> None:
    picture = decode(png_with(bad, TEXTS[0]), name="p")
    np.testing.assert_array_equal(picture.pixels, smooth_pixels())
    assert said(picture.notes) == (
        "texts that are damaged, or far too long when they are unpacked, are left behind: Comment",
    )
    assert [text.keyword for text in picture.texts] == ["Author"]


def test_many_bombs_are_unpacked_no_further_than_one_picture_may_be() -> None:
    bombs = (chunk(b"zTXt", BOMB) for _ in range(300))  # 5 GB
    picture = decode(png_with(*bombs), name="p")
    assert codes(picture.notes) == ("damaged-texts-left-behind",)


def test_a_bomb_in_place_of_a_color_profile_costs_no_picture() -> None:
    picture = decode(png_with(chunk(b"iCCP", b"ICC\0\0" + BOMB[9:])), name="p")
    assert codes(picture.notes) == ("color-profile-damaged",)
    assert picture.icc_profile is None


def test_xmp_data_in_a_text_keeps_its_bytes() -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">\xff\xfe D\xc3\xa4mmerung</x:xmpmeta>'
    picture = decode(png_with(chunk(b"iTXt", b"XML:com.adobe.xmp" + b"\0" * 5 + packet)), name="p")
    assert (picture.xmp, picture.texts) == (packet, ())


def test_a_picture_of_an_array_has_no_texts() -> None:
    data: Any = encode(Picture(pixels=smooth_pixels()), format="PNG", name="p")
    assert not any(kind in data for kind in (b"tEXt", b"zTXt", b"iTXt"))
