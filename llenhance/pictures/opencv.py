"""What OpenCV reads better than Pillow: 16-bit color of PNG files, run lengths of BMP files."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.errors import PictureError
from llenhance.pictures import native
from llenhance.pictures.pixels import upright

SIDE: Final = 2**20  # pixels; OpenCV refuses more


def check_sides(*sides: int) -> None:
    """Raise if a side, in pixels, is longer than OpenCV reads.

    Raises:
        PictureError: its message names the side.
    """
    if max(sides) > SIDE:
        raise PictureError("side-too-long", "picture", side=max(sides), most=SIDE)


def shallow_pixels(data: bytes, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the 8-bit pixels (H, W, 3) of a file, as RGB.

    Args:
        data: the content of the file.
        size: height and width that Pillow found.

    Raises:
        PictureError: a side is longer than OpenCV reads.
        ValueError: OpenCV finds something else in the file.
    """
    check_sides(*size)
    with native.overheard():
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if decoded is None or decoded.shape != (*size, 3):
        raise ValueError("OpenCV reads this picture differently from Pillow")
    return cast("NDArray[np.uint8]", decoded)


def deep_pixels(
    data: bytes, size: tuple[int, int], has_alpha: bool, orientation: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Return the 16-bit color of a PNG as upright RGB, and its alpha.

    Args:
        data: the content of the file. Pillow has decoded it before: that is the check for damage,
            of which OpenCV tells little.
        size: height and width that Pillow found.
        has_alpha: a fourth channel is alpha; otherwise it means nothing.
        orientation: of EXIF, 1 to 8.

    Raises:
        ValueError: OpenCV finds something else in the file.
    """
    with native.overheard():  # Pillow has told what is wrong with it
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if (
        decoded is None
        or decoded.dtype != np.uint16
        or decoded.shape not in ((*size, 3), (*size, 4))
    ):
        raise ValueError("OpenCV reads this picture differently from Pillow")
    stored = cast("NDArray[np.uint16]", decoded)
    alpha = None
    if stored.shape[2] == 4 and has_alpha:
        alpha = np.ascontiguousarray(upright(stored[..., 3], orientation))
    code = cv2.COLOR_BGR2RGB if stored.shape[2] == 3 else cv2.COLOR_BGRA2RGB
    turned = upright(cast("NDArray[np.uint16]", cv2.cvtColor(stored, code)), orientation)
    return np.ascontiguousarray(turned), alpha
