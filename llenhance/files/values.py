"""PIL images and arrays as a `Picture`, and a picture as what it was made from."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llenhance.pictures.picture import Picture
from llenhance.pictures.pillow import to_pillow
from llenhance.pictures.pixels import Pixels

_ONE_CHANNEL: Final = ("1", "L", "LA", "La", "I;16", "I;16B", "I;16L")  # modes of Pillow


def from_value(value: object) -> Picture | None:
    """Return the picture in a `Picture`, a PIL image or an array; None for anything else.

    Raises:
        UsageError: an array of no shape or type that a picture has.
        PictureError: a PIL image whose white is not defined, or that is damaged.
        ResourceError: there is not enough memory.
    """
    if isinstance(value, Picture):
        return value
    if isinstance(value, Image.Image):
        return Picture.from_pil(value)
    if isinstance(value, np.ndarray):
        return Picture.from_array(cast("NDArray[Any]", value))
    return None


def like(picture: Picture, value: object) -> object:
    """Return a picture as what it was made from: same kind, channels, depth and byte order.

    PIL images of 1 bit become 'L', and those of palettes and spaces other than RGB become 'RGB'.

    Args:
        picture: of the size of `value`.
        value: what `from_value` turned into a picture; for anything else it is returned as it is.
    """
    if isinstance(value, Image.Image):
        return _like_image(picture, value)
    if isinstance(value, np.ndarray):
        return _like_array(picture, cast("NDArray[Any]", value))
    return picture


def _like_image(picture: Picture, image: Image.Image) -> Image.Image:
    made = picture.to_pil()
    if image.mode in _ONE_CHANNEL and picture.icc_profile:  # perhaps one for grays
        made.info["icc_profile"] = picture.icc_profile
    if image.mode.startswith("I;16") and picture.alpha is None:
        order = ">u2" if image.mode == "I;16B" else "<u2"
        mode = "I;16B" if image.mode == "I;16B" else "I;16"
        values = _gray(picture.pixels).astype(order)
        deep = Image.frombytes(mode, made.size, values.tobytes())
        deep.info.update(made.info)
        return deep
    if image.mode in _ONE_CHANNEL:
        gray = to_pillow(_gray(picture.pixels)[..., None], picture.alpha, gray=True)
        gray.info.update(made.info)
        return gray
    return made


def _like_array(picture: Picture, array: NDArray[Any]) -> NDArray[Any]:
    channels = 1 if array.ndim == 2 else array.shape[2]
    values: NDArray[Any] = picture.pixels
    if channels < 3:
        values = _gray(picture.pixels)[..., None]
    if channels in (2, 4):
        alpha = picture.alpha
        if alpha is None:
            alpha = np.full(values.shape[:2], np.iinfo(values.dtype).max, values.dtype)
        values = np.concatenate([values, alpha[..., None]], axis=2)
    if array.dtype.kind == "f":
        values = values / np.iinfo(values.dtype).max
    return values.reshape(array.shape).astype(array.dtype, copy=False)


def _gray(pixels: Pixels) -> Pixels:
    """Return (H, W) luma (BT.601), which is the value itself where the channels are equal."""
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    luma = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16
    return luma.astype(pixels.dtype)
