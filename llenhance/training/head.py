"""Training of the brightness head, before the rest of the network and separate from it.

The head looks at thumbnails of whole pictures, the rest at crops. The head learns in minutes, the
rest in hours, and no gradient passes between them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Final

import torch
from torch.nn import functional as F

from llenhance.model.brightness import PARTS, BrightnessHead
from llenhance.model.conditioning import THUMBNAIL_HEIGHT
from llenhance.training.data import TrainingData
from llenhance.training.recipe import Recipe

_WARM_UP: Final = 100  # steps
_AVERAGED: Final = 0.998  # decay of the moving average of the weights
_DECAY: Final = 1e-2  # of AdamW's weights
_BURNT: Final = 2.0  # additional weight of too much gray, times the light that is already there
_TELL_EVERY: Final = 100  # steps


def train_head(
    head: BrightnessHead,
    data: TrainingData,
    recipe: Recipe,
    *,
    device: torch.device,
    watch: Callable[[int, float], None],
) -> None:
    """Train a fresh head for ``recipe.head_steps``; then give it the average of its weights.

    This minimizes the error of the mean gray plus the mean error of the parts' grays. Too much gray
    counts more in parts that are already bright, because they would be clipped.

    Args:
        head: A head on the device, which is changed in place.
        data: Thumbnails and grays as a function of the step.
        recipe: Decides steps, batch and learning rate.
        device: Device of the head.
        watch: Called from time to time with the steps done and the error of the mean gray.
    """
    head.train()
    average = copy.deepcopy(head)
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.head_rate, weight_decay=_DECAY)
    for step, (thumbnails, greys) in enumerate(data.head_batches(recipe.head_steps)):
        cosine = 0.5 * (1 + math.cos(math.pi * step / recipe.head_steps))
        for group in optimiser.param_groups:
            group["lr"] = recipe.head_rate * min(1.0, (step + 1) / _WARM_UP) * cosine
        torch.manual_seed(hash((recipe.seed, step)))  # pyright: ignore[reportUnknownMemberType]
        thumbnails = thumbnails.to(device)
        with torch.autocast(device.type, torch.bfloat16):
            predicted = head.greys(thumbnails)
        difference = predicted.float() - greys.to(device)
        light = F.avg_pool2d(thumbnails.exp().mean(dim=1) ** 2, THUMBNAIL_HEIGHT // PARTS[0])
        of_mean = difference.mean(dim=(1, 2)).abs().mean()
        burnt = _BURNT * (difference.clamp_min(0) * light).mean()
        loss = of_mean + difference.abs().mean() + burnt
        optimiser.zero_grad()
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        optimiser.step()  # pyright: ignore[reportUnknownMemberType]
        decay = min(_AVERAGED, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, value in zip(average.parameters(), head.parameters(), strict=True):
                mean.lerp_(value, 1 - decay)
        if (step + 1) % _TELL_EVERY == 0:
            watch(step + 1, of_mean.item())
    head.load_state_dict(average.state_dict())
    assert head.last.bias is not None
    head.last.bias.data += recipe.head_offset
