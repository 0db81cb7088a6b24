"""What `measure.py` measures with: a photograph, a clock, and the processor's peak."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

CONVOLUTIONS: Final = ((32, 256), (64, 128), (128, 64), (256, 32))
"""Channels (in and out) and side in pixels of 3x3 convolutions; the fastest gives the peak.

Each takes 0.6 billion multiply-adds.
"""

_PATCH: Final = 1024  # side in pixels; larger photographs repeat it, mirrored


def photograph(width: int, height: int) -> bytes:
    """Return the bytes of a JPEG file with a synthetic dark photograph."""
    picture = Picture.from_array(dark_pixels(width, height))
    return encode(picture, format="JPEG", name="photograph")


def dark_pixels(width: int, height: int) -> NDArray[np.uint8]:
    """Return pixels ``(height, width, 3)`` of a dark scene: shapes of all sizes, shadows, noise."""
    rng = np.random.default_rng(0)
    light = np.zeros((_PATCH, _PATCH, 3), np.float32)
    for side in (3, 6, 12, 24, 48, 96, 192):
        shapes = rng.normal(size=(side, side, 1)) + rng.normal(scale=0.3, size=(side, side, 3))
        enlarged = cv2.resize(shapes, (_PATCH, _PATCH), interpolation=cv2.INTER_CUBIC)
        light += enlarged.astype(np.float32) / side**0.5
    noise = rng.normal(scale=1.5, size=light.shape)
    patch = (12 * np.exp(light) + noise).clip(0, 255).astype(np.uint8)
    further = ((0, max(0, height - _PATCH)), (0, max(0, width - _PATCH)), (0, 0))
    return np.pad(patch, further, mode="symmetric")[:height, :width].copy()


def timed(device: torch.device, work: Callable[[], object]) -> float:
    """Return the seconds that some work takes, on the device included."""
    wait_for(device)
    started = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - started


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has finished its work, because Python does not wait for it otherwise."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def convolution_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Return the multiply-adds per second of the fastest of `CONVOLUTIONS`."""
    count = 1 if device.type == "cpu" else 64  # a GPU finishes one picture before it has warmed up
    rate = 0.0
    for channels, side in CONVOLUTIONS:
        features = torch.ones(count, channels, side, side, device=device, dtype=dtype)
        features = features.contiguous(memory_format=torch.channels_last)
        weight = torch.ones(channels, channels, 3, 3, device=device, dtype=dtype)
        weight = weight.contiguous(memory_format=torch.channels_last)
        seconds = min(
            timed(device, lambda f=features, w=weight: F.conv2d(f, w, padding=1)) for _ in range(3)
        )
        rate = max(rate, features.numel() * weight[0].numel() / seconds)
    return rate
