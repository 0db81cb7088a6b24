"""The conditional flow: invertible steps between a picture and its latent, with log-determinants.

`forward` goes from the picture to the latent (training), `inverse` from the latent to the picture
(enhancing). Both return the value and its log-determinant, ``(N,)`` in nats, summed over all
elements of the picture. The steps are those of Glow (arXiv:1807.03039), conditioned as in SRFlow
(arXiv:2006.14200) and LLFlow (arXiv:2109.05923); their parts are in `linear.py` and `coupling.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.architecture import LEVELS, Architecture
from llenhance.model.coupling import Coupling, CouplingCondition
from llenhance.model.linear import ActNorm, InvertibleConv, affine_map


class FlowStep(nn.Module):
    """Activation norm, 1x1 convolution and, except in the first steps of a level, coupling.

    Norm and convolution are one affine map per pixel: ``y = W diag(e^logs) (x + bias)``.
    """

    def __init__(self, channels: int, coupling: Coupling | None) -> None:
        super().__init__()
        self.actnorm = ActNorm(channels)
        self.invconv = InvertibleConv(channels)
        self.coupling = coupling

    def forward(self, x: Tensor, condition: CouplingCondition | None) -> tuple[Tensor, Tensor]:
        if self.actnorm.waits_for_data:
            self.actnorm.set_from(x)
        matrix = self.invconv.weight * self.actnorm.logs.exp().view(1, -1)
        log_determinant = self._log_determinant(x)
        # Not `matrix @ bias`, which autocast would round to bfloat16.
        x = affine_map(x, matrix, (matrix * self.actnorm.bias.view(1, -1)).sum(dim=1))
        if self.coupling is None or condition is None:
            return x, log_determinant
        x, of_coupling = self.coupling(x, condition)
        return x, log_determinant + of_coupling

    def inverse(self, y: Tensor, condition: CouplingCondition | None) -> tuple[Tensor, Tensor]:
        log_determinant = -self._log_determinant(y)
        if self.coupling is not None and condition is not None:
            y, of_coupling = self.coupling.inverse(y, condition)
            log_determinant = log_determinant + of_coupling
        matrix = self.invconv.inverse_weight().to(y) * (-self.actnorm.logs).exp().view(-1, 1)
        return affine_map(y, matrix, -self.actnorm.bias.flatten()), log_determinant

    def _log_determinant(self, x: Tensor) -> Tensor:
        per_pixel = self.invconv.log_determinant().to(x) + self.actnorm.logs.sum()
        return (x.shape[2] * x.shape[3] * per_pixel).expand(len(x))


class Squeeze(nn.Module):
    """Each 2x2 square of pixels becomes four times as many channels; volume-preserving."""

    def forward(self, x: Tensor, condition: None) -> tuple[Tensor, Tensor]:
        return F.pixel_unshuffle(x, 2), x.new_zeros(len(x))

    def inverse(self, y: Tensor, condition: None) -> tuple[Tensor, Tensor]:
        return F.pixel_shuffle(y, 2), y.new_zeros(len(y))


class Flow(nn.Module):
    """Three levels of squeeze, uncoupled steps and coupled steps; no splits."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        self.level_of: list[int] = []  # flow level, from 0, of each layer
        for level in range(LEVELS):
            channels = 3 * 4 ** (level + 1)
            layers.append(Squeeze())
            layers += [FlowStep(channels, None) for _ in range(architecture.uncoupled_steps)]
            for _ in range(architecture.steps):
                features = architecture.condition_features
                layers.append(FlowStep(channels, Coupling(channels, features, architecture.hidden)))
            self.level_of += [level] * (len(layers) - len(self.level_of))
        self.layers = nn.ModuleList(layers)

    def prepare(self, levels: Sequence[Tensor]) -> list[CouplingCondition | None]:
        """Compute, once for both directions, what depends only on the condition.

        Args:
            levels: The encoder's features for flow levels 1, 2, 3.

        Returns:
            One entry per layer; None where there is no coupling.
        """
        return [
            layer.coupling.prepare(levels[level])
            if isinstance(layer, FlowStep) and layer.coupling is not None
            else None
            for layer, level in zip(self.layers, self.level_of, strict=True)
        ]

    def forward(
        self, picture: Tensor, conditions: Sequence[CouplingCondition | None]
    ) -> tuple[Tensor, Tensor]:
        """Return the latent ``(N, 192, H/8, W/8)`` of a picture ``(N, 3, H, W)``."""
        x, total = picture, picture.new_zeros(len(picture))
        for layer, condition in zip(self.layers, conditions, strict=True):
            x, log_determinant = layer(x, condition)
            total = total + log_determinant
        return x, total

    def inverse(
        self, latent: Tensor, conditions: Sequence[CouplingCondition | None]
    ) -> tuple[Tensor, Tensor]:
        """Return the picture ``(N, 3, H, W)`` of a latent ``(N, 192, H/8, W/8)``."""
        y, total = latent, latent.new_zeros(len(latent))
        for layer, condition in zip(reversed(self.layers), reversed(conditions), strict=True):
            y, log_determinant = cast("FlowStep | Squeeze", layer).inverse(y, condition)  # pyright: ignore
            total = total + log_determinant
        return y, total
