"""What tests of training share: a short recipe, flat pictures, runs of a tiny network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from llenhance.model.architecture import Architecture
from llenhance.training import Budget, Recipe, Settings
from llenhance.training.data import TrainingData
from llenhance.training.loop import train
from llenhance.training.peers import Peers
from llenhance.training.sources import DarkenedSource, Pair, PairSource
from llenhance.training.state import Run
from support.architectures import TINY_OURS
from support.photographs import photograph

Pixels = NDArray[np.uint8]

CPU = torch.device("cpu")
RECIPE = Recipe(
    batch=2,
    crop=32,
    rate=2e-3,
    warm_up=2,
    decoded_from=0,
    likelihood_every=1,
    part_share=0.0,
    exposed_share=0.0,
    head_steps=2,
    head_batch=4,
)


def flat(level: int, *, size: int = 64) -> Pixels:
    return np.full((size, size, 3), level, np.uint8)


def pair(normal: Pixels, name: str = "pair") -> Pair:
    return Pair(name=name, dark=normal // 5, normal=normal)


def pairs_data(recipe: Recipe = RECIPE, *, pictures: int = 3) -> TrainingData:
    source = PairSource(
        [pair(photograph(64, 64, seed=seed)) for seed in range(pictures)], recipe=recipe
    )
    return TrainingData([source], shares=[1.0], recipe=recipe)


def levels(unit: Tensor) -> Tensor:
    """Return 8-bit levels of a tensor in 0..1."""
    return (unit * 255).round().int()


def both_sources(recipe: Recipe = RECIPE) -> TrainingData:
    darkened = DarkenedSource([photograph(70, 90, seed=9)], recipe=recipe)
    return TrainingData(
        [PairSource([pair(photograph(64, 64, seed=0))], recipe=RECIPE), darkened],
        shares=[1, 1],
        recipe=recipe,
    )


def save(path: Path, pixels: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1])


def save_folders(tmp_path: Path) -> Path:
    """`low`, `high` and `normal` with four flat pictures each, whose level is their number."""
    for number in (1, 2, 3, 4):
        save(tmp_path / "low" / f"p{number}.png", flat(10 * number))
        save(tmp_path / "high" / f"p{number}.png", flat(50 * number))
        save(tmp_path / "normal" / f"p{number}.png", flat(50 * number))
    (tmp_path / "held-out.txt").write_text("p2\np4\n")
    return tmp_path


def settings_for(folders: Path) -> Settings:
    """Return settings for the pairs of `save_folders`, with a preset named tiny."""
    return Settings(
        low=[folders / "low"],
        high=[folders / "high"],
        out=folders / "out",
        preset="tiny",
        device=CPU,
        log_every=1,
    )


def fresh(recipe: Recipe = RECIPE, architecture: Architecture = TINY_OURS) -> Run:
    return Run(architecture, recipe, device=CPU)


def resume(folder: Path, recipe: Recipe = RECIPE) -> Run:
    return Run.resumed(folder, recipe, device=CPU)


Watch = Callable[[Run, dict[str, Any]], None]


def go_on(
    run: Run,
    folder: Path,
    *,
    steps: int,
    recipe: Recipe = RECIPE,
    save_every: float = 1e9,
    watch: Watch = lambda _run, _figures: None,
    data: TrainingData | None = None,
) -> Run:
    """Train up to a step."""
    train(
        run,
        data or pairs_data(recipe),
        recipe,
        budget=Budget(steps=steps),
        folder=folder,
        save_every=save_every,
        watch=watch,
        peers=Peers(),
    )
    return run


def parameters(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)
