"""LPIPS: how different two pictures look to people, judged by the features of a trained network.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018;
version 0.1 with AlexNet. llenhance comes without the weights: `load_lpips` reads them from a
safetensors file with ``convN.weight``, ``convN.bias`` and ``linN.weight``, N from 0 to 4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import safetensors
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.errors import WeightsError
from llenhance.model.conditioning import to_unit
from llenhance.system import system_errors

SMALLEST: Final = 32
"""Width and height in pixels that a picture must have."""

# Inputs, outputs, size, stride, padding of AlexNet's convolutions.
_LAYERS: Final = (
    (3, 64, 11, 4, 2),
    (64, 192, 5, 1, 2),
    (192, 384, 3, 1, 1),
    (384, 256, 3, 1, 1),
    (256, 256, 3, 1, 1),
)
_POOLED_BEFORE: Final = (1, 2)
_SHIFT: Final = (-0.030, -0.088, -0.188)  # for inputs of -1..1, from the authors of LPIPS
_SCALE: Final = (0.458, 0.448, 0.450)
_EPSILON: Final = 1e-10


class LPIPS(nn.Module):
    """The distance ``sum_l mean_hw w_l (f_l(a) / |f_l(a)| - f_l(b) / |f_l(b)|)^2``."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        for number, (inputs, outputs, size, stride, padding) in enumerate(_LAYERS):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, size, stride, padding))
            self.add_module(f"lin{number}", nn.Conv2d(outputs, 1, 1, bias=False))
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1), persistent=False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distance between pictures.

        Args:
            a: ``(N, 3, H, W)``, 0..1, at least 32 x 32 pixels.
            b: pictures of the same shape.

        Returns:
            ``(N,)``, 0 for equal pictures.
        """
        distance = a.new_zeros(len(a))
        pairs = zip(self._features(a), self._features(b), strict=True)
        for number, (of_a, of_b) in enumerate(pairs):
            judged: Tensor = self.get_submodule(f"lin{number}")((of_a - of_b) ** 2)
            distance = distance + judged.mean(dim=(1, 2, 3))
        return distance

    @torch.inference_mode()
    def between(self, a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
        """Return the distance between ``(H, W, 3)`` 8-bit pixels, at least 32 x 32."""
        return float(self(to_unit(a), to_unit(b)))

    def _features(self, picture: Tensor) -> list[Tensor]:
        x = (2 * picture - 1 - self.shift) / self.scale
        features: list[Tensor] = []
        for number in range(len(_LAYERS)):
            if number in _POOLED_BEFORE:
                x = F.max_pool2d(x, 3, 2)
            x = F.relu(self.get_submodule(f"conv{number}")(x))
            # Inside the root: its slope at 0 is infinite, and black has no features at all.
            features.append(x / (x.float().square().sum(dim=1, keepdim=True) + _EPSILON).sqrt())
        return features


def load_lpips(path: Path) -> LPIPS:
    """Return the network of a weights file, frozen.

    Raises:
        WeightsError: the file cannot be read, or holds something else.
    """
    network = LPIPS()
    with system_errors(path, WeightsError), path.open("rb"):  # which says more than safetensors
        try:
            network.load_state_dict(load_file(path))
        except (safetensors.SafetensorError, RuntimeError) as reason:
            raise WeightsError("lpips-weights-wrong", str(path)) from reason
    return network.eval().requires_grad_(requires_grad=False)
