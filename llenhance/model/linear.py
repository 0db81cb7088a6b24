"""The linear maps of the flow, one per pixel: activation norm and invertible 1x1 convolution.

Both come from Glow (arXiv:1807.03039). They stay in float32 or better, whatever the precision of
the coupling networks.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.errors import SingularMatrixError

linalg: Final[Any] = torch.linalg  # torch gives its functions no types


class ActNorm(nn.Module):
    """Activation norm: ``y = (x + bias) * exp(logs)`` per channel.

    The convolution next to it applies it, folded into its own weight and bias. Data sets the norm
    only inside `initialising`, so loaded weights stay as they are.
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
    """Let the first batch that passes through the module set each of its `ActNorm` layers."""
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
            SingularMatrixError: The matrix has no inverse.
        """
        try:
            return linalg.inv(self._double())
        except linalg.LinAlgError as reason:
            raise self._singular() from reason

    def check(self) -> None:
        """Raise `SingularMatrixError` if the matrix is singular in float32's precision."""
        matrix = self._double().detach()
        if not matrix.isfinite().all():  # for which svdvals has no defined answer
            raise self._singular()
        values: Tensor = linalg.svdvals(matrix)
        if not values[-1] > values[0] * torch.finfo(torch.float32).eps:
            raise self._singular()

    def _singular(self) -> SingularMatrixError:
        size = len(self.weight)
        return SingularMatrixError("flow-matrix-singular", "the model's weights", size=size)

    def log_determinant(self) -> Tensor:
        """Return ``ln|det W|``: what one pixel adds to the log-determinant."""
        return linalg.slogdet(self._double()).logabsdet

    def _double(self) -> Tensor:
        # MPS has no float64; the matrices are small enough to visit the CPU.
        return (self.weight.cpu() if self.weight.device.type == "mps" else self.weight).double()


def affine_map(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """Return ``matrix x + bias`` of each pixel, never in autocast's lower precision."""
    with torch.autocast(x.device.type, enabled=False):
        return F.conv2d(x, matrix[:, :, None, None], bias)
