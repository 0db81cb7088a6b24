"""What enhancing takes: memory from the shape of the network, time from a small piece of work."""

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
"""Bytes that one tile may take: with Python, torch and 12 megapixels 1.1 GB in all."""

SMALLEST_TILE: Final = 64
"""Pixels: tiles are not halved below, where their margins are most of the work."""

_LARGEST_TILE: Final = 4096
_SCRATCH: Final = 1.5  # what oneDNN and the allocator take beside; measured: 1.2 to 1.9
USUAL_MEMORY: Final = 400_000_000
"""Bytes that Python, torch and `nano` take, where the system does not tell."""

KEPT: Final = 1.25
"""Times the memory of a window: what the allocator cannot use again; measured: 0.9 to 1.3."""

_PIECE: Final = 384  # pixels, side of what time is taken on; of smaller ones threads wait too often
_PIECES: Final = 2


def peak_memory() -> int | None:
    """Return the bytes of memory that this process had resident at most, None on Windows."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux: getrusage would count the process that started this one
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def bytes_per_pixel(architecture: Architecture, precision: str) -> float:
    """Return the memory that each pixel of a window takes while the network is at it.

    The most that is alive at once: in the trunk, what a dense block has seen, twice; or in the
    flow's first level, features, two layers of a coupling network, and the state with its shift and
    scale. Measured on nano and small it is within a factor of 1.3.
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

    Large tiles compute less twice: a core of 768 pixels with margins of 64 is 1.36 times its size,
    one of 1536 1.17 times.
    """
    side = math.sqrt(TILE_MEMORY / bytes_per_pixel(architecture, precision))
    core = int(side - 2 * architecture.margin) // STRIDE * STRIDE
    return min(max(core, 256), _LARGEST_TILE)


@torch.inference_mode()
def seconds_per_pixel(engine: Engine) -> float:
    """Return the seconds that the engine takes for a pixel of a window: the better of two tries."""
    channels = torch.zeros(1, CONDITION_CHANNELS, _PIECE, _PIECE, device=engine.device)
    constant = torch.zeros(1, device=engine.device)
    small = torch.zeros(1, 3, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, device=engine.device)
    context = engine.context_of_whole(small, constant, channels)
    engine.enhance(channels, constant, context)  # the first time, memory is new and code is made
    taken: list[float] = []
    for _ in range(_PIECES):
        started = time.perf_counter()
        engine.enhance(
            channels, constant, context
        )  # waits: it looks for values that are not finite
        taken.append(time.perf_counter() - started)
    return min(taken) / _PIECE**2
