"""The shipped model computes finite numbers, whatever it is shown."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from robustness import KINDS, LARGEST_SIDE, random_crops, try_crops
from support.photographs import example

from llenhance.weights.file import load

ROOT = Path(__file__).parents[1]


def test_shipped_model_stays_finite_on_crops_that_nobody_would_take() -> None:
    model = load(ROOT / "weights" / "nano.safetensors")
    outcome = try_crops(model, random_crops(42, [example("coffee")], largest_side=72))
    assert outcome.crops == dict.fromkeys(KINDS, 6)
    assert outcome.values > 0
    assert (outcome.not_finite.total(), outcome.failures.total()) == (0, 0)


def test_values_that_are_not_finite_are_counted() -> None:
    """Otherwise the test above could not fail."""
    model = load(ROOT / "weights" / "nano.safetensors")
    with torch.no_grad():
        model.flow.get_submodule("layers.1.actnorm").get_parameter("logs").fill_(-200)
    outcome = try_crops(model, islice(random_crops(5), 3, 4))
    assert outcome.not_finite["noise"] > 0
    assert outcome.failures["noise"] == 3


def test_crops_are_the_same_for_the_same_seed() -> None:
    for (kind, one), (_, other) in zip(random_crops(12), random_crops(12), strict=True):
        np.testing.assert_array_equal(one, other, err_msg=kind)


@pytest.mark.parametrize("largest", [24, LARGEST_SIDE])
def test_crops_have_sizes_from_one_pixel_to_the_largest(largest: int) -> None:
    crops = random_crops(300, [example("coffee")], largest_side=largest)
    sides = [side for _, crop in crops for side in crop.shape[:2]]
    assert min(sides) <= 3
    assert largest - 3 <= max(sides) <= largest
