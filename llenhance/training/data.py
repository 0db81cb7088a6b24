"""Batches of training crops: a pure function of the seed and the step."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.errors import TrainingError
from llenhance.files.folders import pictures_in, read_pixels
from llenhance.files.whole import read_bytes
from llenhance.model.conditioning import equalise, thumbnail, to_unit
from llenhance.model.context import Extent, places_in
from llenhance.scoring.metrics import LUMA
from llenhance.training.glimpses import head_example
from llenhance.training.recipe import Recipe
from llenhance.training.sources import DarkenedSource, Pair, PairSource, start_of

Pixels = NDArray[np.uint8]


_HEAD: Final = 1 << 32  # tells the head's random numbers from those of any crop of a batch


class Batch(NamedTuple):
    """N training crops.

    Attributes:
        dark: ``(N, 3, H, W)``, 0..1.
        equalised: the same, equalised by the whole picture's tables.
        normal: ``(N, 3, H, W)``, the reference, 0..1.
        grey: ``(N,)``, mean grey of the whole reference as shown, 0..1.
        thumbnail: ``(N, 3, 32, 48)`` of `conditioning.thumbnail`, of the whole dark picture.
        places: ``(N, H/2, W/2, 2)``, where in it each 2x2 square is, as `context.places_in` says.
    """

    dark: Tensor
    equalised: Tensor
    normal: Tensor
    grey: Tensor
    thumbnail: Tensor
    places: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move to a device, pictures in channels-last order."""
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
    """All sources with their shares; `batch` is a pure function of the recipe's seed and step."""

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
        """Return the batch of a step, or one of several parts of it."""
        items = [
            self._item(np.random.default_rng((self._recipe.seed, step, number)))
            for number in range(part, self._recipe.batch, parts)
        ]
        return Batch(*(torch.cat(column) for column in zip(*items, strict=True)))

    def batches(self, first: int, *, part: int = 0, parts: int = 1) -> Iterator[Batch]:
        """Yield the batches from a step on, each prepared while the one before is used."""
        with ThreadPoolExecutor(1) as ahead:
            step, future = first, ahead.submit(self.batch, first, part=part, parts=parts)
            while True:
                step += 1
                following = ahead.submit(self.batch, step, part=part, parts=parts)
                yield future.result()
                future = following

    def head_batches(self, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what the brightness head learns from: see `glimpses.head_example`."""
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

        # Crops are turned and mirrored; the whole picture is mirrored at most: its sky stays above.
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


def load_pairs(low: Path, high: Path, *, names: set[str] | None, leave_out: bool) -> list[Pair]:
    """Load pairs of the same stem.

    Args:
        low: folder of dark pictures.
        high: folder of references.
        names: stems that are left out, or the only ones that are loaded; None for all.
        leave_out: which of the two.

    Raises:
        TrainingError: a picture without partner, or a pair of two sizes.
        UsageError: a folder that is none, or without pictures.
    """
    dark, normal = pictures_in(low), pictures_in(high)
    pairs: list[Pair] = []
    for stem, path in dark.items():
        if names is not None and (stem in names) == leave_out:
            continue
        if stem not in normal:
            raise TrainingError(str(path), f"has no partner in {high}", "Add it, or move it away")
        pair = Pair(name=stem, dark=read_pixels(path), normal=read_pixels(normal[stem]))
        if pair.dark.shape != pair.normal.shape:
            raise TrainingError(str(path), "differs in size from its partner", "Crop them alike")
        pairs.append(pair)
    return pairs


def stems_in(listing: Path) -> set[str]:
    """Return the stems of the validation pictures.

    Args:
        listing: a text file with one stem a line, or a CSV file whose first column is the stem and
            which has a column ``split``: the rows with ``val`` count.

    Raises:
        TrainingError: nothing in it, or it is no text.
    """
    try:
        text = read_bytes(listing).decode("utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as reason:
        problem = "is not a text file in UTF-8"
        raise TrainingError(str(listing), problem, "Write one stem a line") from reason
    if listing.suffix.lower() == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
        stems = {next(iter(row.values())) for row in rows if row.get("split") == "val"}
    else:
        stems = {line.strip() for line in text.splitlines()} - {""}  # names may have blanks inside
    if not stems:
        raise TrainingError(str(listing), "names no validation picture", "Write one stem a line")
    return stems
