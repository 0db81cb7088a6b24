"""The context map: what the encoder should know of the whole picture, from a thumbnail of it.

The encoder sees some 96 pixels around a place and cannot know whether a bright flat patch is a sky,
a lamp or a page. A small network looks at the whole picture once and says something for each of
8x12 places; the map is sampled wherever features are computed, and joins them. All tiles sample the
same map, so that tiled equals whole. It is told b too: what a place should become depends on how
bright the picture shall be. Not in the paper; why: ``docs/decisions/0012-context.md``.
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
_DROPPED: Final = 0.1  # share of features that training leaves out


class Extent(NamedTuple):
    """Where a window lies in its picture, along one axis, in pixels.

    Attributes:
        start: first pixel of the window.
        length: of the window, a multiple of 2; it may reach beyond the picture.
        whole: length of the picture.
    """

    start: int
    length: int
    whole: int


class ContextNetwork(nn.Module):
    """Four convolutions from the thumbnail to `PLACES`; each place sees the others by pooling too.

    A fresh one says nothing: its last layer is zero.

    Args:
        features: channels of the map, those of the encoder.
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
            thumbnail: ``(N, 3, 32, 48)`` of `conditioning.thumbnail`.
            brightness: ``(N,)``, what the latent mean adds to the colour map: b plus the user's
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
    """Return where the centres of a window's 2x2 squares lie in the whole picture.

    Args:
        rows: of the window, from top to bottom.
        columns: from left to right.

    Returns:
        ``(H/2, W/2, 2)`` float32: x and y, -1 at the left and top edge of the picture, 1 at the
        right and bottom one.
    """
    y, x = (
        2 * (extent.start + 2 * torch.arange(extent.length // 2) + 1) / extent.whole - 1
        for extent in (rows, columns)
    )
    return torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x))], dim=-1)


def sampled(context_map: Tensor, places: Tensor) -> Tensor:
    """Sample context maps bilinearly; beyond the centres of the outermost places, theirs count.

    Args:
        context_map: ``(N, C, 8, 12)``.
        places: ``(N, H/2, W/2, 2)`` of `places_in`.

    Returns:
        ``(N, C, H/2, W/2)`` float32.
    """
    with torch.autocast(context_map.device.type, enabled=False):
        return F.grid_sample(
            context_map.float(), places, padding_mode="border", align_corners=False
        )
