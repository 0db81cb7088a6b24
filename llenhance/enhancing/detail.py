"""The fine detail of a picture, and what a result lacks of it.

Detail is what an edge-aware mean leaves over: the guided filter (He et al., IEEE TPAMI 35(6), 2013)
with the picture's own luma as its guide. An edge is no detail, so nothing shines around it.
"""

from __future__ import annotations

from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.scoring.metrics import LUMA

Floats = NDArray[np.float32]

RADIUS: Final = 4  # pixels: what is finer is detail

MARGIN: Final = 2 * RADIUS
"""Pixels around a place that its detail depends on."""

_EDGE: Final = 0.04**2  # variance of stored luma, 0..1: what varies more is an edge
# Stored luma that is added to both means before they are compared: it bounds how much the noise of
# black places is lifted. At 0.03, that of a dark curtain stood out; at 0.1, foliage stayed soft.
_BLACK: Final = 0.05


def difference_of_detail(dark: Floats, bright: Floats) -> Floats:
    """Return what to add to all channels of a result so that it has the input's fine detail.

    The detail of the input is lifted by the gain of the means, ``(mean bright + k) / (mean dark +
    k)``. It is that of luma alone, so colored noise stays away, and its mean is nearly 0.

    Args:
        dark: Stored values of the input, ``(H, W, 3)``, 0..1.
        bright: Those of the result, of the same shape.

    Returns:
        ``(H, W)``.
    """
    weights = LUMA.astype(np.float32)
    guide, luma = dark @ weights, bright @ weights
    low, high = _mean(guide), _mean(luma)
    scale = 1 / ((_mean(guide * guide) - low * low).clip(0) + _EDGE)
    slope, steep = 1 - _EDGE * scale, (_mean(guide * luma) - low * high) * scale
    base = _mean(slope) * guide + _mean(low - slope * low)
    lifted = _mean(steep) * guide + _mean(high - steep * low)
    gain = (lifted + _BLACK).clip(0) / (base + _BLACK)
    return cast("Floats", (guide - base) * gain - (luma - lifted))


def _mean(plane: NDArray[Any]) -> Floats:
    side = 2 * RADIUS + 1
    return cast("Floats", cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT_101))
