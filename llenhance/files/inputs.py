"""Whatever Python users have as a picture, as a `Picture`."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import UsageError
from llenhance.files.pictures import read_picture
from llenhance.files.values import from_value
from llenhance.pictures.decode import decode
from llenhance.pictures.limits import MEGAPIXELS
from llenhance.pictures.picture import DEPTHS, Picture
from llenhance.pictures.pixels import Pixels


def opened(picture: object, *, max_megapixels: float = MEGAPIXELS) -> Picture:
    """Return a picture that is given in any form.

    Args:
        picture: A `Picture`, the path of a picture file, its bytes, a file that is open for reading
            bytes, a PIL image, or an array as `Picture.from_array` takes it.
        max_megapixels: How many million pixels a file may have, more than 0.

    Raises:
        UsageError: It is none of these.
        PictureError: The file cannot be read, or is damaged.
        ResourceError: There is not enough memory.
    """
    found = from_value(picture)
    if found is not None:
        return found
    if isinstance(picture, str | PathLike):
        path: object = fspath(cast("PathLike[Any]", picture))
        name = path.decode() if isinstance(path, bytes) else str(path)
        return read_picture(name, max_megapixels=max_megapixels)
    if isinstance(picture, bytes | bytearray | memoryview):
        data = bytes(cast("bytes", picture))
        return decode(data, name="the picture", max_megapixels=max_megapixels)
    if hasattr(picture, "read"):
        return decode(_read(picture), name=_name_of(picture), max_megapixels=max_megapixels)
    if type(picture).__name__ == "Tensor":  # of torch or tensorflow, which need not be loaded
        raise UsageError("tensor-not-picture", "the picture")
    kind = type(picture).__name__
    raise UsageError("not-a-picture", "the picture", what=f"a value of type {kind}")


def _read(file: object) -> bytes:
    try:
        data: object = cast("Any", file).read()
    except (OSError, ValueError) as reason:  # it is closed, or open for writing
        what = f"a file that cannot be read: {reason}"
        raise UsageError("not-a-picture", _name_of(file), what=what) from reason
    if not isinstance(data, bytes):
        what = "a file that is open for text, not bytes"
        raise UsageError("not-a-picture", _name_of(file), what=what)
    return data


def _name_of(file: object) -> str:
    return str(getattr(file, "name", "the picture"))


def checked(array: NDArray[Any]) -> Pixels:
    """Return an array of pixels, contiguous and in the machine's byte order.

    Raises:
        UsageError: It is not ``(H, W, 3)`` of uint8 or uint16.
    """
    if not isinstance(array, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError("wrong-type", "pixels", given=type(array).__name__, wanted="ndarray")
    if array.ndim != 3 or array.shape[2] != 3 or not array.size or array.dtype.name not in DEPTHS:
        shape = " x ".join(map(str, array.shape))
        advice = "Use (H, W, 3) of uint8 or uint16"
        facts = {"shape": shape, "type": array.dtype.name, "advice": advice}
        raise UsageError("not-a-picture-array", "the array", **facts)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
