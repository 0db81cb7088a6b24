"""The conditional flow: invertible steps between a picture and its latent, with log-determinants.

`forward` goes from the picture to the latent (training), `inverse` from the latent to the picture
(enhancing). Both return the value and the log-determinant of what they did, ``(N,)`` in nats,
summed over all elements of the picture. Glow (arXiv:1807.03039) steps, conditioned as in SRFlow
(arXiv:2006.14200) and LLFlow (arXiv:2109.05923).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.errors import SingularMatrixError
from llenhance.model.architecture import LEVELS, Architecture

linalg: Final[Any] = torch.linalg  # torch gives its functions no types

SCALE_FLOOR: Final = 1e-4  # of every coupling scale; value of the authors' release
SCALE_SHIFT: Final = 2.0  # the zero-initialised network starts at scale sigmoid(2) = 0.88
LAST_GAIN: Final = 3.0  # the last convolution's output is multiplied by exp(3 * logs)


class ActNorm(nn.Module):
    """Activation norm: ``y = (x + bias) * exp(logs)`` per channel.

    The convolution beside it applies it, folded into its own weight and bias. It is set from data
    only inside `initialising`, never by itself: loaded weights stay.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.logs = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.waits_for_data = False

    @torch.no_grad()
    def set_from(self, x: Tensor) -> None:
        """Choose bias and scale so that ``x`` comes out with mean 0 and deviation 1 per channel."""
        x = x.detach().float()
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        deviation = x.var(dim=(0, 2, 3), keepdim=True, correction=0).sqrt()
        self.bias.copy_(-mean)
        self.logs.copy_(-(deviation + 1e-6).log())
        self.waits_for_data = False


@contextmanager
def initialising(module: nn.Module) -> Generator[None]:
    """Let every `ActNorm` of the module be set by the first batch that passes it."""
    norms = [part for part in module.modules() if isinstance(part, ActNorm)]
    for norm in norms:
        norm.waits_for_data = True
    try:
        yield
    finally:
        for norm in norms:
            norm.waits_for_data = False


class InvertibleConv(nn.Module):
    """The square matrix W of a 1x1 convolution ``y = W x``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        weight = torch.empty(channels, channels)
        nn.init.orthogonal_(weight)
        self.weight = nn.Parameter(weight)

    def inverse_weight(self) -> Tensor:
        """Return the inverse matrix, computed in float64.

        Raises:
            SingularMatrixError: the matrix has no inverse.
        """
        try:
            return linalg.inv(self._double())
        except linalg.LinAlgError as reason:
            raise self._singular() from reason

    def check(self) -> None:
        """Raise `SingularMatrixError` where the matrix is singular to float32's precision."""
        matrix = self._double().detach()
        if not matrix.isfinite().all():  # for which svdvals has no defined answer
            raise self._singular()
        values: Tensor = linalg.svdvals(matrix)
        if not values[-1] > values[0] * torch.finfo(torch.float32).eps:
            raise self._singular()

    def _singular(self) -> SingularMatrixError:
        size = len(self.weight)
        return SingularMatrixError(
            "the model's weights",
            f"a {size}x{size} matrix of the flow is singular and has no inverse",
            "Use other weights, or train again at a lower rate",
        )

    def log_determinant(self) -> Tensor:
        """Return ``ln|det W|``: what one pixel adds to the log-determinant."""
        return linalg.slogdet(self._double()).logabsdet

    def _double(self) -> Tensor:
        # MPS has no float64; the matrices are small enough to visit the CPU.
        return (self.weight.cpu() if self.weight.device.type == "mps" else self.weight).double()


class NormedConv(nn.Conv2d):
    """A convolution without bias and an activation norm after it, which is none of the flow's."""

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
            x: ``(N, C, H, W)``, the channels ``inputs`` of the full input.
            inputs: which channels these are.
            shifted: whether this part brings the norm's bias.
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
        """Return shifts, then raw scales, each half of the channels."""
        assert self.bias is not None
        gain = (LAST_GAIN * self.logs).exp()
        weight, bias = self.weight * gain[..., None], self.bias * gain.flatten()
        weight = torch.cat([weight[0::2], weight[1::2]])
        return F.conv2d(input, weight, torch.cat([bias[0::2], bias[1::2]]), padding=1)


class CouplingNetwork(nn.Module):
    """Three convolutions to a shift and a scale per channel."""

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
    """What the condition alone decides of a coupling; both directions of the flow share it.

    Attributes:
        shift: ``(N, C, H, W)``, added to all channels.
        scale: ``(N, C, H, W)``, multiplied with all channels.
        response: ``(N, hidden, H, W)``, the condition's part of the affine network's first layer.
    """

    shift: Tensor
    scale: Tensor
    response: Tensor


class Coupling(nn.Module):
    """Feature injection, then affine coupling: half of the channels move by what the rest says.

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
        """Do once what depends on the condition ``(N, C, H, W)`` alone."""
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


class FlowStep(nn.Module):
    """Activation norm, 1x1 convolution and, except in the first steps of a level, coupling.

    Norm and convolution are one affine map per pixel, in float32 or better whatever the precision
    of the coupling networks: ``y = W diag(e^logs) (x + bias)``.
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
        x = _affine_map(x, matrix, (matrix * self.actnorm.bias.view(1, -1)).sum(dim=1))
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
        return _affine_map(y, matrix, -self.actnorm.bias.flatten()), log_determinant

    def _log_determinant(self, x: Tensor) -> Tensor:
        per_pixel = self.invconv.log_determinant().to(x) + self.actnorm.logs.sum()
        return (x.shape[2] * x.shape[3] * per_pixel).expand(len(x))


def _affine_map(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        return F.conv2d(x, matrix[:, :, None, None], bias)


class Squeeze(nn.Module):
    """Each 2x2 square of pixels becomes four channels; volume-preserving."""

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
        """Do, once for both directions, what depends on the condition alone.

        Args:
            levels: the encoder's features for flow level 1, 2, 3.

        Returns:
            One entry a layer; None where there is no coupling.
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
