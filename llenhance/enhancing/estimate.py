"""What a picture is expected to take, before it is enhanced."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from llenhance.enhancing.fast import lift


class Estimate(NamedTuple):
    """What a picture is expected to take.

    Attributes:
        seconds: of the network, on this machine as it is now.
        memory: bytes, of the whole process, at most at once.
    """

    seconds: float
    memory: float


def seconds_to_lift() -> float:
    """Return the seconds that `lift.lift` takes for a pixel."""
    pixels = np.zeros((512, 1024, 3), np.uint8)
    copy = np.zeros((64, 128, 3), np.float32)
    started = time.perf_counter()
    lift(pixels, copy, copy)
    return (time.perf_counter() - started) / (pixels.size / 3)
