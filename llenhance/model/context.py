"""The context map tells the encoder about the whole picture, which a thumbnail shows.

The encoder sees about 96 pixels around a place, so it cannot know whether a bright flat patch is a
sky, a lamp or a page. A small network looks at the whole picture once and describes each of 8x12
places. The map is sampled wherever features are computed, and added to them. All tiles sample the
same map, so tiled equals whole. The network is told b too, because what a place should become
depends on how bright the picture should be. This is not in the paper; see
``docs/decisions/0012-context.md``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.brightness import LOG_CHANNELS, LOG_MIDDLE
from llenhance.model.encoder import SLOPE

PLACES: Final = (8, 12)
"""Rows and columns of a context map."""

_TOLD: Final = 5.0  # gain of b: -0.4..0.4 becomes -2..2, as wide as the other inputs
_DROPPED: Final = 0.1  # share of features that dropout leaves out in training


class Extent(NamedTuple):
    """Where a window lies in its picture, along one axis, in pixels.

    Attributes:
        start: First pixel of the window.
        length: Length of the window, a multiple of 2; it may reach beyond the picture.
        whole: Length of the whole picture.
    """

    start: int
    length: int
    whole: int


class ContextNetwork(nn.Module):
    """Four convolutions from the thumbnail to `PLACES`; pooling lets each place see all others.

    A fresh network adds nothing, because its last layer is zero.

    Args:
        features: Channels of the map, as many as the encoder has.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2 * LOG_CHANNELS + 1, 48, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(48, 96, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(96, 96, 3, padding=1)
        self.whole = nn.Linear(96, 96)
        self.conv4 = nn.Conv2d(96, 96, 3, padding=1)
        self.last = nn.Conv2d(96, features, 1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, thumbnail: Tensor, brightness: Tensor) -> Tensor:
        """Return the context map ``(N, features, 8, 12)``.

        Args:
            thumbnail: ``(N, 3, 32, 48)`` from `conditioning.thumbnail`.
            brightness: What the latent mean adds to the color map, ``(N,)``: b plus the user's
                constant.
        """
        relative = thumbnail - thumbnail.mean(dim=(1, 2, 3), keepdim=True)
        told = (_TOLD * brightness).view(-1, 1, 1, 1).expand(-1, 1, *thumbnail.shape[2:])
        x = torch.cat([thumbnail + LOG_MIDDLE, relative, told.to(thumbnail.dtype)], dim=1)
        for convolution in (self.conv1, self.conv2):
            x = F.leaky_relu(convolution(x), SLOPE)
        x = F.leaky_relu(self.conv3(x) + self.whole(x.mean(dim=(2, 3)))[:, :, None, None], SLOPE)
        x = F.leaky_relu(self.conv4(x), SLOPE)
        return self.last(F.dropout(x, _DROPPED, self.training))


def places_in(rows: Extent, columns: Extent) -> Tensor:
    """Return where the centers of a window's 2x2 squares lie in the whole picture.

    Args:
        rows: The window's extent from top to bottom.
        columns: The window's extent from left to right.

    Returns:
        ``(H/2, W/2, 2)`` float32: x and y, from -1 at the left and top edges of the picture to 1
        at the right and bottom edges.
    """
    y, x = (
        2 * (extent.start + 2 * torch.arange(extent.length // 2) + 1) / extent.whole - 1
        for extent in (rows, columns)
    )
    return torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)


def sampled(context_map: Tensor, places: Tensor) -> Tensor:
    """Sample context maps bilinearly; outside the outermost centers, the nearest place counts.

    Args:
        context_map: ``(N, C, 8, 12)``.
        places: ``(N, H/2, W/2, 2)`` from `places_in`.

    Returns:
        ``(N, C, H/2, W/2)`` float32.
    """
    with torch.autocast(context_map.device.type, enabled=False):
        return F.grid_sample(
            context_map.float(), places, padding_mode="border", align_corners=False
        )


def check_context(context: object, *, wanted: bool) -> None:
    """Refuse a context that the model does not know, and the lack of one that it needs.

    Args:
        context: What the network is told, or None.
        wanted: Whether the model has a context map.

    Raises:
        ValueError: There is a context and the model has none, or the other way round.
    """
    if (context is not None) != wanted:
        raise ValueError("a model with a context map needs it, and other models take none")
