"""The pixels of a whole picture through the network, tile by tile.

For each tile: condition the window, run the engine, and copy the core into the result. What
depends on the whole picture is settled before the first tile, in `plan.py`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.engine.context import placed
from llenhance.engine.engine import Engine
from llenhance.enhancing import tiling
from llenhance.enhancing.plan import Plan
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.tiling import Tile
from llenhance.memory import lack_of_memory_told
from llenhance.model.architecture import STRIDE
from llenhance.model.conditioning import condition, equalise, to_unit
from llenhance.model.context import Extent
from llenhance.pictures.pixels import Pixels


@torch.inference_mode()
def enhance_pixels(
    engine: Engine,
    pixels: Pixels,
    plan: Plan,
    *,
    tile: int = 0,
    progress: Progress | None = None,
) -> Pixels:
    """Enhance the pixels of a whole picture, tile by tile.

    Args:
        engine: Runs the network.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        plan: The picture's plan, or that of a larger picture that this is a copy of
            (`Plan.for_copy`).
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        progress: Called after each tile.

    Returns:
        An array of the same shape and type as ``pixels``.

    Raises:
        PictureError: The network's result is not finite, not even in float32.
        ResourceError: There is not enough memory.
    """
    height, width = pixels.shape[:2]
    result = np.empty_like(pixels)
    margin = engine.architecture.margin
    all_tiles = tiling.count(height, width, tile=tile, margin=margin)
    with lack_of_memory_told():
        for done, part in enumerate(tiling.cut(height, width, tile=tile, margin=margin), start=1):
            bright = _enhance_window(engine, pixels, plan, part)
            rows, columns = part.window
            (top, left), core = (rows.start, columns.start), part.core
            result[core[0].slice(), core[1].slice()] = _to_pixels(
                bright[:, core[0].slice(top), core[1].slice(left)], pixels.dtype
            )
            if progress is not None:
                progress(done, all_tiles)
    return result


def _enhance_window(engine: Engine, pixels: Pixels, plan: Plan, part: Tile) -> Tensor:
    """Return the enhanced window, ``(3, H, W)`` on the engine's device, clamped to 0..1."""
    rows, columns = part.window
    window = pixels[rows.slice(), columns.slice()]
    channels = conditioned(window, plan.tables, device=engine.device)
    down, across = (
        Extent(span.start, length, whole)
        for span, length, whole in zip(
            part.window, channels.shape[2:], pixels.shape[:2], strict=True
        )
    )
    context = placed(plan.context, down, across)
    added = _added(plan, down, across, device=engine.device)
    constant = torch.full((1,), plan.constant, device=engine.device)
    height, width = window.shape[:2]
    # The engine has already refused values that are not finite: clamping would pass NaN on.
    bright = engine.enhance(channels, constant, context, added=added)
    return bright[0, :, :height, :width].clamp(0, 1)


def _added(plan: Plan, rows: Extent, columns: Extent, *, device: torch.device) -> Tensor | None:
    """Return what the plan's sample adds to the latent mean of a window; None for nothing."""
    added = None if plan.sample is None else plan.sample.added_to_latent(rows, columns)
    return None if added is None else torch.tensor(added, device=device)


def conditioned(window: Pixels, tables: Pixels, *, device: torch.device) -> Tensor:
    """Return the 12 channels of a window, ``(1, 12, H, W)``; H and W become multiples of 8."""
    padded = _pad(window)
    dark, equalised = (to_unit(p).to(device) for p in (padded, equalise(padded, tables)))
    return condition(dark, equalised).contiguous(memory_format=torch.channels_last)


def network_inputs(engine: Engine, pixels: Pixels, plan: Plan) -> dict[str, NDArray[np.float32]]:
    """Return the inputs of an exported network (`export.py`) for a picture in one window."""
    inputs: dict[str, NDArray[np.float32]] = {
        "condition": conditioned(pixels, plan.tables, device=engine.device).cpu().numpy(),
        "brightness": np.array([plan.constant], np.float32),
    }
    if engine.architecture.context:
        inputs["thumbnail"] = plan.thumbnail.cpu().numpy()
        inputs["window"] = np.array([0, 0, *pixels.shape[:2]], np.float32)
    return inputs


def _pad(window: Pixels) -> Pixels:
    """Extend a window to multiples of 8 at the bottom and right: mirrored, or repeated if small."""
    for axis in (0, 1):
        size = window.shape[axis]
        missing = -size % STRIDE
        if missing:
            widths = [(0, missing) if a == axis else (0, 0) for a in range(3)]
            window = np.pad(window, widths, mode="reflect" if size > missing else "edge")
    return window


def _to_pixels(bright: Tensor, dtype: np.dtype[np.uint8 | np.uint16]) -> Pixels:
    levels = (bright.permute(1, 2, 0) * float(np.iinfo(dtype).max)).round()
    return levels.cpu().numpy().astype(dtype)
