"""The brightness head: how bright the well-lit picture should be, from a thumbnail of the dark one.

The paper's latent mean is the colour map alone, and overall brightness, the largest thing that a
dark picture does not determine, has nowhere to live. Ours is ``colour map + b``; training uses
`brightness_of` the whole reference, enhancing what this head predicts, once per picture, so that
all tiles agree.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.encoder import SLOPE

GAIN: Final = 0.8  # mean grey 0.05..0.95 becomes -0.32..0.4: the scale of the paper's constant
MIDDLE: Final = 0.45  # mean grey of an average well-lit photograph, b = 0

_THUMBNAIL_CHANNELS: Final = 6
_LOG_CHANNELS: Final = 3
_LOG_MIDDLE: Final = 3.5  # half of the logarithm's range: brings -6.9..0 to about -1..1


def brightness_of(mean_grey: Tensor) -> Tensor:
    """Return b of a well-lit picture: ``0.8 * (mean grey - 0.45)``, mean grey in 0..1."""
    return GAIN * (mean_grey - MIDDLE)


class BrightnessHead(nn.Module):
    """Three strided convolutions, pooling, one linear layer: thumbnail to b."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(_THUMBNAIL_CHANNELS, 32, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(32, 48, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(48, 64, 3, stride=2, padding=1)
        self.linear = nn.Linear(64, 1)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, thumbnail: Tensor) -> Tensor:
        """Predict b.

        Args:
            thumbnail: ``(N, 6, 32, 48)`` of `conditioning.thumbnail`.

        Returns:
            ``(N,)``, about -0.3..0.3.
        """
        offset = thumbnail.new_zeros(1, _THUMBNAIL_CHANNELS, 1, 1)
        offset[:, :_LOG_CHANNELS] = _LOG_MIDDLE
        x = thumbnail + offset
        for convolution in (self.conv1, self.conv2, self.conv3):
            x = F.leaky_relu(convolution(x), SLOPE)
        return self.linear(x.mean(dim=(2, 3))).squeeze(1)
