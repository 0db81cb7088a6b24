"""What `measure.py` measures with: a photograph, a clock, two peaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from llenhance.pictures.picture import Picture, encode

CONVOLUTIONS: Final = ((32, 256), (64, 128), (128, 64), (256, 32))
"""Channels and side in pixels of the convolutions of which the fastest is the peak; each 3x3,
from as many channels to as many, 0.6 billion multiply-adds."""

_PATCH: Final = 1024  # pixels; larger photographs repeat it, mirrored


def photograph(width: int, height: int) -> bytes:
    """Return the file of a synthetic dark photograph."""
    picture = Picture.from_array(dark_pixels(width, height))
    return encode(picture, format="JPEG", name="photograph").data


def dark_pixels(width: int, height: int) -> NDArray[np.uint8]:
    """Return ``(height, width, 3)`` of a dark scene: shapes of all sizes, shadows, noise."""
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
    """Return the seconds that some work takes."""
    wait_for(device)
    started = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - started


def wait_for(device: torch.device) -> None:
    """Let a GPU finish what it was given: it works on while Python goes on."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def convolution_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Return the multiply-adds a second of the fastest of `CONVOLUTIONS`."""
    count = 1 if device.type == "cpu" else 64  # a GPU is done with one before it has warmed up
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
