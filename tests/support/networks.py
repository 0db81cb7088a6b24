"""Networks with random parameters, in which no zero hides a mistake."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor, nn

from llenhance.model.architecture import Architecture
from llenhance.model.brightness import MIDDLE
from llenhance.model.conditioning import log_picture
from llenhance.model.llflow import LLFlow


@torch.no_grad()
def disturb(module: nn.Module, *, seed: int) -> None:
    """Give every parameter a random value that keeps the network tame, whatever their order.

    The numbers come from numpy's `RandomState`, whose streams are frozen for good: the stored
    answers in `golden/` rely on them.
    """
    for name, parameter in module.named_parameters():
        rng = np.random.RandomState([seed, zlib.crc32(name.encode())])
        noise = 2 * rng.random_sample(tuple(parameter.shape)) - 1  # -1..1: deviation 0.58
        if "invconv" in name:  # nearly a permutation: invertible, without libraries' rounding
            size = len(noise)
            signs = np.where(rng.random_sample(size) < 0.5, -1.0, 1.0)
            value = np.diag(signs)[rng.permutation(size)] + noise * 0.35 / np.sqrt(size)
        elif name.endswith("logs"):
            value = 0.1 * noise
        elif noise.ndim > 1 and "actnorm" not in name:  # keeps the deviation of what passes
            value = noise * np.sqrt(3 / noise[0].size)
        else:
            value = 0.2 * noise
        if name.startswith("brightness.last"):  # a mean gray, which is about a half
            value = 0.2 * value + MIDDLE * name.endswith("bias")
        parameter.copy_(torch.from_numpy(value))


@torch.no_grad()
def calm(module: nn.Module, *, seed: int = 0) -> None:
    """Give every parameter a value that is not that of a fresh network, and none that explodes.

    Calmer than `disturb`: rounding stays small, so results can be compared within 1e-4.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if name.endswith("invconv.weight"):
            parameter.copy_(torch.eye(len(parameter)) + 0.2 * noise / len(parameter) ** 0.5)
        elif parameter.dim() == 4 and parameter.shape[1] > 1:
            gain = 0.1 if name.endswith("last.weight") else 1.0  # scales near 1
            parameter.copy_(gain * noise / parameter[0].numel() ** 0.5)
        else:
            parameter.copy_(0.1 * noise)


def disturbed(architecture: Architecture, *, seed: int = 3) -> LLFlow:
    """Return a network for evaluation whose parameters `disturb` has set."""
    model = LLFlow(architecture).eval().requires_grad_(requires_grad=False)
    disturb(model, seed=seed)
    return model


def calmed(architecture: Architecture) -> LLFlow:
    """Return a network for evaluation whose parameters `calm` has set."""
    model = LLFlow(architecture).eval().requires_grad_(requires_grad=False)
    calm(model)
    return model


def values(*shape: int, seed: int = 1) -> Tensor:
    """Return numbers from 0 to 1."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def thumbnails(count: int = 1) -> Tensor:
    """Return what dark noise looks like to the network for brightness and to the context map."""
    return log_picture(0.3 * values(count, 3, 32, 48, seed=5))
