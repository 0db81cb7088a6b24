"""What is settled for a whole picture, once: tables, brightness, context map."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.architectures import DEEP_OURS, DEEP_SEEING
from support.networks import calmed

from llenhance.engine.engine import Engine, compile_model
from llenhance.enhancing.fast import reduced
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.model.conditioning import deepened, equalisation_tables, thumbnail
from llenhance.model.context import ContextNetwork


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compile_model(calmed(DEEP_SEEING), precision="fp32")


@pytest.fixture(scope="module")
def pixels() -> NDArray[np.uint8]:
    """Dark noise that gets brighter to the right."""
    noise = np.random.default_rng(0).uniform(0, 1, (48, 72, 3))
    return (noise * np.linspace(5, 90, 72)[:, None]).astype(np.uint8)


def test_constant_is_what_is_predicted_and_what_is_added(
    engine: Engine, pixels: NDArray[np.uint8]
) -> None:
    plan, brighter = look(pixels, engine), look(pixels, engine, brightness=0.2)
    assert plan.constant == plan.predicted == brighter.predicted
    assert brighter.constant == pytest.approx(plan.predicted + 0.2)


def test_predicted_brightness_is_at_least_that_of_the_picture(engine: Engine) -> None:
    """A white page is not made grey, whatever the head has learned."""
    page = np.full((32, 48, 3), 240, np.uint8)
    plan = look(page, engine)
    assert plan.predicted >= 0.8 * (240 / 255 - 0.45) - 1e-4
    assert plan.predicted >= engine.predict_brightness(thumbnail(page)).item()


def test_context_map_knows_the_constant(engine: Engine, pixels: NDArray[np.uint8]) -> None:
    plan = look(pixels, engine)
    brighter = plan.at(plan.constant + 0.3, engine)
    assert plan.context is not None
    assert brighter.context is not None
    assert (plan.context - brighter.context).abs().max() > 0.01
    back = brighter.at(plan.constant, engine).context
    assert back is not None
    assert torch.equal(back, plan.context)


def test_model_without_a_map_is_planned_without_one(pixels: NDArray[np.uint8]) -> None:
    assert look(pixels, compile_model(calmed(DEEP_OURS), precision="fp32")).context is None


def test_fresh_context_network_changes_nothing(pixels: NDArray[np.uint8]) -> None:
    """So that it can join a network that was trained without."""
    without, seeing = calmed(DEEP_OURS), calmed(DEEP_SEEING)
    assert seeing.context is not None
    seeing.context.load_state_dict(ContextNetwork(DEEP_SEEING.features).state_dict())
    parts = seeing.state_dict() | without.state_dict()
    seeing.load_state_dict(parts)
    found, expected = (
        enhance_pixels(engine, pixels, look(pixels, engine))
        for engine in (compile_model(m, precision="fp32") for m in (seeing, without))
    )
    np.testing.assert_array_equal(found, expected)


def test_whole_picture_is_seen_from_every_part_of_it(
    engine: Engine, pixels: NDArray[np.uint8]
) -> None:
    """A change in one corner reaches the other one, far beyond what convolutions see."""
    wide = np.tile(pixels, (1, 6, 1))
    lit = wide.copy()
    lit[:16, -32:] = 250
    tables = equalisation_tables(wide)
    results = [
        enhance_pixels(engine, picture, look(wide, engine).at(0.1, engine), tile=64)
        for picture in (wide, lit)
    ]
    assert np.array_equal(results[0][:, :48], results[1][:, :48])  # planned alike: nothing comes
    apart = look(lit, engine).at(0.1, engine)
    np.testing.assert_array_equal(tables, look(wide, engine).tables)
    seen = enhance_pixels(engine, lit, apart, tile=64)
    assert np.abs(seen[:, :48].astype(int) - results[0][:, :48]).max() >= 1


def test_copy_of_the_same_depth_takes_the_plan_as_it_is(
    engine: Engine, pixels: NDArray[np.uint8]
) -> None:
    plan = look(pixels, engine)
    assert plan.for_copy(pixels[::2, ::2]) is plan


def test_deep_copy_is_equalised_as_the_picture_is(
    engine: Engine, pixels: NDArray[np.uint8]
) -> None:
    plan = look(pixels, engine)
    copy = np.rint(reduced(pixels, 24, 36) * 257).astype(np.uint16)
    of_copy = plan.for_copy(copy)
    np.testing.assert_array_equal(of_copy.tables, deepened(plan.tables))
    np.testing.assert_array_equal(of_copy.tables[:, ::257], plan.tables * np.uint16(257))
    assert of_copy.context is plan.context
