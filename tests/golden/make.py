"""Make `golden.npz`: what three tiny networks answer, so that results change on purpose only.

Run as ``python -m golden.make`` in `tests`. The code that made the stored answers agreed with the
published network: see `published.py` for its numbers, and `test_published.py`.

No parameters are stored: `support.networks.disturb` draws them anew, the same each time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from support.architectures import OURS, PAPER, SEEING
from support.networks import disturb
from torch import Tensor

from llenhance.model.conditioning import (
    condition,
    equalisation_tables,
    equalise,
    thumbnail,
    to_unit,
)
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.llflow import LLFlow, latent_mean

GOLDEN: Final = Path(__file__).with_name("golden.npz")

ARCHITECTURES: Final = {"paper": PAPER, "ours": OURS, "seeing": SEEING}

BRIGHTNESS: Final = (-0.4, 0.0, 0.4)

PLACES: Final = places_in(Extent(8, 16, 40), Extent(16, 16, 33)).expand(2, -1, -1, -1)
"""Where the pictures are said to lie in larger ones: not all of a map is seen."""


def pictures(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return two dark 16x16 pictures and their references, ``(2, 16, 16, 3)`` each."""
    rng = np.random.RandomState(seed)
    normal = rng.randint(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    normal[:, 4:12, 4:12] = rng.randint(0, 256, (2, 1, 1, 3))  # a flat part
    return normal // 6, normal


def answers(name: str) -> dict[str, NDArray[np.float32]]:
    """Return what the network of `ARCHITECTURES` answers, by the name of the answer."""
    model = LLFlow(ARCHITECTURES[name]).eval()
    disturb(model, seed=7)
    dark, normal = pictures(seed=11)
    tables = [equalisation_tables(picture) for picture in dark]
    channels = torch.cat(
        [condition(to_unit(p), to_unit(equalise(p, t))) for p, t in zip(dark, tables, strict=True)]
    )
    small = torch.cat([thumbnail(p) for p in dark])
    references = torch.cat([to_unit(p) for p in normal])
    with torch.no_grad():
        predicted = model.predict_brightness(small)

        def context(brightness: Tensor) -> Tensor | None:
            context_map = model.context_map(small, brightness)
            return None if context_map is None else sampled(context_map, PLACES)

        encoding = model.encoder(channels, context(predicted))
        prepared = model.prepare(channels, context(predicted))
        latent, log_determinant = model.flow(references, prepared.conditions)
        mean = latent_mean(prepared.colour_map, predicted)
        found: dict[str, Tensor] = {
            "condition": channels,
            "colour_map": encoding.colour_map,
            "predicted_brightness": predicted,
            "latent": latent,
            "log_determinant": log_determinant,
            "bits": model.negative_log_likelihood(references, mean, prepared),
        }
        found |= {f"level_{n}": level for n, level in enumerate(encoding.levels, start=1)}
        for constant in BRIGHTNESS:
            told = predicted + constant
            found[f"picture_{constant:+g}"] = model(channels, told, context(told))
        context_map = model.context_map(small, predicted)
        if context_map is not None:
            found["context_map"] = context_map
    return {key: value.numpy() for key, value in found.items()}


def make() -> None:
    """Write `GOLDEN`."""
    arrays = {
        f"{name}/{key}": value for name in ARCHITECTURES for key, value in answers(name).items()
    }
    np.savez_compressed(GOLDEN, allow_pickle=False, **arrays)


if __name__ == "__main__":
    make()
