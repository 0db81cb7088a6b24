"""Examples for the brightness head: parts of pictures, at other exposures and in other tints.

There are only a few hundred rooms to learn from. A part of a picture is another picture with
another mean, and the reference tells the gray of each place, not only of the whole. With this, the
head does better in rooms that it has not seen (numbers in ``docs/training.md``).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from llenhance.model.brightness import PARTS
from llenhance.model.conditioning import THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH, log_picture
from llenhance.scoring.metrics import LUMA
from llenhance.training.sources import GLIMPSE_HEIGHT, GLIMPSE_WIDTH, Glimpse, start_of

_WHOLE: Final = 0.25  # share of examples that show the whole picture
_SMALLEST: Final = 0.5  # the other examples show at least this share of its height and width
_WELL_LIT: Final = 0.08  # share of examples whose dark picture is the reference itself
_STOPS: Final = 1.5  # by up to this many stops, the dark picture is exposed longer or shorter
_NIGHT: Final = 0.25  # references with a mean below this are meant to be dark
_TINT: Final = 0.1  # standard deviation of the logarithm of each channel's own gain


def head_example(glimpse: Glimpse, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return a thumbnail and what the head should predict for it.

    No exposure makes the dark picture brighter than its reference, which would teach the head to
    darken well-lit pictures. Pictures that are meant to be dark keep more of their light: if they
    were as black as dim rooms can be, they would teach it to leave dim rooms dark.

    Returns:
        A thumbnail ``(1, 3, 32, 48)`` as from `conditioning.thumbnail`, and grays ``(1, 4, 6)`` in
        0..1.
    """
    height, width = GLIMPSE_HEIGHT, GLIMPSE_WIDTH
    if rng.random() >= _WHOLE:
        height = int(rng.integers(round(_SMALLEST * height), height + 1))
        width = int(rng.integers(round(_SMALLEST * width), width + 1))
    top, left = start_of(GLIMPSE_HEIGHT, height, rng), start_of(GLIMPSE_WIDTH, width, rng)
    area = np.s_[top : top + height, left : left + width]
    normal = glimpse.normal[area]
    shown = normal if rng.random() < _WELL_LIT else glimpse.dark[area]
    full = float(normal.mean()) / max(float(shown.mean()), 1e-6)
    if normal.mean() < _NIGHT:
        exposure = full ** rng.random()
    else:
        exposure = min(2 ** rng.uniform(-_STOPS, _STOPS), full)
    gain = (exposure * np.exp(rng.normal(0, _TINT, 3))).astype(np.float32)
    size = (THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT)
    dark = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    grey = (normal @ LUMA).astype(np.float32)
    greys = cv2.resize(grey, PARTS[::-1], interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        dark, greys = dark[:, ::-1], greys[:, ::-1]
    thumbnail = torch.as_tensor(np.clip(dark * gain, 0, 1).transpose(2, 0, 1).copy())
    return log_picture(thumbnail)[None], torch.as_tensor(greys.copy())[None]
