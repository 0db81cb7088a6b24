"""Whatever Python users have as a picture, as a `Picture`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llenhance.errors import UsageError
from llenhance.files.pictures import read_picture
from llenhance.pictures.decode import decode
from llenhance.pictures.picture import DEPTHS, Picture

Pixels = NDArray[np.uint8 | np.uint16]


def opened(picture: object) -> Picture:
    """Return a picture that is given in any form.

    Args:
        picture: A `Picture`, the path of a picture file, its bytes, a file that is open for reading
            bytes, a PIL image, or an ``(H, W, 3)`` array of uint8 or uint16.

    Raises:
        UsageError: It is none of these.
        PictureError: The file cannot be read, or is damaged.
        ResourceError: There is not enough memory.
    """
    if isinstance(picture, Picture):
        return picture
    if isinstance(picture, str | Path):
        return read_picture(picture)
    if isinstance(picture, bytes | bytearray):
        return decode(bytes(picture), name="the picture")
    if isinstance(picture, Image.Image):
        return Picture.from_pil(picture)
    if isinstance(picture, np.ndarray):
        return Picture(pixels=checked(cast("NDArray[Any]", picture)))
    if hasattr(picture, "read"):
        name = str(getattr(picture, "name", "the picture"))
        data: object = cast("Any", picture).read()
        if isinstance(data, bytes):
            return decode(data, name=name)
        raise UsageError("not-a-picture", name, what="a file that is open for text, not bytes")
    kind = type(picture).__name__
    raise UsageError("not-a-picture", "the picture", what=f"a value of type {kind}")


def checked(array: NDArray[Any]) -> Pixels:
    """Return an array of pixels, contiguous and in the machine's byte order.

    Raises:
        UsageError: It is not ``(H, W, 3)`` of uint8 or uint16.
    """
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.name not in DEPTHS:
        shape = " x ".join(map(str, array.shape))
        raise UsageError("not-a-picture-array", "the array", shape=shape, type=array.dtype.name)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
