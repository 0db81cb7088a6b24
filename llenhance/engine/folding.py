"""What of a trained flow is constant, folded in float64 into weights and biases of convolutions.

Every function returns what one convolution of the engine holds. The steps of the inverse are those
of `model/flow.py`: coupling, then ``x = diag(e^-logs) W^-1 y - bias``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from llenhance.model.flow import LAST_GAIN, SCALE_SHIFT, FlowStep, LastConv, NormedConv


class Folded(NamedTuple):
    """A convolution: weight ``(out, in, k, k)`` and bias ``(out,)``, both float64."""

    weight: Tensor
    bias: Tensor


def plain(convolution: nn.Conv2d, gain: float = 1.0) -> Folded:
    """Return a convolution as it is, its result multiplied by a gain."""
    assert convolution.bias is not None
    return Folded(convolution.weight.double() * gain, convolution.bias.double() * gain)


def normed(convolution: NormedConv) -> Folded:
    """Return a convolution with its norm: ``(W x + b) e^logs = (e^logs W) x + b e^logs``."""
    gain = convolution.actnorm.logs.double().exp()
    weight = convolution.weight.double() * gain.transpose(0, 1)
    return Folded(weight, (convolution.actnorm.bias.double() * gain).flatten())


def shift_and_scale(convolution: LastConv) -> tuple[Folded, Folded]:
    """Return the two halves of a coupling network's last convolution, apart.

    Returns:
        What gives the negative shift, so that the inverse adds it; what gives the logit of the
        scale, with `model.flow.SCALE_SHIFT` in its bias.
    """
    assert convolution.bias is not None
    gain = (LAST_GAIN * convolution.logs.double()).exp()
    weight = convolution.weight.double() * gain[..., None]
    bias = convolution.bias.double() * gain.flatten()
    return Folded(-weight[0::2], -bias[0::2]), Folded(weight[1::2], bias[1::2] + SCALE_SHIFT)


def stacked(first: Folded, second: Folded) -> Folded:
    """Return the convolution whose channels are those of one, then those of another."""
    return Folded(*(torch.cat(parts) for parts in zip(first, second, strict=True)))


def unshuffled(folded: Folded) -> Folded:
    """Return what a convolution does to `pixel_unshuffle(x, 2)`, as one of stride 2 on x itself.

    Channel 4c + 2i + j of the former is pixel (2y + i, 2x + j) of channel c.
    """
    count, channels, height, width = folded.weight.shape
    cells = folded.weight.view(count, channels // 4, 2, 2, height, width)
    weight = cells.permute(0, 1, 4, 2, 5, 3).reshape(count, channels // 4, 2 * height, 2 * width)
    return Folded(weight, folded.bias)


def inverse_map(step: FlowStep) -> Folded:
    """Return the inverse of a step's activation norm and invertible convolution, a 1x1 convolution.

    Raises:
        SingularMatrixError: the matrix has no inverse.
    """
    gain = (-step.actnorm.logs.double()).exp().view(-1, 1)
    matrix = step.invconv.inverse_weight() * gain
    return Folded(matrix[:, :, None, None], -step.actnorm.bias.double().flatten())


def composed(maps: Sequence[Folded]) -> Folded:
    """Return the one 1x1 convolution that does what several do in turn."""
    matrix, bias = maps[0].weight[:, :, 0, 0], maps[0].bias
    for following in maps[1:]:
        then = following.weight[:, :, 0, 0]
        matrix, bias = then @ matrix, then @ bias + following.bias
    return Folded(matrix[:, :, None, None], bias)


def in_type(folded: Folded, dtype: torch.dtype) -> Folded:
    """Round a folded convolution to the type it is executed in, its weight channels-last."""
    weight = folded.weight.detach().to(dtype, memory_format=torch.channels_last)
    return Folded(weight, folded.bias.detach().to(dtype))
