"""Measure what each source of data and each loss is worth, by training runs that differ in it.

    python benchmarks/ablation.py DATA LPIPS.safetensors OUT --minutes 4 all "no SICE pairs" ...

DATA holds ``lol``, ``sice`` and ``normal``. Each run trains a fresh `nano` for this many minutes on
one thread, and is scored on validation pictures that no run has seen. Two calls at a time use two
cores. Such a short run shows a direction, not what a full run would reach.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from llenhance.enhancer import Enhancer
from llenhance.files.folders import pictures_in
from llenhance.jobs.evaluate import Scored, ScoreJob, evaluate, summarise
from llenhance.training import Budget, Recipe, Settings, run_session
from llenhance.training.folders import stems_in

VALIDATION: Final = Path("weights/validation.txt")
SHARES: Final = (0.45, 0.2, 0.08, 0.15, 0.12)  # LOL, SICE; normal, SICE's and LOL's references
SHORT: Final = Recipe(batch=4, crop=96, ema=0.99, head_steps=500)

# What differs from `SHORT` and `SHARES`: shares, fields of the recipe, or whether LPIPS is used.
VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "all": {},
    "no LOL pairs": {"shares": (0, 0.2, 0.08, 0.15, 0.12)},
    "no SICE pairs": {"shares": (0.45, 0, 0.08, 0.15, 0.12)},
    "pairs only": {"shares": (0.45, 0.2, 0, 0, 0)},
    "only even light": {"uneven_share": 0.0, "night_share": 0.0, "lamp_share": 0.0},
    "no tones": {"tone_share": 0.0},
    "no LPIPS": {"lpips": 0.0},
    "no chroma": {"chroma": 0.0},
    "no SSIM": {"structure": 0.0},
    "likelihood only": {"l1": 0.0, "chroma": 0.0, "structure": 0.0, "lpips": 0.0},
}


def main() -> None:
    """Train and score the variants one after the other, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("lpips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--pictures", type=int, default=10, help="number from each validation set")
    parser.add_argument("variants", nargs="+", choices=list(VARIANTS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.variants:
        weights, steps = trained(name, options)
        line: dict[str, Any] = {"variant": name, "steps": steps}
        for kind in ("lol", "sice"):
            jobs = held_out(options.data / kind, options.pictures)
            line[kind] = scores(weights, jobs, options.lpips)
        print(json.dumps(line), flush=True)


def trained(name: str, options: argparse.Namespace) -> tuple[Path, int]:
    """Train a variant, and return its weights file and number of steps."""
    data, changes = options.data, dict(VARIANTS[name])
    settings = Settings(
        low=[data / "lol/low", data / "sice/low"],
        high=[data / "lol/high", data / "sice/high"],
        normal=[data / "normal", data / "sice/high", data / "lol/high"],
        shares=changes.pop("shares", SHARES),
        validation=VALIDATION,
        validation_limit=1,
        validate_every=1e9,
        lpips=options.lpips if changes.get("lpips", 1) else None,
        out=options.out / name.replace(" ", "-"),
        device=torch.device("cpu"),
    )
    budget = Budget(minutes=options.minutes)
    run = run_session(settings, replace(SHORT, **changes), budget, report=lambda _line: None)
    return settings.out / "latest.safetensors", run.step


def held_out(folder: Path, most: int) -> list[ScoreJob]:
    """Return at most this many validation pairs, evenly spaced."""
    names = stems_in(VALIDATION)
    high = pictures_in(folder / "high")
    found = [
        ScoreJob(picture=path, reference=high[stem])
        for stem, path in pictures_in(folder / "low").items()
        if stem in names
    ]
    chosen = np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)
    return [found[index] for index in chosen]


def scores(weights: Path, jobs: list[ScoreJob], lpips: Path) -> dict[str, float]:
    """Return mean scores as produced, scaled, and with the true b."""
    enhancer = Enhancer(weights, device="cpu")
    rows = list(evaluate(jobs, enhancer=lambda: enhancer, lpips=lpips))
    summary = summarise([row for row in rows if isinstance(row, Scored)])
    found = {
        f"{group}_{key}": round(figures[key], 4)
        for group, figures in summary.mean.compared.items()
        for key in ("psnr", "ssim_rgb", "lpips")
    }
    assert summary.brightness_error is not None
    return found | {"grey_error": round(summary.brightness_error["mean"], 4)}


if __name__ == "__main__":
    main()
