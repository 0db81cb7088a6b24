"""Measure how far well-lit pictures lie from what a model predicts: in brightness, and the latent.

python benchmarks/spread.py FOLDER NAMES [MODEL]

FOLDER has pairs in `low` and `high`; NAMES is a file of the stems to take, one a line. This prints
quantiles of the true b minus the predicted one, and of the latent of each reference minus the
predicted mean: the deviation of single values, and how the means of whole pictures differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import torch

from llenhance.engine.engine import compile_model
from llenhance.enhancing.fast import copy_size, reduced
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import conditioned
from llenhance.files.pictures import read_picture
from llenhance.model.brightness import brightness_of
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.llflow import latent_mean
from llenhance.pictures.pixels import Pixels
from llenhance.scoring.metrics import mean_grey
from llenhance.weights.file import load
from llenhance.weights.find import DEFAULT_MODEL, find

STRIDE: Final = 8
MEGAPIXELS: Final = 0.15
QUANTILES: Final = (0.1, 0.5, 0.9)


def small(path: Path) -> Pixels:
    """Return a small copy of a picture, with sides that are multiples of 8."""
    pixels = read_picture(path).pixels
    height, width = copy_size(*pixels.shape[:2], megapixels=MEGAPIXELS)
    copy = reduced(pixels, height // STRIDE * STRIDE, width // STRIDE * STRIDE)
    return np.rint(copy).astype(np.uint8)


@torch.inference_mode()
def main(folder: str, names: str, model: str = DEFAULT_MODEL) -> None:
    """Measure, and print."""
    wanted = set(Path(names).read_text().split())
    network = load(find(model).path).eval()
    engine = compile_model(network, precision="fp32")
    errors: list[float] = []
    thirds: list[list[float]] = []
    singles: list[float] = []
    for low in sorted(Path(folder, "low").iterdir()):
        if low.stem not in wanted:
            continue
        (high,) = Path(folder, "high").glob(low.stem + ".*")
        dark, bright = small(low), small(high)
        plan = look(dark, engine)
        true = brightness_of(torch.tensor(mean_grey(bright))).item()
        errors.append(true - plan.predicted)
        channels = conditioned(dark, plan.tables, device=engine.device)
        context = None
        if plan.context is not None:
            rows, columns = (Extent(0, side, side) for side in dark.shape[:2])
            context = sampled(plan.context, places_in(rows, columns)[None])
        prepared = network.prepare(channels, context)
        mean = latent_mean(prepared.colour_map, torch.tensor([plan.predicted]))
        reference = torch.tensor(bright).permute(2, 0, 1)[None].float() / 255
        apart = network.flow(reference, prepared.conditions)[0] - mean
        singles.append(apart.std().item())
        thirds.append(apart.view(3, -1).mean(1).tolist())
    means = np.array(thirds)
    quantiles = ", ".join(f"{q:.0%} {np.quantile(errors, q):+.3f}" for q in QUANTILES)
    print(
        f"{len(errors)} pairs; true b minus predicted: {quantiles}, deviation {np.std(errors):.3f}"
    )
    print(f"latent: deviation of single values {np.mean(singles):.3f}")
    print(f"  of means of whole pictures: {means.mean(1).std():.3f}")
    print(f"  of their red third minus the blue one: {(means[:, 0] - means[:, 2]).std():.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
