"""Encoder and flow together: how likely a well-lit picture is, and which one is the most likely."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.architecture import STRIDE, Architecture
from llenhance.model.brightness import BrightnessHead
from llenhance.model.context import ContextNetwork, check_context
from llenhance.model.coupling import CouplingCondition
from llenhance.model.encoder import Encoder
from llenhance.model.flow import Flow


class Prepared(NamedTuple):
    """A dark picture, as the flow needs it in either direction.

    Attributes:
        conditions: One entry for each layer of the flow.
        colour_map: Color map that the encoder predicts, ``(N, 3, H, W)``, 0..1.
    """

    conditions: list[CouplingCondition | None]
    colour_map: Tensor


class LLFlow(nn.Module):
    """Low-light enhancement with a conditional normalizing flow (arXiv:2109.05923)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.encoder = Encoder(architecture)
        self.flow = Flow(architecture)
        self.brightness = BrightnessHead() if architecture.brightness else None
        self.context = ContextNetwork(architecture.features) if architecture.context else None

    def placed(self, device: torch.device) -> LLFlow:
        """Move to a device, with weights in channels-last order for faster convolutions."""
        moved: Any = self.to(device)
        return moved.to(memory_format=torch.channels_last)  # unknown to torch's types

    def prepare(self, condition: Tensor, context: Tensor | None = None) -> Prepared:
        """Run the encoder.

        Args:
            condition: ``(N, 12, H, W)`` from `conditioning.condition`, H and W multiples of 8.
            context: The `context_map` at these places (`context.sampled`), ``(N, C, H/2, W/2)``.

        Raises:
            ValueError: There is a context and the model has none, or the other way round.
        """
        check_context(context, wanted=self.context is not None)
        levels, colour_map = self.encoder(condition, context)
        return Prepared(self.flow.prepare(levels), colour_map)

    def predict_brightness(self, thumbnail: Tensor) -> Tensor:
        """Return b ``(N,)`` for `conditioning.thumbnail`; 0 if the model does not predict it."""
        if self.brightness is None:
            return thumbnail.new_zeros(len(thumbnail))
        return self.brightness(thumbnail)

    def context_map(self, thumbnail: Tensor, brightness: Tensor) -> Tensor | None:
        """Return the context map ``(N, C, 8, 12)``; None if the model has none.

        Args:
            thumbnail: ``(N, 3, 32, 48)`` from `conditioning.thumbnail`.
            brightness: ``(N,)``, as `forward` takes it.
        """
        return None if self.context is None else self.context(thumbnail, brightness)

    def forward(
        self, condition: Tensor, brightness: Tensor, context: Tensor | None = None
    ) -> Tensor:
        """Enhance: decode the latent mean.

        Args:
            condition: ``(N, 12, H, W)`` from `conditioning.condition`; H and W multiples of 8.
            brightness: Added to the color map, ``(N,)``: b plus the user's constant.
            context: As `prepare` takes it.

        Returns:
            The enhanced picture, ``(N, 3, H, W)``, nominally 0..1 but not clamped.
        """
        prepared = self.prepare(condition, context)
        return self.decode(latent_mean(prepared.colour_map, brightness), prepared)

    def decode(self, latent: Tensor, prepared: Prepared) -> Tensor:
        """Return the picture ``(N, 3, H, W)`` of a latent ``(N, 192, H/8, W/8)``."""
        return self.flow.inverse(latent, prepared.conditions)[0]

    def negative_log_likelihood(self, picture: Tensor, mean: Tensor, prepared: Prepared) -> Tensor:
        """Return ``-(log N(z; mean, 1) + log|det dz/dx|) / (ln 2 * H * W)``, in bits per pixel.

        Args:
            picture: The well-lit picture, ``(N, 3, H, W)``, 0..1.
            mean: A `latent_mean`, ``(N, 192, H/8, W/8)``.
            prepared: What `prepare` computed from the dark picture.

        Returns:
            ``(N,)``.
        """
        latent, log_determinant = self.flow(picture, prepared.conditions)
        log_density = -0.5 * ((latent - mean) ** 2 + math.log(2 * math.pi)).flatten(1).sum(1)
        pixels = picture.shape[2] * picture.shape[3]
        return -(log_determinant + log_density) / (math.log(2) * pixels)


def latent_mean(colour_map: Tensor, brightness: Tensor) -> Tensor:
    """Return the mean of the latent: the color map squeezed by 8 in one go, plus brightness.

    Args:
        colour_map: Color map, predicted or of the well-lit picture itself, ``(N, 3, H, W)``.
        brightness: ``(N,)``.

    Returns:
        ``(N, 192, H/8, W/8)``. The channel order differs from that of three squeezes by 2, which
        the flow's own latent has: the authors' models are trained this way, and ours follow.
    """
    return F.pixel_unshuffle(colour_map, STRIDE) + brightness[:, None, None, None]


def multiply_adds_per_pixel(architecture: Architecture) -> float:
    """Count the multiply-adds per pixel of all convolutions that enhancing takes."""
    total = 0

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal total
        assert isinstance(module, nn.Conv2d)
        total += module.weight[0].numel() * output.numel()

    size = 64
    with torch.device("meta"):
        model = LLFlow(architecture)
    hooks = [
        m.register_forward_hook(count) for m in model.encoder.modules() if isinstance(m, nn.Conv2d)
    ]
    with torch.device("meta"):
        model.encoder(torch.empty(1, 12, size, size))
    for hook in hooks:
        hook.remove()
    for layer, level in zip(model.flow.layers, model.flow.level_of, strict=True):
        pixels = (size // 2 ** (level + 1)) ** 2
        total += pixels * sum(
            p.numel() for p in layer.parameters() if p.dim() in (2, 4) and p.shape[0] > 1
        )
    return total / size**2
