"""Formats register once: how they are told apart, and those that are only read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import (
    RAMP,
    WRITABLE,
    codes,
    pnm,
    random_pixels,
    saved,
    smooth_pixels,
)

from llenhance.errors import UsageError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import check_fits, encode
from llenhance.pictures.formats import FORMATS, format_of, readable_extensions
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize("format", WRITABLE)
def test_every_extension_names_its_format(format: str) -> None:
    for extension in FORMATS[format].extensions:
        assert format_of(Path("dusk.2024").with_suffix(extension.upper())) == format
        assert format_of(extension) == format_of(extension[1:]) == format


@pytest.mark.parametrize("name", ["dusk.xyz", "dusk", "", ".", "dusk."])
def test_an_unknown_extension_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"Use one of \.jpg"):
        format_of(name)


@pytest.mark.parametrize("name", ["dusk.gif", "PBM"])
def test_an_extension_that_is_only_read_is_refused_as_such(name: str) -> None:
    with pytest.raises(UsageError, match="can be read, but not written"):
        format_of(name)


@pytest.mark.parametrize("act", [encode, check_fits])
def test_a_format_that_is_only_read_is_not_written(act: Any) -> None:
    with pytest.raises(UsageError, match="can be read, but not written"):
        act(Picture(pixels=smooth_pixels()), format="GIF", name="p")


def test_every_extension_belongs_to_one_format() -> None:
    each = [
        end for format in FORMATS.values() for end in (*format.extensions, *format.more_extensions)
    ]
    assert len(each) == len(set(each)) == len(readable_extensions())


def test_every_format_that_is_only_read_has_a_substitute() -> None:
    for format in FORMATS.values():
        assert format.writer or FORMATS[format.substitute].writer


@pytest.mark.parametrize("kind", [2, 3, 5, 6], ids=["plain PGM", "plain PPM", "PGM", "PPM"])
def test_pnm_of_8_bits_is_read(kind: int) -> None:
    values = random_pixels((5, 7, 3) if kind in (3, 6) else (5, 7, 1))
    picture = decode(pnm(kind, values, 255), name="p")
    assert (picture.source_format, picture.notes) == ("PPM" if kind in (3, 6) else "PGM", ())
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(values, (5, 7, 3)))


@pytest.mark.parametrize("kind", [2, 5, 6], ids=["plain PGM", "PGM", "PPM"])
def test_pnm_of_16_bits_keeps_them(kind: int) -> None:
    values = random_pixels((5, 7, 3) if kind == 6 else (5, 7, 1), depth=16)
    picture = decode(pnm(kind, values, 65535), name="p")
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(values, (5, 7, 3)))


def test_a_plain_pnm_of_16_bit_color_is_read_with_8_bits_and_a_note() -> None:
    values = random_pixels((5, 7, 3), depth=16)
    picture = decode(pnm(3, values, 65535), name="p")
    assert codes(picture.notes) == ("read-with-8-bits",)
    assert picture.depth == 8


@pytest.mark.parametrize("white", [1, 100, 1023])
@pytest.mark.parametrize("kind", [5, 6], ids=["PGM", "PPM"])
def test_pnm_is_scaled_to_its_white(kind: int, white: int) -> None:
    values = random_pixels((5, 7, 3) if kind == 6 else (5, 7, 1), depth=16) % (white + 1)
    picture = decode(pnm(kind, values, white), name="p")
    full = 2**picture.depth - 1
    assert picture.depth == (8 if white < 256 else 16)
    assert np.abs(picture.pixels - values * (full / white)).max() < 0.501


def test_pbm_is_black_and_white() -> None:
    assert decode(b"P1 3 1\n1 0 1", name="p").pixels[0, :, 0].tolist() == [0, 255, 0]
    assert decode(b"P4 3 1\n\xa0", name="p").pixels[0, :, 0].tolist() == [0, 255, 0]


def test_the_first_frame_of_a_gif_is_read() -> None:
    first = Image.fromarray(smooth_pixels()).quantize(32)
    second = Image.new("P", first.size, 3)
    data = saved(first, "GIF", save_all=True, append_images=[second], comment=b"Dusk")
    picture = decode(data, name="p")
    np.testing.assert_array_equal(picture.pixels, np.asarray(first.convert("RGB")))
    assert codes(picture.notes) == ("first-frame-only",)


def test_transparency_of_a_gif_becomes_alpha() -> None:
    image = Image.fromarray(RAMP % 4)
    image.putpalette([value for grey in (0, 80, 160, 240) for value in (grey,) * 3])
    alpha = decode(saved(image, "GIF", transparency=2), name="p").alpha
    np.testing.assert_array_equal(alpha, np.where(RAMP % 4 == 2, 0, 255))
