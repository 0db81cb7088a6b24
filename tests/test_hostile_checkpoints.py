"""Checkpoints that somebody made to harm: no code of theirs runs, whatever they hold."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from support.architectures import FEWEST
from support.checkpoints import Checkpoint, authors_checkpoint
from support.refusals import is_a_sentence
from support.runners import program

from llenhance.cli.app import run
from llenhance.errors import WeightsError
from llenhance.model.llflow import LLFlow
from llenhance.weights import official
from llenhance.weights.checkpoint import opened_checkpoint
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


# --- Small files that ask for much: what is checked is what is read -----------------------------

GREEDY = pickle.dumps(Attack(bytearray, 4 * 10**9), 2)


def archive(**parts: bytes) -> bytes:
    """Return an archive as torch writes it; `pkl` is its pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in parts.items():
            made.writestr("archive/data.pkl" if name == "pkl" else f"archive/{name}", content)
    return file.getvalue()


def older(pickled: bytes) -> bytes:
    """Return a pickle with what older checkpoints have around it."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    before = (0x1950A86A20F9469CFC6C, 1001, system)
    return b"".join(pickle.dumps(part, 2) for part in before) + pickled + pickle.dumps([], 2)


def tensors_by(state: dict[str, torch.Tensor]) -> bytes:
    """Return the archive of a state dict, which is fine."""
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def with_index(entries: int) -> bytes:
    """Return an archive with many empty parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number in range(entries):
            made.writestr(f"archive/{number}" + "x" * 100, b"")
    return file.getvalue()


def of_many(instruction: bytes, count: int) -> bytes:
    return b"\x80\2" + instruction * count + b"."


def greedy() -> dict[str, bytes]:
    """Return files that make a reader take gigabytes if it believes them."""
    fine = tensors_by({"RRDB.conv_first.weight": torch.zeros(4)})
    twice = io.BytesIO(archive(pkl=of_many(b"}", 1)))
    with zipfile.ZipFile(twice, "a") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the second part with this name
        made.writestr("archive/data.pkl", GREEDY)
    return {
        "pickle with an archive behind it": older(GREEDY) + fine,
        "archive with a pickle behind it": fine + older(GREEDY),
        "older": older(GREEDY),
        "part of another case": archive(**{"data.PKL": GREEDY}),
        "two parts of a name": twice.getvalue(),
        "two pickles": archive(pkl=of_many(b"}", 1), **{"b/data.pkl": GREEDY}),
        "bytes": archive(pkl=b"\x80\4\x8e" + struct.pack("<Q", 4 * 10**9) + b"."),
        "text": archive(pkl=b"\x80\2X" + struct.pack("<I", 4 * 10**9) + b"."),
        "number": archive(pkl=b"\x80\2\x8b" + struct.pack("<I", 2 * 10**9) + b"."),
        "older text": older(b"\x80\2X" + struct.pack("<I", 4 * 10**9) + b"."),
        "memory": archive(pkl=b"\x80\2}r" + struct.pack("<I", 2**32 - 1) + b"."),
        "dictionaries": archive(pkl=of_many(b"}", 1_900_000)),
        "marks": archive(pkl=of_many(b"(", 1_900_000)),
        "too long": archive(pkl=of_many(b"}", 30_000_000)),
        "keys that never end": archive(pkl=b"\x80\2})" + b"q\0h\0\x86" * 99 + b"Ns."),
        "index": with_index(60_000),
    }


READING = """
import resource, sys
from pathlib import Path
from llenhance.errors import WeightsError
from llenhance.weights.official import import_checkpoint

taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 400_000_000,) * 2)
for path in map(Path, sys.argv[1:]):
    try:
        import_checkpoint(path, target=path.with_suffix(".out"), overwrite=True)
    except WeightsError as error:
        print(path.name, error.code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_small_files_that_ask_for_gigabytes_are_refused_within_little_memory(
    tmp_path: Path,
) -> None:
    files = greedy()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    done = program(READING, *(str(path) for path in sorted(tmp_path.iterdir())))
    assert (done.returncode, done.stderr) == (0, "")
    refused = [line.rpartition(" ")[0] for line in done.stdout.splitlines()]
    assert refused == sorted(files)


def test_numbers_are_those_that_torch_reads(theirs: Checkpoint, tmp_path: Path) -> None:
    """Also for tensors that are a part of a longer row, or lie in it in another order."""
    theirs = dict(theirs)
    for number, (name, tensor) in enumerate(theirs.items()):
        kinds: dict[int, Callable[[torch.Tensor], torch.Tensor]] = {
            1: lambda t: t.half(),
            2: lambda t: t.double(),
            3: lambda t: t.bfloat16(),
            4: lambda t: torch.cat([torch.ones(3), t.flatten(), torch.ones(5)])[3:-5].view(t.shape),
            5: lambda t: t.transpose(0, -1).contiguous().transpose(0, -1),
        }
        theirs[name] = kinds.get(number % 7, torch.nn.Parameter)(tensor)
    for archived in (True, False):
        path = tmp_path / f"{archived}.pth"
        torch.save(theirs, path, _use_new_zipfile_serialization=archived)
        expected = torch.load(path, weights_only=True)
        with opened_checkpoint(path) as checkpoint:
            assert list(checkpoint.tensors) == list(expected)
            for name, tensor in expected.items():
                found = checkpoint.read(name)
                assert found.dtype == tensor.dtype
                assert torch.equal(found, tensor)


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
