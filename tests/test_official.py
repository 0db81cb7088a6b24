"""Import of the authors' checkpoints, made here by undoing the renaming."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support.architectures import PAPER
from support.checkpoints import Checkpoint, authors_checkpoint, authors_name
from support.networks import disturbed
from torch import Tensor

from llenhance.errors import PictureError, WeightsError
from llenhance.model.architecture import SMALL
from llenhance.model.llflow import LLFlow
from llenhance.weights.file import describe, load
from llenhance.weights.official import DEAD, converted, import_checkpoint, our_name


@pytest.fixture(scope="module")
def source() -> LLFlow:
    """A network of the authors' small kind."""
    return disturbed(SMALL, seed=6)


@pytest.fixture
def checkpoint(source: LLFlow) -> Checkpoint:
    """Its state dict in the authors' layout."""
    return authors_checkpoint(source)


Import = Callable[[object], Path]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Save an object with torch and import it; the path of the weights file."""

    def run(content: object) -> Path:
        torch.save(content, tmp_path / "LOL.pth")
        target = tmp_path / "LOL.safetensors"
        import_checkpoint(tmp_path / "LOL.pth", target=target, overwrite=False)
        return target

    return run


# --- What is imported ---------------------------------------------------------------------------


def test_imported_network_gives_the_same_picture(
    source: LLFlow, checkpoint: Checkpoint, imported: Import
) -> None:
    channels, brightness = torch.rand(1, 12, 8, 8), torch.tensor([0.1])
    found = load(imported(checkpoint))(channels, brightness)
    assert torch.equal(found, source(channels, brightness))


def test_imported_file_is_of_the_small_network(checkpoint: Checkpoint, imported: Import) -> None:
    assert describe(imported(checkpoint)).architecture == SMALL


def test_imported_file_says_where_it_comes_from(checkpoint: Checkpoint, imported: Import) -> None:
    assert describe(imported(checkpoint)).training["source"] == "checkpoint of the LLFlow authors"


def test_dead_parameters_may_be_missing(checkpoint: Checkpoint, imported: Import) -> None:
    alive = {name: tensor for name, tensor in checkpoint.items() if name not in DEAD}
    assert imported(alive).is_file()


def test_every_parameter_has_a_name_with_the_authors(source: LLFlow) -> None:
    names = list(source.state_dict())
    assert [our_name(authors_name(name)) for name in names] == names


def test_existing_file_is_not_replaced_unasked(checkpoint: Checkpoint, imported: Import) -> None:
    imported(checkpoint)
    with pytest.raises(PictureError, match="exist"):
        imported(checkpoint)


# --- What is refused ----------------------------------------------------------------------------

SOME = "flowUpsamplerNet.layers.3.affine.fAffine.0.weight"


@pytest.fixture
def tiny() -> Checkpoint:
    """The state dict of a tiny network in the authors' layout."""
    state = LLFlow(PAPER).requires_grad_(requires_grad=False).state_dict()
    return {authors_name(name): tensor for name, tensor in state.items()}


def convert(checkpoint: Checkpoint) -> None:
    converted(checkpoint, PAPER, name="LOL.pth")


def test_missing_parameter_is_named(tiny: Checkpoint) -> None:
    del tiny[SOME]
    with pytest.raises(WeightsError, match=rf"lacks parameter {re.escape(our_name(SOME))}\."):
        convert(tiny)


def test_several_missing_parameters_are_counted(tiny: Checkpoint) -> None:
    for name in [name for name in tiny if name.startswith("RRDB.RRDB_trunk.1.RDB3.")]:
        del tiny[name]
    with pytest.raises(WeightsError, match=r"encoder\.trunk\.1\.2\.conv1\.bias and 9 more"):
        convert(tiny)


@pytest.mark.parametrize("name", ["RRDB.conv_third.weight", "optimizer", "RRDB.HRconv.scale"])
def test_unexpected_parameter_is_named(name: str, tiny: Checkpoint) -> None:
    with pytest.raises(WeightsError, match=f"has the unexpected parameter {re.escape(name)}"):
        convert(tiny | {name: torch.zeros(1)})


def test_parameter_under_two_names_is_refused(tiny: Checkpoint) -> None:
    with pytest.raises(WeightsError, match=f"two names.*{re.escape(our_name(SOME))}"):
        convert(tiny | {our_name(SOME): tiny[SOME]})


@pytest.mark.parametrize("shape", [(), (6, 14, 3), (6, 15, 3, 3)])
def test_parameter_of_another_shape_is_named(shape: tuple[int, ...], tiny: Checkpoint) -> None:
    expected = rf"has the shape {re.escape(str(shape))} for {re.escape(SOME)} instead of"
    with pytest.raises(WeightsError, match=expected):
        convert(tiny | {SOME: torch.zeros(shape)})


def whole(tensor: Tensor) -> Tensor:
    return tensor.to(torch.int32)


def imaginary(tensor: Tensor) -> Tensor:
    return tensor.to(torch.complex64)


def sparse(tensor: Tensor) -> Tensor:
    return tensor.to_sparse()


@pytest.mark.parametrize("make", [whole, imaginary, sparse])
def test_parameter_of_another_kind_is_named(
    make: Callable[[Tensor], Tensor], tiny: Checkpoint
) -> None:
    with pytest.raises(WeightsError, match=re.escape(SOME)):
        convert(tiny | {SOME: make(tiny[SOME])})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_undefined_numbers_are_refused(
    value: float, checkpoint: Checkpoint, imported: Import
) -> None:
    with pytest.raises(WeightsError, match=re.escape(our_name(SOME))):
        imported(checkpoint | {SOME: torch.full_like(checkpoint[SOME], value)})


@pytest.mark.parametrize("width", [(), (0,), (48, 12, 3, 3)])
def test_network_of_another_width_is_refused(
    width: tuple[int, ...], checkpoint: Checkpoint, imported: Import
) -> None:
    with pytest.raises(WeightsError, match="not a checkpoint of the authors' small or large"):
        imported(checkpoint | {"RRDB.conv_first.weight": torch.zeros(width)})


@pytest.mark.parametrize(
    "content",
    [[], torch.zeros(3), "text", 7, {}, {1: torch.zeros(1)}, {"epoch": 3}],
    ids=["list", "tensor", "text", "number", "empty", "numbered", "no tensor"],
)
def test_what_is_no_state_dict_is_refused(content: object, imported: Import) -> None:
    with pytest.raises(WeightsError, match="not a flat dictionary of tensors"):
        imported(content)


def test_nested_state_dict_is_refused(checkpoint: Checkpoint, imported: Import) -> None:
    with pytest.raises(WeightsError, match="not a flat dictionary of tensors"):
        imported({"params": checkpoint})


# --- What is dangerous or damaged ---------------------------------------------------------------


class Dangerous:
    """Unpickles by creating a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def refused(source: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        import_checkpoint(source, target=source.with_suffix(".safetensors"), overwrite=False)
    assert not source.with_suffix(".safetensors").exists()
    return str(caught.value)


@pytest.mark.parametrize("old_format", [False, True])
def test_code_in_a_checkpoint_is_refused_and_not_run(old_format: bool, tmp_path: Path) -> None:
    bait, source = tmp_path / "bait", tmp_path / "evil.pth"
    content = {"RRDB.conv_first.weight": Dangerous(bait)}
    torch.save(content, source, _use_new_zipfile_serialization=not old_format)
    assert "wants to run code" in refused(source)
    assert not bait.exists()


def test_plain_pickle_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    bait, source = tmp_path / "bait", tmp_path / "evil.pth"
    source.write_bytes(pickle.dumps(Dangerous(bait)))
    assert "wants to run code" in refused(source)
    assert not bait.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_plain_pickle_is_refused(protocol: int, tmp_path: Path) -> None:
    source = tmp_path / "plain.pth"
    source.write_bytes(pickle.dumps({"weight": [1.0]}, protocol=protocol))
    assert "plain.pth" in refused(source)


@pytest.mark.parametrize(
    "content",
    [b"", b"RRDB.conv_first.weight = 3\n", b"\x80", b"PK\x03\x04", b"\0" * 1000, b"(" * 1000],
    ids=["empty", "text", "pickle's first byte", "zip's first bytes", "zeros", "marks"],
)
def test_what_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "text.pth"
    source.write_bytes(content)
    assert "is damaged" in refused(source)


@pytest.mark.parametrize("old_format", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.8, 0.99])
def test_truncated_checkpoint_is_refused(share: float, old_format: bool, tmp_path: Path) -> None:
    source = tmp_path / "cut.pth"
    content = {f"layer.{n}.weight": torch.zeros(4, 4) for n in range(20)}
    torch.save(content, source, _use_new_zipfile_serialization=not old_format)
    data = source.read_bytes()
    source.write_bytes(data[: int(share * len(data))])
    assert "is damaged" in refused(source)


@pytest.mark.parametrize("place", range(0, 1200, 24))
def test_flipped_bytes_never_end_in_a_traceback(place: int, tmp_path: Path) -> None:
    source = tmp_path / "flipped.pth"
    content = {f"layer.{n}.weight": torch.zeros(2) for n in range(4)}
    torch.save(content, source, _use_new_zipfile_serialization=False)
    data = bytearray(source.read_bytes())
    data[place % len(data)] ^= 0xFF
    source.write_bytes(data)
    assert refused(source)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no such file"):
        import_checkpoint(tmp_path / "none.pth", target=tmp_path / "a", overwrite=False)
