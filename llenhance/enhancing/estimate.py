"""What a picture is expected to take, before it is enhanced."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from llenhance.engine.cost import (
    KEPT,
    USUAL_MEMORY,
    bytes_per_pixel,
    peak_memory,
    seconds_per_pixel,
)
from llenhance.engine.engine import Engine
from llenhance.enhancing import tiling
from llenhance.enhancing.fast import copy_size, lift


class Estimate(NamedTuple):
    """What a picture is expected to take.

    Attributes:
        seconds: Time that the network needs, on this machine as it is now.
        memory: Bytes that the whole process needs at once, at most.
    """

    seconds: float
    memory: float


class Trial(NamedTuple):
    """What a small piece of work told about an engine on this machine.

    Attributes:
        seconds_per_pixel: Time that the network needs for each pixel of a window.
        resident: Bytes of memory that the process took before the trial.
    """

    seconds_per_pixel: float
    resident: int


def try_engine(engine: Engine) -> Trial:
    """Measure, in about a second, what `estimate` needs to know."""
    resident = peak_memory() or USUAL_MEMORY  # first: the trial itself takes memory
    return Trial(seconds_per_pixel(engine), resident)


def estimate(
    engine: Engine, trial: Trial, *, width: int, height: int, tile: int, fast: bool
) -> Estimate:
    """Return what a picture will take.

    Args:
        engine: Runs the network.
        trial: Of this engine.
        width: Width of the picture in pixels, of 8 bits a channel.
        height: Height of the picture in pixels.
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        fast: Whether a small copy is enhanced in place of the picture.
    """
    margin = engine.architecture.margin
    full = width * height
    if fast:
        height, width = copy_size(height, width)
    window = tiling.window_size(height, width, tile=tile, margin=margin)
    pixels = tiling.count(height, width, tile=tile, margin=margin) * window
    of_window = bytes_per_pixel(engine.architecture, engine.precision)
    memory = trial.resident + KEPT * window * of_window + 2 * 3 * full  # before and after
    lifting = seconds_to_lift() * full if full > width * height else 0.0
    return Estimate(pixels * trial.seconds_per_pixel + lifting, memory)


def seconds_to_lift() -> float:
    """Return the seconds that `fast.lift` takes for a pixel."""
    pixels = np.zeros((512, 1024, 3), np.uint8)
    copy = np.zeros((64, 128, 3), np.float32)
    started = time.perf_counter()
    lift(pixels, copy, copy)
    return (time.perf_counter() - started) / (pixels.size / 3)
