"""Names that no file can have, wherever a command takes one: always a sentence, never a traceback.

A name with a NUL cannot reach a process of its own, so all commands run in this one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import torch
import typer
from support.architectures import SMALLEST
from support.checkpoints import authors_checkpoint
from support.pairs import save
from support.photographs import photograph, photograph_file
from support.runners import Command

from llenhance.cli.app import app
from llenhance.jobs.sweep import EXPOSURES
from llenhance.model.llflow import LLFlow
from llenhance.weights import official

BAD: Final = {
    "long": ("x" * 300, "xxx"),
    "deep": ("/".join(["deep"] * 1500), "deep/deep"),
    "NUL": ("a\0b", r"a\x00b"),
    "half a pair": ("a\ud800b", r"a\ud800b"),
    "through a file": ("dark.jpg/within", "dark.jpg"),
    "through a circle": ("circle/within", "circle"),
}
"""Names without an extension, and what of them a sentence shows."""

TABLE: Final[dict[str, dict[str, list[str]]]] = {
    "enhance": {
        "photos": ["{}.jpg", "{}.jpg -o out/", "{}.jpg -o -", "--dry-run {}.jpg"],
        "--output": [
            "dark.jpg -o {}.jpg",
            "dark.jpg -o {}/",
            "dark.jpg -o {}/bright.jpg",
            "dark.jpg dark.png -o {}",
            "--dry-run dark.jpg -o {}.jpg",
            "--overwrite dark.jpg -o {}.jpg",
        ],
        "--match": ["dark.jpg --match {}.png"],
        "--model": ["dark.jpg --model {}", "dark.jpg --model {}.safetensors", "x --model {}.pth"],
        "--replay": ["--replay {}.jpg", "dark.jpg --replay {}.jpg"],
        "--files-from": ["--files-from {}.txt -o out/", "@{}.txt -o out/"],
        "--files0-from": ["--files0-from {}.txt -o out/"],
        "--errors": ["dark.jpg -o out/ --errors {}.jsonl"],
        "--confidence": [
            "dark.jpg --confidence {}.png",
            "dark.jpg dark.png -o out --confidence {}/",
        ],
        "--report": ["dark.jpg -o out/ --report {}.html"],
    },
    "compare": {
        "places": ["{} high", "low {}", "{}.jpg dark.jpg"],
        "--output": ["low high -o {}.html", "low high -o {}/a.html"],
        "--reference": ["low low --reference {}"],
        "--lpips": ["low low --reference high --lpips {}.safetensors"],
    },
    "serve": {"--model": ["--port 0 --model {}.safetensors"]},
    "audit": {"folder": ["{}"], "--originals": ["low --originals {}"]},
    "info": {"pictures": ["{}.jpg", "{}"]},
    "evaluate": {
        "pictures": ["{} high", "--outputs-only {} high", "{} high --sweep"],
        "references": ["low {}", "--outputs-only low {}", "low {} --sweep"],
        "--outputs": ["low high -o {}", "low high --sweep -o {}", "low -o {}/new"],
        "--plot": ["low high --sweep --plot {}.png", "low high --sweep --plot {}/a.svg"],
        "--write-inputs": ["low high --sweep --write-inputs {}"],
        "--inputs": ["swept high --sweep --outputs-only --inputs {}"],
        "--lpips": ["low high --outputs-only --lpips {}.safetensors"],
        "--model": ["low high --model {}.safetensors"],
        "--csv": ["low high --csv {}.csv", "low high --csv {}/a.csv --overwrite"],
    },
    "bench": {"--model": ["--sizes 8x8 --model {}.safetensors"]},
    "export": {
        "--output": ["--format onnx -o {}.onnx", "--format openvino -o {}/a.xml --overwrite"],
        "--model": ["--format onnx -o a.onnx --model {}"],
    },
    "train": {
        "--out": [
            "--steps 1 --low low --high high --out {}",
            "--steps 1 --low low --high high --out {} --resume",
        ],
        "--low": ["--steps 1 --low {} --high high --out new"],
        "--high": ["--steps 1 --low low --high {} --out new"],
        "--normal": ["--steps 1 --normal {} --out new"],
        "--photographs": ["--steps 1 --photographs {} --out new"],
        "--night": ["--steps 1 --night {} --out new"],
        "--validation": ["--steps 1 --low low --high high --out new --validation {}.txt"],
        "--lpips": ["--steps 1 --low low --high high --out new --lpips {}.safetensors"],
        "--start": ["--steps 1 --low low --high high --out new --start {}.safetensors"],
    },
    "weights download": {"names": ["{}", "{}.safetensors"]},
    "weights import": {
        "source": ["{}.safetensors --as mine", "{}.pth --as mine", "{}.pth -o mine.safetensors"],
        "--as": ["tiny.safetensors --as {}"],
        "--output": ["theirs.pth -o {}.safetensors", "theirs.pth -o {}/a.safetensors"],
    },
    "weights info": {"model": ["{}", "{}.safetensors"]},
    "weights verify": {"names": ["{}", "{}.safetensors"]},
    "weights path": {"model": ["{}", "{}.safetensors"]},
    "weights remove": {"names": ["{}", "{}.safetensors"]},
    "weights upload": {"model": ["{}.safetensors hf:owner/name --license MIT"]},
}
"""Of each command each option and argument that takes a file, a folder or a model, and uses."""

USES: Final = [
    f"{name} {use}" for name, options in TABLE.items() for uses in options.values() for use in uses
]

ONCE_A_PICTURE: Final = {
    "enhance dark.jpg dark.png -o {}",
    "enhance dark.jpg dark.png -o out --confidence {}/",
    "evaluate low high --sweep -o {}",
    "evaluate low high --sweep --write-inputs {}",
}
REFUSED: Final = "Invalid value for "  # Typer looks at some paths before llenhance does

# In the names of values.
FILES: Final = {"FILE", "DIR", "PHOTO", "PICTURE", "REF", "RESULT", "LIST", "MODEL"}
NAMES: Final = {("weights import", "--as")} | {
    (f"weights {name}", "names") for name in ("download", "verify", "remove")
}


@pytest.fixture(scope="module")
def something_of_everything(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    """A folder with a photograph, folders of pictures, a model, a checkpoint, a bad link."""
    folder = tmp_path_factory.mktemp("all")
    for format, name in (("JPEG", "dark.jpg"), ("PNG", "dark.png")):
        (folder / name).write_bytes(photograph_file(format))
    (folder / "swept").mkdir()
    inputs = (f"swept/{exposure.name}/1.png" for exposure in EXPOSURES)
    for name in ("low/1.png", "high/1.png", *inputs):
        save(folder / name, photograph(24, 24))
    (folder / "circle").symlink_to("circle")
    (folder / "tiny.safetensors").write_bytes(tiny.read_bytes())
    torch.save(authors_checkpoint(LLFlow(SMALLEST)), folder / "theirs.pth")
    return folder


@pytest.fixture
def folder(something_of_everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, the same for all tests: they leave nothing behind."""
    monkeypatch.chdir(something_of_everything)
    monkeypatch.setattr(official, "SMALL", SMALLEST)
    for variable, name in (("LLENHANCE_HOME", "home"), ("HF_HOME", "hub")):
        monkeypatch.setenv(variable, str(tmp_path / name))
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(variable, raising=False)
    return something_of_everything


def inserted(use: str, name: str) -> list[str]:
    """Return the words of a use; of its model, the tiny one, if it does not say another."""
    words = [word.format(name) for word in shlex.split(use)]
    takes_model = words[0] in ("enhance", "evaluate", "bench", "export")
    free = "--model" in words or "--outputs-only" in words or "--write-inputs" in words
    return words + ["--model", "tiny.safetensors"] * (takes_model and not free)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_name_is_a_sentence_and_leaves_nothing_behind(
    run: Command, folder: Path, kind: str, use: str
) -> None:
    name, shown = BAD[kind]
    before = set(folder.rglob("*"))
    outcome = run(*inserted(use, name))
    assert outcome.code in (1, 2, 3, 4)
    assert outcome.data == b""
    counts = "Nothing was written: 2 failed "
    lines = [one for one in outcome.stderr.splitlines() if not one.startswith(counts)]
    assert len(lines) == 1 or use in ONCE_A_PICTURE
    for line in lines:
        assert line.startswith("error: ")
        assert shown in line or line.startswith(f"error: {REFUSED}")
    assert set(folder.rglob("*")) == before


@pytest.mark.parametrize("kind", BAD)
def test_doctor_reports_a_bad_name_of_a_model(run: Command, folder: Path, kind: str) -> None:
    name, shown = BAD[kind]
    outcome = run("doctor", "--model", f"{name}.safetensors")
    assert outcome.code == 3
    assert outcome.stderr == ""
    assert shown in outcome.stdout


@pytest.mark.parametrize("kind", ["long", "through a file", "through a circle"])
@pytest.mark.parametrize(
    "arguments",
    ["weights list", "weights import tiny.safetensors --as mine", "weights remove mine"],
)
def test_a_bad_folder_of_models_is_no_traceback(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, arguments: str
) -> None:
    monkeypatch.setenv("LLENHANCE_HOME", str(folder / BAD[kind][0]))
    outcome = run(*arguments.split())
    assert outcome.code == 3 or (outcome.code == 0 and arguments == "weights list")
    assert outcome.stderr.count("\n") == (outcome.code == 3)


def commands(group: Any, *names: str) -> Iterator[tuple[str, Any]]:
    for name, inner in group.commands.items():
        if hasattr(inner, "commands"):
            yield from commands(inner, *names, name)
        else:
            yield " ".join([*names, name]), inner


def test_every_option_that_takes_a_file_is_tried() -> None:
    taken = {
        (name, parameter.opts[0])
        for name, found in commands(typer.main.get_command(app))
        for parameter in found.params
        if any(word in (parameter.metavar or "") for word in FILES)
    }
    tried = {(name, option) for name, options in TABLE.items() for option in options}
    assert taken | NAMES == tried | {("doctor", "--model")}
