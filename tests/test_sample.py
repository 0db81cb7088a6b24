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
from llenhance.enhancing.render import enhance
from llenhance.enhancing.sample import Sample
from llenhance.enhancing.wish import Wish
from llenhance.errors import UsageError
from llenhance.model.architecture import STRIDE
from llenhance.model.context import Extent

WHOLE = 17 * STRIDE - 3

numbers = st.integers(6, 16)


def extent(first: int, count: int) -> Extent:
    """Return an extent of so many places of the latent."""
    return Extent(first * STRIDE, count * STRIDE, WHOLE)


@given(
    number=numbers,
    top=st.integers(0, 11),
    left=st.integers(0, 11),
    high=st.integers(1, 6),
    wide=st.integers(1, 6),
)
def test_a_window_gets_what_the_whole_picture_gets_there(
    number: int, top: int, left: int, high: int, wide: int
) -> None:
    sample = Sample(number=number, seed=5)
    whole = sample.added_to_latent(extent(0, 17), extent(0, 17))
    window = sample.added_to_latent(extent(top, high), extent(left, wide))
    assert whole is not None
    assert window is not None
    assert window.shape == (1, 192, high, wide)
    there = whole[:, :, top : top + high, left : left + wide]
    np.testing.assert_allclose(window, there, rtol=0, atol=1e-6)


@given(number=numbers, seed=st.integers(0, 2**32 - 1))
def test_light_falls_elsewhere_but_there_is_as_much_of_it(number: int, seed: int) -> None:
    sample = Sample(number=number, seed=seed)
    side = Extent(0, 64 * STRIDE, 64 * STRIDE)
    added = sample.added_to_latent(side, side)
    assert added is not None
    green = added[0, 64]  # which warmth leaves alone
    assert abs(green.mean()) < 1e-5
    assert green.std() == pytest.approx(0.18, abs=0.002)


def test_the_first_five_are_the_usual_one_darker_brighter_warmer_and_cooler() -> None:
    found = [Sample(number=number) for number in range(1, 6)]
    assert [round(one.brightness, 6) for one in found] == [0, -0.08, 0.08, 0, 0]
    assert [round(one.warmth, 6) for one in found] == [0, 0, 0, 0.4, -0.4]


def test_all_others_are_equally_far_from_the_usual_one_and_from_each_other() -> None:
    places = np.array(
        [(s.brightness / 0.08, s.warmth / 0.4) for s in (Sample(number=n) for n in range(2, 17))]
    )
    np.testing.assert_allclose(np.hypot(*places.T), 1)
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert apart[np.triu_indices(15, 1)].min() > 0.02


def test_temperature_is_how_far(engine: Engine) -> None:
    rows, columns = extent(0, 2), extent(0, 3)
    usual, twice = (Sample(number=7, temperature=t) for t in (1.0, 2.0))
    assert twice.brightness == pytest.approx(2 * usual.brightness)
    one, other = (s.added_to_latent(rows, columns) for s in (usual, twice))
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(other, 2 * one, rtol=1e-5)


def test_a_seed_changes_what_is_drawn_and_nothing_else() -> None:
    assert Sample(number=6, seed=1).brightness != Sample(number=6).brightness
    assert Sample(number=5, seed=1).warmth == Sample(number=5).warmth


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"number": 0}, "sample-out-of-range"),
        ({"number": 17}, "sample-out-of-range"),
        ({"number": 2.0}, "wrong-type"),
        ({"seed": -1}, "sample-out-of-range"),
        ({"temperature": 0}, "temperature-out-of-range"),
        ({"temperature": float("nan")}, "temperature-out-of-range"),
        ({"temperature": "hot"}, "not-a-number"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, float], code: str) -> None:
    with pytest.raises(UsageError) as refused:
        Sample(**values)  # pyright: ignore[reportArgumentType]
    assert refused.value.code == code


def test_a_target_leaves_no_room_for_variants() -> None:
    with pytest.raises(UsageError, match="variants differ"):
        Wish(target_mean=0.4, sample=Sample(number=2))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compile_model(calmed(DEEP_SEEING), precision="fp32")


def test_engine_adds_to_the_latent_mean(engine: Engine) -> None:
    """A constant that is added everywhere is the brightness; the context map stays."""
    channels, thumbnail = values(1, 12, 32, 48), thumbnails()
    told = torch.zeros(1)
    context = engine.context_of_whole(thumbnail, told, channels)
    added = torch.full((1, 192, 4, 6), 0.25)
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


def test_tiles_of_a_sample_agree_with_the_whole(engine: Engine) -> None:
    noise = np.random.default_rng(0).uniform(0, 1, (96, 200, 3))
    pixels = (noise * np.linspace(5, 90, 200)[:, None]).astype(np.uint8)
    wish = Wish(sample=Sample(number=7))
    whole = enhance(engine, pixels, wish).pixels
    tiled = enhance(engine, pixels, wish, tile=64).pixels
    assert np.abs(whole.astype(int) - tiled).max() <= 1
    usual = enhance(engine, pixels, Wish()).pixels
    assert np.abs(whole.astype(int) - usual).mean() > 1


def test_the_first_sample_is_the_usual_result_to_the_bit(engine: Engine) -> None:
    pixels = np.random.default_rng(1).integers(0, 60, (40, 48, 3), np.uint8)
    found = enhance(engine, pixels, Wish(sample=Sample())).pixels
    np.testing.assert_array_equal(found, enhance(engine, pixels, Wish()).pixels)
