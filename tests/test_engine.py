"""The engine gives what the network of `model/` gives, fold by fold and as a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from support.architectures import DEEP_OURS, DEEP_PAPER, DEEP_SEEING
from support.networks import calm, calmed, disturbed, thumbnails, values
from support.photographs import example
from torch import Tensor, nn
from torch.nn import functional as F

from llenhance.engine.context import Context, add_context, placed
from llenhance.engine.engine import Engine, compile_model
from llenhance.engine.folding import (
    Folded,
    composed,
    inverse_map,
    normed,
    plain,
    shift_and_scale,
    stacked,
    unshuffled,
)
from llenhance.engine.network import (
    FastCoupling,
    FastDenseBlock,
    FastEncoder,
    FastNetwork,
    FastResidualDenseBlock,
)
from llenhance.engine.watching import watched
from llenhance.enhancing.plan import look
from llenhance.enhancing.tiled import conditioned, enhance_pixels
from llenhance.errors import PictureError, UsageError
from llenhance.model.architecture import NANO, SMALL, Architecture
from llenhance.model.conditioning import equalisation_tables, thumbnail
from llenhance.model.context import Extent, places_in, sampled
from llenhance.model.coupling import Coupling, LastConv, NormedConv
from llenhance.model.encoder import DenseBlock, ResidualDenseBlock
from llenhance.model.flow import FlowStep
from llenhance.model.llflow import LLFlow, latent_mean
from llenhance.weights.file import load

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")

seeds = st.integers(0, 1000)


@pytest.fixture(autouse=True)
def without_autograd() -> Any:
    with torch.inference_mode():
        yield


def applied(folded: Folded, x: Tensor) -> Tensor:
    size = folded.weight.shape[-1]
    return F.conv2d(x.double(), folded.weight, folded.bias, padding=size // 2)


EXTENTS = Extent(16, 32, 101), Extent(8, 48, 150)
"""Of a window somewhere in a picture."""


def seen(model: LLFlow, constant: Tensor) -> tuple[Context | None, Tensor | None]:
    """The context of the window, as the engine and as the network of `model/` take it."""
    context_map = model.context_map(thumbnails(len(constant)), constant)
    if context_map is None:
        return None, None
    places = places_in(*EXTENTS).expand(len(constant), -1, -1, -1)
    return placed(context_map, *EXTENTS), sampled(context_map, places)


def same(found: Tensor, expected: Tensor, *, within: float = 1e-5) -> None:
    torch.testing.assert_close(found.double(), expected.double(), rtol=1e-5, atol=within)


# --- Folds --------------------------------------------------------------------------------------


def test_gain_is_in_the_convolution() -> None:
    convolution = nn.Conv2d(5, 4, 3, padding=1)
    x = values(1, 5, 6, 7)
    same(applied(plain(convolution, 0.2), x), 0.2 * convolution(x))


def test_activation_norm_is_in_the_convolution_before_it() -> None:
    convolution = NormedConv(5, 4, 3)
    calm(convolution)
    x = values(1, 5, 6, 7)
    same(applied(normed(convolution), x), convolution(x))


def test_last_convolution_gives_the_negative_shift_and_the_logit_of_the_scale() -> None:
    convolution = LastConv(5, 8)
    calm(convolution)
    x = values(1, 5, 6, 7)
    shift, raw = convolution(x).chunk(2, dim=1)
    negative_shift, logit = shift_and_scale(convolution)
    same(applied(negative_shift, x), -shift)
    same(applied(logit, x), raw + 2)


def test_convolution_of_unshuffled_pixels_is_one_of_stride_two() -> None:
    convolution = nn.Conv2d(12, 4, 3, padding=1)
    x = values(1, 3, 8, 12)
    folded = unshuffled(plain(convolution))
    found = nn.functional.conv2d(x.double(), folded.weight, folded.bias, stride=2, padding=2)
    same(found, convolution(nn.functional.pixel_unshuffle(x, 2)))


def test_stacked_convolutions_give_the_channels_of_both() -> None:
    convolutions = [nn.Conv2d(5, channels, 3, padding=1) for channels in (4, 2)]
    x = values(1, 5, 6, 7)
    folded = stacked(*(plain(convolution) for convolution in convolutions))
    same(applied(folded, x), torch.cat([convolution(x) for convolution in convolutions], dim=1))


def test_inverse_map_is_that_of_the_step() -> None:
    step = FlowStep(12, None)
    calm(step)
    y = values(1, 12, 3, 5)
    same(applied(inverse_map(step), y), step.inverse(y, None)[0])


def test_maps_in_turn_are_one() -> None:
    steps = [FlowStep(12, None) for _ in range(3)]
    for seed, step in enumerate(steps):
        calm(step, seed=seed)
    y = expected = values(1, 12, 3, 5)
    for step in steps:
        expected, _ = step.inverse(expected, None)
    same(applied(composed([inverse_map(step) for step in steps]), y), expected)


def test_dense_block_is_the_same() -> None:
    block = DenseBlock(6, 4)
    calm(block)
    x = values(1, 6, 8, 9)
    same(FastDenseBlock(block, 0.2, torch.float32)(x, x), block(x))


def test_block_of_dense_blocks_is_the_same() -> None:
    block = ResidualDenseBlock(6, 4)
    calm(block)
    x = values(1, 6, 8, 9)
    same(FastResidualDenseBlock(block, torch.float32)(x), block(x))


def test_coupling_and_the_maps_after_it_are_the_same() -> None:
    step = FlowStep(12, Coupling(12, 8, 6))
    calm(step)
    assert step.coupling is not None
    feature, y = values(1, 8, 6, 8), values(1, 12, 6, 8, seed=2)
    expected, _ = step.inverse(y, step.coupling.prepare(feature))
    found = FastCoupling(step.coupling, inverse_map(step), torch.float32)(y.clone(), feature)
    same(found, expected)


@pytest.mark.parametrize("architecture", [DEEP_PAPER, DEEP_OURS], ids=["paper", "ours"])
def test_encoder_is_the_same(architecture: Architecture) -> None:
    model, channels = calmed(architecture), values(2, 12, 32, 48)
    levels, colour_map = model.encoder(channels)
    features, colour = FastEncoder(model.encoder, torch.float32)(channels)
    for found, expected in zip(features, levels, strict=True):
        same(found, expected)
    same(F.interpolate(colour, scale_factor=2, mode="nearest"), colour_map)


# --- The whole ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "architecture",
    [DEEP_PAPER, DEEP_OURS, DEEP_SEEING, replace(DEEP_PAPER, context=True), SMALL],
    ids=["paper", "ours", "ours with context", "paper with context", "small"],
)
def test_engine_is_the_network(architecture: Architecture) -> None:
    model, channels = calmed(architecture), values(2, 12, 32, 48)
    brightness = torch.tensor([0.1, -0.2])
    context, sample = seen(model, brightness)
    found = compile_model(model, precision="fp32").enhance(channels, brightness, context)
    same(found, model(channels, brightness, sample), within=1e-4)


def test_engine_is_the_network_with_the_shipped_weights() -> None:
    model, channels = (
        load(ROOT / "weights" / "nano.safetensors"),
        conditioned_example()[..., :32, :48],
    )
    engine = compile_model(model, precision="fp32")
    constant = torch.tensor([0.05])
    context, sample = seen(model, constant)
    assert sample is not None
    found = engine.enhance(channels, constant, context)
    same(found, model(channels, constant, sample), within=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(start=st.integers(0, 300), beyond=st.integers(-60, 7), count=st.integers(1, 40), seed=seeds)
def test_sampling_by_matrices_is_bilinear_sampling(
    dtype: torch.dtype, start: int, beyond: int, count: int, seed: int
) -> None:
    """Windows anywhere, also where padding lets them end beyond the picture."""
    extents = Extent(start, 2 * count, start + 2 * count + 60 - beyond), Extent(2, 12, 13)
    context_map = values(2, 4, 8, 12, seed=seed) - 0.5
    context = placed(context_map, *extents)
    assert context is not None
    features = torch.zeros(2, 4, count, 6, dtype=dtype).to(memory_format=torch.channels_last)
    found = add_context(features, context)
    expected = sampled(context_map, places_in(*extents).expand(2, -1, -1, -1))
    same(found.float(), expected, within=1e-4 if dtype == torch.float32 else 0.01)


@pytest.mark.parametrize(("architecture", "told"), [(DEEP_SEEING, False), (DEEP_OURS, True)])
def test_context_is_neither_left_out_nor_invented(architecture: Architecture, told: bool) -> None:
    model, channels, constant = calmed(architecture), values(1, 12, 32, 48), torch.zeros(1)
    context, sample = seen(calmed(DEEP_SEEING), constant) if told else (None, None)
    engine = compile_model(model, precision="fp32")
    for work in (
        lambda: engine.enhance(channels, constant, context),
        lambda: engine.encode(channels, context),
        lambda: model(channels, constant, sample),
    ):
        with pytest.raises(ValueError, match="context map"):
            work()


def test_engine_is_the_network_of_the_golden_tensors() -> None:
    """Numbers that push every part: no fold may lean on small ones."""
    model = disturbed(DEEP_OURS, seed=0)
    channels, constant = values(1, 12, 16, 24), torch.zeros(1)
    expected = model.double()(channels.double(), constant.double())
    found = compile_model(model.float(), precision="fp32").enhance(channels, constant)
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "architecture", [DEEP_OURS, DEEP_SEEING], ids=["ours", "ours with context"]
)
def test_encoding_and_decoding_is_enhancing(architecture: Architecture) -> None:
    model, channels = calmed(architecture), values(1, 12, 32, 48)
    engine = compile_model(model, precision="fp32")
    context, _ = seen(model, torch.zeros(1))
    encoded = engine.encode(channels, context)
    for constant in (torch.tensor([0.3]), torch.tensor([-0.1])):  # the second leaves no trace
        whole = engine.enhance(channels, constant, context)
        torch.testing.assert_close(engine.decode(encoded, constant), whole, rtol=0, atol=0)


def test_brightness_enters_as_in_the_latent_mean() -> None:
    """Also where each pixel of the colour map stands for four."""
    model, channels = calmed(DEEP_PAPER), values(1, 12, 16, 16)
    prepared = model.prepare(channels)
    constant = torch.tensor([0.25])
    expected = model.decode(latent_mean(prepared.colour_map, constant), prepared)
    same(compile_model(model, precision="fp32").enhance(channels, constant), expected)


def test_prediction_of_brightness_is_that_of_the_model() -> None:
    model, thumb = calmed(DEEP_OURS), values(1, 3, 32, 48)
    found = compile_model(model, precision="fp32").predict_brightness(thumb)
    torch.testing.assert_close(found, model.predict_brightness(thumb))


def test_model_stays_what_it_was() -> None:
    model = calmed(DEEP_OURS)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    compile_model(model, precision="bf16").enhance(values(1, 12, 16, 16), torch.zeros(1))
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


def test_what_it_is_given_stays_what_it_was() -> None:
    engine, channels = compile_model(calmed(DEEP_OURS), precision="fp32"), values(1, 12, 16, 16)
    before = channels.clone()
    engine.enhance(channels, torch.zeros(1))
    torch.testing.assert_close(channels, before, rtol=0, atol=0)


# --- Threads ------------------------------------------------------------------------------------


def test_threads_share_an_engine_and_only_the_watcher_is_told() -> None:
    """One thread watches, three more enhance: none of them notices the others."""
    model = calmed(DEEP_SEEING)
    engine = compile_model(model, precision="bf16")
    jobs = {side: values(1, 12, side, 2 * side, seed=side) for side in (16, 24, 32, 40)}

    def context(channels: Tensor) -> Context | None:
        return engine.context_of_whole(thumbnails(), torch.zeros(1), channels)

    @torch.inference_mode()
    def results(channels: Tensor, shared: Engine) -> list[Tensor]:
        """In bfloat16, and in float32, which is prepared when it is first needed."""
        found = shared.enhance(channels, torch.zeros(1), context(channels))
        encoded = shared.encode(channels, context(channels))
        return [found, shared.decode(encoded, torch.zeros(1))]

    alone = {side: results(jobs[side], compile_model(model, precision="bf16")) for side in jobs}
    told: list[torch.Size] = []
    ready = Barrier(len(jobs))

    def watch(stage: str, result: Tensor) -> None:
        if stage == "condition":
            told.append(result.shape)

    def work(side: int) -> list[list[Tensor]]:
        with watched(watch) if side == 16 else nullcontext():
            ready.wait(timeout=60)
            return [results(jobs[side], engine) for _ in range(8)]

    with ThreadPoolExecutor(len(jobs)) as threads:
        together = dict(zip(jobs, threads.map(work, jobs), strict=True))
    assert told == 8 * [(1, 12, 16, 32)]
    for side, rounds in together.items():
        for found in rounds:
            torch.testing.assert_close(found, alone[side], rtol=0, atol=0)


# --- Precision ----------------------------------------------------------------------------------


def dark_example() -> NDArray[np.uint8]:
    """A piece of a photograph that was made dark."""
    return example("coffee")[100:228, 200:360] // 6


def conditioned_example() -> Tensor:
    """Its 12 channels."""
    pixels = dark_example()
    return conditioned(pixels, equalisation_tables(pixels), device=CPU)


def shipped(precision: str) -> Engine:
    return compile_model(load(ROOT / "weights" / "nano.safetensors"), precision=precision)


def test_bfloat16_is_within_50_db_of_float32() -> None:
    """With the shipped weights, on a photograph: what the documentation promises."""
    pixels = dark_example()
    found, exact = (
        enhance_pixels(engine, pixels, look(pixels, engine)).astype(np.float64) / 255
        for engine in (shipped("bf16"), shipped("fp32"))
    )
    error = np.square(found - exact).mean()
    assert 0 < error < 1e-5


def test_shipped_model_bears_bfloat16() -> None:
    assert shipped("bf16").is_faithful()


def test_check_of_precision_can_fail() -> None:
    engine = shipped("bf16")
    spoilt = Engine(
        load(ROOT / "weights" / "nano.safetensors"),
        device=CPU,
        precision="bf16",
        run=lambda channels, told, context: engine.enhance(channels, told, context) + 0.01,
    )
    assert not spoilt.is_faithful()


def test_check_of_precision_fails_for_undefined_numbers() -> None:
    model = calmed(DEEP_OURS)
    spoilt = Engine(
        model,
        device=CPU,
        precision="bf16",
        run=lambda c, _b, _c: torch.full_like(c[:, :3], torch.nan),
    )
    assert not spoilt.is_faithful()


def test_not_finite_in_float32_either_is_an_error() -> None:
    model = calmed(DEEP_OURS)
    engine = Engine(
        model,
        device=CPU,
        precision="fp32",
        run=lambda c, _b, _c: torch.full_like(c[:, :3], torch.inf),
    )
    with pytest.raises(PictureError, match="not finite"):
        engine.enhance(values(1, 12, 8, 8), torch.zeros(1))


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_precision_that_is_not_for_the_cpu_is_refused(precision: str) -> None:
    with pytest.raises(UsageError, match=precision):
        compile_model(calmed(DEEP_OURS), precision=precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_tiled_is_whole_within_one_level(precision: str) -> None:
    with Image.open(ROOT / "examples" / "chelsea.jpg") as file:
        pixels = np.asarray(file.convert("RGB")) // 5
    engine = shipped(precision)
    plan = look(pixels, engine)
    assert plan.context is not None
    tiled, whole = (enhance_pixels(engine, pixels, plan, tile=n).astype(int) for n in (128, 0))
    assert np.abs(tiled - whole).max() <= 1


def test_thumbnail_decides_brightness_in_any_precision() -> None:
    pixels = np.full((40, 40, 3), 20, np.uint8)
    thumb = thumbnail(pixels)
    torch.testing.assert_close(
        shipped("bf16").predict_brightness(thumb), shipped("fp32").predict_brightness(thumb)
    )


def test_folded_network_of_nano_holds_no_more_than_the_model() -> None:
    model = calmed(NANO)
    fast = FastNetwork(model, torch.float32)
    numbers = sum(buffer.numel() for buffer in fast.buffers())
    assert numbers < sum(parameter.numel() for parameter in model.parameters())
