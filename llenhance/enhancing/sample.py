"""Which of the plausible results: what is added to the latent mean before it is decoded.

The flow gives every latent a picture; the usual result is that of the latent mean. A `Sample` names
another latent near it, by a seed, so the same one can be made again. Its noise is a function of
the seed and of the place in the picture alone: tiles agree with the whole, and a window takes no
more memory than its own latent does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.model.architecture import STRIDE
from llenhance.model.context import Extent

LATENT_CHANNELS: Final = 3 * STRIDE**2
"""The latent has as many values as the picture: 192 for each square of 8x8 pixels."""

_BLOCK: Final = 8  # places of the latent a side that one stream of random numbers fills


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the plausible results.

    Attributes:
        seed: Of the noise, 0 or more, below 2^64.
        temperature: Standard deviation of the noise, in that of the flow's prior: at 1 the latent
            is a sample of what the model was trained to expect, at 0 it is the mean.
    """

    seed: int = 0
    temperature: float = 1.0


def added_to_latent(sample: Sample | None, rows: Extent, columns: Extent) -> Tensor | None:
    """Return what a sample adds to the latent mean of a window.

    Args:
        sample: None for the mean itself.
        rows: The window's extent from top to bottom; start and length are multiples of 8.
        columns: The window's extent from left to right, likewise.

    Returns:
        ``(1, 192, H/8, W/8)`` float32, on the CPU; None if nothing is added.
    """
    if sample is None or not sample.temperature:
        return None
    return torch.as_tensor(noise(sample.seed, rows, columns)) * sample.temperature


def noise(seed: int, rows: Extent, columns: Extent) -> NDArray[np.float32]:
    """Return independent normal noise of deviation 1 for the latent of a window.

    Philox (Salmon et al., SC 2011) computes random numbers from a counter. Each block of 8x8 places
    has a counter of its own, so what surrounds it does not matter.

    Args:
        seed: 0 or more, below 2^64.
        rows: As for `added_to_latent`.
        columns: As for `added_to_latent`.

    Returns:
        ``(1, 192, H/8, W/8)``.
    """
    top, left = rows.start // STRIDE, columns.start // STRIDE
    height, width = rows.length // STRIDE, columns.length // STRIDE
    result = np.empty((1, LATENT_CHANNELS, height, width), np.float32)
    for row in range(top // _BLOCK, -(-(top + height) // _BLOCK)):
        for column in range(left // _BLOCK, -(-(left + width) // _BLOCK)):
            # Each draw counts the lowest word up; the others are left to places.
            counter = np.array([0, 0, row, column], np.uint64)
            stream = np.random.Generator(np.random.Philox(key=seed, counter=counter))
            block = stream.standard_normal((LATENT_CHANNELS, _BLOCK, _BLOCK), np.float32)
            y, x = row * _BLOCK - top, column * _BLOCK - left
            inner, outer = _overlap(y, height), _overlap(x, width)
            result[0, :, inner[1], outer[1]] = block[:, inner[0], outer[0]]
    return result


def _overlap(start: int, length: int) -> tuple[slice, slice]:
    """Return the part of a block that lies in the window, and where it lies there."""
    first, last = max(start, 0), min(start + _BLOCK, length)
    return slice(first - start, last - start), slice(first, last)
