"""Pictures in, pictures out, with a small network whose every part sees its surroundings."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
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
from support import architectures
from support.networks import disturbed
from support.photographs import dark_photograph
from torch import Tensor

from llenhance.engine.engine import compile_model
from llenhance.engine.network import FastEncoder, FastNetwork
from llenhance.engine.settings import choose_device
from llenhance.enhancer import Enhancer
from llenhance.enhancing.estimate import Trial, estimate
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.enhancing.wish import Wish
from llenhance.errors import PictureError, ResourceError, UsageError, WeightsError
from llenhance.messages.note import Note
from llenhance.model.architecture import Architecture
from llenhance.model.brightness import GAIN, MIDDLE
from llenhance.model.context import Extent
from llenhance.model.llflow import LLFlow
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import mean_grey
from llenhance.weights.file import store

SHIPPED = Path(__file__).parents[1] / "weights" / "nano.safetensors"

# Pixels around an output pixel that can reach it. Encoder of trunk scale 2: noise map 1, head 2,
# trunk and its convolution 16 at half size, then 1 at a quarter and 1 at an eighth of the size:
# 1 + 2 + 32 + 4 + 8 = 47. Flow: two 3x3 convolutions a network, that is 16 for the injection of
# level 3, then 16 + 8 + 4 for the affine networks: 91. The trunk at a quarter takes 35 more.
PAPER = replace(architectures.PAPER, blocks=1, stacked_blocks=(), margin=96)
OURS = replace(architectures.OURS, margin=128)
SEEING = replace(OURS, context=True)

LEAN = replace(PAPER, brightness=True, context=True)


@torch.no_grad()
def tame(architecture: Architecture) -> LLFlow:
    """Return a network whose results mostly lie within 0..1 and change with what is around."""
    model = disturbed(architecture, seed=2)
    for name, parameter in model.named_parameters():
        if name.endswith("invconv.weight"):
            noise = parameter - parameter.sign() * (parameter.abs() > 0.5)
            parameter.copy_(torch.eye(len(parameter)) + 0.2 * noise)
        elif name.startswith("flow."):
            parameter.mul_(0.5)
        elif name.startswith("brightness."):
            parameter.mul_(0.3)
        if name.endswith("last.bias"):
            parameter[1::2] += 2  # scales near 1: nothing grows on the way back
    return model


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tame.safetensors"
    store(tame(PAPER), path, training={}, dtype=torch.float32, overwrite=False)
    return path


@pytest.fixture(scope="module")
def enhancer(weights: Path) -> Enhancer:
    return Enhancer(weights, device="cpu")


def enhanced(
    model: LLFlow,
    pixels: NDArray[Any],
    *,
    precision: str = "fp32",
    brightness: float = 0.0,
    **options: Any,
) -> NDArray[Any]:
    engine = compile_model(model, precision=precision)
    plan = look(pixels, engine, brightness=brightness)
    return enhance_pixels(engine, pixels, plan, **options)


def after_the_network(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[FastNetwork, Tensor], Tensor]
) -> None:
    """Let something happen to each picture that a network of the engine computes."""
    compute = FastNetwork.decode

    def decode(network: FastNetwork, *inputs: Any) -> Tensor:
        return change(network, compute(network, *inputs))

    monkeypatch.setattr(FastNetwork, "decode", decode)


def levels_apart(one: NDArray[Any], other: NDArray[Any]) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


# --- Any size -----------------------------------------------------------------------------------


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
@settings(max_examples=25)
def test_picture_of_any_size_keeps_size_and_depth(
    height: int, width: int, dtype: Any, enhancer: Enhancer
) -> None:
    found = enhancer.enhance(dark_photograph(height, width, dtype=dtype))
    assert (found.shape, found.dtype) == ((height, width, 3), dtype)


@pytest.mark.parametrize("architecture", [PAPER, OURS], ids=["paper", "ours"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (8, 8), (9, 15)])
def test_either_encoder_takes_any_size(architecture: Architecture, size: tuple[int, int]) -> None:
    assert enhanced(tame(architecture), dark_photograph(*size)).shape == (*size, 3)


@pytest.mark.parametrize("value", [0, 255])
def test_flat_picture_is_enhanced(value: int, enhancer: Enhancer) -> None:
    assert enhancer.enhance(np.full((16, 16, 3), value, np.uint8)).shape == (16, 16, 3)


def test_padding_is_cropped_at_the_bottom_and_right() -> None:
    """Mirroring by hand what is padded gives the same picture in its corner."""
    pixels = dark_photograph(21, 30)
    padded = np.pad(pixels, ((0, 3), (0, 2), (0, 0)), mode="reflect")
    model = tame(PAPER)
    engine = compile_model(model, precision="fp32")
    by_hand = enhance_pixels(engine, padded, look(pixels, engine))
    np.testing.assert_array_equal(enhanced(model, pixels), by_hand[:21, :30])


def test_sixteen_bits_are_finer_than_eight() -> None:
    deep = enhanced(tame(PAPER), dark_photograph(24, 24, dtype=np.uint16))
    assert len(np.unique(deep)) > 256


# --- Tiles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [(40, 370), (370, 30), (30, 371)], ids=["wide", "tall", "no multiple of 8"]
)
@pytest.mark.parametrize("architecture", [PAPER, OURS, SEEING], ids=["paper", "ours", "seeing"])
def test_tiled_equals_whole_where_the_margin_holds_the_receptive_field(
    architecture: Architecture, size: tuple[int, int]
) -> None:
    model, pixels = tame(architecture), dark_photograph(*size)
    assert levels_apart(enhanced(model, pixels, tile=96), enhanced(model, pixels)) <= 1


def test_tiles_that_sample_a_map_as_if_they_were_the_whole_picture_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the test above could not fail for the context map."""
    model, pixels = tame(SEEING), dark_photograph(40, 370)
    whole = enhanced(model, pixels)

    def as_if_whole(_start: int, length: int, _whole: int) -> Extent:
        return Extent(0, length, length)

    monkeypatch.setattr("llenhance.enhancing.tiled.Extent", as_if_whole)
    assert levels_apart(enhanced(model, pixels, tile=96), whole) > 1


@pytest.mark.parametrize("architecture", [PAPER, OURS], ids=["paper", "ours"])
def test_a_margin_too_small_shows(architecture: Architecture) -> None:
    """Otherwise the test above could not fail."""
    model, pixels = tame(architecture), dark_photograph(40, 370)
    whole = enhanced(model, pixels)
    model.architecture = replace(architecture, margin=8)
    assert levels_apart(enhanced(model, pixels, tile=96), whole) > 1


def test_progress_counts_up_to_all_tiles(weights: Path) -> None:
    calls: list[tuple[int, int]] = []
    Enhancer(weights, device="cpu", tile=16).enhance(
        dark_photograph(224, 240), progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(n, 6) for n in range(1, 7)]


# --- Numbers that are not finite ----------------------------------------------------------------


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_result_that_is_not_finite_is_an_error(precision: str) -> None:
    model = tame(PAPER)
    model.flow.get_submodule("layers.1.actnorm").get_parameter("logs").fill_(-200)  # e^200 is inf
    with pytest.raises(PictureError, match="not finite"):
        enhanced(model, dark_photograph(16, 16), precision=precision)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_single_undefined_value_is_enough(bad: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(_network: FastNetwork, bright: Tensor) -> Tensor:
        bright[0, 1, 5, 7] = bad
        return bright

    after_the_network(monkeypatch, spoil)
    with pytest.raises(PictureError, match="not finite"):
        enhanced(tame(PAPER), dark_photograph(16, 16))


def test_tile_that_fails_in_bfloat16_is_computed_again_in_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail_in_bfloat16(network: FastNetwork, bright: Tensor) -> Tensor:
        return bright * math.nan if network.encoder.dtype == torch.bfloat16 else bright

    pixels, model = dark_photograph(24, 24), tame(PAPER)
    expected = enhanced(model, pixels)
    after_the_network(monkeypatch, fail_in_bfloat16)
    np.testing.assert_array_equal(enhanced(model, pixels, precision="bf16"), expected)


def test_bfloat16_stays_near_float32() -> None:
    model, pixels = tame(PAPER), dark_photograph(40, 40)
    apart = enhanced(model, pixels).astype(int) - enhanced(model, pixels, precision="bf16")
    assert 0 < np.abs(apart).mean() < 1  # levels; measured: 0.21


def test_lack_of_memory_names_smaller_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Tensor:
        return torch.empty(1 << 58)  # more than any machine has: the words are torch's own

    after_the_network(monkeypatch, fail)
    with pytest.raises(ResourceError, match="smaller tiles"):
        enhanced(tame(PAPER), dark_photograph(8, 8))


def short_of_memory(monkeypatch: pytest.MonkeyPatch, *, pixels: int) -> None:
    """Let windows of more pixels run out of memory."""
    compute = FastEncoder.forward

    def forward(network: FastEncoder, condition: Tensor, *told: Any) -> Any:
        if condition.shape[2] * condition.shape[3] > pixels:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return compute(network, condition, *told)

    monkeypatch.setattr(FastEncoder, "forward", forward)


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Enhancer]:
    """Make an enhancer that has every part of the shipped one, with few parameters."""
    path = tmp_path_factory.mktemp("weights") / "lean.safetensors"
    store(tame(LEAN), path, training={}, dtype=torch.float32, overwrite=False)
    return partial(Enhancer, path)


def test_picture_too_large_for_memory_is_done_in_smaller_tiles(
    monkeypatch: pytest.MonkeyPatch, lean: Callable[..., Enhancer]
) -> None:
    pixels = dark_photograph(300, 400)
    expected = lean(precision="fp32", tile=0).enhance(pixels)
    enhancer = lean(precision="fp32")
    short_of_memory(monkeypatch, pixels=80_000)
    found = enhancer.enhance_picture(Picture(pixels=pixels))
    assert levels_apart(found.picture.pixels, expected) <= 1
    assert found.notes == (Note("memory-short", tile=96),)


def test_shortage_of_memory_leaves_no_trace_for_the_next_picture(
    monkeypatch: pytest.MonkeyPatch, lean: Callable[..., Enhancer]
) -> None:
    enhancer = lean(precision="fp32")
    tile, large = enhancer.tile, Picture(pixels=dark_photograph(400, 400))
    expected = enhancer.enhance_picture(large)
    with monkeypatch.context() as patch:
        short_of_memory(patch, pixels=90_000)
        small = enhancer.enhance_picture(Picture(pixels=dark_photograph(8, 230)))
        assert small.notes == ()
        for _ in range(2):  # each is told of its own shortage
            found = enhancer.enhance_picture(large)
            assert found.notes == (Note("memory-short", tile=200),)
    assert enhancer.tile == tile
    again = enhancer.enhance_picture(large)
    assert again.notes == ()
    np.testing.assert_array_equal(again.picture.pixels, expected.picture.pixels)


def test_threads_share_an_enhancer(
    monkeypatch: pytest.MonkeyPatch, lean: Callable[..., Enhancer]
) -> None:
    """Each gets what it would get alone, though memory is short for the largest picture."""
    enhancer = lean(precision="fp32")
    pictures = [Picture(pixels=dark_photograph(side, side + 8)) for side in (64, 80, 320, 96)] * 2
    wishes = [Wish(), Wish(brightness=0.2), Wish(), Wish(target_mean=0.4)] * 2
    short_of_memory(monkeypatch, pixels=90_000)
    alone = [enhancer.enhance_picture(*work) for work in zip(pictures, wishes, strict=True)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(enhancer.enhance_picture, pictures, wishes))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.picture.pixels, other.picture.pixels)
        assert (one.notes, one.brightness) == (other.notes, other.brightness)
    assert [[note.code for note in one.notes] for one in together] == [
        [],
        [],
        ["memory-short"],
        [],
    ] * 2


@pytest.mark.parametrize("form", ["path", "bytes", "file", "picture", "image", "array"])
def test_a_picture_may_be_given_in_any_form(form: str, enhancer: Enhancer, tmp_path: Path) -> None:
    pixels = dark_photograph(24, 32)
    picture = Picture(pixels=pixels)
    path = tmp_path / "dark.png"
    path.write_bytes(encode(picture, format="PNG", name="dark"))
    given: Any = {
        "path": str(path),
        "bytes": path.read_bytes(),
        "file": io.BytesIO(path.read_bytes()),
        "picture": picture,
        "image": Image.fromarray(pixels),
        "array": pixels,
    }[form]
    found: Any = enhancer.enhance(given)
    kind = {"image": Image.Image, "array": np.ndarray}.get(form, Picture)
    assert isinstance(found, kind)
    result = found.pixels if isinstance(found, Picture) else np.asarray(found)
    np.testing.assert_array_equal(result, enhancer.enhance(pixels))


@pytest.mark.parametrize(
    "given", [None, 7, io.StringIO("text"), object()], ids=lambda given: type(given).__name__
)
def test_what_is_no_picture_is_refused_with_a_sentence(given: Any, enhancer: Enhancer) -> None:
    with pytest.raises(UsageError) as refused:
        enhancer.enhance(given)
    assert refused.value.code == "not-a-picture"


def test_what_was_looked_at_once_is_rendered_as_often_as_wanted(enhancer: Enhancer) -> None:
    pixels = dark_photograph(40, 56)
    plan = enhancer.look(pixels, Wish(brightness=0.1))
    expected = enhancer.enhance(pixels, brightness=0.1)
    for _ in range(2):
        np.testing.assert_array_equal(enhancer.render(pixels, plan), expected)
    small = enhancer.render(pixels[::2, ::2], plan)  # not contiguous
    assert small.shape == (20, 28, 3)
    assert mean_grey(small) == pytest.approx(mean_grey(expected), abs=0.05)


def test_a_plan_for_16_bits_does_not_fit_8(enhancer: Enhancer) -> None:
    plan = enhancer.look(dark_photograph(16, 16, dtype=np.uint16))
    with pytest.raises(UsageError) as refused:
        enhancer.render(dark_photograph(16, 16), plan)
    assert refused.value.code == "plan-of-other-depth"


def test_a_plan_for_a_target_comes_near_to_it() -> None:
    enhancer = Enhancer(SHIPPED, device="cpu", precision="fp32")
    pixels = dark_photograph(64, 96)
    plan = enhancer.look(pixels, Wish(target_mean=0.4))
    assert mean_grey(enhancer.render(pixels, plan)) == pytest.approx(0.4, abs=0.01)


def test_target_is_reached_in_smaller_tiles_too(
    monkeypatch: pytest.MonkeyPatch, lean: Callable[..., Enhancer]
) -> None:
    enhancer = lean(precision="fp32")
    short_of_memory(monkeypatch, pixels=270 * 270)
    found = enhancer.enhance_picture(
        Picture(pixels=dark_photograph(300, 300)), Wish(target_mean=0.4)
    )
    assert found.mean_grey == pytest.approx(0.4, abs=0.01)
    assert [note.code for note in found.notes] == ["memory-short"]


# --- By way of a small copy ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def large() -> NDArray[Any]:
    """More than a megapixel and a half."""
    return dark_photograph(1100, 1500)


@pytest.fixture(scope="module")
def quick(weights: Path, large: NDArray[Any]) -> tuple[NDArray[Any], set[int]]:
    """What it becomes by way of a small copy, and in how many tiles."""
    enhancer, totals = Enhancer(weights, device="cpu", fast=True, tile=512), set[int]()
    return enhancer.enhance(large, progress=lambda _done, total: totals.add(total)), totals


def test_fast_result_resembles_the_full_one(
    weights: Path, large: NDArray[Any], quick: tuple[NDArray[Any], set[int]]
) -> None:
    full, found = Enhancer(weights, device="cpu").enhance(large), quick[0]
    assert (found.shape, found.dtype) == (full.shape, full.dtype)
    assert mean_grey(found) == pytest.approx(mean_grey(full), abs=0.02)


def test_fast_network_sees_the_copy_alone(quick: tuple[NDArray[Any], set[int]]) -> None:
    assert quick[1] == {4}  # of 856x1168 pixels; 1100x1500 would be 6


def test_fast_is_not_worth_it_for_a_small_picture(weights: Path) -> None:
    pixels = dark_photograph(64, 96)
    full, quick = (
        Enhancer(weights, device="cpu", fast=fast).enhance(pixels) for fast in (False, True)
    )
    np.testing.assert_array_equal(quick, full)


def test_fast_result_has_the_mean_that_was_asked_for(
    large: NDArray[Any], lean: Callable[..., Enhancer]
) -> None:
    found = lean(fast=True).enhance_picture(Picture(pixels=large), Wish(target_mean=0.4))
    assert found.mean_grey == pytest.approx(mean_grey(found.picture.pixels))
    assert found.mean_grey == pytest.approx(0.4, abs=0.01)
    assert found.notes == ()


def test_fast_estimate_is_less(weights: Path) -> None:
    full, quick = (
        Enhancer(weights, device="cpu", fast=fast).estimate(width=12000, height=8000)
        for fast in (False, True)
    )
    assert quick.seconds < full.seconds / 2


# --- What it takes ------------------------------------------------------------------------------


def test_estimate_grows_with_the_picture(enhancer: Enhancer) -> None:
    small, large = (enhancer.estimate(width=w, height=3000) for w in (4000, 8000))
    assert large.seconds == pytest.approx(2 * small.seconds, rel=0.1)
    assert large.memory > small.memory + 2 * 3 * 4000 * 3000 * 0.9


def test_estimate_counts_what_margins_add(enhancer: Enhancer) -> None:
    trial = Trial(seconds_per_pixel=1e-6, resident=0)
    seconds = [
        estimate(enhancer.engine, trial, width=640, height=640, tile=tile, fast=False).seconds
        for tile in (64, 0)
    ]
    # Rows and columns of seven tiles, with two margins of 96 px between neighbours.
    assert seconds[0] / seconds[1] == pytest.approx(((640 + 6 * 2 * 96) / 640) ** 2)


def test_bug_in_the_network_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Tensor:
        raise RuntimeError("shapes do not match")

    after_the_network(monkeypatch, fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        enhanced(tame(PAPER), dark_photograph(8, 8))


# --- Brightness ---------------------------------------------------------------------------------


@pytest.mark.parametrize("brightness", [math.nan, 1.01, -1.01, math.inf])
def test_brightness_out_of_range_is_refused(brightness: float, enhancer: Enhancer) -> None:
    with pytest.raises(UsageError, match="brightness"):
        enhancer.enhance(dark_photograph(8, 8), brightness=brightness)


@pytest.mark.parametrize("brightness", [-1.0, 1.0])
def test_largest_brightness_is_accepted(brightness: float, enhancer: Enhancer) -> None:
    assert enhancer.enhance(dark_photograph(8, 8), brightness=brightness).shape == (8, 8, 3)


def test_brightness_is_added_to_what_the_network_predicts() -> None:
    """The head's constant and the user's are one."""
    model, pixels = tame(OURS), dark_photograph(16, 16)
    assert model.brightness is not None
    assert model.brightness.last.bias is not None
    model.brightness.last.bias.add_(0.2)  # brighter than the picture itself, the least there is
    expected = enhanced(model, pixels, brightness=0.25)
    model.brightness.last.bias.add_(0.25 / GAIN)  # of mean grey
    assert levels_apart(enhanced(model, pixels), expected) <= 1


def test_a_constant_of_the_latent_takes_the_place_of_the_prediction() -> None:
    model, pixels = tame(OURS), dark_photograph(16, 16)
    engine = compile_model(model, precision="fp32")
    plan = look(pixels, engine, brightness=0.5).at(0.25, engine)
    expected = enhance_pixels(engine, pixels, plan)
    assert model.brightness is not None
    model.brightness.last.weight.fill_(0)
    assert model.brightness.last.bias is not None
    model.brightness.last.bias.fill_(MIDDLE + 0.25 / GAIN)
    np.testing.assert_array_equal(enhanced(model, pixels), expected)


# --- Kinds of pictures --------------------------------------------------------------------------


def test_array_gives_an_array(enhancer: Enhancer) -> None:
    assert isinstance(enhancer.enhance(dark_photograph(9, 9)), np.ndarray)


def test_image_gives_an_image_of_the_same_mode(enhancer: Enhancer) -> None:
    image = Image.fromarray(dark_photograph(9, 11))
    found = enhancer.enhance(image)
    assert (type(found), found.mode, found.size) == (Image.Image, "RGB", (11, 9))


def test_transparency_of_an_image_stays(enhancer: Enhancer) -> None:
    image = Image.fromarray(dark_photograph(9, 11)).convert("RGBA")
    alpha = Image.fromarray(np.arange(99, dtype=np.uint8).reshape(9, 11))
    image.putalpha(alpha)
    assert enhancer.enhance(image).getchannel("A").tobytes() == alpha.tobytes()


def test_picture_gives_a_picture_with_everything_beside_its_pixels(enhancer: Enhancer) -> None:
    picture = Picture(
        pixels=dark_photograph(9, 11), alpha=np.full((9, 11), 7, np.uint8), dpi=(300.0, 300.0)
    )
    found = enhancer.enhance(picture)
    assert (found.dpi, found.alpha is picture.alpha) == (picture.dpi, True)


@pytest.mark.parametrize("kind", [str, Path])
def test_path_gives_a_picture(
    kind: Callable[[Path], str | Path], enhancer: Enhancer, tmp_path: Path
) -> None:
    path = tmp_path / "dark.png"
    Image.fromarray(dark_photograph(9, 11)).save(path)
    found = enhancer.enhance(kind(path))
    np.testing.assert_array_equal(found.pixels, enhancer.enhance(dark_photograph(9, 11)))


def test_every_kind_of_one_picture_gives_the_same_pixels(enhancer: Enhancer) -> None:
    pixels = dark_photograph(9, 11)
    from_image = np.asarray(enhancer.enhance(Image.fromarray(pixels)))
    from_picture = enhancer.enhance(Picture(pixels=pixels)).pixels
    np.testing.assert_array_equal(from_image, from_picture)


def test_array_is_not_modified(enhancer: Enhancer) -> None:
    pixels = dark_photograph(9, 11)
    enhancer.enhance(pixels)
    np.testing.assert_array_equal(pixels, dark_photograph(9, 11))


def test_image_is_not_modified(enhancer: Enhancer) -> None:
    image = Image.fromarray(dark_photograph(9, 11))
    enhancer.enhance(image)
    np.testing.assert_array_equal(np.asarray(image), dark_photograph(9, 11))


def test_read_only_array_is_enhanced(enhancer: Enhancer) -> None:
    pixels = dark_photograph(9, 11)
    pixels.flags.writeable = False
    np.testing.assert_array_equal(
        enhancer.enhance(pixels), enhancer.enhance(dark_photograph(9, 11))
    )


def test_mirrored_view_is_enhanced_as_its_copy(enhancer: Enhancer) -> None:
    view = dark_photograph(9, 11)[:, ::-1]
    np.testing.assert_array_equal(enhancer.enhance(view), enhancer.enhance(view.copy()))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((8, 8, 5), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.full((8, 8, 3), 2, np.float32),
        np.zeros((8, 8, 3), np.int16),
        np.zeros((1, 8, 8, 3), np.uint8),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)
def test_array_that_is_no_picture_is_refused(array: NDArray[Any], enhancer: Enhancer) -> None:
    with pytest.raises(UsageError, match="the array"):
        enhancer.enhance(array)


def test_missing_file_is_an_error(enhancer: Enhancer, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no such file"):
        enhancer.enhance(tmp_path / "none.png")


# --- Settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["", "gpu", "cpu:1", "cuda:99", "cuda:-1", "meta", "xpu"])
def test_unknown_device_is_refused(device: str, weights: Path) -> None:
    with pytest.raises(UsageError, match="device"):
        Enhancer(weights, device=device)


@pytest.mark.parametrize("precision", ["", "fp64", "half"])
def test_unknown_precision_is_refused(precision: str, weights: Path) -> None:
    with pytest.raises(UsageError, match="precision"):
        Enhancer(weights, device="cpu", precision=precision)


def test_half_precision_is_refused_on_the_cpu(weights: Path) -> None:
    with pytest.raises(UsageError, match="needs a GPU"):
        Enhancer(weights, device="cpu", precision="fp16")


@pytest.mark.parametrize("tile", [-8, 12, 1])
def test_tile_off_the_grid_is_refused(tile: int, weights: Path) -> None:
    with pytest.raises(UsageError, match="multiple of 8"):
        Enhancer(weights, device="cpu", tile=tile)


@pytest.mark.parametrize("tile", [0, 256])
def test_tile_is_what_was_asked_for(tile: int, weights: Path) -> None:
    assert Enhancer(weights, device="cpu", tile=tile).tile == tile


def test_tile_is_larger_where_numbers_are_smaller(weights: Path) -> None:
    exact, coarse = (Enhancer(weights, device="cpu", precision=p).tile for p in ("fp32", "bf16"))
    assert 256 <= exact < coarse


@pytest.mark.parametrize("can", [True, False])
def test_precision_is_bfloat16_where_the_processor_computes_in_it(
    can: bool, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": can})
    found = Enhancer(weights, device="cpu").precision
    assert found == ("bf16" if can else "fp32")


def test_precision_is_float32_for_a_model_that_bfloat16_changes(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(network: FastNetwork, bright: Tensor) -> Tensor:
        return bright + 0.01 if network.encoder.dtype == torch.bfloat16 else bright

    after_the_network(monkeypatch, coarse)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert Enhancer(weights, device="cpu").precision == "fp32"


def test_device_is_chosen_by_itself() -> None:
    assert choose_device("auto").type in ("cpu", "cuda", "mps")


def test_unknown_model_is_refused() -> None:
    with pytest.raises(WeightsError, match="neither a known model"):
        Enhancer("no-such-model", device="cpu")


# --- The shipped weights ------------------------------------------------------------------------

needs_shipped = pytest.mark.skipif(not SHIPPED.is_file(), reason=f"{SHIPPED} is not there yet")


@pytest.fixture(scope="module")
def shipped() -> Enhancer:
    return Enhancer(SHIPPED, device="cpu", tile=0)


@needs_shipped
def test_shipped_model_gives_brighter_pictures_for_more_brightness(shipped: Enhancer) -> None:
    pixels = dark_photograph(64, 96)
    greys = [mean_grey(shipped.enhance(pixels, brightness=b)) for b in (-0.4, -0.2, 0.0, 0.2, 0.4)]
    assert all(one < other for one, other in pairwise(greys))


@needs_shipped
def test_shipped_model_brightens_a_dark_photograph(shipped: Enhancer) -> None:
    pixels = dark_photograph(64, 96) // 2
    assert mean_grey(shipped.enhance(pixels)) > 2 * mean_grey(pixels)


@needs_shipped
def test_shipped_model_gives_the_same_in_tiles_as_whole(shipped: Enhancer) -> None:
    pixels = dark_photograph(300, 420)
    tiled = Enhancer(SHIPPED, device="cpu", tile=128).enhance(pixels)
    assert levels_apart(tiled, shipped.enhance(pixels)) <= 1
