"""Checkpoints that somebody made to harm: no code of theirs runs, whatever they hold."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from support.architectures import FEWEST
from support.checkpoints import Checkpoint, authors_checkpoint
from support.refusals import is_a_sentence

from llenhance.cli.app import run
from llenhance.errors import WeightsError
from llenhance.model.llflow import LLFlow
from llenhance.weights import official
from llenhance.weights.file import load
from llenhance.weights.official import import_checkpoint

PICKLES = 60  # changed files: `docs/faults.md` tells it

SYSTEM = vars(os)["system"]  # as attackers do: the linter knows it as deprecated


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A state dict in the authors' layout, of a network so small that it is quickly made."""
    monkeypatch.setattr(official, "SMALL", FEWEST)
    torch.manual_seed(0)
    return authors_checkpoint(LLFlow(FEWEST))


class Attack:
    """What runs a command where a pickle is loaded without care."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.reduced


def attacks(sentinel: Path) -> Iterator[object]:
    command = f"touch {sentinel}"
    code = f"open({str(sentinel)!r}, 'w')"
    for function, argument in ((SYSTEM, command), (eval, code), (exec, code)):
        yield Attack(function, argument)
    yield Attack(open, str(sentinel), "w")
    yield Attack(subprocess.Popen, ["touch", str(sentinel)])
    yield Attack(__import__, "antigravity")
    yield Attack(bytearray, 10**10)
    yield Attack(torch.zeros, 10**10)
    yield Attack(torch.Tensor, 10**5, 10**5)


def refused_import(path: Path) -> bool:
    """Import a checkpoint; return whether it was refused, with a sentence of one line."""
    target = path.with_suffix(".safetensors")
    target.unlink(missing_ok=True)
    refusal = None
    try:
        import_checkpoint(path, target=target, overwrite=True)
    except WeightsError as error:
        refusal = error
    if refusal is None:
        load(target)
        return False
    assert is_a_sentence(refusal)
    assert not target.exists()
    return True


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("packed", [True, False], ids=["archive", "pickle alone"])
def test_code_in_a_pickle_is_never_run(
    theirs: Checkpoint, tmp_path: Path, packed: bool, protocol: int
) -> None:
    sentinel, path = tmp_path / "was here", tmp_path / "LOL.pth"
    for attack in attacks(sentinel):
        for content in (attack, {"a": attack}, theirs | {"RRDB.conv_first.bias": attack}):
            if packed:
                torch.save(content, path, pickle_protocol=protocol)
            elif content is not theirs:
                path.write_bytes(pickle.dumps(content, protocol))
            assert refused_import(path)
            assert not sentinel.exists()


def test_changed_checkpoint_is_refused_or_still_good(theirs: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "LOL.pth"
    torch.save(theirs, path)
    assert not refused_import(path)
    data = path.read_bytes()
    refused = 0
    for seed in range(PICKLES):
        dice = random.Random(seed)
        changed = bytearray(data)
        for _ in range(dice.randint(1, 8)):
            changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        if seed % 4 == 0:
            changed = changed[: dice.randrange(len(changed))]
        path.write_bytes(bytes(changed))
        refused += refused_import(path)
    assert refused > PICKLES / 4


def repacked(path: Path, change: Callable[[str, bytes], bytes], *, packed: bool = False) -> None:
    """Write a checkpoint's archive anew, with its entries changed."""
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path) as archive:
        entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in entries:
            archive.writestr(name, change(name, data))


def test_archive_that_unpacks_to_more_than_it_is_is_refused(
    theirs: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "LOL.pth"
    torch.save(theirs, path)
    zeros = bytes(50_000_000)
    repacked(path, lambda name, data: zeros if name.endswith("/data/0") else data, packed=True)
    assert path.stat().st_size < 1_000_000
    assert refused_import(path)


def test_storage_shorter_than_the_pickle_says_is_refused(
    theirs: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "LOL.pth"
    torch.save(theirs, path)
    repacked(path, lambda name, data: data[:4] if "/data/" in name else data)
    assert refused_import(path)


def tensors() -> dict[str, Callable[[torch.Tensor], object]]:
    """Return what may stand where a tensor should."""
    return {
        "NaN": lambda t: torch.full_like(t, float("nan")),
        "infinite": lambda t: torch.full_like(t, float("inf")),
        "beyond float32": lambda t: torch.full(t.shape, 1e300, dtype=torch.float64),
        "whole numbers": lambda t: torch.zeros(t.shape, dtype=torch.int64),
        "complex": lambda t: torch.zeros(t.shape, dtype=torch.complex64),
        "truth values": lambda t: torch.zeros(t.shape, dtype=torch.bool),
        "sparse": lambda t: torch.zeros(t.shape).to_sparse(),
        "without storage": lambda t: torch.zeros(t.shape, device="meta"),
        "another shape": lambda t: torch.zeros(7, 5),
        "a number": lambda t: torch.tensor(1.0),
        "empty": lambda t: torch.zeros(0),
        "terabytes by repetition": lambda t: torch.zeros(1).expand(2**20, 2**20),
        "a list": lambda t: [float(t.sum())],
        "text": lambda t: "tensor",
        "nothing": lambda t: None,
    }


@pytest.mark.parametrize("kind", tensors())
@pytest.mark.parametrize("name", ["RRDB.conv_first.weight", "RRDB.conv_first.bias"])
def test_what_is_no_good_tensor_is_refused(
    kind: str, name: str, theirs: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "LOL.pth"
    torch.save(theirs | {name: tensors()[kind](theirs[name])}, path)
    assert refused_import(path)


def test_older_checkpoint_that_is_no_archive_is_imported(
    theirs: Checkpoint, tmp_path: Path
) -> None:
    torch.save(theirs, tmp_path / "LOL.pth", _use_new_zipfile_serialization=False)
    assert not refused_import(tmp_path / "LOL.pth")


def test_the_command_says_one_line_and_exits_with_3(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLENHANCE_HOME", str(tmp_path / "home"))
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(tiny.read_bytes()[:-1])
    pickled = tmp_path / "bad.pth"
    pickled.write_bytes(pickle.dumps(Attack(SYSTEM, f"touch {tmp_path / 'was here'}")))
    for arguments in (
        ["dark.jpg", "--model", str(bad)],
        ["dark.jpg", "--model", str(pickled)],
        ["weights", "info", str(bad)],
        ["weights", "verify", str(pickled)],
        ["weights", "import", str(pickled), "--as", "mine"],
        ["weights", "import", str(pickled), "-o", str(tmp_path / "out.safetensors")],
    ):
        assert run(arguments) == 3, arguments
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1, said
        assert said[0].startswith("error: ")
    assert not (tmp_path / "was here").exists()
    assert sorted(p.name for p in tmp_path.rglob("*.safetensors")) == ["bad.safetensors"]
