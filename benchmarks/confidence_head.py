"""Make the head of `--confidence`: learn from pairs how far results are off at each place.

python benchmarks/confidence_head.py PAIRS... --scenes FILE.csv... [--without FILE]
                                     [--keep FOLDER] [--write HEAD.safetensors]

PAIRS are folders with `low/` and `high/`, whose pictures have the same stems. Each FILE.csv tells
the scene of each stem: its first column is the stem, and one is named `scene`. The first pair of
every scene is used; scenes of which a stem is in the FILE of `--without`, a line each, are not.

What is learned is the error of a place, as `confidence.py` beside this measures it, of results of
at most 600 pixels a side. First this prints how well it is told on scenes that were not learned
from: each quarter of the scenes by a head of the other three. Then a head is made of all.

Measuring takes a second or two of a core for each pair. What was measured is kept in FOLDER, and
found there the next time.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast
from zlib import crc32

import cv2
import numpy as np
import torch
from confidence import Pixels, local_error, pixels_of, spearman
from numpy.typing import NDArray
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor, nn

from llenhance import Enhancer
from llenhance.enhancing.confidence import FARTHEST, features, small_copies

Floats = NDArray[np.float32]

LONGEST: Final = 600  # pixels of the longer side of the results whose errors are learned
PIXELS: Final = 2000  # of each picture, drawn by chance
QUARTERS: Final = 4
HIDDEN: Final = 16
ROUNDS: Final = 10  # over all pixels
BATCH: Final = 2048
RATE: Final = 6e-3
DECAY: Final = 0.02
USUAL: Final = 0.05  # error that the head starts with


class Place(NamedTuple):
    """A pair of pictures, and where they are."""

    source: str
    scene: str
    low: Path
    high: Path


class Learned(NamedTuple):
    """What is told of some pixels of a pair, ``(n, features)``, and their error, ``(n,)``."""

    source: str
    scene: str
    told: Floats
    error: Floats


def places(folders: Sequence[Path], tables: Sequence[Path], left_out: set[str]) -> Iterator[Place]:
    """Find the first pair of every scene that may be learned from."""
    for folder, table in zip(folders, tables, strict=True):
        with table.open(newline="") as file:
            rows = [(next(iter(row.values())), row["scene"]) for row in csv.DictReader(file)]
        used = {scene for stem, scene in rows if stem in left_out}
        low, high = (
            {path.stem: path for path in (folder / side).iterdir()} for side in ("low", "high")
        )
        for stem, scene in rows:
            if scene not in used and stem in low and stem in high:
                used.add(scene)
                yield Place(folder.name, scene, low[stem], high[stem])


def at_most(pixels: Pixels) -> Pixels:
    """Return a picture, or a copy of `LONGEST` pixels a side if it is larger."""
    scale = LONGEST / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return cast("Pixels", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def measured(enhancer: Enhancer, place: Place) -> dict[str, Floats]:
    """Return what the head sees of a pair, and the error there; see `small_copies`."""
    dark, reference = (at_most(pixels_of(path)) for path in (place.low, place.high))
    plan = enhancer.look(dark)
    error = local_error(cast("Pixels", enhancer.render(dark, plan)), reference)
    seen, bright = small_copies(enhancer.engine, dark, plan)
    error = cv2.resize(error, bright.shape[1::-1], interpolation=cv2.INTER_AREA)
    return {"dark": seen, "bright": bright, "error": np.asarray(error, np.float32)}


def learned(place: Place, known: Mapping[str, Floats]) -> Learned:
    """Return some pixels of a pair."""
    error = known["error"].ravel()
    seed = crc32(f"{place.source} {place.scene}".encode())
    some = np.random.default_rng(seed).permutation(error.size)[:PIXELS]
    told = features(known["dark"], known["bright"])
    return Learned(place.source, place.scene, told[some], error[some])


class Head(nn.Module):
    """The logarithm of the expected error, from the features."""

    def __init__(self, told: Tensor) -> None:
        super().__init__()
        self.mean = nn.Buffer(told.mean(0))
        self.deviation = nn.Buffer(told.std(0))
        self.first = nn.Linear(told.shape[1], HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.last = nn.Linear(HIDDEN, 1)
        nn.init.constant_(self.last.bias, float(np.log(USUAL)))

    def forward(self, told: Tensor) -> Tensor:
        """Return ``(n,)`` for ``(n, features)``."""
        x = ((told - self.mean) / self.deviation).clip(-FARTHEST, FARTHEST)
        x = nn.functional.silu(self.first(x))
        return self.last(nn.functional.silu(self.second(x)))[:, 0]


def head_of(pairs: Sequence[Learned]) -> Head:
    """Fit a head by the likelihood of Laplace: mean of error / spread + log spread."""
    cast("Any", torch).manual_seed(0)  # it has no types
    told = torch.as_tensor(np.concatenate([pair.told for pair in pairs]))
    error = torch.as_tensor(np.concatenate([pair.error for pair in pairs]))
    head, steps = Head(told), ROUNDS * (len(told) // BATCH)
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(ROUNDS):
        order = torch.randperm(len(told))
        for start in range(0, len(told) - BATCH + 1, BATCH):
            some = order[start : start + BATCH]
            spread = head(told[some])
            loss = (error[some] * (-spread).exp() + spread).mean()
            optimizer.zero_grad()
            loss.backward()
            cast("Any", optimizer).step()  # it has no types
            schedule.step()
    return head


def report(pairs: Sequence[Learned]) -> None:
    """Print how well errors are told of scenes that were not learned from."""
    told: dict[str, list[float]] = {}
    sums = np.zeros(2)
    for quarter in range(QUARTERS):
        apart = [crc32(pair.scene.encode()) % QUARTERS == quarter for pair in pairs]
        head = head_of([pair for pair, is_apart in zip(pairs, apart, strict=True) if not is_apart])
        for pair in (pair for pair, is_apart in zip(pairs, apart, strict=True) if is_apart):
            with torch.inference_mode():
                spread = head(torch.as_tensor(pair.told)).exp().numpy().astype(np.float64)
            told.setdefault(pair.source, []).append(spearman(spread, pair.error.astype(float)))
            sums += spread.mean(), pair.error.mean()
    told["all"] = [value for each in told.values() for value in each]
    for source, each in told.items():
        print(f"{source}: {len(each)} pictures, Spearman, mean over pictures {np.mean(each):.3f}")
    spread, error = 255 * sums / len(pairs)
    print(f"mean spread {spread:.1f} levels, mean error {error:.1f}")


def main() -> None:
    """Measure, report, and make a head."""
    parser = argparse.ArgumentParser(description="See the top of this file.")
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--scenes", nargs="+", type=Path, required=True)
    parser.add_argument("--without", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    left_out = set(options.without.read_text().split()) if options.without else set[str]()
    enhancer, pairs = Enhancer(precision="fp32"), list[Learned]()
    for place in places(options.pairs, options.scenes, left_out):
        kept = options.keep and options.keep / f"{place.source}_{place.low.stem}.npz"
        if kept and kept.is_file():
            with np.load(kept) as file:
                known = dict(file)
        else:
            known = measured(enhancer, place)
            if kept:
                options.keep.mkdir(parents=True, exist_ok=True)
                np.savez(kept, **cast("Any", known))
        pairs.append(learned(place, known))
    report(pairs)
    if options.write:
        told = {"format": "llenhance confidence 2", "model": enhancer.model_sha256}
        save_file(head_of(pairs).state_dict(), options.write, told)


if __name__ == "__main__":
    main()
