"""The context map in the engine: two matrix products sample it and add it to the features.

Bilinear sampling is linear along each axis separately, so it is two narrow matrices. Their product
with the map has the layout of the features, and needs no other tensor of the features' size.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from llenhance.model.context import PLACES, Extent


class Context(NamedTuple):
    """A context map, and how much each of its places counts in a window.

    Attributes:
        places: The map, ``(N, C, 8, 12)``.
        rows: Weights along the rows, ``(H/2, 8)`` from `weights_along`.
        columns: Weights along the columns, ``(W/2, 12)``.
    """

    places: Tensor
    rows: Tensor
    columns: Tensor


def placed(context_map: Tensor | None, rows: Extent, columns: Extent) -> Context | None:
    """Return the context of a window; None if there is no map.

    Args:
        context_map: Map of the whole picture, ``(N, C, 8, 12)``.
        rows: Where the window lies from top to bottom; as long as the network's input.
        columns: Where the window lies from left to right.
    """
    if context_map is None:
        return None
    weights = (
        weights_along(
            context_map.new_tensor(extent.start),
            context_map.new_tensor(extent.whole),
            count=extent.length // 2,
            places=places,
        )
        for extent, places in zip((rows, columns), PLACES, strict=True)
    )
    return Context(context_map, *weights)


def weights_along(start: Tensor, whole: Tensor, *, count: int, places: int) -> Tensor:
    """Return how much each place of a map counts at the centers of squares of 2x2 pixels.

    Args:
        start: Where the window starts in the whole picture, along one axis, in pixels; a scalar.
        whole: Length of the whole picture along this axis, in pixels; a scalar.
        count: Number of squares.
        places: Number of the map's places along this axis.

    Returns:
        ``(count, places)`` float32; one or two entries in each row are not 0, and sum to 1.
    """
    centers = start + 2 * torch.arange(count, device=start.device) + 1
    at = (centers * places / whole - 0.5).clamp(0, places - 1)
    distance = (at[:, None] - torch.arange(places, device=start.device)).abs()
    return (1 - distance).clamp_min(0)


def add_context(features: Tensor, context: Context) -> Tensor:
    """Add the result of `model.context.sampled` to features, in place.

    Args:
        features: ``(N, C, H/2, W/2)``, channels-last.
        context: Context of the same window.
    """
    count, channels, height, width = features.shape
    # Narrow and in float32: (N, 8, W/2, C).
    across = context.columns @ context.places.permute(0, 2, 3, 1)
    rows = context.rows.to(features.dtype).expand(count, -1, -1)
    flat = features.permute(0, 2, 3, 1).reshape(count, height, width * channels)
    flat = flat.baddbmm_(rows, across.flatten(2).to(features.dtype))
    return flat.view(count, height, width, channels).permute(0, 3, 1, 2)
