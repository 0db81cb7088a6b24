"""From pixels to the network's input: equalization tables, 12 condition channels, thumbnail.

A picture becomes four groups of three channels (LLFlow, arXiv:2109.05923, section 3.2): its
logarithm, its histogram-equalized version, its color map and its noise map. Equalization looks at
the whole picture, so it is one look-up table per channel, which any part of the picture can use.
"""

from __future__ import annotations

from typing import Any, Final, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from llenhance.pictures.pixels import Pixels

LOG_FLOOR: Final = 1e-3  # added before the logarithm; value of the authors' release
EPSILON: Final = 1e-4  # keeps the color map of black finite; value of the authors' release

_AT_ONCE: Final = 1 << 18  # pixels whose values are counted together

THUMBNAIL_HEIGHT: Final = 32
THUMBNAIL_WIDTH: Final = 48


def equalisation_tables(pixels: Pixels, weights: NDArray[np.float32] | None = None) -> Pixels:
    """Return the look-up tables that equalize the histogram of each channel.

    With the histogram h, its first occupied value i and N pixels, a value v becomes
    ``round((h[i+1] + ... + h[v]) * top / (N - h[i]))``, or 0 if v <= i; a channel with a single
    value stays as it is. For 8 bits this equals OpenCV's ``equalizeHist``, to the last bit.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16: the whole picture, not a tile.
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.

    Returns:
        ``(3, 256)`` uint8 or ``(3, 65536)`` uint16.
    """
    return tables_of(histograms(pixels, weights))


def tables_of(counts: NDArray[Any]) -> Pixels:
    """Return the tables for how often each channel has each value; see `equalisation_tables`.

    Args:
        counts: ``(3, 256)`` or ``(3, 65536)``, of one picture or the sum of several.
    """
    top = counts.shape[1] - 1
    tables: Pixels = np.empty(counts.shape, np.uint8 if top == 255 else np.uint16)
    for channel, histogram in enumerate(counts):
        first = int(np.flatnonzero(histogram)[0])
        others = float(histogram.sum() - histogram[first])
        if others == 0:
            tables[channel] = np.arange(top + 1)
            continue
        # float32 as in OpenCV: float64 sometimes rounds differently.
        factor = np.float32(top) / np.float32(others)
        cumulated = np.cumsum(histogram) - histogram[first]
        cumulated[: first + 1] = 0
        tables[channel] = np.minimum(np.rint(cumulated.astype(np.float32) * factor), top)
    return tables


def histograms(pixels: Pixels, weights: NDArray[np.float32] | None) -> NDArray[Any]:
    """Return how often each channel has each value, ``(3, 256)`` or ``(3, 65536)``."""
    values = int(np.iinfo(pixels.dtype).max) + 1
    found = np.zeros((3, values), np.intp if weights is None else np.float64)
    rows = max(1, _AT_ONCE // pixels.shape[1])  # NumPy needs 8 bytes for each pixel it counts
    for start in range(0, len(pixels), rows):
        for channel in range(3):
            strip = pixels[start : start + rows, :, channel].ravel()
            counts = None if weights is None else weights[start : start + rows].ravel()
            found[channel] += np.bincount(strip, counts, minlength=values)
    return found


def deepened(tables: Pixels) -> Pixels:
    """Return the 16-bit tables that do what 8-bit tables do, linear between the levels.

    They are for a copy that has more levels than the picture itself.

    Args:
        tables: ``(3, 256)`` uint8.

    Returns:
        ``(3, 65536)`` uint16.
    """
    levels, known = np.arange(65536), np.arange(256) * 257
    deep: list[NDArray[np.float64]] = [np.interp(levels, known, table * 257.0) for table in tables]
    return np.rint(deep).astype(np.uint16)


def equalise(pixels: Pixels, tables: Pixels) -> Pixels:
    """Look up each channel of ``(H, W, 3)`` pixels in its table from `equalisation_tables`."""
    return np.stack([tables[c][pixels[..., c]] for c in range(3)], axis=-1)


def to_unit(pixels: Pixels) -> Tensor:
    """Return ``(H, W, 3)`` pixels as a ``(1, 3, H, W)`` float32 tensor in 0..1."""
    # Through float32, as torch has no uint16 arithmetic and refuses negative strides.
    unit = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return torch.as_tensor(unit)[None].permute(0, 3, 1, 2)


def log_picture(dark: Tensor) -> Tensor:
    """Return ``ln(max(p + 1e-3, 1e-3))`` of p in 0..1, which is -6.9..0.001."""
    return (dark + LOG_FLOOR).clamp_min(LOG_FLOOR).log()


def colour_map(picture: Tensor) -> Tensor:
    """Return color without brightness: ``C_k = x_k / (x_R + x_G + x_B + EPSILON)``.

    Args:
        picture: ``(N, 3, H, W)``, RGB as stored, 0 or more; for a dark picture p this is p + 1e-3.

    Returns:
        ``(N, 3, H, W)``, 0..1; the channels are equal where the picture is gray.
    """
    return picture / (picture.sum(dim=1, keepdim=True) + EPSILON)


def noise_map(colour: Tensor) -> Tensor:
    """Return the largest absolute gradient of a color map: ``max(|d/dy|, |d/dx|)``, per channel.

    Derivatives are central differences, with zeros outside the picture.

    Args:
        colour: Color map, ``(N, 3, H, W)``.

    Returns:
        ``(N, 3, H, W)``, 0 or more.
    """
    padded = F.pad(colour, (1, 1, 1, 1))
    vertical = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    horizontal = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    return torch.maximum(vertical.abs(), horizontal.abs())


def condition(dark: Tensor, equalised: Tensor) -> Tensor:
    """Return the 12 channels that the encoder receives.

    Args:
        dark: The dark picture, ``(N, 3, H, W)``, RGB in 0..1.
        equalised: The same picture after `equalise`, ``(N, 3, H, W)``, 0..1.

    Returns:
        ``(N, 12, H, W)``: log picture, equalized picture, color map, noise map.
    """
    logarithm = log_picture(dark)
    colour = colour_map(logarithm.exp())
    return torch.cat([logarithm, equalised, colour, noise_map(colour)], dim=1)


def thumbnail(pixels: Pixels) -> Tensor:
    """Return the small copy of the whole picture from which brightness is predicted.

    Args:
        pixels: The whole picture, ``(H, W, 3)``.

    Returns:
        ``(1, 3, 32, 48)`` float32: the logarithm of the picture, area-averaged to 48x32 whatever
        its proportions.
    """
    return log_picture(_shrink(pixels))


def _shrink(pixels: Pixels) -> Tensor:
    size = (THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT)
    # In float32, because uint8 averages of a dark picture would lose its levels. One channel at a
    # time, because three would be the largest allocation that a large photograph causes.
    channels = [
        cv2.resize(pixels[..., c].astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for c in range(3)
    ]
    top = np.float32(np.iinfo(pixels.dtype).max)
    small = cast("NDArray[np.float32]", np.stack(channels) / top)
    return torch.as_tensor(small)[None]
