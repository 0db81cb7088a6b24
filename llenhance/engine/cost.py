"""What enhancing costs: memory, computed from the network's shape, and time, measured briefly."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Final

import torch

from llenhance.engine.engine import Engine
from llenhance.engine.settings import DTYPES
from llenhance.model.architecture import CONDITION_CHANNELS, STRIDE, Architecture
from llenhance.model.conditioning import THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH

TILE_MEMORY: Final = 545_000_000
"""Bytes that one tile may take; with Python, torch and a 12-megapixel picture 1.1 GB in all."""

SMALLEST_TILE: Final = 64
"""Side in pixels. Smaller tiles are not tried, as most of their work is in the margins."""

_LARGEST_TILE: Final = 4096
_SCRATCH: Final = 1.5  # factor for what oneDNN and the allocator need; measured: 1.2 to 1.9
USUAL_MEMORY: Final = 400_000_000
"""Bytes that Python, torch and `nano` take, for systems that do not tell."""

KEPT: Final = 1.25
"""Factor for a window's memory that the allocator cannot use again; measured: 0.9 to 1.3."""

_PIECE: Final = 384  # pixels a side of the timed window; in smaller ones, threads wait too often
_PIECES: Final = 2


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process had resident, None on Windows."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux: getrusage would count the process that started this one
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def bytes_per_pixel(architecture: Architecture, precision: str) -> float:
    """Return the bytes of memory that each pixel of a window takes while the network runs.

    This is the most that is alive at once: in the trunk, what a dense block has seen, twice; or, in
    the flow's first level, features, two layers of a coupling network, and the state with its shift
    and scale. Measurements of nano and small agree within a factor of 1.3.
    """
    a = architecture
    item = DTYPES[precision].itemsize
    stacked = len(a.stacked_blocks) * a.features
    dense = 2 * (a.features + 4 * a.growth) + 4 * a.features + stacked
    trunk = item * (dense / a.trunk_scale**2 + a.features / 4)
    joined = a.condition_features * (1 / 4 + 1 / 16 + 1 / 64)
    coupled = item * (joined + stacked / 2 + 2 * a.hidden / 4) + 4 * 5 * 12 / 4
    return 4 * CONDITION_CHANNELS + _SCRATCH * max(trunk, coupled)


def largest_tile(architecture: Architecture, precision: str) -> int:
    """Return the side in pixels of the largest tile whose window takes at most `TILE_MEMORY`.

    Large tiles compute less twice: with margins of 64, the window of a 768-pixel tile has 1.36
    times the tile's area, that of a 1536-pixel tile 1.17 times.
    """
    side = math.sqrt(TILE_MEMORY / bytes_per_pixel(architecture, precision))
    core = int(side - 2 * architecture.margin) // STRIDE * STRIDE
    return min(max(core, 256), _LARGEST_TILE)


@torch.inference_mode()
def seconds_per_pixel(engine: Engine) -> float:
    """Return the seconds that the engine takes per pixel of a window: the better of two tries."""
    channels = torch.zeros(1, CONDITION_CHANNELS, _PIECE, _PIECE, device=engine.device)
    constant = torch.zeros(1, device=engine.device)
    small = torch.zeros(1, 3, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, device=engine.device)
    context = engine.context_of_whole(small, constant, channels)
    engine.enhance(channels, constant, context)  # the first run allocates memory and prepares code
    taken: list[float] = []
    for _ in range(_PIECES):
        started = time.perf_counter()
        engine.enhance(channels, constant, context)  # waits for a GPU, to check the values
        taken.append(time.perf_counter() - started)
    return min(taken) / _PIECE**2
