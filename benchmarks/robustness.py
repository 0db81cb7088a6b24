"""Enhance random crops that no photographer would take, and check that all values are finite.

python benchmarks/robustness.py [--model M] [--crops 1000] [--seed 0] [PHOTO...]

The crops have 1 to 160 pixels a side: black, white, single saturated channels, noise, gradients,
near-black with a few hot pixels, and pieces of the photographs. Each one is enhanced at three
constants. This counts values of the network, before clamping, that are not finite, and crops that
could not be enhanced.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from llenhance import LlenhanceError, read_picture
from llenhance.engine.context import Context
from llenhance.engine.engine import Engine
from llenhance.engine.network import FastNetwork
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.model.llflow import LLFlow
from llenhance.weights.file import load
from llenhance.weights.find import find

LARGEST_SIDE: Final = 160
CONSTANTS: Final = (-0.4, 0.0, 0.4)
KINDS: Final = ("black", "white", "saturated", "noise", "gradient", "hot pixels", "photograph")


class Outcome(NamedTuple):
    """What became of the crops.

    Attributes:
        crops: Number of crops of each kind.
        values: Number of values that the network computed, for all kinds together.
        not_finite: Number of values that are not finite, by kind.
        failures: Number of results that are missing, by kind.
    """

    crops: Counter[str]
    values: int
    not_finite: Counter[str]
    failures: Counter[str]


def random_crops(
    count: int,
    photographs: Sequence[NDArray[np.uint8]] = (),
    *,
    seed: int = 0,
    largest_side: int = LARGEST_SIDE,
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield this many crops, ``(H, W, 3)``, each with its kind; a seed gives the same ones."""
    rng = np.random.default_rng(seed)
    kinds = KINDS if photographs else KINDS[:-1]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        height, width = (int(side) for side in rng.integers(1, largest_side + 1, 2))
        if kind == "photograph":
            whole = photographs[int(rng.integers(len(photographs)))]
            top, left = (
                int(rng.integers(max(1, side - part + 1)))
                for side, part in zip(whole.shape, (height, width), strict=False)
            )
            crop = whole[top : top + height, left : left + width]
        else:
            crop = _synthetic(kind, (height, width, 3), rng)
        yield kind, np.ascontiguousarray(crop)


def _synthetic(
    kind: str, shape: tuple[int, int, int], rng: np.random.Generator
) -> NDArray[np.uint8]:
    picture = np.zeros(shape)
    if kind == "white":
        picture[:] = 255
    elif kind == "saturated":
        picture[..., rng.permutation(3)[: rng.integers(1, 3)]] = 255
    elif kind == "noise":
        picture = rng.normal(rng.choice([0, 20, 128]), rng.choice([1, 5, 20, 80]), shape)
    elif kind == "gradient":
        start, down, right = rng.uniform(-100, 255, (3, 3))
        y, x = (np.linspace(0, 1, side) for side in shape[:2])
        picture = start + down * y[:, None, None] + right * x[None, :, None]
    elif kind == "hot pixels":
        picture = rng.integers(0, 3, shape).astype(np.float64)
        rows, columns = (rng.integers(side, size=5) for side in shape[:2])
        picture[rows, columns] = 255
    return picture.clip(0, 255).astype(np.uint8)


def try_crops(model: LLFlow, crops: Iterator[tuple[str, NDArray[np.uint8]]]) -> Outcome:
    """Enhance each crop at each constant."""
    outcome = Outcome(Counter(), 0, Counter(), Counter())
    values, kind = 0, ""
    network = FastNetwork(model, torch.float32)

    def inspected(condition: Tensor, brightness: Tensor, context: Context | None) -> Tensor:
        nonlocal values
        bright = network(condition, brightness, context)
        values += bright.numel()
        outcome.not_finite[kind] += int((~bright.isfinite()).sum())
        return bright

    engine = Engine(model, device=torch.device("cpu"), precision="fp32", run=inspected)
    for kind, crop in crops:
        outcome.crops[kind] += 1
        for constant in CONSTANTS:
            try:
                enhance_pixels(engine, crop, look(crop, engine, brightness=constant))
            except LlenhanceError:
                outcome.failures[kind] += 1
    return outcome._replace(values=values)


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--crops", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = load(find(options.model).path)
    photographs = [np.asarray(read_picture(p).to_pil().convert("RGB")) for p in options.photos]
    outcome = try_crops(model, random_crops(options.crops, photographs, seed=options.seed))
    for kind, crops in outcome.crops.items():
        bad, failed = outcome.not_finite[kind], outcome.failures[kind]
        print(f"{kind}: {crops} crops, {bad} values not finite, {failed} failures")
    bad, failed = outcome.not_finite.total(), outcome.failures.total()
    results = outcome.crops.total() * len(CONSTANTS)
    print(f"all: {results} results of {outcome.values} values, {bad} not finite, {failed} failures")


if __name__ == "__main__":
    main()
