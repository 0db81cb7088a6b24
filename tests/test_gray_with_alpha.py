"""Gray with transparency stays gray with transparency."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.encoded import XMP, exif_with, png, random_pixels

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats.png_gray_alpha import gray_alpha_png


def smooth(depth: int) -> NDArray[Any]:
    """Gray and alpha, (H, W, 2)."""
    down, across = np.mgrid[0:90, 0:120]
    values = np.stack([(down + across) / 208, across / 119], axis=-1) ** 2 * (2**depth - 1)
    return values.astype(np.uint8 if depth == 8 else np.uint16)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_gray_with_alpha_stays_so(format: str, depth: int) -> None:
    values = smooth(depth)
    picture = decode(png(values, colour=4), name="p")
    data = encode(picture, format=format, name="p")
    back = decode(data, name="p")
    assert (back.gray, back.depth) == (True, depth)
    np.testing.assert_array_equal(back.pixels, np.repeat(values[..., :1], 3, axis=2))
    np.testing.assert_array_equal(back.alpha, values[..., 1])
    if format == "PNG":
        assert data[24:26] == bytes([depth, 4])  # IHDR: bits, gray with alpha


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (33, 21)], ids=str)
def test_other_readers_agree(shape: tuple[int, int], depth: int) -> None:
    values = random_pixels((*shape, 2), depth=depth)
    data = gray_alpha_png(np.ascontiguousarray(values[..., 0]), values[..., 1])
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    np.testing.assert_array_equal(read[..., (0, 3)], values)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "LA" if depth == 8 else image.size == shape[::-1]
        image.load()


@pytest.mark.parametrize("depth", [8, 16])
def test_it_is_packed_better_than_with_three_channels(depth: int) -> None:
    values = smooth(depth)
    noise = np.random.default_rng(0).integers(0, 4 << depth - 8, values.shape)
    values = (values // 2 + noise).astype(values.dtype)
    gray, alpha = np.ascontiguousarray(values[..., 0]), np.ascontiguousarray(values[..., 1])
    done, four = cv2.imencode(".png", np.dstack([gray] * 3 + [alpha]))
    assert done
    assert len(gray_alpha_png(gray, alpha)) < len(four)


def test_what_it_says_beside_its_pixels_stays() -> None:
    picture = decode(png(smooth(8), colour=4), name="p")
    full = type(picture)(
        pixels=picture.pixels,
        alpha=picture.alpha,
        gray=True,
        exif=exif_with(1),
        xmp=XMP.replace(b'"6"', b'"1"'),
        dpi=(300, 300),
    )
    back = decode(encode(full, format="PNG", name="p"), name="p")
    assert (back.exif, back.xmp, back.notes) == (full.exif, full.xmp, ())
