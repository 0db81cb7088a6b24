"""The folded network: encoder and inverse flow as plain convolutions, only for enhancing.

Convolutions run in the network's precision; the flow's state, 1x1 maps and divisions stay in
float32. Everything is channels-last. Elementwise steps work in place on tensors that the network
has made itself: without autograd, nothing needs the values from before.
"""

from __future__ import annotations

from typing import Final, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.engine.context import Context, add_context
from llenhance.engine.folding import (
    Folded,
    composed,
    in_type,
    inverse_map,
    normed,
    plain,
    shift_and_scale,
    stacked,
    unshuffled,
)
from llenhance.model.architecture import LEVELS, STRIDE
from llenhance.model.coupling import SCALE_FLOOR, Coupling
from llenhance.model.encoder import RESIDUAL, SLOPE, DenseBlock, Encoder, ResidualDenseBlock, join
from llenhance.model.flow import FlowStep
from llenhance.model.llflow import LLFlow

LAYOUT: Final = torch.channels_last

Activation = Literal["none", "relu", "leaky_relu"]


class Convolution(nn.Module):
    """A folded convolution and what follows it: ``activation(convolution(x) + added)``.

    Apart from its stride, it keeps the size.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        folded: Folded,
        dtype: torch.dtype,
        *,
        activation: Activation = "none",
        biased: bool = True,
        stride: int = 1,
    ) -> None:
        super().__init__()
        weight, bias = in_type(folded, dtype)
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias if biased else None)
        self.stride = stride
        self.padding = (weight.shape[-1] - 1) // 2
        self.activation: Activation = activation

    def forward(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        x = F.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        if added is not None:
            x = x.add_(added)
        if self.activation == "relu":
            return F.relu_(x)
        return F.leaky_relu_(x, SLOPE) if self.activation == "leaky_relu" else x


class FastDenseBlock(nn.Module):
    """A dense block whose last convolution includes the residual's gain."""

    def __init__(self, block: DenseBlock, gain: float, dtype: torch.dtype) -> None:
        super().__init__()
        self.growing = nn.ModuleList(
            Convolution(plain(cast("nn.Conv2d", convolution)), dtype, activation="leaky_relu")
            for convolution in list(block.children())[:-1]
        )
        self.last = Convolution(plain(block.conv5, gain), dtype)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return the block's result for ``x``, times its gain, added to ``skip``."""
        seen = x
        for convolution in self.growing:
            seen = torch.cat([seen, convolution(seen)], dim=1)
        return self.last(seen, skip)


class FastResidualDenseBlock(nn.Module):
    """Three dense blocks with a residual connection around them."""

    def __init__(self, block: ResidualDenseBlock, dtype: torch.dtype) -> None:
        super().__init__()
        first, second, third = (cast("DenseBlock", part) for part in block)
        # The third block's result is scaled twice: by its own residual gain and the outer one.
        self.first = FastDenseBlock(first, RESIDUAL, dtype)
        self.second = FastDenseBlock(second, RESIDUAL, dtype)
        self.third = FastDenseBlock(third, RESIDUAL**2, dtype)

    def forward(self, entered: Tensor) -> Tensor:
        x = self.first(entered, entered)
        x = self.second(x, x)
        return self.third(x, torch.add(entered, x, alpha=RESIDUAL))


class FastEncoder(nn.Module):
    """The encoder of `model/encoder.py`."""

    def __init__(self, encoder: Encoder, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.trunk_scale = encoder.trunk_scale
        self.stacked_blocks = encoder.stacked_blocks
        first = plain(encoder.conv_first)
        if self.trunk_scale == 4:
            first = unshuffled(first)
        self.first = Convolution(
            first, dtype, activation="leaky_relu", stride=2 if self.trunk_scale == 4 else 1
        )
        self.second = Convolution(plain(encoder.conv_second), dtype)
        self.trunk = nn.ModuleList(
            FastResidualDenseBlock(cast("ResidualDenseBlock", block), dtype)
            for block in encoder.trunk
        )
        self.trunk_conv = Convolution(plain(encoder.trunk_conv), dtype)
        self.downconv1 = Convolution(plain(encoder.downconv1), dtype, activation="leaky_relu")
        self.downconv2 = Convolution(plain(encoder.downconv2), dtype)
        self.colour_map = Convolution(plain(encoder.colour_map), dtype)

    def forward(
        self, condition: Tensor, context: Context | None = None
    ) -> tuple[list[Tensor], Tensor]:
        """Encode ``(N, 12, H, W)``, with the window's context if the model uses one.

        Returns:
            Features for flow levels 1, 2, 3; and the color map at half size,
            ``(N, 3, H/2, W/2)``, float32: each of its pixels stands for four.
        """
        head = self.second(self.first(condition.to(self.dtype, memory_format=LAYOUT)))
        if self.trunk_scale != 4:
            head = F.max_pool2d(head, 2)
        if context is not None:
            head = add_context(head, context)
        x = F.avg_pool2d(head, 2) if self.trunk_scale == 4 else head
        stacked: list[Tensor] = []
        for number, block in enumerate(self.trunk):
            x = block(x)
            if number in self.stacked_blocks:
                stacked.append(x)
        x = self.trunk_conv(x)
        if self.trunk_scale == 4:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        half = head.add_(x)
        quarter = self.downconv1(F.avg_pool2d(half, 2))
        eighth = self.downconv2(F.avg_pool2d(quarter, 2))
        colour = self.colour_map(half).float().sigmoid_()
        return [join(feature, stacked) for feature in (half, quarter, eighth)], colour


class FastCoupling(nn.Module):
    """The inverse of a coupling and of the linear maps that follow it."""

    def __init__(self, coupling: Coupling, following: Folded, dtype: torch.dtype) -> None:
        super().__init__()
        self.kept = coupling.kept
        self.dtype = dtype
        injection, affine = coupling.injection, coupling.affine
        self.injection_first = Convolution(normed(injection.first), dtype, activation="relu")
        self.injection_middle = Convolution(normed(injection.middle), dtype, activation="relu")
        shift, scale = shift_and_scale(injection.last)
        self.injection_shift = Convolution(shift, dtype)
        self.injection_scale = Convolution(scale, dtype)
        first = normed(affine.first)
        of_kept = Folded(first.weight[:, : self.kept], first.bias)
        of_condition = Folded(first.weight[:, self.kept :], first.bias)
        self.affine_first = Convolution(of_kept, dtype, activation="relu", biased=False)
        self.affine_response = Convolution(of_condition, dtype)
        self.affine_middle = Convolution(normed(affine.middle), dtype, activation="relu")
        # These two are narrow, so one convolution fills vector registers better. For the wider
        # ones of the injection, one convolution would be slower.
        self.affine_last = Convolution(stacked(*shift_and_scale(affine.last)), dtype)
        self.following = Convolution(following, torch.float32)

    def forward(self, y: Tensor, feature: Tensor) -> Tensor:
        kept, moved = y[:, : self.kept], y[:, self.kept :]
        response = self.affine_response(feature)
        x = self.affine_first(kept.to(self.dtype, memory_format=LAYOUT), response)
        shift, scale = self.affine_last(self.affine_middle(x)).chunk(2, dim=1)
        moved = (moved / _scale(scale)).add_(shift)
        y = torch.cat([kept, moved], dim=1)
        x = self.injection_middle(self.injection_first(feature))
        y = y.div_(_scale(self.injection_scale(x))).add_(self.injection_shift(x))
        return self.following(y)


class FastFlow(nn.Module):
    """The inverse of `model.flow.Flow`: the couplings of each level, from the last to the first."""

    def __init__(self, model: LLFlow, dtype: torch.dtype) -> None:
        super().__init__()
        levels: list[list[FlowStep]] = [[] for _ in range(LEVELS)]
        for layer, level in zip(model.flow.layers, model.flow.level_of, strict=True):
            if isinstance(layer, FlowStep):
                levels[level].append(layer)
        self.levels = nn.ModuleList(
            nn.ModuleList(_couplings(steps, dtype)) for steps in reversed(levels)
        )

    def forward(self, latent: Tensor, features: list[Tensor]) -> Tensor:
        """Return the picture ``(N, 3, H, W)``, float32, of a latent ``(N, 192, H/8, W/8)``."""
        y: Tensor = latent
        for couplings, feature in zip(self.levels, reversed(features), strict=True):
            for coupling in cast("nn.ModuleList", couplings):
                y = coupling(y, feature)
            y = F.pixel_shuffle(y, 2).contiguous(memory_format=LAYOUT)
        return y


class FastNetwork(nn.Module):
    """A trained `LLFlow`, folded: from the 12 channels to the picture, nothing else.

    Args:
        model: Trained; the folded network shares no tensors with it.
        dtype: Type of the convolutions.

    Raises:
        SingularMatrixError: A matrix of the flow has no inverse.
    """

    def __init__(self, model: LLFlow, dtype: torch.dtype) -> None:
        super().__init__()
        self.encoder = FastEncoder(model.encoder, dtype)
        self.flow = FastFlow(model, dtype)

    def forward(
        self,
        condition: Tensor,
        brightness: Tensor,
        context: Context | None = None,
        added: Tensor | None = None,
    ) -> Tensor:
        """Enhance, as `LLFlow.forward` does; see `decode` for what is added."""
        features, colour = self.encoder(condition, context)
        return self.decode(features, colour, brightness, added)

    def decode(
        self,
        features: list[Tensor],
        colour: Tensor,
        brightness: Tensor,
        added: Tensor | None = None,
    ) -> Tensor:
        """Return the picture for the encoder's results.

        Args:
            features: Of the encoder.
            colour: Of the encoder.
            brightness: ``(N,)``.
            added: To the latent mean, ``(N, 192, H/8, W/8)`` or broadcast to it; None decodes the
                mean itself.
        """
        latent = _latent(colour, brightness)
        return self.flow(latent if added is None else latent.add_(added), features)


def _couplings(steps: list[FlowStep], dtype: torch.dtype) -> list[FastCoupling]:
    """Fold the steps of a level, in the order of the inverse.

    The uncoupled steps, which come last in the inverse, join the map of the first coupled step.
    """
    uncoupled = [step for step in steps if step.coupling is None]
    coupled = [step for step in steps if step.coupling is not None]
    maps = [inverse_map(step) for step in coupled]
    maps[0] = composed([maps[0], *(inverse_map(step) for step in reversed(uncoupled))])
    pairs = [(step.coupling, m) for step, m in zip(coupled, maps, strict=True)]
    return [FastCoupling(c, m, dtype) for c, m in reversed(pairs) if c is not None]


def _scale(logit: Tensor) -> Tensor:
    return logit.float().sigmoid_().add_(SCALE_FLOOR)


def _latent(colour: Tensor, brightness: Tensor) -> Tensor:
    """Return `model.llflow.latent_mean` of a color map whose pixels each stand for four."""
    count, channels, height, width = colour.shape
    cells = STRIDE // 2
    parts = F.pixel_unshuffle(colour, cells) + brightness.view(-1, 1, 1, 1)
    parts = parts.view(count, channels, cells, 1, cells, 1, height // cells, width // cells)
    whole = parts.expand(-1, -1, -1, 2, -1, 2, -1, -1)
    return whole.reshape(count, channels * STRIDE**2, height // cells, width // cells).contiguous(
        memory_format=LAYOUT
    )
