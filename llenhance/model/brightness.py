"""The brightness head predicts from a thumbnail how bright the enhanced picture should be.

In the paper, the latent mean is the color map alone. Overall brightness, which a dark picture
leaves open most of all, has no place in it. Ours is ``color map + b``. In training, b is
`brightness_of` the whole reference; in enhancing, this head predicts it once per picture, so that
all tiles agree.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.encoder import SLOPE

GAIN: Final = 0.8  # mean gray 0.05..0.95 becomes -0.32..0.4: the scale of the paper's constant
MIDDLE: Final = 0.45  # mean gray of an average well-lit photograph, where b is 0

PARTS: Final = (4, 6)
"""The head predicts the gray of each part of the picture, in this many rows and columns."""

LOG_CHANNELS: Final = 3
LOG_MIDDLE: Final = 3.5
"""Half of the logarithm's range; added to a log picture, -6.9..0 becomes about -3.4..3.5."""

_DROPPED: Final = 0.2  # share of features that dropout leaves out in training


def brightness_of(mean_grey: Tensor) -> Tensor:
    """Return b of a well-lit picture: ``0.8 * (mean gray - 0.45)``, mean gray in 0..1."""
    return GAIN * (mean_grey - MIDDLE)


class BrightnessHead(nn.Module):
    """Three strided convolutions to the gray of each part of the well-lit picture.

    The mean of these grays gives b. Each part sees its surroundings and, through pooling, the
    whole picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2 * LOG_CHANNELS, 64, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(64, 128, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(128, 128, 3, stride=2, padding=1)
        self.own = nn.Conv2d(128, 128, 1)
        self.whole = nn.Linear(128, 128)
        self.last = nn.Conv2d(128, 1, 1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.constant_(self.last.bias, MIDDLE)

    def greys(self, thumbnail: Tensor) -> Tensor:
        """Predict the mean gray of each part of the well-lit picture.

        Args:
            thumbnail: ``(N, 3, 32, 48)`` from `conditioning.thumbnail`.

        Returns:
            ``(N, 4, 6)``, about 0..1.
        """
        # Both: how dark the whole picture is, and what is dark compared with the rest of it.
        relative = thumbnail - thumbnail.mean(dim=(1, 2, 3), keepdim=True)
        x = torch.cat([thumbnail + LOG_MIDDLE, relative], dim=1)
        for convolution in (self.conv1, self.conv2, self.conv3):
            x = F.leaky_relu(convolution(x), SLOPE)
        x = F.leaky_relu(self.own(x) + self.whole(x.mean(dim=(2, 3)))[:, :, None, None], SLOPE)
        return self.last(F.dropout(x, _DROPPED, self.training)).squeeze(1)

    def forward(self, thumbnail: Tensor) -> Tensor:
        """Predict b ``(N,)``, about -0.3..0.3, of thumbnails ``(N, 3, 32, 48)``."""
        return brightness_of(self.greys(thumbnail).mean(dim=(1, 2)))
