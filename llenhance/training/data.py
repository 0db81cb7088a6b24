"""Batches of training crops, as a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.model.conditioning import equalise, thumbnail, to_unit
from llenhance.model.context import Extent, places_in
from llenhance.scoring.metrics import LUMA
from llenhance.training.glimpses import head_example
from llenhance.training.recipe import Recipe
from llenhance.training.sources import DarkenedSource, PairSource, start_of

Pixels = NDArray[np.uint8]

_HEAD: Final = 1 << 32  # keeps the head's random numbers apart from those of any crop of a batch


class Batch(NamedTuple):
    """N training crops.

    Attributes:
        dark: Crops of dark pictures, ``(N, 3, H, W)``, 0..1.
        equalised: The same crops, equalized by the tables of their whole pictures.
        normal: The same crops of the references, ``(N, 3, H, W)``, 0..1.
        grey: Mean gray of each whole reference as shown, ``(N,)``, 0..1.
        thumbnail: Whole dark pictures, ``(N, 3, 32, 48)`` from `conditioning.thumbnail`.
        places: Where each 2x2 square of a crop lies in its whole picture, ``(N, H/2, W/2, 2)`` as
            `context.places_in` returns it.
    """

    dark: Tensor
    equalised: Tensor
    normal: Tensor
    grey: Tensor
    thumbnail: Tensor
    places: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move to a device, with pictures in channels-last order."""
        moved = (part.to(device) for part in self)
        return Batch(
            *(
                part.contiguous(memory_format=torch.channels_last)
                if part.shape[1:2] == (3,)
                else part
                for part in moved
            )
        )


class TrainingData:
    """All sources with their shares; `batch` is a pure function of the recipe's seed and the step.

    Args:
        sources: Where pictures come from.
        shares: Share of each source in a batch; they need not sum to 1.
        recipe: Decides the size of batches and crops, and the seed.

    Raises:
        ValueError: The shares do not match the sources.
    """

    def __init__(
        self,
        sources: Sequence[PairSource | DarkenedSource],
        *,
        shares: Sequence[float],
        recipe: Recipe,
    ) -> None:
        if not sources or len(shares) != len(sources) or min(shares) < 0 or sum(shares) <= 0:
            raise ValueError(f"{len(sources)} sources with shares {tuple(shares)}")
        self._sources = sources
        self._shares = np.asarray(shares, np.float64) / sum(shares)
        self._recipe = recipe

    def batch(self, step: int, *, part: int = 0, parts: int = 1) -> Batch:
        """Return the batch of a step, or one part of it if several processes share it."""
        items = [
            self._item(np.random.default_rng((self._recipe.seed, step, number)))
            for number in range(part, self._recipe.batch, parts)
        ]
        return Batch(*(torch.cat(column) for column in zip(*items, strict=True)))

    def batches(self, first: int, *, part: int = 0, parts: int = 1) -> Iterator[Batch]:
        """Yield the batches from a step on, preparing each one while the previous one is used."""
        with ThreadPoolExecutor(1) as ahead:
            step, future = first, ahead.submit(self.batch, first, part=part, parts=parts)
            while True:
                step += 1
                following = ahead.submit(self.batch, step, part=part, parts=parts)
                yield future.result()
                future = following

    def head_batches(self, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches of examples for the brightness head: see `glimpses.head_example`."""
        for step in range(steps):
            rng = np.random.default_rng((self._recipe.seed, step, _HEAD))
            glimpses = (self._source(rng).glimpse(rng) for _ in range(self._recipe.head_batch))
            examples = [head_example(glimpse, rng) for glimpse in glimpses]
            thumbnails, greys = zip(*examples, strict=True)
            yield torch.cat(thumbnails), torch.cat(greys)

    def _item(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        recipe = self._recipe
        scene = self._source(rng).scene(rng)
        height, width = scene.dark.shape[:2]
        top = start_of(height, recipe.crop, rng)
        left = start_of(width, recipe.crop, rng)
        area = np.s_[top : top + recipe.crop, left : left + recipe.crop]
        quarter_turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

        def oriented(pixels: Pixels) -> Tensor:
            turned = np.rot90(pixels, quarter_turns)
            return to_unit(turned[:, ::-1] if mirrored else turned)

        # Crops are turned and mirrored. The whole picture is only mirrored, so the sky stays above.
        places = places_in(Extent(top, recipe.crop, height), Extent(left, recipe.crop, width))
        places = torch.rot90(places, quarter_turns)
        whole = thumbnail(scene.dark)
        if mirrored:
            places = places.flip(1) * torch.tensor([-1.0, 1.0])
            whole = whole.flip(3)

        tone = np.arange(256, dtype=np.float64) / 255
        if rng.random() < recipe.tone_share:
            tone = tone ** np.exp(rng.uniform(-0.7, 0.7))
        shown = np.rint(255 * tone).astype(np.uint8)
        grey = float(sum(_histogram(scene.normal, c) @ tone * LUMA[c] for c in range(3)))
        return (
            oriented(scene.dark[area]),
            oriented(equalise(scene.dark[area], scene.tables).astype(np.uint8)),
            oriented(shown[scene.normal[area]]),
            torch.tensor([grey], dtype=torch.float32),
            whole,
            places[None],
        )

    def _source(self, rng: np.random.Generator) -> PairSource | DarkenedSource:
        return self._sources[rng.choice(len(self._sources), p=self._shares)]


def _histogram(pixels: Pixels, channel: int) -> NDArray[np.float64]:
    return np.bincount(pixels[..., channel].ravel(), minlength=256) / pixels[..., channel].size
