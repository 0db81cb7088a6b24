"""Pixels to network input: equalisation tables, the 12 conditioning channels, the thumbnail.

A picture makes four groups of three channels (LLFlow, arXiv:2109.05923, section 3.2): its
logarithm, its histogram-equalised version, its colour map and its noise map. Equalisation looks at
the whole picture, so it is kept as one look-up table per channel that any part of it can use.
"""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

Pixels = NDArray[np.uint8 | np.uint16]

LOG_FLOOR: Final = 1e-3  # added before the logarithm; value of the authors' release
EPSILON: Final = 1e-4  # keeps the colour map of black finite; value of the authors' release

_AT_ONCE: Final = 1 << 18  # pixels of which the values are counted

THUMBNAIL_HEIGHT: Final = 32
THUMBNAIL_WIDTH: Final = 48


def equalisation_tables(pixels: Pixels) -> Pixels:
    """Return the look-up tables that equalise the histogram of each channel.

    With the histogram h, its first occupied value i and N pixels, a value v becomes
    ``round((h[i+1] + ... + h[v]) * top / (N - h[i]))``, 0 for v <= i; a channel with a single value
    stays as it is. On 8 bits this is OpenCV's ``equalizeHist``, to the last bit.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16: the whole picture, not a tile.

    Returns:
        ``(3, 256)`` uint8 or ``(3, 65536)`` uint16.
    """
    top = np.iinfo(pixels.dtype).max
    tables = np.empty((3, top + 1), pixels.dtype)
    for channel, histogram in enumerate(_histograms(pixels)):
        first = int(np.flatnonzero(histogram)[0])
        others = int(histogram.sum() - histogram[first])
        if others == 0:
            tables[channel] = np.arange(top + 1)
            continue
        # float32 as in OpenCV: float64 rounds otherwise now and then.
        factor = np.float32(top) / np.float32(others)
        cumulated = np.cumsum(histogram) - histogram[first]
        cumulated[: first + 1] = 0
        tables[channel] = np.minimum(np.rint(cumulated.astype(np.float32) * factor), top)
    return tables


def _histograms(pixels: Pixels) -> NDArray[np.intp]:
    """Return how often each channel has each value, ``(3, 256)`` or ``(3, 65536)``."""
    values = int(np.iinfo(pixels.dtype).max) + 1
    histograms = np.zeros((3, values), np.intp)
    rows = max(1, _AT_ONCE // pixels.shape[1])  # NumPy counts in 8 bytes a pixel
    for start in range(0, len(pixels), rows):
        for channel in range(3):
            strip = pixels[start : start + rows, :, channel].ravel()
            histograms[channel] += np.bincount(strip, minlength=values)
    return histograms


def deepened(tables: Pixels) -> Pixels:
    """Return the tables of 16-bit pixels that do what 8-bit tables do, linear between the levels.

    For a copy with more levels than the picture whose tables they are.

    Args:
        tables: ``(3, 256)`` uint8.

    Returns:
        ``(3, 65536)`` uint16.
    """
    levels, known = np.arange(65536), np.arange(256) * 257
    deep: list[NDArray[np.float64]] = [np.interp(levels, known, table * 257.0) for table in tables]
    return np.rint(deep).astype(np.uint16)


def equalise(pixels: Pixels, tables: Pixels) -> Pixels:
    """Look up each channel of ``(H, W, 3)`` pixels in its table of `equalisation_tables`."""
    return np.stack([tables[c][pixels[..., c]] for c in range(3)], axis=-1)


def to_unit(pixels: Pixels) -> Tensor:
    """Return ``(H, W, 3)`` pixels as a ``(1, 3, H, W)`` float32 tensor in 0..1."""
    # torch has no arithmetic on uint16, and a negative stride is refused: go through float32.
    unit = pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return torch.as_tensor(unit)[None].permute(0, 3, 1, 2)


def log_picture(dark: Tensor) -> Tensor:
    """``ln(max(p + 1e-3, 1e-3))``, for p in 0..1: -6.9..0.001."""
    return (dark + LOG_FLOOR).clamp_min(LOG_FLOOR).log()


def colour_map(picture: Tensor) -> Tensor:
    """Colour without brightness: ``C_k = x_k / (x_R + x_G + x_B + EPSILON)``.

    Args:
        picture: ``(N, 3, H, W)``, RGB as stored, 0 or more; for the dark picture p it is p + 1e-3.

    Returns:
        ``(N, 3, H, W)``, 0..1; equal channels on grey.
    """
    return picture / (picture.sum(dim=1, keepdim=True) + EPSILON)


def noise_map(colour: Tensor) -> Tensor:
    """Largest absolute gradient of a colour map: ``max(|d/dy|, |d/dx|)``, per channel.

    Derivatives are central differences, with zeros outside of the picture.

    Args:
        colour: ``(N, 3, H, W)``.

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
        dark: ``(N, 3, H, W)``, the dark picture, RGB in 0..1.
        equalised: ``(N, 3, H, W)``, the same after `equalise`, 0..1.

    Returns:
        ``(N, 12, H, W)``: log picture, equalised picture, colour map, noise map.
    """
    logarithm = log_picture(dark)
    colour = colour_map(logarithm.exp())
    return torch.cat([logarithm, equalised, colour, noise_map(colour)], dim=1)


def thumbnail(pixels: Pixels) -> Tensor:
    """Return the small copy of the whole picture from which brightness is predicted.

    Args:
        pixels: ``(H, W, 3)``, the whole picture.

    Returns:
        ``(1, 3, 32, 48)`` float32: the logarithm of the picture area-averaged to 48x32, whatever
        its proportions.
    """
    return log_picture(_shrink(pixels))


def _shrink(pixels: Pixels) -> Tensor:
    size = (THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT)
    # One channel at a time in float32: uint8 averages of a dark picture would lose its levels,
    # and three float channels of a large photograph would be its largest allocation.
    channels = [
        cv2.resize(pixels[..., c].astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for c in range(3)
    ]
    top = np.float32(np.iinfo(pixels.dtype).max)
    small = cast("NDArray[np.float32]", np.stack(channels) / top)
    return torch.as_tensor(small)[None]
