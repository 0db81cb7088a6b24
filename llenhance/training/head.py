"""Training of the brightness head, before and apart from the rest of the network.

It looks at thumbnails of whole pictures, the rest at crops; it learns in minutes, not in hours;
and no gradient passes between them.
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
_BURNT: Final = 2.0  # what too much grey costs in addition, per light that is there already
_TELL_EVERY: Final = 100  # steps


def train_head(
    head: BrightnessHead,
    data: TrainingData,
    recipe: Recipe,
    *,
    device: torch.device,
    watch: Callable[[int, float], None],
) -> None:
    """Train a fresh head for ``recipe.head_steps``; it holds the average of its weights then.

    It minimises the error of the mean grey, plus the mean error of the parts' greys, in which too
    much grey counts the more, the brighter the part is already: what is lit would be clipped.

    Args:
        head: on the device; changed in place.
        data: thumbnails and greys as a function of the step.
        recipe: its steps, batch and rate.
        device: of the head.
        watch: called now and then with the steps done and the error of mean grey.
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
