"""A result tells the settings that made it, and they make it again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from support.architectures import TINY_OURS
from support.encoded import codes
from support.photographs import photograph_file
from support.records import result_of
from support.runners import Command

from llenhance import Enhancer, Request, UsageError, enhance_bytes, read_provenance
from llenhance.model.llflow import LLFlow
from llenhance.pictures.provenance import record_in, recorded
from llenhance.weights.file import store

SETTINGS = {
    "usual": (),
    "brightness": ("--brightness", "0.1"),
    "exposure": ("--exposure", "0.5"),
    "target": ("--target-mean", "0.3"),
    "match": ("--match", "dark.jpg"),
    "finish": ("--strength", "0.6", "--denoise", "0.5", "--protect", "0.4"),
    "fast": ("--fast",),
    "tile": ("--tile", "24"),
    "whole": ("--tile", "0"),
    "precision": ("--precision", "bf16"),
    "format": ("--format", "webp"),
    "quality": ("--quality", "70"),
    "metadata": ("--metadata", "strip-gps"),
}


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "dark.jpg").write_bytes(photograph_file(size=(64, 80)))
    return folder


def only_new(folder: Path, name: str) -> bytes:
    """Return the content of the only file in a folder of results."""
    [file] = (folder / name).iterdir()
    return file.read_bytes()


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
def test_replay_gives_the_same_bytes(
    options: tuple[str, ...], llenhance_: Command, folder: Path
) -> None:
    assert llenhance_("dark.jpg", *options, "-o", "first/").code == 0
    [result] = (folder / "first").iterdir()
    again = llenhance_("dark.jpg", "--replay", str(result), "-o", "second/")
    assert again.code == 0
    assert only_new(folder, "second") == result.read_bytes()
    assert "note" not in again.stderr


def test_a_tile_is_recorded_only_if_it_makes_a_difference(
    llenhance_: Command, folder: Path
) -> None:
    for tile, recorded_tile in (("24", 24), ("512", None), ("auto", None), ("0", None)):
        assert llenhance_("dark.jpg", "--tile", tile, "-o", "a.png", "--overwrite").code == 0
        record = read_provenance("a.png")
        assert record is not None
        assert record.tile == recorded_tile


@pytest.fixture
def result(llenhance_: Command, folder: Path) -> Path:
    """A result of dark.jpg with a brightness of 0.1, beside it."""
    assert llenhance_("dark.jpg", "--brightness", "0.1", "-o", "result.jpg").code == 0
    return folder / "result.jpg"


def test_the_original_is_found_beside_the_result(
    result: Path, llenhance_: Command, folder: Path
) -> None:
    assert llenhance_("--replay", "result.jpg", "-o", "again.jpg").code == 0
    assert (folder / "again.jpg").read_bytes() == result.read_bytes()


def test_a_picture_with_another_name_gives_the_same_bytes(
    result: Path, llenhance_: Command, folder: Path
) -> None:
    (folder / "dark.jpg").rename(folder / "renamed.jpg")
    again = llenhance_("renamed.jpg", "--replay", "result.jpg", "-o", "again.jpg")
    assert again.code == 0
    assert (folder / "again.jpg").read_bytes() == result.read_bytes()


def test_settings_are_used_for_another_picture_with_a_note(
    result: Path, llenhance_: Command, folder: Path
) -> None:
    (folder / "other.jpg").write_bytes(photograph_file(size=(30, 20)))
    done = llenhance_("other.jpg", "--replay", "result.jpg", "-o", "again.jpg", "--json")
    assert done.code == 0
    told = [message["code"] for message in done.document["messages"]]
    assert "settings-of-another-picture" in told
    record = read_provenance("again.jpg")
    assert record is not None
    assert (record.brightness, record.source_name) == (0.1, "other.jpg")


CONTRADICTIONS = (
    ("--brightness", "0.2"),
    ("--brightness", "0"),
    ("--exposure", "1"),
    ("--target-mean", "0.4"),
    ("--match", "dark.jpg"),
    ("--strength", "0.6"),
    ("--denoise", "0.5"),
    ("--protect", "0.4"),
    ("--tile", "24"),
    ("--fast",),
    ("--format", "png"),
    ("--quality", "80"),
    ("--metadata", "strip"),
    ("--no-provenance",),
)


@pytest.fixture
def told(folder: Path) -> None:
    """A file that says it is a result of dark.jpg with a brightness of 0.1."""
    data = (folder / "dark.jpg").read_bytes()
    result = result_of(data, "dark.jpg", model="tiny.safetensors", brightness=0.1, constant=0.1)
    (folder / "result.jpg").write_bytes(result)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("options", CONTRADICTIONS, ids=" ".join)
def test_an_option_that_contradicts_the_result_is_wrong_usage(
    options: tuple[str, ...], llenhance_: Command, folder: Path
) -> None:
    done = llenhance_("--replay", "result.jpg", "-o", "again.jpg", *options)
    assert done.code == 2
    assert options[0] in done.stderr
    assert not (folder / "again.jpg").exists()


@pytest.mark.parametrize(
    "options", [("--brightness", "0.1"), ("--format", "jpg"), ("--tile", "auto")], ids=" ".join
)
def test_an_option_that_says_the_same_is_welcome(
    options: tuple[str, ...], result: Path, llenhance_: Command, folder: Path
) -> None:
    assert llenhance_("--replay", "result.jpg", "-o", "again.jpg", *options).code == 0
    assert (folder / "again.jpg").read_bytes() == result.read_bytes()


def test_other_weights_are_refused(result: Path, run: Command, folder: Path) -> None:
    torch.manual_seed(1)
    other = LLFlow(TINY_OURS)
    store(other, folder / "tiny.safetensors", training={}, dtype=torch.float32, overwrite=False)
    done = run("--model", "tiny.safetensors", "--replay", "result.jpg", "-o", "again.jpg")
    assert done.code == 3
    assert "its weights are not those that made the result" in done.stderr
    assert not (folder / "again.jpg").exists()


def test_the_same_weights_in_another_file_give_the_same_bytes(
    result: Path, run: Command, tiny: Path, folder: Path
) -> None:
    shutil.copy(tiny, folder / "copy.safetensors")
    done = run("--model", "copy.safetensors", "--replay", "result.jpg", "-o", "again.jpg")
    assert done.code == 0
    assert (folder / "again.jpg").read_bytes() == result.read_bytes()


def test_another_version_is_told(result: Path, llenhance_: Command) -> None:
    version = read_provenance(result)
    assert version is not None
    text = f'Version="{version.version}"'.encode()
    result.write_bytes(result.read_bytes().replace(text, b"Version='0.0.9'"[: len(text)]))
    done = llenhance_("--replay", "result.jpg", "-o", "again.jpg")
    assert done.code == 0
    assert "llenhance 0.0.9 made it" in done.stderr


def test_another_precision_is_told(result: Path, llenhance_: Command) -> None:
    precision = read_provenance(result)
    assert precision is not None
    other = "fp32" if precision.precision == "bf16" else "bf16"
    done = llenhance_("--replay", "result.jpg", "-o", "again.jpg", "--precision", other)
    assert done.code == 0
    assert f"it was made on cpu in {precision.precision}" in done.stderr


def test_a_device_that_is_not_here_is_told(result: Path, llenhance_: Command) -> None:
    result.write_bytes(result.read_bytes().replace(b'Device="cpu"', b'Device="mps"'))
    done = llenhance_("--replay", "result.jpg", "-o", "again.jpg")
    assert done.code == 0
    assert "it was made on mps" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("dark.jpg", "--replay", "dark.jpg"), "dark.jpg: it does not say what made it"),
        (("dark.jpg", "--replay", "missing.jpg"), "missing.jpg: there is no such file"),
        (("dark.jpg", "--replay", "text.txt"), "text.txt: it is not a picture"),
        (("--replay", "alone/result.jpg"), "dark.jpg, is not in its folder"),
        (("--replay", "beside/result.jpg"), "dark.jpg in its folder is not"),
        (("dark.jpg", "--replay", "damaged.jpg"), "its record of what made it is damaged"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, result: Path, llenhance_: Command, folder: Path
) -> None:
    (folder / "text.txt").write_text("no picture")
    damaged = result.read_bytes().replace(b'Fast="False"', b'Fast="maybe"')
    (folder / "damaged.jpg").write_bytes(damaged)
    for name in ("alone", "beside"):
        (folder / name).mkdir()
        shutil.copy(result, folder / name)
    (folder / "beside" / "dark.jpg").write_bytes(photograph_file(size=(9, 9)))
    done = llenhance_(*arguments, "-o", "again.jpg")
    assert done.code == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "again.jpg").exists()


def test_a_command_line_without_a_picture_is_wrong_usage(run: Command) -> None:
    done = run("--fast")
    assert done.code == 2
    assert "no picture is named" in done.stderr


def test_python_uses_a_record_again(result: Path, tiny: Path, folder: Path) -> None:
    record = read_provenance(result)
    assert record is not None
    enhancer = Enhancer(tiny, device=record.device, precision=record.precision)
    data = (folder / "dark.jpg").read_bytes()
    outcome = enhance_bytes(data, name="x", enhancer=enhancer, request=Request.like(record))
    assert outcome.data == result.read_bytes()
    assert codes(outcome.notes) == ()


def test_a_record_with_impossible_values_is_refused(result: Path) -> None:
    xmp = recorded(None, record) if (record := read_provenance(result)) else b""
    wrong = record_in(xmp.replace(b'Brightness="0.1"', b'Brightness="7"'))
    assert wrong is not None
    with pytest.raises(UsageError):
        Request.like(wrong)
