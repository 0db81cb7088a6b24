"""Training pictures: pairs and darkened photographs in memory; the step decides the batch."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance.conditioning import equalisation_tables, equalise, thumbnail, to_unit
from llenhance.darkening import darken, random_camera, random_light
from llenhance.errors import TrainingError
from llenhance.files import read_bytes
from llenhance.folders import pictures_in, read_pixels
from llenhance.metrics import LUMA, mean_grey
from llenhance.training.recipe import Recipe

Pixels = NDArray[np.uint8]

_SMALLEST_SCENE: Final = 192  # pixels; a darkened scene is a window of a photograph, at least this
_LARGEST_SCENE: Final = 512
_SCENE: Final = 256  # side to which larger windows are shrunk: sharp, and quick to darken
_UNEVEN: Final = 0.4  # share of darkened scenes with uneven light
_EXCHANGED: Final = 0.25  # share of darkened scenes with exchanged channels


class Batch(NamedTuple):
    """N training crops.

    Attributes:
        dark: ``(N, 3, H, W)``, 0..1.
        equalised: the same, equalised by the whole picture's tables.
        normal: ``(N, 3, H, W)``, the reference, 0..1.
        thumbnail: ``(N, 6, 32, 48)`` of the whole dark picture.
        grey: ``(N,)``, mean grey of the whole reference as shown, 0..1.
        usual_grey: ``(N,)``, mean grey of the whole reference before its tone was changed.
    """

    dark: Tensor
    equalised: Tensor
    normal: Tensor
    thumbnail: Tensor
    grey: Tensor
    usual_grey: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move to a device, pictures in channels-last order."""
        moved = (part.to(device) for part in self)
        return Batch(
            *(
                part.contiguous(memory_format=torch.channels_last) if part.dim() == 4 else part
                for part in moved
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dark picture and its reference, ``(H, W, 3)`` each."""

    name: str
    dark: Pixels
    normal: Pixels


class Scene(NamedTuple):
    """A whole dark picture with what is known of the whole, before cropping."""

    dark: Pixels
    normal: Pixels
    tables: Pixels
    thumbnail: Tensor


class PairSource:
    """Real pairs; what depends on the whole picture is computed once."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._scenes: list[Scene] = []
        for pair in pairs:
            tables = _tables(pair.dark)
            self._scenes.append(Scene(pair.dark, pair.normal, tables, thumbnail(pair.dark, tables)))

    def __len__(self) -> int:
        return len(self._scenes)

    def scene(self, rng: np.random.Generator) -> Scene:
        return self._scenes[int(rng.integers(len(self)))]


class DarkenedSource:
    """Well-lit photographs, darkened anew each time."""

    def __init__(self, photographs: Sequence[Pixels], *, crop: int) -> None:
        self._photographs, self._crop = photographs, crop

    def __len__(self) -> int:
        return len(self._photographs)

    def scene(self, rng: np.random.Generator) -> Scene:
        normal = _window(self._photographs[int(rng.integers(len(self)))], self._crop, rng)
        normal = _recoloured(normal, rng)
        camera = random_camera(rng)
        light = None
        if rng.random() < _UNEVEN:
            light = random_light(normal.shape[:2], camera.exposure, rng)
        dark = darken(normal, camera, light=light, rng=rng)
        tables = _tables(dark)
        return Scene(dark, normal, tables, thumbnail(dark, tables))


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

    def _item(self, rng: np.random.Generator) -> tuple[Tensor, ...]:
        recipe = self._recipe
        scene = self._sources[rng.choice(len(self._sources), p=self._shares)].scene(rng)
        top = _start(scene.dark.shape[0], recipe.crop, rng)
        left = _start(scene.dark.shape[1], recipe.crop, rng)
        area = np.s_[top : top + recipe.crop, left : left + recipe.crop]
        quarter_turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

        def oriented(pixels: Pixels) -> Tensor:
            turned = np.rot90(pixels, quarter_turns)
            return to_unit(turned[:, ::-1] if mirrored else turned)

        tone = np.arange(256, dtype=np.float64) / 255
        if rng.random() < recipe.tone_share:
            tone = tone ** np.exp(rng.uniform(-0.7, 0.7))
        shown = np.rint(255 * tone).astype(np.uint8)
        grey = float(sum(_histogram(scene.normal, c) @ tone * LUMA[c] for c in range(3)))
        return (
            oriented(scene.dark[area]),
            oriented(equalise(scene.dark[area], scene.tables).astype(np.uint8)),
            oriented(shown[scene.normal[area]]),
            _other_exposure(scene.thumbnail, rng),
            torch.tensor([grey], dtype=torch.float32),
            torch.tensor([mean_grey(scene.normal)], dtype=torch.float32),
        )


def _start(length: int, part: int, rng: np.random.Generator) -> int:
    """Draw where a part of a length begins."""
    return int(rng.integers(length - part + 1))


def _other_exposure(small: Tensor, rng: np.random.Generator) -> Tensor:
    """Shift a thumbnail's logarithm and mirror it: the head shall know scenes, not pictures."""
    changed = small.clone()
    changed[:, :3] = (changed[:, :3] + float(rng.normal(0, 0.3))).clamp_max(0)
    return changed.flip(3) if rng.random() < 0.5 else changed


def _histogram(pixels: Pixels, channel: int) -> NDArray[np.float64]:
    return np.bincount(pixels[..., channel].ravel(), minlength=256) / pixels[..., channel].size


def _tables(pixels: Pixels) -> Pixels:
    return equalisation_tables(pixels).astype(np.uint8)


def _recoloured(photograph: Pixels, rng: np.random.Generator) -> Pixels:
    """Saturate a photograph, and in one case of four exchange its channels.

    Rooms and daylight have few strong colours: a model that saw only them turns lamps grey.
    """
    saturation = np.float32(np.exp(rng.uniform(-0.2, 0.9)))
    grey = (photograph @ LUMA).astype(np.float32)[..., None]
    coloured = np.clip(np.rint(grey + saturation * (photograph - grey)), 0, 255).astype(np.uint8)
    if rng.random() < _EXCHANGED:
        coloured = np.ascontiguousarray(coloured[..., rng.permutation(3)])
    return coloured


def _window(photograph: Pixels, crop: int, rng: np.random.Generator) -> Pixels:
    """Cut a square window and shrink a large one: other scales, finer detail than JPEG's."""
    most = min(max(_LARGEST_SCENE, crop), *photograph.shape[:2])
    side = int(rng.integers(min(max(_SMALLEST_SCENE, crop), most), most + 1))
    top, left = (_start(length, side, rng) for length in photograph.shape[:2])
    window = photograph[top : top + side, left : left + side]
    scene = max(_SCENE, crop)
    if side <= scene:
        return np.ascontiguousarray(window)
    return cv2.resize(window, (scene, scene), interpolation=cv2.INTER_AREA).astype(np.uint8)


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
