"""Results have the mean grey that was asked for, or say how near they came."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from support.architectures import TINY_OURS
from support.photographs import example

from llenhance.engine.engine import compile_model
from llenhance.engine.network import FastEncoder
from llenhance.enhancer import Enhancer
from llenhance.enhancing import target as module
from llenhance.enhancing.plan import look
from llenhance.enhancing.render import Rendered, enhance
from llenhance.enhancing.target import PROMISED, search
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.enhancing.wish import Wish
from llenhance.errors import PictureError, ResourceError
from llenhance.messages.note import Note
from llenhance.model.llflow import LLFlow
from llenhance.pictures.color import linear_to_srgb, srgb_to_linear
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import LUMA, mean_grey
from llenhance.weights.file import load

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def nano() -> LLFlow:
    return load(ROOT / "weights" / "nano.safetensors")


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu")


def crop(name: str, *, size: int = 96, dtype: Any = np.uint8) -> NDArray[Any]:
    """The middle of an example photograph."""
    whole = example(name)
    top, left = ((side - size) // 2 for side in whole.shape[:2])
    part = whole[top : top + size, left : left + size]
    return np.ascontiguousarray(part.astype(dtype) * (np.iinfo(dtype).max // 255))


def noise(*, size: int = 40) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 50, (size, size + 7, 3), np.uint8)


PICTURES = {
    "coffee": lambda: crop("coffee"),
    "chelsea": lambda: crop("chelsea"),
    "noise": noise,
    "8x8": lambda: crop("coffee", size=8),
}


def untrained() -> LLFlow:
    """A network of a few random parameters, without a prediction of brightness."""
    torch.manual_seed(0)
    return LLFlow(replace(TINY_OURS, brightness=False)).eval().requires_grad_(requires_grad=False)


def reached(model: LLFlow, pixels: NDArray[Any], wish: Wish, **options: Any) -> Rendered:
    return enhance(compile_model(model, precision="fp32"), pixels, wish, **options)


def passes(
    model: LLFlow, pixels: NDArray[Any], wish: Wish
) -> tuple[list[tuple[int, int]], Rendered]:
    """What progress was told, and the result."""
    calls: list[tuple[int, int]] = []

    def note(done: int, tiles: int) -> None:
        calls.append((done, tiles))

    return calls, reached(model, pixels, wish, progress=note)


# --- Targets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("goal", [0.25, 0.5, 0.7])
@pytest.mark.parametrize("name", PICTURES)
def test_mean_grey_is_the_target(nano: LLFlow, name: str, goal: float) -> None:
    found = reached(nano, PICTURES[name](), Wish(target_mean=goal))
    assert found.mean_grey == mean_grey(found.pixels)
    assert found.mean_grey == pytest.approx(goal, abs=PROMISED)
    assert found.note is None


@pytest.mark.parametrize("stops", [-1.0, 0.5, 1.0])
@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_exposure_is_as_bright_as_the_automatic_result_with_that_much_light(
    enhancer: Enhancer, name: str, stops: float
) -> None:
    automatic = enhancer.enhance(crop(name))
    light = srgb_to_linear(automatic / 255) * 2**stops
    goal = float(linear_to_srgb(light.clip(0, 1)).mean(axis=(0, 1)) @ LUMA)
    found = enhancer.enhance(crop(name), exposure=stops)
    assert mean_grey(found) == pytest.approx(goal, abs=PROMISED)


def test_more_exposure_is_brighter(enhancer: Enhancer) -> None:
    stops = (-3, -1.5, -0.5, 0, 0.5, 1.5, 3)
    greys = [mean_grey(enhancer.enhance(crop("coffee", size=64), exposure=s)) for s in stops]
    assert all(one < other for one, other in pairwise(greys))


def test_no_exposure_is_the_automatic_result(enhancer: Enhancer) -> None:
    pixels = crop("coffee")
    np.testing.assert_array_equal(enhancer.enhance(pixels, exposure=0), enhancer.enhance(pixels))


def test_result_matches_the_mean_grey_of_another_picture(
    enhancer: Enhancer, tmp_path: Path
) -> None:
    path = tmp_path / "reference.png"
    Image.new("RGB", (30, 20), (200, 90, 40)).save(path)
    found = enhancer.enhance(crop("coffee"), match=path)
    assert mean_grey(found) == pytest.approx(
        (0.299 * 200 + 0.587 * 90 + 0.114 * 40) / 255, abs=0.01
    )


def test_brightness_that_is_told_makes_the_same_picture(enhancer: Enhancer) -> None:
    picture = Picture(pixels=crop("coffee"))
    found = enhancer.enhance_picture(picture, Wish(target_mean=0.6))
    again = enhancer.enhance_picture(picture, Wish(brightness=found.brightness))
    apart = np.abs(found.picture.pixels.astype(int) - again.picture.pixels)
    assert apart.max() <= 1


def test_automatic_result_tells_its_mean_grey(enhancer: Enhancer) -> None:
    found = enhancer.enhance_picture(Picture(pixels=crop("coffee")))
    assert (found.brightness, found.notes) == (0, ())
    assert found.mean_grey == mean_grey(found.picture.pixels)


def test_16_bits_and_transparency_are_kept(enhancer: Enhancer) -> None:
    alpha = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    picture = Picture(pixels=crop("coffee", size=64, dtype=np.uint16), alpha=alpha)
    found = enhancer.enhance_picture(picture, Wish(target_mean=0.4))
    assert found.picture.depth == 16
    assert found.picture.alpha is alpha
    assert found.mean_grey == pytest.approx(0.4, abs=PROMISED)
    assert len(np.unique(found.picture.pixels)) > 256


def test_model_without_a_prediction_reaches_targets_too() -> None:
    model, pixels = untrained(), crop("coffee", size=64)
    engine = compile_model(model, precision="fp32")
    plans = [look(pixels, engine, brightness=x) for x in (0, 0.2)]
    ends = [mean_grey(enhance_pixels(engine, pixels, plan)) for plan in plans]
    found = reached(model, pixels, Wish(target_mean=sum(ends) / 2))
    assert found.mean_grey == pytest.approx(sum(ends) / 2, abs=PROMISED)
    assert 0 < found.brightness < 0.2


# --- Out of reach -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "goal", "way"), [("BRIGHTEST", 0.95, "brighter"), ("DARKEST", 0.05, "darker")]
)
def test_target_out_of_reach_is_approached_and_told(
    nano: LLFlow, monkeypatch: pytest.MonkeyPatch, limit: str, goal: float, way: str
) -> None:
    monkeypatch.setattr(module, limit, 0.3 if way == "brighter" else -0.3)
    pixels = crop("coffee")
    found = reached(nano, pixels, Wish(target_mean=goal))
    engine = compile_model(nano, precision="fp32")
    plan = look(pixels, engine).at(getattr(module, limit), engine)
    extreme = enhance_pixels(engine, pixels, plan)
    np.testing.assert_array_equal(found.pixels, extreme)
    assert found.note == Note("target-out-of-reach", mean=found.mean_grey, goal=goal, way=way)


# --- Sketches -----------------------------------------------------------------------------------


def test_picture_larger_than_its_sketch_hits_the_target(nano: LLFlow) -> None:
    pixels = np.tile(crop("coffee", size=200), (2, 1, 1))
    found = reached(nano, pixels, Wish(target_mean=0.6), tile=64)  # a sketch of 192x192 pixels
    assert found.mean_grey == pytest.approx(0.6, abs=PROMISED)


def test_picture_larger_than_512_pixels_hits_the_target(nano: LLFlow) -> None:
    pixels = np.tile(crop("coffee", size=100), (1, 6, 1))
    found = reached(nano, pixels, Wish(target_mean=0.4), tile=128)
    assert found.mean_grey == pytest.approx(0.4, abs=PROMISED)


def test_picture_that_is_its_own_sketch_is_enhanced_once(nano: LLFlow) -> None:
    assert passes(nano, crop("coffee"), Wish(target_mean=0.6))[0] == [(1, 1)]


@pytest.fixture
def misleading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sketches seem brighter than their pictures."""
    true = module.Sketch.mean_grey

    def brighter(sketch: module.Sketch, constant: float) -> float:
        return true(sketch, constant) + 0.05

    monkeypatch.setattr(module.Sketch, "mean_grey", brighter)


@pytest.mark.usefixtures("misleading")
@pytest.mark.parametrize("wish", [Wish(target_mean=0.6), Wish(exposure=1)], ids=repr)
def test_sketch_that_misleads_is_corrected_by_another_pass(nano: LLFlow, wish: Wish) -> None:
    calls, found = passes(nano, crop("chelsea"), wish)
    assert found.note is None
    assert calls == [(1, 1), (2, 2)]


@pytest.mark.usefixtures("misleading")
def test_search_that_does_not_arrive_is_told(nano: LLFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PASSES", 1)
    found = reached(nano, crop("chelsea"), Wish(target_mean=0.6))
    assert found.note is not None
    assert found.note == Note("target-missed", mean=found.mean_grey, goal=0.6)


@given(height=st.integers(1, 90), width=st.integers(1, 90), most=st.integers(1, 5000))
@settings(max_examples=50)
def test_sketch_holds_pixels_of_the_whole_picture(height: int, width: int, most: int) -> None:
    pixels = np.zeros((height, width, 3), np.uint16)
    pixels[..., 0], pixels[..., 1] = np.mgrid[:height, :width]
    sketch = pixels[module._places(pixels.shape, most)]
    assert 1 <= sketch.shape[0] * sketch.shape[1] <= most
    for axis, side in enumerate((height, width)):
        places = np.take(sketch[..., axis], 0, axis=1 - axis)
        gaps = np.diff([-1, *places.astype(int), side])
        assert gaps.max() <= side / len(places) + 1


def test_small_picture_is_its_own_sketch() -> None:
    pixels = crop("coffee")
    np.testing.assert_array_equal(pixels[module._places(pixels.shape, 96 * 96)], pixels)


# --- What goes wrong ----------------------------------------------------------------------------


def test_sketch_that_is_not_finite_is_the_usual_error() -> None:
    model = untrained()
    model.flow.get_submodule("layers.1.actnorm").get_parameter("logs").fill_(-200)  # e^200 is inf
    with pytest.raises(PictureError, match="not finite"):
        reached(model, crop("coffee", size=16), Wish(target_mean=0.5))


def test_lack_of_memory_for_the_sketch_names_smaller_tiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        torch.empty(1 << 58)  # more than any machine has: the words are torch's own

    monkeypatch.setattr(FastEncoder, "forward", fail)
    with pytest.raises(ResourceError, match="smaller tiles"):
        reached(untrained(), crop("coffee", size=16), Wish(target_mean=0.5))


# --- The search ---------------------------------------------------------------------------------


class Counted:
    """A function that knows how often it was called."""

    def __init__(self, function: Callable[[float], float]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, constant: float) -> float:
        self.calls += 1
        return self.function(constant)


def curve(steepness: float, middle: float, bend: float) -> Callable[[float], float]:
    """A rising curve from 0 to 1."""
    return lambda x: (1 / (1 + math.exp(-steepness * (x - middle)))) ** bend


@given(
    mean_at=st.builds(curve, st.floats(1, 15), st.floats(-0.3, 0.3), st.floats(0.3, 3)),
    goal=st.floats(0, 1),
    start=st.floats(-0.3, 0.3),
)
def test_search_finds_the_goal_or_the_end(
    mean_at: Callable[[float], float], goal: float, start: float
) -> None:
    counted = Counted(mean_at)
    found = search(counted, goal, start=start, lowest=-1, highest=0.8)
    assert found.mean == mean_at(found.constant)
    if found.exhausted:
        assert min(abs(found.constant + 1), abs(found.constant - 0.8)) < 1e-9  # sums are rounded
        assert (goal > found.mean) == (found.constant > 0)
    else:
        assert abs(found.mean - goal) <= 0.002
    assert counted.calls <= 20


def test_search_takes_few_steps_on_what_models_do() -> None:
    """The means that `nano` has at -0.8, -0.6, ... 0.8, in between by straight lines."""
    means = [0.03, 0.06, 0.1, 0.22, 0.44, 0.67, 0.84, 0.95, 0.99]

    def mean_at(constant: float) -> float:
        return float(np.interp(constant, np.linspace(-0.8, 0.8, 9), means))

    for goal in np.linspace(0.1, 0.95, 18):
        counted = Counted(mean_at)
        search(counted, goal, start=0.03, lowest=-1, highest=0.8)
        assert counted.calls <= 9, goal


@pytest.mark.parametrize("goal", [0.2, 0.8])
def test_search_stops_where_the_mean_does_not_follow(goal: float) -> None:
    found = search(lambda x: 0.5 - x, goal, start=0.1, lowest=-1, highest=0.8)
    assert (found.constant, found.exhausted) == (0.1, True)


def test_search_stays_within_its_limits() -> None:
    tried: list[float] = []

    def mean_at(constant: float) -> float:
        tried.append(constant)
        return 0.5 + 0.1 * constant

    search(mean_at, 0.9, start=0.0, lowest=-1, highest=0.8)
    search(mean_at, 0.1, start=0.0, lowest=-1, highest=0.8)
    assert (min(tried), max(tried)) == (-1, 0.8)
