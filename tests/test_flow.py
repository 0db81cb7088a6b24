"""What makes the flow a flow: exact inverses, true log-determinants, and honest initialisation.

Float64 throughout, on networks whose every parameter is disturbed: a zero-initialised layer is the
identity and would hide mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from support.architectures import PAPER, SMALLEST
from support.networks import disturb, disturbed
from torch import Tensor, nn

from llenhance.errors import SingularMatrixError
from llenhance.model.coupling import SCALE_FLOOR, Coupling, CouplingNetwork, NormedConv
from llenhance.model.flow import Flow, FlowStep, Squeeze
from llenhance.model.linear import ActNorm, InvertibleConv, initialising
from llenhance.model.llflow import LLFlow, latent_mean

FEATURES = 3  # of the condition of single layers

# A layer, closed over its condition, in one direction: value and log-determinant.
Direction = Callable[[Tensor], tuple[Tensor, Tensor]]


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def values(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def coupled_step() -> FlowStep:
    return FlowStep(12, Coupling(12, FEATURES, hidden=4))


# Name: how it is made, its input's shape without the batch.
LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "squeeze": (Squeeze, (3, 4, 4)),
    "coupling": (lambda: Coupling(12, FEATURES, hidden=4), (12, 2, 2)),
    "coupling of odd halves": (lambda: Coupling(5, FEATURES, hidden=4), (5, 2, 2)),
    "uncoupled step": (lambda: FlowStep(12, None), (12, 2, 2)),
    "coupled step": (coupled_step, (12, 2, 2)),
    "whole flow": (lambda: Flow(SMALLEST), (3, 8, 8)),
}


def conditioned(name: str, *, batch: int = 1) -> tuple[Direction, Direction, Tensor]:
    """Return a disturbed layer's forward and inverse, and an input for the former."""
    make, shape = LAYERS[name]
    layer: Any = make()
    disturb(layer, seed=5)
    if isinstance(layer, Flow):
        sides = [shape[1] // 2**level for level in (1, 2, 3)]
        given: Any = layer.prepare([values(batch, SMALLEST.features, side, side) for side in sides])
    elif isinstance(layer, Coupling):
        given = layer.prepare(values(batch, FEATURES, *shape[1:]))
    elif isinstance(layer, FlowStep) and layer.coupling is not None:
        given = layer.coupling.prepare(values(batch, FEATURES, *shape[1:]))
    else:
        given = None
    return (
        lambda x: layer(x, given),
        lambda y: layer.inverse(y, given),
        values(batch, *shape, seed=1),
    )


def jacobian_log_determinant(direction: Direction, at: Tensor) -> Tensor:
    def value(x: Tensor) -> Tensor:
        return direction(x)[0]

    jacobian = torch.autograd.functional.jacobian(value, at)
    assert isinstance(jacobian, Tensor)
    return torch.linalg.slogdet(jacobian.reshape(at.numel(), at.numel())).logabsdet[None]


# --- Two directions, one map --------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYERS)
def test_inverse_takes_forward_back(name: str) -> None:
    forward, inverse, x = conditioned(name, batch=2)
    torch.testing.assert_close(inverse(forward(x)[0])[0], x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_forward_takes_inverse_back(name: str) -> None:
    forward, inverse, x = conditioned(name, batch=2)
    y = values(*forward(x)[0].shape, seed=2)
    torch.testing.assert_close(forward(inverse(y)[0])[0], y, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_forward_is_not_the_identity(name: str) -> None:
    forward, _, x = conditioned(name)
    assert not torch.equal(forward(x)[0].flatten(), x.flatten())


@pytest.mark.parametrize("name", LAYERS)
def test_log_determinant_is_that_of_the_jacobian(name: str) -> None:
    forward, _, x = conditioned(name)
    expected = jacobian_log_determinant(forward, x)
    torch.testing.assert_close(forward(x)[1], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_log_determinant_of_the_inverse_is_that_of_its_jacobian(name: str) -> None:
    forward, inverse, x = conditioned(name)
    y = forward(x)[0].detach()
    expected = jacobian_log_determinant(inverse, y)
    torch.testing.assert_close(inverse(y)[1], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_log_determinants_of_both_directions_cancel(name: str) -> None:
    forward, inverse, x = conditioned(name, batch=2)
    y, there = forward(x)
    torch.testing.assert_close(there + inverse(y)[1], torch.zeros(2), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", LAYERS)
def test_there_is_a_log_determinant_for_each_picture(name: str) -> None:
    forward, _, x = conditioned(name, batch=3)
    assert forward(x)[1].shape == (3,)


@pytest.mark.parametrize("raw", [-1e4, 0.0, 1e4])
def test_coupling_scales_stay_invertible_whatever_the_network_says(raw: float) -> None:
    network = CouplingNetwork(2, 3, 4)
    assert network.last.bias is not None
    nn.init.constant_(network.last.bias, raw)
    _, scale = network.after_first(values(1, 3, 2, 2))
    assert SCALE_FLOOR <= scale.min() <= scale.max() <= 1 + SCALE_FLOOR


@pytest.mark.parametrize("inputs", [slice(None, 2), slice(2, None)])
def test_convolution_is_the_sum_of_its_parts(inputs: slice) -> None:
    convolution = NormedConv(5, 4, 3)
    disturb(convolution, seed=1)
    x = values(1, 5, 4, 4)
    others = slice(2, None) if inputs.start is None else slice(None, 2)
    parts = convolution.part(x[:, inputs], inputs) + convolution.part(
        x[:, others], others, shifted=False
    )
    torch.testing.assert_close(convolution(x), parts, rtol=0, atol=1e-12)


# --- The whole network --------------------------------------------------------------------------


def network(**changes: Any) -> LLFlow:
    return disturbed(replace(PAPER, **changes), seed=9)


@pytest.mark.parametrize("trunk_scale", [2, 4])
def test_decoding_the_latent_of_a_picture_gives_the_picture(trunk_scale: int) -> None:
    model = network(trunk_scale=trunk_scale)
    prepared = model.prepare(values(2, 12, 16, 24))
    picture = values(2, 3, 16, 24, seed=1)
    latent, _ = model.flow(picture, prepared.conditions)
    torch.testing.assert_close(model.decode(latent, prepared), picture, rtol=0, atol=1e-9)


@pytest.mark.parametrize("trunk_scale", [2, 4])
def test_enhanced_picture_does_not_depend_on_its_neighbours_in_the_batch(trunk_scale: int) -> None:
    model = network(trunk_scale=trunk_scale)
    channels, brightness = values(3, 12, 16, 16), values(3, seed=1)
    together = model(channels, brightness)
    alone = torch.cat([model(channels[n : n + 1], brightness[n : n + 1]) for n in range(3)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)


def test_likelihood_does_not_depend_on_the_neighbours_in_the_batch() -> None:
    model = network()
    channels, pictures = values(3, 12, 16, 16), values(3, 3, 16, 16, seed=1)

    def bits(chosen: slice) -> Tensor:
        prepared = model.prepare(channels[chosen])
        mean = latent_mean(prepared.colour_map, torch.zeros(len(channels[chosen])))
        return model.negative_log_likelihood(pictures[chosen], mean, prepared)

    alone = torch.cat([bits(slice(n, n + 1)) for n in range(3)])
    torch.testing.assert_close(bits(slice(None)), alone, rtol=0, atol=1e-10)


def test_likelihood_is_the_gaussian_of_the_latent_and_the_log_determinant() -> None:
    model = network()
    prepared = model.prepare(values(1, 12, 8, 8))
    picture, mean = values(1, 3, 8, 8, seed=1), values(1, 192, 1, 1, seed=2)
    latent, log_determinant = model.flow(picture, prepared.conditions)
    density = torch.distributions.Normal(mean, 1.0).log_prob(latent).sum() + log_determinant
    found = model.negative_log_likelihood(picture, mean, prepared)
    torch.testing.assert_close(found, -density / (64 * math.log(2)), rtol=0, atol=1e-10)


def test_brightness_is_added_to_every_element_of_the_latent() -> None:
    colours = torch.rand(2, 3, 16, 16)
    brightness = torch.tensor([0.25, -0.5])
    added = latent_mean(colours, brightness) - latent_mean(colours, torch.zeros(2))
    expected = brightness.view(2, 1, 1, 1).expand(2, 192, 2, 2)
    torch.testing.assert_close(added, expected, rtol=0, atol=1e-12)


def test_brightness_head_starts_at_zero() -> None:
    model = LLFlow(replace(SMALLEST, brightness=True))
    torch.testing.assert_close(model.predict_brightness(values(2, 3, 32, 48)), torch.zeros(2))


def test_model_without_brightness_predicts_zero() -> None:
    assert torch.equal(network().predict_brightness(values(2, 3, 32, 48)), torch.zeros(2))


# --- Matrices without inverse -------------------------------------------------------------------


def matrix(rows: list[list[float]]) -> InvertibleConv:
    convolution = InvertibleConv(len(rows))
    convolution.weight.data = torch.tensor(rows, dtype=torch.float32)
    return convolution


EXACTLY = matrix([[1.0, 2.0], [2.0, 4.0]])
NEARLY = matrix([[1.0, 1.0], [1.0, 1.0 + 2**-23]])  # the next float32: float64 would invert it
UNDEFINED = matrix([[1.0, math.nan], [0.0, 1.0]])
INFINITE = matrix([[1.0, math.inf], [0.0, 1.0]])


def test_exactly_singular_matrix_has_no_inverse() -> None:
    with pytest.raises(SingularMatrixError, match="2x2 matrix"):
        EXACTLY.inverse_weight()


@pytest.mark.parametrize("name", ["EXACTLY", "NEARLY", "UNDEFINED", "INFINITE"])
def test_check_refuses_a_matrix_that_cannot_be_inverted(name: str) -> None:
    with pytest.raises(SingularMatrixError, match="singular"):
        globals()[name].check()


def test_check_lets_an_ill_conditioned_matrix_pass() -> None:
    matrix([[1.0, 0.0], [0.0, 1e-5]]).check()


def test_decoding_with_a_singular_matrix_fails_in_a_sentence() -> None:
    step = FlowStep(4, None)
    nn.init.zeros_(step.invconv.weight)
    with pytest.raises(SingularMatrixError, match="no inverse"):
        step.inverse(values(1, 4, 2, 2), None)


def test_inverse_is_exact_to_float64_for_float32_weights() -> None:
    convolution = InvertibleConv(48).float()
    product = convolution.inverse_weight() @ convolution.weight.double()
    torch.testing.assert_close(product, torch.eye(48), rtol=0, atol=1e-12)


# --- Activation norms are set once, from data, and only when asked ------------------------------


def fresh() -> LLFlow:
    torch.manual_seed(4)
    model = LLFlow(PAPER).requires_grad_(requires_grad=False)
    for part in model.modules():
        if isinstance(part, InvertibleConv):
            part.weight.mul_(1.5)  # or every second norm would receive what is normal already
    return model


def norm_names() -> list[str]:
    with torch.device("meta"):
        return [name for name, part in fresh().named_modules() if isinstance(part, ActNorm)]


def run(model: LLFlow) -> None:
    """Pass a training batch of two, dark and reference."""
    dark, normal = values(2, 12, 16, 16), values(2, 3, 16, 16, seed=1)
    prepared = model.prepare(dark)
    model.flow(normal, prepared.conditions)


def input_of(norm: str, model: LLFlow) -> Tensor:
    """Return what a norm receives when a training batch passes."""
    owner: Any = model.get_submodule(norm.removesuffix(".actnorm"))
    seen: list[Tensor] = []
    if isinstance(owner, FlowStep):
        owner.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
        run(model)
        return seen[0]
    # An inner norm is folded into its convolution: undo it on what comes out.
    parent: Any = model.get_submodule(
        norm.removesuffix(".first.actnorm").removesuffix(".middle.actnorm")
    )
    raw = parent.after_first

    def record(x: Tensor) -> tuple[Tensor, Tensor]:
        result = x if norm.endswith(".first.actnorm") else parent.middle(torch.relu(x))
        seen.append(result / owner.actnorm.logs.exp() - owner.actnorm.bias)
        return raw(x)

    parent.after_first = record
    run(model)
    return seen[0]


@pytest.mark.parametrize("norm", norm_names())
def test_initialised_norm_gives_mean_zero_and_deviation_one(norm: str) -> None:
    model = fresh()
    with initialising(model):
        run(model)
    actnorm = model.get_submodule(norm)
    assert isinstance(actnorm, ActNorm)
    normed = (input_of(norm, model) + actnorm.bias) * actnorm.logs.exp()
    mean, deviation = normed.mean(dim=(0, 2, 3)), normed.std(dim=(0, 2, 3), correction=0)
    # Statistics are float32. The 1e-6 added to a deviation shows where that is small.
    torch.testing.assert_close(mean, torch.zeros_like(mean), rtol=0, atol=1e-5)
    torch.testing.assert_close(deviation, torch.ones_like(deviation), rtol=0, atol=1e-4)


def state(model: LLFlow) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def unchanged(model: LLFlow, before: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("training", [True, False])
def test_norms_are_not_set_outside_of_initialising(training: bool) -> None:
    model = fresh().train(training)
    before = state(model)
    run(model)
    assert unchanged(model, before)


def test_norms_are_set_by_the_first_batch_only() -> None:
    model = fresh()
    with initialising(model):
        run(model)
        before = state(model)
        prepared = model.prepare(values(2, 12, 16, 16, seed=3))
        model.flow(values(2, 3, 16, 16, seed=4), prepared.conditions)
    assert unchanged(model, before)


def test_norms_that_saw_no_batch_do_not_wait_for_one_afterwards() -> None:
    model = fresh()
    with initialising(model):
        pass
    before = state(model)
    run(model)
    assert unchanged(model, before)


def test_norms_stop_waiting_when_the_first_batch_fails() -> None:
    model = fresh()
    with pytest.raises(ZeroDivisionError), initialising(model):
        raise ZeroDivisionError
    assert not any(p.waits_for_data for p in model.modules() if isinstance(p, ActNorm))


def test_loaded_norms_are_not_set_again() -> None:
    disturbed = network()
    model = LLFlow(disturbed.architecture).train()
    model.load_state_dict(disturbed.state_dict())
    run(model)
    assert unchanged(model, disturbed.state_dict())


def test_fresh_flow_only_turns_and_shrinks() -> None:
    """Fresh couplings scale by sigmoid(2) and shift by nothing, matrices are orthogonal."""
    model = LLFlow(PAPER)
    prepared = model.prepare(values(1, 12, 8, 8))
    picture = values(1, 3, 8, 8, seed=1)
    _, log_determinant = model.flow(picture, prepared.conditions)
    scale = 1 / (1 + math.exp(-2)) + SCALE_FLOOR
    # Three levels of one coupling, which scales all of the 192 values and then half of them.
    expected = torch.tensor([3 * (192 + 96) * math.log(scale)])
    torch.testing.assert_close(log_determinant, expected, rtol=0, atol=1e-9)
