"""The network is the published one: from a picture to its enhanced picture, and back to a latent.

`golden/published.py` says where the numbers come from. What is stored in this repository covers
every part of the network; the complete numbers repeat it for flow levels 2 and 3, where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from golden.published import PUBLISHED as STORED
from golden.published import sampled
from safetensors.torch import load_file
from support.architectures import PUBLISHED
from torch import Tensor, nn

from llenhance.cli.app import run
from llenhance.enhancer import Enhancer
from llenhance.model.architecture import LARGE, SMALL, Architecture
from llenhance.model.conditioning import (
    Pixels,
    colour_map,
    condition,
    equalisation_tables,
    equalise,
    to_unit,
)
from llenhance.model.llflow import LLFlow, Prepared, latent_mean
from llenhance.weights import official
from llenhance.weights.official import DEAD, converted, our_name

COMPLETE = Path(__file__).parents[2] / "shared" / "golden"

needs_complete = pytest.mark.skipif(
    not COMPLETE.is_dir(), reason=f"the complete numbers are not in {COMPLETE}"
)


@cache
def stored() -> Mapping[str, np.ndarray]:
    return dict(np.load(STORED))


@cache
def complete() -> Mapping[str, np.ndarray]:
    return dict(np.load(COMPLETE / "tiny_golden.npz"))


@cache
def tiny() -> LLFlow:
    """The published network with the stored parameters: flow levels 2 and 3 are not theirs."""
    model = LLFlow(PUBLISHED).eval().requires_grad_(requires_grad=False)
    parameters = {
        our_name(name.removeprefix("parameters/")): torch.from_numpy(value)
        for name, value in stored().items()
        if name.startswith("parameters/")
    }
    _, unexpected = model.load_state_dict(parameters, strict=False)
    assert not unexpected
    return model


@cache
def whole() -> LLFlow:
    """The published network."""
    model = LLFlow(PUBLISHED)
    state = converted(load_file(COMPLETE / "tiny.safetensors"), PUBLISHED, name="tiny.safetensors")
    model.load_state_dict(state)
    return model.eval().requires_grad_(requires_grad=False)


def conditions_of(pictures: Iterable[Pixels]) -> Tensor:
    equalised = [(picture, equalise(picture, equalisation_tables(picture))) for picture in pictures]
    return torch.cat([condition(to_unit(dark), to_unit(even)) for dark, even in equalised])


@cache
def channels() -> Tensor:
    return conditions_of([stored()["low_u8"]])


@cache
def prepared() -> Prepared:
    return tiny().prepare(channels())


def close(found: Tensor, wanted: np.ndarray, *, within: float) -> None:
    torch.testing.assert_close(found, torch.from_numpy(wanted), rtol=0, atol=within)


def as_stored(found: Tensor, name: str, *, within: float) -> None:
    """Compare a result without its batch with the numbers that are stored of it."""
    close(torch.from_numpy(sampled(found.numpy())), stored()[name], within=within)


# --- Conditioning -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dark", "equalised"),
    [("low_u8", "eq_u8"), ("pad_out_u8", "pad_eq_u8"), ("eq_edge_in_u8", "eq_edge_out_u8")],
)
def test_equalisation_is_the_published_one(dark: str, equalised: str) -> None:
    picture = stored()[dark]
    found = equalise(picture, equalisation_tables(picture))
    np.testing.assert_array_equal(found, stored()[equalised])


def test_condition_is_the_published_one() -> None:
    as_stored(channels()[0], "cond12", within=1e-6)  # measured: equal


# --- Encoder ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "name"), [(0, "up2"), (1, "up1"), (2, "up0")])
def test_encoder_features_are_the_published_ones(level: int, name: str) -> None:
    found = tiny().encoder(channels()).levels[level][0]
    as_stored(found, f"enc_fea_{name}", within=1e-5)  # measured: 1.4e-6


def test_colour_map_is_the_published_one() -> None:
    as_stored(prepared().colour_map[0], "enc_color_map", within=1e-5)  # measured: 1.2e-7


def test_latent_mean_is_squeezed_by_eight_in_one_go() -> None:
    found = latent_mean(prepared().colour_map, torch.zeros(1))[0]
    as_stored(found, "z_mean", within=1e-5)


# --- Flow ---------------------------------------------------------------------------------------


def decoded(model: LLFlow, given: Prepared, state: Tensor, layers: range) -> Tensor:
    """Return the state after some layers of the decoding pass, counted from its start."""
    steps = list(zip(model.flow.layers, given.conditions, strict=True))[::-1]
    for layer, coupled in steps[layers.start : layers.stop]:
        state = layer.inverse(state, coupled)[0]  # pyright: ignore[reportCallIssue]
    return state


def encoded(model: LLFlow, given: Prepared, state: Tensor, layers: range) -> Tensor:
    """Return the state after some layers of the encoding pass."""
    steps = list(zip(model.flow.layers, given.conditions, strict=True))
    for layer, coupled in steps[layers.start : layers.stop]:
        state = layer(state, coupled)[0]
    return state


# A level has five layers: the squeeze, two uncoupled steps, two coupled ones. Decoding, the squeeze
# of level 2 is the tenth, and undone before level 1.


@pytest.mark.parametrize(
    ("layers", "name"), [(range(9, 14), "dec_before_unsqueeze_level1"), (range(9, 15), "out_0")]
)
def test_decoding_through_level_1_gives_the_published_picture(layers: range, name: str) -> None:
    start = torch.from_numpy(stored()["dec_before_unsqueeze_level2"])[None]
    found = decoded(tiny(), prepared(), start, layers)
    as_stored(found[0], name, within=1e-5)  # measured: 1.1e-6


def test_encoding_through_level_1_gives_the_published_state() -> None:
    normal = to_unit(stored()["enc_normal_u8"][0])
    found = encoded(tiny(), prepared(), normal, range(5))
    as_stored(found[0], "encode_after_level1", within=5e-5)  # measured: 4.5e-6


class Answering(nn.Module):
    """Stands for the flow: answers with the published latent and log-determinant."""

    def forward(self, _picture: Tensor, _conditions: object) -> tuple[Tensor, Tensor]:
        latent, logdet = (torch.from_numpy(stored()[f"encode_{name}"]) for name in ("z", "logdet"))
        return latent, logdet[:1]


@pytest.mark.parametrize("mean", ["map", "gt"])
def test_bits_per_pixel_follow_from_the_latent_as_published(mean: str) -> None:
    model, normal = LLFlow(PUBLISHED), to_unit(stored()["enc_normal_u8"][0])
    model.flow = Answering()  # pyright: ignore[reportAttributeAccessIssue]
    colours = {"map": prepared().colour_map, "gt": colour_map(normal)}[mean]
    given = latent_mean(colours, torch.zeros(1))
    found = model.negative_log_likelihood(normal, given, prepared())
    close(found, stored()[f"encode_nll_{mean}"][:1], within=1e-5)  # measured: 1.9e-6


# --- Parameters ---------------------------------------------------------------------------------


def published_parameters(preset: str) -> dict[str, tuple[str, bool]]:
    """Return shapes, and whether they are used, by the authors' names."""
    lines = [str(line).split() for line in stored()[f"shapes/{preset}"]]
    return {name: (shape, used == "used") for name, shape, used in lines}


@pytest.mark.parametrize(("preset", "architecture"), [("small", SMALL), ("large", LARGE)])
def test_presets_have_the_published_parameters(preset: str, architecture: Architecture) -> None:
    with torch.device("meta"):
        state = LLFlow(architecture).state_dict()
    found = {name: "x".join(str(size) for size in value.shape) for name, value in state.items()}
    published = published_parameters(preset).items()
    assert found == {our_name(name): shape for name, (shape, _) in published if name not in DEAD}


@pytest.mark.parametrize("preset", ["small", "large"])
def test_dead_parameters_are_those_that_the_published_network_does_not_use(preset: str) -> None:
    published = published_parameters(preset)
    assert {name for name, (_, used) in published.items() if not used} == DEAD


# --- The complete numbers -----------------------------------------------------------------------


@needs_complete
@pytest.mark.parametrize(
    ("brightness", "name"),
    [
        (-0.4, "out_m0.4"),
        (-0.2, "out_m0.2"),
        (0.0, "out_0"),
        (0.2, "out_p0.2"),
        (0.4, "out_p0.4"),
    ],
)
def test_enhanced_picture_is_the_published_one(brightness: float, name: str) -> None:
    found = whole()(channels(), torch.tensor([brightness]))[0]
    close(found, complete()[name], within=1e-5)  # measured: 1.1e-6


@needs_complete
@pytest.mark.parametrize(
    ("layers", "name"),
    [
        (1, "dec_first_step"),
        (4, "dec_before_unsqueeze_level3"),
        (9, "dec_before_unsqueeze_level2"),
    ],
)
def test_decoding_passes_through_the_published_states(layers: int, name: str) -> None:
    start = torch.from_numpy(complete()["z_mean"])[None]
    found = decoded(whole(), whole().prepare(channels()), start, range(layers))
    close(found[0], complete()[name], within=1e-5)  # measured: 5.8e-6


@cache
def two() -> tuple[Tensor, Prepared, Tensor, Tensor]:
    """Two well-lit pictures, the conditions of the dark ones, latents and log-determinants."""
    normal = torch.cat([to_unit(picture) for picture in complete()["enc_normal_u8"]])
    given = whole().prepare(conditions_of(complete()["enc_low_u8"]))
    return normal, given, *whole().flow(normal, given.conditions)


@needs_complete
def test_encoding_passes_through_the_published_state_after_level_2() -> None:
    normal, given, *_ = two()
    found = encoded(whole(), given, normal, range(10))
    close(found[0], complete()["encode_after_level2"], within=5e-5)  # measured: 4.5e-6


@needs_complete
def test_latents_and_log_determinants_are_the_published_ones() -> None:
    *_, latent, log_determinant = two()
    close(latent, complete()["encode_z"], within=5e-5)  # measured: 8.2e-6
    close(log_determinant, complete()["encode_logdet"], within=0.05)  # of 19000; measured: 0.004


@needs_complete
@pytest.mark.parametrize("mean", ["map", "gt"])
def test_bits_per_pixel_are_the_published_ones(mean: str) -> None:
    normal, given, *_ = two()
    colours = {"map": given.colour_map, "gt": colour_map(normal)}[mean]
    found = whole().negative_log_likelihood(normal, latent_mean(colours, torch.zeros(2)), given)
    close(found, complete()[f"encode_nll_{mean}"], within=1e-5)  # measured: 1.9e-6


@needs_complete
def test_published_checkpoint_is_imported_and_gives_the_published_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLENHANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(official, "SMALL", PUBLISHED)
    torch.save(load_file(COMPLETE / "tiny.safetensors"), tmp_path / "LOL.pth")
    assert run(["weights", "import", str(tmp_path / "LOL.pth"), "--as", "published"]) == 0
    found = Enhancer("published", device="cpu", precision="fp32").enhance(complete()["low_u8"])
    assert np.abs(found.astype(int) - complete()["out_0_u8"].astype(int)).max() <= 1  # a level
