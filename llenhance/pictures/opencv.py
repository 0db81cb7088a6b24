"""The 16-bit color of PNG files, of which Pillow keeps 8 bits: OpenCV reads all of it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures import native
from llenhance.pictures.pixels import upright


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
