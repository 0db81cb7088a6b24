"""The couplings of the flow: feature injection and affine coupling, both told by the condition.

As in SRFlow (arXiv:2006.14200) and LLFlow (arXiv:2109.05923). `forward` goes from the picture to
the latent, `inverse` back; both return the value and its log-determinant ``(N,)``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.model.linear import ActNorm

SCALE_FLOOR: Final = 1e-4  # least scale of every coupling; value of the authors' release
SCALE_SHIFT: Final = 2.0  # the zero-initialised network starts at scale sigmoid(2) = 0.88
LAST_GAIN: Final = 3.0  # the last convolution's output is multiplied by exp(3 * logs)


class NormedConv(nn.Conv2d):
    """A convolution without bias, followed by an activation norm of its own."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # torch leaves out types
            inputs, outputs, size, padding=size // 2, bias=False
        )
        nn.init.normal_(self.weight, std=0.05)
        self.actnorm = ActNorm(outputs)

    def forward(self, input: Tensor) -> Tensor:  # nn.Conv2d's name
        if self.actnorm.waits_for_data:
            self.actnorm.set_from(super().forward(input))
        return self.part(input, slice(None))

    def part(self, x: Tensor, inputs: slice, *, shifted: bool = True) -> Tensor:
        """Return what some of the input channels contribute: the whole is the sum of its parts.

        The norm is folded into the convolution: ``(W x + b) * s = (s W) x + b s``.

        Args:
            x: Channels ``inputs`` of the full input, ``(N, C, H, W)``.
            inputs: Which channels these are.
            shifted: Whether this part adds the norm's bias.
        """
        gain = self.actnorm.logs.exp()
        weight = self.weight[:, inputs] * gain.transpose(0, 1)
        bias = (self.actnorm.bias * gain).flatten() if shifted else None
        return F.conv2d(x, weight, bias, padding=self.padding)


class LastConv(nn.Conv2d):
    """The last convolution of a coupling network: zero at first, times ``exp(3 * logs)``.

    Its even output channels are the shift, the odd ones the raw scale.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # torch leaves out types
            inputs, outputs, 3, padding=1
        )
        self.logs = nn.Parameter(torch.zeros(outputs, 1, 1))
        nn.init.zeros_(self.weight)
        assert self.bias is not None
        nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:  # nn.Conv2d's name
        """Return the shifts, then the raw scales, each half of the channels."""
        assert self.bias is not None
        gain = (LAST_GAIN * self.logs).exp()
        weight, bias = self.weight * gain[..., None], self.bias * gain.flatten()
        weight = torch.cat([weight[0::2], weight[1::2]])
        return F.conv2d(input, weight, torch.cat([bias[0::2], bias[1::2]]), padding=1)


class CouplingNetwork(nn.Module):
    """Three convolutions that give a shift and a scale per channel."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.first = NormedConv(inputs, hidden, 3)
        self.middle = NormedConv(hidden, hidden, 1)
        self.last = LastConv(hidden, 2 * outputs)

    def after_first(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return shift and scale, float32, from the first convolution's result."""
        x = self.last(F.relu(self.middle(F.relu(x))))
        shift, raw = x.to(torch.promote_types(x.dtype, torch.float32)).chunk(2, dim=1)
        return shift, torch.sigmoid(raw + SCALE_SHIFT) + SCALE_FLOOR


class CouplingCondition(NamedTuple):
    """What the condition alone decides about a coupling; both directions of the flow share it.

    Attributes:
        shift: Added to all channels, ``(N, C, H, W)``.
        scale: Multiplied with all channels, ``(N, C, H, W)``.
        response: The condition's part of the affine network's first layer, ``(N, hidden, H, W)``.
    """

    shift: Tensor
    scale: Tensor
    response: Tensor


class Coupling(nn.Module):
    """Feature injection, then affine coupling: the other half of the channels moves one half.

    Forward, with condition u: ``x <- (x + s(u)) * t(u)``; then with x = [kept, moved]:
    ``moved <- (moved + s(kept, u)) * t(kept, u)``.
    """

    def __init__(self, channels: int, condition_features: int, hidden: int) -> None:
        super().__init__()
        self.kept = channels // 2
        moved = channels - self.kept
        self.injection = CouplingNetwork(condition_features, hidden, channels)
        self.affine = CouplingNetwork(self.kept + condition_features, hidden, moved)

    def prepare(self, condition: Tensor) -> CouplingCondition:
        """Compute once what depends only on the condition ``(N, C, H, W)``."""
        shift, scale = self.injection.after_first(self.injection.first(condition))
        response = self.affine.first.part(condition, slice(self.kept, None), shifted=False)
        return CouplingCondition(shift, scale, response)

    def forward(self, x: Tensor, condition: CouplingCondition) -> tuple[Tensor, Tensor]:
        x = (x + condition.shift) * condition.scale
        kept, moved = x[:, : self.kept], x[:, self.kept :]
        shift, scale = self._affine(kept, condition)
        y = torch.cat([kept, (moved + shift) * scale], dim=1)
        return y, _log_sum(condition.scale) + _log_sum(scale)

    def inverse(self, y: Tensor, condition: CouplingCondition) -> tuple[Tensor, Tensor]:
        kept, moved = y[:, : self.kept], y[:, self.kept :]  # `kept` did not move: the same shift
        shift, scale = self._affine(kept, condition)
        x = torch.cat([kept, moved / scale - shift], dim=1)
        log_determinant = -_log_sum(condition.scale) - _log_sum(scale)
        return x / condition.scale - condition.shift, log_determinant

    def _affine(self, kept: Tensor, condition: CouplingCondition) -> tuple[Tensor, Tensor]:
        first = self.affine.first
        if first.actnorm.waits_for_data:
            raw = F.conv2d(kept, first.weight[:, : self.kept], padding=1)
            first.actnorm.set_from(raw + condition.response)
            # The response was computed with the fresh norm's gain of 1: bring it to the new one.
            condition = condition._replace(response=condition.response * first.actnorm.logs.exp())
        response = first.part(kept, slice(self.kept)) + condition.response
        return self.affine.after_first(response)


def _log_sum(scale: Tensor) -> Tensor:
    return scale.log().flatten(1).sum(1)
