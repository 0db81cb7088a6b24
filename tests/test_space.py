"""How large results will be, and what they take of a disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llenhance import Enhancer
from llenhance.files.space import space_at
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture
from llenhance.pictures.size import likely_size

COFFEE = Path(__file__).parents[1] / "examples" / "coffee.jpg"
WRITTEN = [key for key, format in FORMATS.items() if format.writer is not None]


@pytest.fixture(scope="module")
def enhanced() -> Picture:
    return Enhancer(device="cpu").enhance(COFFEE)


@pytest.mark.parametrize("quality", [None, 75])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_size_of_a_photograph_is_told_within_a_factor_of_two(
    format: str, quality: int | None, enhanced: Picture
) -> None:
    data = COFFEE.read_bytes()
    dark = decode(data, name="coffee.jpg")
    size = likely_size(
        dark, pixels=600 * 400, format=format, quality=quality, source_size=len(data)
    )
    made = len(encode(enhanced, format=format, quality=quality, name="coffee.jpg"))
    assert made / 2 < size < made * 2


@pytest.mark.parametrize("format", ["BMP", "PPM", "PGM", "PNM", "PAM"])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_plain_formats_are_told_to_the_byte_but_for_their_heads(
    format: str, gray: bool, dtype: type
) -> None:
    pixels = np.full((60, 80) if gray else (60, 80, 3), 7, dtype)
    picture = Picture.from_array(pixels)
    if format == "PGM" and not gray:
        pytest.skip("PGM has no colors")
    size = len(encode(picture, format=format, name="the picture"))
    assert size - 100 <= likely_size(picture, pixels=4800, format=format) <= size


@pytest.mark.parametrize("format", WRITTEN)
def test_every_format_that_is_written_has_a_size(format: str) -> None:
    picture = Picture.from_array(np.zeros((60, 80, 3), np.uint8))
    assert 0 < likely_size(picture, pixels=4800, format=format) <= 3 * 4800


def test_a_file_takes_a_disk_that_is_there(tmp_path: Path) -> None:
    space = space_at(tmp_path / "new" / "folder" / "a.png", 700)
    assert (space.size, space.replaced, space.folder) == (700, 0, tmp_path.resolve())
    assert space.disk == tmp_path.stat().st_dev
    assert space.free is not None


def test_the_file_that_is_replaced_is_free_then(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bytes(500))
    assert space_at(tmp_path / "a.png", 700).replaced == 500
