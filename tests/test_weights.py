"""Weights files: what is stored comes back, and what is not ours is refused with a sentence."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from support.architectures import OURS, PAPER, SMALLEST
from support.networks import disturbed

from llenhance.errors import PictureError, SingularMatrixError, WeightsError
from llenhance.model.architecture import LARGE, NANO, PRESETS, SMALL, Architecture
from llenhance.weights.file import FORMAT, describe, load, store

TRAINING: dict[str, object] = {"steps": 12, "note": "größer", "scores": {"psnr": 20.5}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A weights file in float32."""
    path = tmp_path / "tiny.safetensors"
    store(disturbed(SMALLEST), path, training=TRAINING, dtype=torch.float32, overwrite=False)
    return path


# --- Round trips --------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", [SMALLEST, PAPER, OURS], ids=["tiny", "paper", "ours"])
def test_float32_weights_come_back_exactly(architecture: Architecture, tmp_path: Path) -> None:
    model = disturbed(architecture)
    path = tmp_path / "a.safetensors"
    store(model, path, training={}, dtype=torch.float32, overwrite=False)
    loaded = load(path).state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("dtype", "precision"), [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
def test_shorter_numbers_come_back_rounded(
    dtype: torch.dtype, precision: float, tmp_path: Path
) -> None:
    path = tmp_path / "a.safetensors"
    store(disturbed(SMALLEST), path, training={}, dtype=dtype, overwrite=False)
    torch.testing.assert_close(
        load(path).state_dict(), disturbed(SMALLEST).state_dict(), rtol=precision, atol=1e-7
    )


def test_loaded_network_is_in_float32(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    store(disturbed(SMALLEST), path, training={}, dtype=torch.float16, overwrite=False)
    assert {value.dtype for value in load(path).state_dict().values()} == {torch.float32}


def test_loaded_network_is_for_use_not_for_training(path: Path) -> None:
    model = load(path)
    assert (model.training, any(p.requires_grad for p in model.parameters())) == (False, False)


def test_header_says_what_the_network_is(path: Path) -> None:
    assert describe(path).architecture == SMALLEST


def test_header_says_how_it_came_to_be(path: Path) -> None:
    assert describe(path).training == TRAINING


def test_header_is_plain_safetensors_metadata(path: Path) -> None:
    (size,) = struct.unpack("<Q", path.read_bytes()[:8])
    header = json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"]
    assert set(header) == {"format", "architecture", "training"}


def test_existing_file_is_not_replaced_unasked(path: Path) -> None:
    with pytest.raises(PictureError, match="exist"):
        store(disturbed(SMALLEST), path, training={}, dtype=torch.float32, overwrite=False)


def test_existing_file_is_replaced_when_asked(path: Path) -> None:
    store(disturbed(SMALLEST), path, training={"steps": 99}, dtype=torch.float32, overwrite=True)
    assert describe(path).training == {"steps": 99}


def test_number_too_large_for_the_type_is_not_stored(tmp_path: Path) -> None:
    model = disturbed(SMALLEST)
    model.encoder.conv_first.weight[0, 0, 0, 0] = 1e6  # float16 ends at 65,504
    with pytest.raises(WeightsError, match=r"float16 cannot hold .* encoder\.conv_first\.weight"):
        store(model, tmp_path / "a", training={}, dtype=torch.float16, overwrite=False)


# --- Hostile files ------------------------------------------------------------------------------


def refused(path: Path, content: bytes | None = None) -> str:
    """Return the sentence with which a file is refused."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load(path)
    assert caught.value.exit_code == 3
    assert caught.value.name == str(path)
    return str(caught.value)


def file_of(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + body


def entries_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return header and body of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def rewritten(path: Path, **metadata: str | None) -> str:
    """Change a file's own header and return how it is refused; None takes an entry out."""
    entries, body = entries_of(path)
    changed = entries["__metadata__"] | metadata
    entries["__metadata__"] = {name: value for name, value in changed.items() if value is not None}
    return refused(path, file_of(json.dumps(entries).encode(), body))


@pytest.mark.parametrize("share", [0, 1e-4, 0.001, 0.01, 0.1, 0.5, 0.9, 0.9999])
def test_truncated_file_is_refused(share: float, path: Path) -> None:
    data = path.read_bytes()
    assert "damaged" in refused(path, data[: int(share * len(data))])


@pytest.mark.parametrize("size", [1, 7, 8, 9, 100, 10_000])
def test_random_bytes_are_refused(size: int, path: Path) -> None:
    assert "damaged" in refused(path, np.random.default_rng(size).bytes(size))


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 10**9) + b"{}",
        file_of(b"{"),
        file_of(b"[]"),
        file_of(b"\xff\xfe"),
        file_of(b"{" * 100_000),
        b"PK\x03\x04 a zip file, as torch.save makes them",
        b"\x80\x04\x95 a pickle",
    ],
    ids=["huge", "large", "open", "list", "no text", "deep", "zip", "pickle"],
)
def test_header_that_cannot_be_parsed_is_refused(content: bytes, path: Path) -> None:
    assert "damaged" in refused(path, content)


def test_longer_file_is_refused(path: Path) -> None:
    assert "damaged" in refused(path, path.read_bytes() + b"more")


@pytest.mark.parametrize(
    "offsets",
    [[0, 2**40], [2**40, 2**40 + 8], [8, 0], [-8, 0], [0, 4], [0, 2**64]],
    ids=["beyond the end", "far", "backwards", "negative", "short", "overflowing"],
)
def test_wrong_offsets_are_refused(offsets: list[int], path: Path) -> None:
    entries, body = entries_of(path)
    entries["encoder.conv_first.bias"]["data_offsets"] = offsets
    assert "damaged" in refused(path, file_of(json.dumps(entries).encode(), body))


def test_overlapping_tensors_are_refused(path: Path) -> None:
    entries, body = entries_of(path)
    entries["encoder.conv_first.bias"] = entries["encoder.conv_second.bias"]
    assert "damaged" in refused(path, file_of(json.dumps(entries).encode(), body))


@pytest.mark.parametrize("shape", [[2**62, 4], [-2], [2**70]])
def test_absurd_shapes_are_refused(shape: list[int], path: Path) -> None:
    entries, body = entries_of(path)
    entries["encoder.conv_first.bias"]["shape"] = shape
    assert "damaged" in refused(path, file_of(json.dumps(entries).encode(), body))


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        load(tmp_path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.safetensors")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "llenhance weights 9"}])
def test_other_safetensors_file_is_refused(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=metadata)
    assert "not one of llenhance's weights" in refused(path)


# --- Hostile headers ----------------------------------------------------------------------------


def with_fields(**changes: object) -> str:
    fields = json.loads(SMALLEST.to_json()) | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None})


BAD_FIELDS: Mapping[str, dict[str, object]] = {
    "absurd width": {"features": 10**9},
    "absurd depth": {"blocks": 10**9},
    "absurd margin": {"margin": 2**60},
    "no blocks": {"blocks": 0},
    "negative": {"hidden": -1},
    "fraction": {"steps": 1.5},
    "whole fraction": {"steps": 1.0},
    "text": {"growth": "2"},
    "true for 1": {"steps": True},
    "1 for true": {"brightness": 1},
    "0 for false": {"context": 0},
    "list": {"features": [2]},
    "unknown field": {"gpu": 1},
    "missing field": {"hidden": None},
    "stacked is no list": {"stacked_blocks": 1},
    "stacked text": {"stacked_blocks": ["0"]},
    "stacked list": {"stacked_blocks": [[0]]},
    "stacked beyond": {"stacked_blocks": [1]},
    "stacked twice": {"stacked_blocks": [0, 0]},
    "trunk scale": {"trunk_scale": 3},
    "trunk scale fraction": {"trunk_scale": 2.0},
    "trunk scale list": {"trunk_scale": [2]},
    "margin off the grid": {"margin": 12},
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_architecture_that_makes_no_sense_is_refused(name: str, path: Path) -> None:
    sentence = rewritten(path, architecture=with_fields(**BAD_FIELDS[name]))
    assert "describes no network known here" in sentence


def test_file_from_before_context_maps_has_none(path: Path) -> None:
    assert Architecture.from_json(with_fields(context=None)) == SMALLEST


NO_OBJECTS = {
    "nothing": "",
    "open": "{",
    "list": "[]",
    "number": "1",
    "null": "null",
    "not a number": "NaN",
    "text": '"features"',
    "deep": "[" * 100_000,
    "long number": f'{{"x": 1{"0" * 9999}}}',
}


@pytest.mark.parametrize("text", NO_OBJECTS)
@pytest.mark.parametrize("entry", ["architecture", "training"])
def test_entry_that_is_no_json_object_is_refused(text: str, entry: str, path: Path) -> None:
    assert "describes no network known here" in rewritten(path, **{entry: NO_OBJECTS[text]})


@pytest.mark.parametrize("entry", ["architecture", "training"])
def test_missing_entry_is_refused(entry: str, path: Path) -> None:
    assert "describes no network known here" in rewritten(path, **{entry: None})


@pytest.mark.parametrize(
    "change", [{"features": 3}, {"blocks": 2}, {"brightness": True}, {"context": True}]
)
def test_architecture_of_another_network_is_refused(change: dict[str, Any], path: Path) -> None:
    sentence = rewritten(path, architecture=replace(SMALLEST, **change).to_json())
    assert "wrong shape for" in sentence or "lacks tensor" in sentence


def test_largest_possible_architecture_is_refused_without_allocating_it(path: Path) -> None:
    largest = replace(
        SMALLEST, features=1024, growth=1024, blocks=64, steps=64, uncoupled_steps=64, hidden=1024
    )
    assert "not fit into memory" in rewritten(path, architecture=largest.to_json())


# --- Hostile tensors ----------------------------------------------------------------------------

Change = Callable[[Callable[[dict[str, Any]], object]], str]


@pytest.fixture
def change(path: Path) -> Change:
    """Change the tensors of a file and return how it is refused."""

    def changed(how: Callable[[dict[str, Any]], object]) -> str:
        tensors = load_file(path)
        how(tensors)
        metadata = entries_of(path)[0]["__metadata__"]
        save_file(tensors, path, metadata=metadata)
        return refused(path)

    return changed


NAME = "encoder.conv_first.bias"


def test_missing_tensor_is_named(change: Change) -> None:
    assert f"lacks tensor {NAME}" in change(lambda tensors: tensors.pop(NAME))


def test_several_missing_tensors_are_counted(change: Change) -> None:
    assert "and 4 more" in change(
        lambda tensors: (
            [tensors.pop(key) for key in list(tensors) if "conv_second" in key]
            + [tensors.pop(key) for key in list(tensors) if "downconv1" in key]
            + [tensors.pop(NAME)]
        )
    )


def test_unknown_tensor_is_named(change: Change) -> None:
    assert "has the unknown tensor extra" in change(
        lambda tensors: tensors.update(extra=torch.zeros(1))
    )


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 1), ()])
def test_tensor_of_another_shape_is_named(shape: tuple[int, ...], change: Change) -> None:
    assert f"has a wrong shape for tensor {NAME}" in change(
        lambda tensors: tensors.update({NAME: torch.zeros(shape)})
    )


@pytest.mark.parametrize(
    "dtype", [torch.int32, torch.uint8, torch.bool, torch.float64, torch.float8_e4m3fn]
)
def test_tensor_of_another_type_is_named(dtype: torch.dtype, change: Change) -> None:
    assert f"has the type {dtype} for tensor {NAME}" in change(
        lambda tensors: tensors.update({NAME: torch.zeros(2).to(dtype)})
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_tensor_with_undefined_numbers_is_named(value: float, change: Change) -> None:
    assert f"has infinite or undefined numbers in tensor {NAME}" in change(
        lambda tensors: tensors[NAME].fill_(value)
    )


def test_singular_matrix_is_refused(path: Path) -> None:
    model = disturbed(SMALLEST)
    model.flow.get_submodule("layers.1.invconv").get_parameter("weight")[3] = 0
    store(model, path, training={}, dtype=torch.float32, overwrite=True)
    with pytest.raises(SingularMatrixError, match=r"tiny\.safetensors: a 12x12 matrix"):
        load(path)


# --- Architectures ------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", [*PRESETS.values(), SMALLEST, PAPER, OURS])
def test_architecture_comes_back_from_json(architecture: Architecture) -> None:
    assert Architecture.from_json(architecture.to_json()) == architecture


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_architecture_that_makes_no_sense_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Architecture.from_json(with_fields(**BAD_FIELDS[name]))


@pytest.mark.parametrize("field", ["features", "growth", "blocks", "steps", "hidden", "margin"])
@pytest.mark.parametrize("value", [0, -8, 10**6, 2.0, "8", None, True])
def test_size_out_of_range_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{field} must be a whole number"):
        replace(SMALLEST, **{field: value})


def test_presets_have_a_name_each() -> None:
    assert PRESETS == {"nano": NANO, "small": SMALL, "large": LARGE}


@pytest.mark.parametrize(("architecture", "expected"), [(NANO, 32), (SMALL, 64), (LARGE, 320)])
def test_condition_has_the_trunk_and_the_stacked_blocks(
    architecture: Architecture, expected: int
) -> None:
    assert architecture.condition_features == expected


def test_file_format_has_not_changed() -> None:
    """Released files say this; another name would orphan them."""
    assert FORMAT == "llenhance weights 1"
