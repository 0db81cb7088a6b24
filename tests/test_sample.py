"""A sample names one of the plausible results, and gives the same one in every window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.architectures import DEEP_OURS, DEEP_SEEING
from support.networks import calmed, thumbnails, values

from llenhance.engine.engine import Engine, compile_model
from llenhance.enhancing.sample import LATENT_CHANNELS, Sample, added_to_latent, noise
from llenhance.model.architecture import STRIDE
from llenhance.model.context import Extent

WHOLE = 12 * STRIDE


def extent(first: int, count: int) -> Extent:
    """Return an extent of so many places of the latent."""
    return Extent(first * STRIDE, count * STRIDE, WHOLE)


@given(
    top=st.integers(0, 11), left=st.integers(0, 11), high=st.integers(1, 6), wide=st.integers(1, 6)
)
def test_noise_of_a_window_is_that_of_the_whole_picture(
    top: int, left: int, high: int, wide: int
) -> None:
    whole = noise(5, extent(0, 17), extent(0, 17))
    window = noise(5, extent(top, high), extent(left, wide))
    np.testing.assert_array_equal(window, whole[:, :, top : top + high, left : left + wide])


def test_noise_is_normal_and_independent() -> None:
    found = noise(0, extent(0, 16), extent(0, 16))
    assert found.shape == (1, LATENT_CHANNELS, 16, 16)
    assert abs(found.mean()) < 0.02  # 49,152 values: 4 deviations of the mean
    assert abs(found.std() - 1) < 0.015
    first, second = found[0, :-1].ravel(), found[0, 1:].ravel()
    assert abs((first * second).mean()) < 0.02
    assert len(np.unique(found)) > 0.99 * found.size  # no block repeats another


def test_seeds_give_different_noise_and_one_seed_gives_the_same() -> None:
    rows, columns = extent(0, 2), extent(0, 3)
    np.testing.assert_array_equal(noise(7, rows, columns), noise(7, rows, columns))
    assert np.abs(noise(7, rows, columns) - noise(8, rows, columns)).mean() > 0.5


def test_temperature_scales_the_noise() -> None:
    rows, columns = extent(0, 2), extent(0, 3)
    found = added_to_latent(Sample(seed=3, temperature=0.5), rows, columns)
    assert found is not None
    np.testing.assert_allclose(found, 0.5 * noise(3, rows, columns))


@pytest.mark.parametrize("sample", [None, Sample(temperature=0.0)])
def test_nothing_is_added_for_the_mean(sample: Sample | None) -> None:
    assert added_to_latent(sample, extent(0, 1), extent(0, 1)) is None


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compile_model(calmed(DEEP_SEEING), precision="fp32")


def test_engine_adds_to_the_latent_mean(engine: Engine) -> None:
    """A constant that is added everywhere is the brightness; the context map stays."""
    channels, thumbnail = values(1, 12, 32, 48), thumbnails()
    told = torch.zeros(1)
    context = engine.context_of_whole(thumbnail, told, channels)
    added = torch.full((1, LATENT_CHANNELS, 4, 6), 0.25)
    found = engine.enhance(channels, told, context, added=added)
    expected = engine.enhance(channels, told + 0.25, context)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    decoded = engine.decode(engine.encode(channels, context), told, added=added)
    torch.testing.assert_close(decoded, expected, rtol=0, atol=1e-5)


def test_other_functions_than_the_network_refuse_what_they_cannot_add(engine: Engine) -> None:
    model = calmed(DEEP_OURS)

    def run(channels: torch.Tensor, *_: object) -> torch.Tensor:
        return channels[:, :3]

    other = Engine(model, device=torch.device("cpu"), precision="fp32", run=run)
    with pytest.raises(ValueError, match="mean"):
        other.enhance(values(1, 12, 8, 8), torch.zeros(1), added=torch.zeros(1, 192, 1, 1))
