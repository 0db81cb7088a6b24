"""Fold what is constant in a trained flow into weights and biases of convolutions, in float64.

Every function returns the contents of one convolution of the engine. The steps of the inverse are
those of `model/flow.py`: coupling, then ``x = diag(e^-logs) W^-1 y - bias``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from llenhance.model.coupling import LAST_GAIN, SCALE_SHIFT, LastConv, NormedConv
from llenhance.model.flow import FlowStep


class Folded(NamedTuple):
    """A convolution: weight ``(out, in, k, k)`` and bias ``(out,)``, both float64."""

    weight: Tensor
    bias: Tensor


def plain(convolution: nn.Conv2d, gain: float = 1.0) -> Folded:
    """Return a convolution with its result multiplied by a gain."""
    assert convolution.bias is not None
    return Folded(convolution.weight.double() * gain, convolution.bias.double() * gain)


def normed(convolution: NormedConv) -> Folded:
    """Return a convolution including its norm: ``(W x + b) e^logs = (e^logs W) x + b e^logs``."""
    gain = convolution.actnorm.logs.double().exp()
    weight = convolution.weight.double() * gain.transpose(0, 1)
    return Folded(weight, (convolution.actnorm.bias.double() * gain).flatten())


def shift_and_scale(convolution: LastConv) -> tuple[Folded, Folded]:
    """Return the two halves of a coupling network's last convolution separately.

    Returns:
        One convolution for the negative shift, so that the inverse adds it, and one for the logit
        of the scale, with `model.coupling.SCALE_SHIFT` in its bias.
    """
    assert convolution.bias is not None
    gain = (LAST_GAIN * convolution.logs.double()).exp()
    weight = convolution.weight.double() * gain[..., None]
    bias = convolution.bias.double() * gain.flatten()
    return Folded(-weight[0::2], -bias[0::2]), Folded(weight[1::2], bias[1::2] + SCALE_SHIFT)


def stacked(first: Folded, second: Folded) -> Folded:
    """Return one convolution that gives the channels of the first, then those of the second."""
    return Folded(*(torch.cat(parts) for parts in zip(first, second, strict=True)))


def unshuffled(folded: Folded) -> Folded:
    """Turn a convolution of `pixel_unshuffle(x, 2)` into one of x itself, with stride 2.

    Channel 4c + 2i + j of the unshuffled picture is pixel (2y + i, 2x + j) of channel c.
    """
    count, channels, height, width = folded.weight.shape
    cells = folded.weight.view(count, channels // 4, 2, 2, height, width)
    weight = cells.permute(0, 1, 4, 2, 5, 3).reshape(count, channels // 4, 2 * height, 2 * width)
    return Folded(weight, folded.bias)


def inverse_map(step: FlowStep) -> Folded:
    """Return the inverse of a step's activation norm and 1x1 convolution, as a 1x1 convolution.

    Raises:
        SingularMatrixError: The matrix has no inverse.
    """
    gain = (-step.actnorm.logs.double()).exp().view(-1, 1)
    matrix = step.invconv.inverse_weight() * gain
    return Folded(matrix[:, :, None, None], -step.actnorm.bias.double().flatten())


def composed(maps: Sequence[Folded]) -> Folded:
    """Return one 1x1 convolution that does what several of them do one after the other."""
    matrix, bias = maps[0].weight[:, :, 0, 0], maps[0].bias
    for following in maps[1:]:
        then = following.weight[:, :, 0, 0]
        matrix, bias = then @ matrix, then @ bias + following.bias
    return Folded(matrix[:, :, None, None], bias)


def in_type(folded: Folded, dtype: torch.dtype) -> Folded:
    """Round a folded convolution to the type it runs in, with its weight channels-last."""
    weight = folded.weight.detach().to(dtype, memory_format=torch.channels_last)
    return Folded(weight, folded.bias.detach().to(dtype))
