"""Score a model in training on pictures that it is not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from llenhance.engine.engine import compile_model
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.model.llflow import LLFlow
from llenhance.scoring.metrics import colourfulness, mean_grey, scaled_to, score
from llenhance.training.sources import Pair


def validate(model: LLFlow, pairs: Sequence[Pair], *, device: torch.device) -> dict[str, float]:
    """Enhance the dark pictures and compare the results with the references.

    Returns:
        Means over the pictures: ``psnr``, ``ssim`` and ``ssim_rgb`` as produced; the same with
        ``_scaled`` after scaling to the reference's mean gray; ``grey_error``, the absolute error
        of the mean gray; and ``colour``, the colorfulness as a share of the reference's.
    """
    engine = compile_model(model, device=device, precision="fp32")
    rows: list[dict[str, float]] = []
    for pair in pairs:
        produced = enhance_pixels(engine, pair.dark, look(pair.dark, engine))
        rows.append(_compare(produced, pair.normal))
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def _compare(produced: NDArray[Any], reference: NDArray[Any]) -> dict[str, float]:
    plain = asdict(score(produced, reference))
    scaled = asdict(score(scaled_to(produced, reference), reference))
    return {
        **plain,
        **{f"{key}_scaled": value for key, value in scaled.items()},
        "grey_error": abs(mean_grey(produced) - mean_grey(reference)),
        "colour": colourfulness(produced) / max(colourfulness(reference), 1e-3),
    }
