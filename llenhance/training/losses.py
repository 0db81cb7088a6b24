"""What a step minimizes: the reference's unlikeliness, and how wrong the decoded picture looks."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from llenhance.model.brightness import brightness_of
from llenhance.model.conditioning import colour_map, condition
from llenhance.model.context import sampled
from llenhance.model.llflow import LLFlow, latent_mean
from llenhance.scoring.lpips import LPIPS
from llenhance.training.data import Batch
from llenhance.training.recipe import Recipe

_STABLE: Final = (0.01**2, 0.03**2)  # SSIM's constants, Wang et al., IEEE TIP 2004
_FLAT: Final = 0.015  # a place of the reference is flat if its fine detail deviates less
_ROUNDING: Final = 1 / 12 / 255**2  # variance of rounding to 8 bits
_DRAW: Final = 1  # keeps these random numbers of a step apart from those of the data


class Losses(NamedTuple):
    """Parts of a batch's loss, as scalars; ``total`` is minimized."""

    total: Tensor
    bits: Tensor
    l1: Tensor
    chroma: Tensor
    structure: Tensor
    flat: Tensor
    lpips: Tensor


def losses(
    model: LLFlow,
    batch: Batch,
    recipe: Recipe,
    *,
    step: int,
    progress: float = 0.0,
    part: int = 0,
    lpips: LPIPS | None = None,
) -> Losses:
    """Return the loss of a batch.

    This is the negative log-likelihood, ``bits / 3`` (bits per channel value), plus, from step
    ``recipe.decoded_from`` on, the distance between the reference and the picture that is decoded
    at the latent mean with the true b.

    Args:
        model: The model in training.
        batch: A batch, or a part of one.
        recipe: Weights of the terms.
        step: Decides, with ``part``, which latent means are the reference's own color map.
        progress: Share of the run that is done, 0..1, which decides the weight of LPIPS.
        part: Number of this part of the step's batch.
        lpips: Judges the decoded picture too, if given.
    """
    target = brightness_of(batch.grey) if model.brightness else torch.zeros_like(batch.grey)
    context = model.context_map(batch.thumbnail, target)
    if context is not None:
        context = sampled(context, batch.places)
    prepared = model.prepare(condition(batch.dark, batch.equalised), context)
    nothing = target.new_zeros(())
    bits = total = nothing
    if step < recipe.decoded_from or (step + 1) % recipe.likelihood_every == 0:
        draw = np.random.default_rng((recipe.seed, step, part, _DRAW)).random(len(target))
        from_reference = torch.as_tensor(draw < recipe.reference_mean_share).to(target.device)
        from_reference = from_reference[:, None, None, None]
        mean_colour = torch.where(from_reference, colour_map(batch.normal), prepared.colour_map)
        mean = latent_mean(mean_colour, target)
        bits = model.negative_log_likelihood(batch.normal, mean, prepared).mean()
        times = 1 if step < recipe.decoded_from else recipe.likelihood_every
        total = recipe.likelihood * times * bits / 3
    if step < recipe.decoded_from:
        return Losses(total, bits, nothing, nothing, nothing, nothing, nothing)
    decoded = model.decode(latent_mean(prepared.colour_map, target), prepared)
    l1 = (decoded - batch.normal).abs().mean()
    chroma = (_colour_differences(decoded) - _colour_differences(batch.normal)).abs().mean()
    similarity, texture = _structure(decoded, batch.normal)
    structure = 1 - similarity
    looks = nothing if lpips is None else lpips(decoded.clamp(0, 1), batch.normal).mean()
    total = total + recipe.l1 * l1 + recipe.chroma * chroma
    total = total + recipe.structure * structure + recipe.flat * texture
    total = total + recipe.lpips_at(progress) * looks
    return Losses(total, bits, l1, chroma, structure, texture, looks)


def _colour_differences(picture: Tensor) -> Tensor:
    return picture[:, 0::2] - picture[:, 1:2]


def _structure(decoded: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Compare ``(N, 3, H, W)`` pictures in 0..1 under a Gaussian window of 11x11, sigma 1.5.

    Returns:
        The mean SSIM; and how much the deviation within the window exceeds the reference's where
        the reference is flat (woven texture, blocks, noise), averaged over all places.
    """
    a, b = decoded, reference
    maps = torch.cat([a, b, a * a, b * b, a * b]).float()
    with torch.autocast(a.device.type, enabled=False):
        maps = _smoothing(a.shape[2], a.device) @ maps @ _smoothing(a.shape[3], a.device).T
    mean_a, mean_b, square_a, square_b, product = maps.chunk(5)
    c1, c2 = _STABLE
    variance_a, variance_b = square_a - mean_a**2, square_b - mean_b**2
    structure = 2 * (product - mean_a * mean_b) + c2
    spread = variance_a + variance_b + c2
    ssim = ((2 * mean_a * mean_b + c1) * structure / ((mean_a**2 + mean_b**2 + c1) * spread)).mean()
    # A square root has no slope at 0, so the variance of rounding to 8 bits is added.
    deviation_a, deviation_b = (
        (v.clamp_min(0) + _ROUNDING).sqrt() for v in (variance_a, variance_b)
    )
    texture = (deviation_a - deviation_b).clamp_min(0) * (deviation_b < _FLAT)
    return ssim, texture.mean()


def _smoothing(length: int, device: torch.device) -> Tensor:
    """Return the Gaussian window as a banded matrix ``(length - 10, length)``.

    Matrix products, because single-channel convolutions took a third of a training step on CPUs.
    """
    offsets = (
        torch.arange(length, device=device) - torch.arange(length - 10, device=device)[:, None]
    )
    band = torch.exp(-0.5 * ((offsets - 5) / 1.5) ** 2) * ((offsets >= 0) & (offsets <= 10))
    return band / band.sum(dim=1, keepdim=True)
