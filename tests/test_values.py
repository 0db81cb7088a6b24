"""What Python users have as pictures comes back as the same kind, or is refused with help."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from support.encoded import random_pixels

import llenhance
from llenhance import Enhancer, encode
from llenhance.errors import UsageError
from llenhance.files.inputs import opened
from llenhance.files.pictures import read_picture, write_picture
from llenhance.files.values import from_value, like
from llenhance.pictures.picture import Picture

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "La", "RGBa", "RGBX", "PA"]
BACK = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "RGBX": "RGB"} | {
    "La": "LA",
    "RGBa": "RGBA",
    "PA": "RGBA",
}


@pytest.fixture(scope="module")
def enhancer(tiny: Path) -> Enhancer:
    return Enhancer(tiny, device="cpu")


def made_of(value: Any) -> Any:
    picture = from_value(value)
    assert picture is not None
    return like(picture, value)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2"])
def test_an_array_comes_back_with_its_shape_type_and_values(
    channels: int | None, dtype: str
) -> None:
    shape = (4, 5) if channels is None else (4, 5, channels)
    array = random_pixels(shape, depth=8 if dtype == "u1" else 16).astype(dtype)
    found: NDArray[Any] = made_of(array)
    assert (found.shape, found.dtype.str) == (array.shape, array.dtype.str)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_come_back_as_floats(dtype: type) -> None:
    array = np.linspace(0, 1, 60).reshape(4, 5, 3).astype(dtype)
    found: NDArray[Any] = made_of(array)
    assert found.dtype == array.dtype
    np.testing.assert_allclose(found, array, rtol=0, atol=0.5 / 65535 + np.finfo(dtype).eps)


@pytest.mark.parametrize("mode", MODES)
def test_an_image_comes_back_in_its_mode_where_that_is_possible(mode: str) -> None:
    rgba = Image.fromarray(random_pixels((4, 5, 4)))
    through = {"La": "LA", "RGBa": "RGBA"}.get(mode)
    plain = rgba if mode in ("RGBA", "RGBa", "LA", "La", "PA") else rgba.convert("RGB")
    image = (plain.convert(through) if through else plain).convert(mode)
    found: Image.Image = made_of(image)
    assert (found.mode, found.size) == (BACK.get(mode, mode), image.size)


def test_a_gray_image_comes_back_with_its_values() -> None:
    image = Image.fromarray(random_pixels((4, 5)))
    found: Image.Image = made_of(image)
    assert (found.mode, found.tobytes()) == ("L", image.tobytes())


@pytest.mark.parametrize(("mode", "order"), [("I;16", "<u2"), ("I;16B", ">u2")])
def test_a_gray_image_of_16_bits_comes_back_with_16_bits(mode: str, order: str) -> None:
    values = random_pixels((4, 5), depth=16).astype(order)
    image = Image.frombytes(mode, (5, 4), values.tobytes())
    found: Image.Image = made_of(image)
    assert (found.mode, found.tobytes()) == (mode, values.tobytes())


@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 1), (9, 11, 2), (9, 11, 3), (9, 11, 4)])
@pytest.mark.parametrize("dtype", ["u1", ">u2", "f4"])
def test_an_enhanced_array_is_like_the_dark_one(
    enhancer: Enhancer, shape: tuple[int, ...], dtype: str
) -> None:
    values = random_pixels(shape, depth=8 if dtype == "u1" else 16)
    array: Any = values / 65535 if dtype == "f4" else values
    array = array.astype(dtype)
    found: Any = enhancer.enhance(array)
    assert (found.shape, found.dtype.str) == (array.shape, array.dtype.str)
    if len(shape) == 3 and shape[2] in (2, 4):
        np.testing.assert_array_equal(found[..., -1], array[..., -1])


@pytest.mark.parametrize("kind", ["picture", "image", "array", "gray", "deep", "floats"])
def test_what_was_enhanced_can_be_written(enhancer: Enhancer, tmp_path: Path, kind: str) -> None:
    pixels = random_pixels((9, 11, 3))
    given: dict[str, Any] = {
        "picture": Picture.from_array(pixels),
        "image": Image.fromarray(pixels),
        "array": pixels,
        "gray": pixels[..., 0],
        "deep": pixels.astype(">u2") * 257,
        "floats": pixels / 255,
    }
    write_picture(tmp_path / "bright.png", enhancer.enhance(given[kind]))
    found = read_picture(tmp_path / "bright.png")
    assert (found.width, found.height) == (11, 9)
    assert found.depth == (16 if kind in ("deep", "floats") else 8)


def test_a_big_endian_array_is_written_with_its_values(tmp_path: Path) -> None:
    values = random_pixels((4, 5, 3), depth=16)
    write_picture(tmp_path / "deep.png", values.astype(">u2"))
    np.testing.assert_array_equal(read_picture(tmp_path / "deep.png").pixels, values)


@pytest.mark.parametrize("last", [True, False])
def test_a_tensor_is_told_how_to_become_an_array(last: bool) -> None:
    tensor = torch.zeros(9, 11, 3) if last else torch.zeros(3, 9, 11)
    with pytest.raises(UsageError, match=r"tensor.permute\(1, 2, 0\).cpu\(\).numpy\(\)"):
        opened(tensor)


def test_a_closed_file_is_a_sentence() -> None:
    file = io.BytesIO(b"")
    file.close()
    with pytest.raises(UsageError, match="cannot be read"):
        opened(file)


def test_a_memoryview_of_a_file_is_read() -> None:
    data = encode(Picture.from_array(random_pixels((4, 5, 3))), format="PNG", name="p")
    assert opened(memoryview(data)).width == 5


PIXELS = random_pixels((9, 11, 3))
PICTURE = Picture.from_array(PIXELS)
DATA = encode(PICTURE, format="PNG", name="p")
API: Any = llenhance  # with arguments of any type

WRONG: dict[str, Callable[[Any], Any]] = {
    "a path": lambda _: API.read_picture(None),
    "a path to write to": lambda _: API.write_picture(None, PICTURE),
    "a picture to write": lambda _: API.write_picture("a.png", None),
    "a quality": lambda _: API.encode(PICTURE, format="JPEG", quality="high", name="p"),
    "a format": lambda _: API.encode(PICTURE, format=None, name="p"),
    "a picture to encode": lambda _: API.encode(PIXELS, format="PNG", name="p"),
    "a picture with losses": lambda _: API.losses(None, format="PNG"),
    "bytes": lambda _: API.decode(None, name="p"),
    "text for bytes": lambda e: API.enhance_bytes("p", name="p", enhancer=e),
    "a request": lambda e: API.enhance_bytes(DATA, name="p", enhancer=e, request=3),
    "a format of a request": lambda e: API.enhance_bytes(
        DATA, name="p", enhancer=e, request=API.Request(format=3)
    ),
    "other pixels": lambda _: API.Picture.with_pixels(PICTURE, None),
    "a picture": lambda e: e.enhance(None),
    "a Picture": lambda e: e.enhance_picture(PIXELS),
    "a wish": lambda e: e.enhance_picture(PICTURE, "brighter"),
    "progress": lambda e: e.enhance(PIXELS, progress=3),
    "pixels to look at": lambda e: e.look(None),
    "a wish to look": lambda e: e.look(PIXELS, 3),
    "a plan": lambda e: e.render(PIXELS, None),
    "a width": lambda e: e.estimate(width="wide", height=3),
    "no width": lambda e: e.estimate(width=0, height=3),
    "a model": lambda _: API.Enhancer(None),
    "a device": lambda _: API.Enhancer(device=None),
    "a tile": lambda _: API.Enhancer(tile=None),
    "a precision": lambda _: API.Enhancer(precision=None),
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_gets_a_sentence(enhancer: Enhancer, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        WRONG[what](enhancer)
    assert str(caught.value).endswith(".")
