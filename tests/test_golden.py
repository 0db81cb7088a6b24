"""Three tiny networks answer what is stored in `golden/golden.npz`: results change on purpose only.

That the network is the published one is shown in `test_published.py`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from golden.make import ARCHITECTURES, GOLDEN, PLACES, answers
from support.networks import disturbed

from llenhance.model.architecture import PRESETS
from llenhance.model.context import sampled
from llenhance.model.llflow import latent_mean, multiply_adds_per_pixel


@cache
def our_answers(name: str) -> dict[str, np.ndarray]:
    return answers(name)


OUR_OWN = sorted(np.load(GOLDEN).files)


@pytest.mark.parametrize("entry", OUR_OWN)
def test_answer_is_the_stored_one(entry: str) -> None:
    network, _, answer = entry.partition("/")
    stored = np.load(GOLDEN)[entry]
    # Elsewhere float32 rounds otherwise. Measured distance to float64: 2e-6 of the largest value.
    within = 1e-5 * max(1.0, float(np.abs(stored).max()))
    np.testing.assert_allclose(our_answers(network)[answer], stored, rtol=0, atol=within)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_answer_is_stored(name: str) -> None:
    stored = {entry.partition("/")[2] for entry in OUR_OWN if entry.startswith(f"{name}/")}
    assert stored == our_answers(name).keys()


@pytest.mark.parametrize("result", ["picture", "bits"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_parameter_shows_in(name: str, result: str) -> None:
    model = disturbed(ARCHITECTURES[name], seed=7).requires_grad_()
    rng = np.random.RandomState(3)
    dark, small, normal = (
        torch.from_numpy(rng.random_sample(shape).astype(np.float32))
        for shape in [(1, 12, 16, 16), (1, 3, 32, 48), (1, 3, 16, 16)]
    )
    brightness = model.predict_brightness(small)
    context = model.context_map(small, brightness)
    if context is not None:
        context = sampled(context, PLACES[:1])
    prepared = model.prepare(dark, context)
    mean = latent_mean(prepared.colour_map, brightness)
    if result == "picture":
        answer = model.decode(mean, prepared).square().sum()
    else:
        answer = model.negative_log_likelihood(normal, mean, prepared).sum()
    gradients = torch.autograd.grad(answer, list(model.parameters()))
    names = [name for name, _ in model.named_parameters()]
    assert [n for n, g in zip(names, gradients, strict=True) if not g.abs().max() > 0] == []


@pytest.mark.parametrize(
    ("preset", "low", "high"),
    # The authors' small network was counted by hand at 615 thousand; ours is meant for 90 to 100.
    [("small", 614_500, 615_500), ("nano", 90_000, 100_500)],
)
def test_presets_cost_what_they_are_said_to(preset: str, low: int, high: int) -> None:
    assert low <= multiply_adds_per_pixel(PRESETS[preset]) <= high
