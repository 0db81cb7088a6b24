"""The sRGB curve: from stored values to linear light and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def srgb_to_linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light, 0..1, for stored values, 0..1 (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stored values, 0..1, for linear light, 0..1 (IEC 61966-2-1)."""
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
