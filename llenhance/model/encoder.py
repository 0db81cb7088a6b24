"""The RRDB encoder: from 12 condition channels to features for each flow level, and a color map.

See LLFlow (arXiv:2109.05923), section 3.2; its residual-in-residual dense blocks are ESRGAN's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.architecture import CONDITION_CHANNELS, Architecture

SLOPE: Final = 0.2  # of every leaky ReLU
RESIDUAL: Final = 0.2  # gain of a dense block's result, and of three blocks' result, when added


class Encoding(NamedTuple):
    """What the encoder computes from a dark picture of height H and width W.

    Attributes:
        levels: Features for flow levels 1, 2 and 3, ``(N, C, H/2, W/2)``, a quarter, an eighth.
        colour_map: Color map, ``(N, 3, H, W)``, 0..1, float32 or better.
    """

    levels: tuple[Tensor, Tensor, Tensor]
    colour_map: Tensor


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE)


class DenseBlock(nn.Module):
    """Five convolutions; each one sees the results of all those before it."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for number in range(1, 5):
            inputs = features + (number - 1) * growth
            self.add_module(f"conv{number}", nn.Conv2d(inputs, growth, 3, padding=1))
        self.conv5 = nn.Conv2d(features + 4 * growth, features, 3, padding=1)
        for convolution in self.children():
            assert isinstance(convolution, nn.Conv2d)
            nn.init.kaiming_normal_(convolution.weight)
            convolution.weight.data *= 0.1
            assert convolution.bias is not None
            nn.init.zeros_(convolution.bias)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for number in range(1, 5):
            new = _leaky(self.get_submodule(f"conv{number}")(seen))
            seen = torch.cat([seen, new], dim=1)
        return RESIDUAL * self.conv5(seen) + x


class ResidualDenseBlock(nn.Sequential):
    """Three dense blocks with a residual connection around them (RRDB)."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__(*(DenseBlock(features, growth) for _ in range(3)))

    def forward(self, input: Tensor) -> Tensor:  # nn.Sequential's name
        x = input
        for block in self:
            x: Tensor = block(x)
        return RESIDUAL * x + input


class Encoder(nn.Module):
    """Computes features for every flow level, and the color map, which is the latent's mean."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        features = architecture.features
        self.trunk_scale = architecture.trunk_scale
        self.stacked_blocks = architecture.stacked_blocks
        inputs = CONDITION_CHANNELS * (4 if self.trunk_scale == 4 else 1)
        self.conv_first = nn.Conv2d(inputs, features, 3, padding=1)
        self.conv_second = nn.Conv2d(features, features, 3, padding=1)
        self.trunk = nn.ModuleList(
            ResidualDenseBlock(features, architecture.growth) for _ in range(architecture.blocks)
        )
        self.trunk_conv = nn.Conv2d(features, features, 3, padding=1)
        self.downconv1 = nn.Conv2d(features, features, 3, padding=1)
        self.downconv2 = nn.Conv2d(features, features, 3, padding=1)
        self.colour_map = nn.Conv2d(features, 3, 1)

    def forward(self, condition: Tensor, context: Tensor | None = None) -> Encoding:
        """Encode a dark picture.

        Args:
            condition: ``(N, 12, H, W)`` from `conditioning.condition`; H and W multiples of 8.
            context: ``(N, C, H/2, W/2)`` from `context.sampled`, if the model uses one.
        """
        head = self._head(condition)
        if context is not None:
            head = head + context.to(head.dtype)
        x = F.avg_pool2d(head, 2) if self.trunk_scale == 4 else head
        stacked: list[Tensor] = []
        for number, block in enumerate(self.trunk):
            x = block(x)
            if number in self.stacked_blocks:
                stacked.append(x)
        x = self.trunk_conv(x)
        if self.trunk_scale == 4:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        half = head + x
        quarter = _leaky(self.downconv1(F.avg_pool2d(half, 2)))
        eighth = self.downconv2(F.avg_pool2d(quarter, 2))
        # Doubling the size after the 1x1 convolution and the sigmoid gives the same, cheaper.
        colour = self.colour_map(half)
        colour = torch.sigmoid(colour.to(torch.promote_types(colour.dtype, torch.float32)))
        return Encoding(
            levels=(join(half, stacked), join(quarter, stacked), join(eighth, stacked)),
            colour_map=F.interpolate(colour, scale_factor=2, mode="nearest"),
        )

    def _head(self, condition: Tensor) -> Tensor:
        if self.trunk_scale == 4:
            condition = F.pixel_unshuffle(condition, 2)
        head = self.conv_second(_leaky(self.conv_first(condition)))
        return head if self.trunk_scale == 4 else F.max_pool2d(head, 2)


def join(feature: Tensor, stacked: list[Tensor]) -> Tensor:
    """Append the stacked blocks, resized to the feature's size by nearest neighbor."""
    if not stacked:
        return feature
    size = feature.shape[2:]
    return torch.cat([feature, *(F.interpolate(s, size=size, mode="nearest") for s in stacked)], 1)
