"""Weights files that somebody made to harm: refused with a sentence, or harmless; nothing else."""

from __future__ import annotations

import json
import os
import random
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support.architectures import FEWEST
from support.refusals import is_a_sentence
from support.runners import program

from llenhance.errors import WeightsError
from llenhance.model.llflow import LLFlow
from llenhance.weights.file import load, store
from llenhance.weights.official import import_checkpoint

FLIPS, CUTS, FIELDS = 260, 80, 120  # files of a kind: `docs/faults.md` tells them


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a weights file."""
    path = tmp_path_factory.mktemp("weights") / "good.safetensors"
    torch.manual_seed(0)
    store(LLFlow(FEWEST), path, training={}, dtype=torch.float32, overwrite=False)
    return path.read_bytes()


def outcome(path: Path) -> str:
    """Return what became of a weights file: `loaded`, and then it is as good as any, or refused."""
    model, refusal = None, None
    try:
        model = load(path)
    except WeightsError as error:
        refusal = error
    if refusal is not None:
        assert is_a_sentence(refusal)
        return "refused"
    assert model is not None
    assert all(value.isfinite().all() for value in model.state_dict().values())
    return "loaded"


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: object, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


# --- safetensors --------------------------------------------------------------------------------


def flipped(data: bytes, dice: random.Random) -> bytes:
    """Change one to four bits, half of the times in the header."""
    changed = bytearray(data)
    (length,) = struct.unpack("<Q", data[:8])
    end = 8 + length if dice.random() < 0.5 else len(data)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(end)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def cut_or_grown(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    added = dice.randbytes(dice.choice((1, 8, 4096)))
    return dice.choice((data[:at], data[at:], data + added, data[:at] + added + data[at:]))


NUMBERS = (-1, 0, 1, 2**31, 2**63, 2**64 - 1, 2**70, 1.5, "4", None, True, [], {}, "F32", "\0")


def misdescribed(data: bytes, dice: random.Random) -> bytes:
    """Change one field of the header: a tensor's, or one of what llenhance says of itself."""
    header, body = header_of(data)
    names = [name for name in header if name != "__metadata__"]
    name, other = dice.sample(names, 2)
    said = header["__metadata__"]
    architecture = json.loads(said["architecture"])
    field = dice.choice(list(architecture))
    match dice.randrange(9):
        case 0:
            header[name]["dtype"] = dice.choice(("F64", "I8", "BOOL", "BF16", "F8_E4M3", "", 3))
        case 1:
            shape = header[name]["shape"]
            header[name]["shape"] = dice.choice((shape[::-1], [*shape, 1], [], [2**40], [-1], None))
        case 2:
            header[name]["data_offsets"] = header[other]["data_offsets"]
        case 3:
            header[name]["data_offsets"][dice.randrange(2)] = dice.choice(NUMBERS)
        case 4:
            header[dice.choice(("", "x" * 10_000, "\0", "../a"))] = header.pop(name)
        case 5:
            header["__metadata__"] = dice.choice(({}, None, [], {"format": 1}, {"format": "pt"}))
        case 6:
            architecture[field] = dice.choice(NUMBERS)
            said["architecture"] = json.dumps(architecture)
        case 7:
            architecture[dice.choice(("surplus", "__class__"))] = architecture.pop(field)
            said["architecture"] = json.dumps(architecture)
        case _:
            deep = dice.choice(("[" * 100_000, '{"a":' * 50_000, "NaN", "", "nul", "[1"))
            said[dice.choice(("architecture", "training"))] = deep
    return joined(header, body)


@pytest.mark.parametrize(
    ("change", "count"),
    [(flipped, FLIPS), (cut_or_grown, CUTS), (misdescribed, FIELDS)],
    ids=["bits", "length", "header"],
)
def test_changed_file_is_refused_or_still_good(
    change: Callable[[bytes, random.Random], bytes], count: int, good: bytes, tmp_path: Path
) -> None:
    data, path = good, tmp_path / "hostile.safetensors"
    seen: list[str] = []
    for seed in range(count):
        changed = change(data, random.Random(seed))
        path.write_bytes(changed)
        seen.append(outcome(path) if changed != data else "loaded")
    assert len(seen) == count
    assert seen.count("refused") > count / 3
    if change is cut_or_grown:
        assert "loaded" not in seen


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_number_that_is_none_is_refused(value: float, good: bytes, tmp_path: Path) -> None:
    header, body = header_of(good)
    changed = bytearray(body)
    start, _ = header["encoder.conv_first.bias"]["data_offsets"]
    changed[start : start + 4] = struct.pack("<f", value)
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(joined(header, bytes(changed)))
    assert outcome(path) == "refused"


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**40, 2**63, 2**64 - 1])
def test_header_longer_than_the_file_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    assert outcome(path) == "refused"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_pipe_folder_and_nothing_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.safetensors"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none.safetensors"):
        assert outcome(path) == "refused"
        with pytest.raises(WeightsError):
            import_checkpoint(path, target=tmp_path / "out", overwrite=False)


def test_file_larger_than_any_network_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "sparse.safetensors"
    with path.open("wb") as file:
        file.truncate(30_000_000_000)
    assert outcome(path) == "refused"
    with pytest.raises(WeightsError, match="GB"):
        import_checkpoint(path, target=tmp_path / "out", overwrite=False)


def test_what_a_file_says_is_quoted_short_and_on_one_line(good: bytes, tmp_path: Path) -> None:
    header, body = header_of(good)
    header["\x1b[31m\n" * 100_000] = header.pop("encoder.conv_first.bias")
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(joined(header, body))
    with pytest.raises(WeightsError) as caught:
        load(path)
    assert is_a_sentence(caught.value)
    assert "\x1b" not in caught.value.problem
    assert len(caught.value.problem) < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="files in use are locked elsewhere")
def test_file_that_shrinks_after_loading_does_no_harm(good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "shrinks.safetensors"
    path.write_bytes(good)
    model = load(path)
    os.truncate(path, 0)
    assert all(value.isfinite().all() for value in model.state_dict().values())


# --- Memory, and the command --------------------------------------------------------------------


LOADING = """
import resource, sys
from pathlib import Path
from llenhance.errors import WeightsError
from llenhance.weights.official import import_checkpoint
from llenhance.weights.file import load

taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 500_000_000,) * 2)
for path in map(Path, sys.argv[1:]):
    try:
        if path.suffix == ".pth":
            import_checkpoint(path, target=path.with_suffix(".out"), overwrite=True)
        else:
            load(path)
    except WeightsError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_absurd_files_are_refused_within_little_memory(good: bytes, tmp_path: Path) -> None:
    header, body = header_of(good)
    said = header["__metadata__"]
    absurd = json.loads(said["architecture"]) | {
        "features": 1024,
        "growth": 1024,
        "blocks": 64,
        "hidden": 1024,
        "steps": 64,
    }
    said["architecture"] = json.dumps(absurd)
    (tmp_path / "network.safetensors").write_bytes(joined(header, body))
    first = next(name for name in header if name != "__metadata__")
    header[first] |= {"shape": [2**33], "data_offsets": [0, 2**35]}
    (tmp_path / "tensor.safetensors").write_bytes(joined(header, body))
    many = {f"{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(80_000)}
    (tmp_path / "many.safetensors").write_bytes(joined({"__metadata__": said} | many, b""))
    storage = torch.zeros(4)
    torch.save({"RRDB.conv_first.weight": storage.expand(2**33, 4)}, tmp_path / "repeated.pth")
    files = sorted(str(path) for path in tmp_path.iterdir())
    done = program(LOADING, *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(files) == 4
