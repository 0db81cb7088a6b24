"""The command line: what it understands, and what it writes where.

Commands run in this process, with a network of a few random parameters; what must be imported for
them is found out in processes of their own.
"""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from support.photographs import is_picture
from support.runners import Command, Outcome, imported_by

import llenhance
from llenhance.cli.app import app
from llenhance.cli.enhance import enhance
from llenhance.cli.enhance_sections import SECTIONS
from llenhance.enhancer import Enhancer
from llenhance.model.architecture import SMALL, Architecture
from llenhance.weights import official

HEAVY = {"torch", "numpy", "cv2", "PIL", "huggingface_hub", "safetensors"}


# --- what is understood -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["dark.jpg"],
        ["enhance", "dark.jpg"],
        ["--brightness", "0.2", "dark.jpg"],
        ["--brightness", "-0.2", "dark.jpg"],
        ["dark.jpg", "--tile", "16"],
        ["--tile", "0", "dark.jpg"],
        ["--precision", "fp32", "--device", "cpu", "dark.jpg"],
    ],
    ids=" ".join,
)
def test_a_photo_is_enhanced_beside_itself(
    run: Command, tiny: Path, folder: Path, arguments: list[str]
) -> None:
    outcome = run(*arguments, "--model", str(tiny))
    assert outcome.code == 0
    assert outcome.data == b""
    assert outcome.stderr.startswith("dark.jpg -> dark_enhanced.jpg  (16x16, ")
    assert outcome.stderr.count("\n") == 1
    assert is_picture(folder / "dark_enhanced.jpg")


@pytest.mark.parametrize("arguments", [["./weights"], ["enhance", "weights"]], ids=" ".join)
def test_a_photo_named_like_a_command_can_be_reached(
    run: Command, tiny: Path, folder: Path, arguments: list[str]
) -> None:
    (folder / "dark.jpg").rename("weights")
    assert run(*arguments, "--model", str(tiny)).code == 0
    assert is_picture(folder / "weights_enhanced.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "dark one.jpg",
        "dämmerung.jpg",
        "夜.jpg",
        "[bold].jpg",
        "[red.jpg",
        ":moon:.jpg",
        "$HOME.jpg",
    ],
)
def test_any_name_is_written_and_shown_as_it_is(
    llenhance_: Command, folder: Path, name: str
) -> None:
    (folder / "dark.jpg").rename(name)
    outcome = llenhance_(name, "-o", "out/")
    assert outcome.code == 0
    assert outcome.stderr.startswith(f"{name} -> out/{name}  (")
    assert is_picture(folder / "out" / name)


def test_a_name_that_begins_with_a_dash_follows_two_dashes(
    llenhance_: Command, folder: Path
) -> None:
    (folder / "dark.jpg").rename("-dark.jpg")
    assert llenhance_("--", "-dark.jpg").code == 0
    assert is_picture(folder / "-dark_enhanced.jpg")


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb.jpg", r"a\nb.jpg"), ("\x1b[31m.jpg", r"\x1b[31m.jpg")]
)
def test_a_name_cannot_steer_the_terminal(
    llenhance_: Command, folder: Path, name: str, shown: str
) -> None:
    assert llenhance_(name).stderr.startswith(f"error: {shown}: there is no such file")


def test_a_name_that_is_no_text_is_enhanced_and_reported(llenhance_: Command, folder: Path) -> None:
    name = os.fsdecode(b"\xff.jpg")
    (folder / "dark.jpg").rename(name)
    outcome = llenhance_(name, "--json")
    assert outcome.code == 0
    assert outcome.lines[0]["result"]["input"] == name


def test_options_mean_the_same_in_python_and_on_the_command_line() -> None:
    here, there = (inspect.signature(thing).parameters for thing in (enhance, Enhancer))
    for name in ("model", "device", "precision", "tile"):
        assert here[name].default == there[name].default


# --- help and version -------------------------------------------------------------------------


def test_help_names_every_command(run: Command) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    for word in ("llenhance photo.jpg", "enhance", "evaluate", "weights", "--version"):
        assert word in outcome.stdout


def test_every_option_of_enhance_is_in_one_section_of_its_help(run: Command) -> None:
    command: Any = typer.main.get_command(app)
    told = command.commands["enhance"]
    context = told.make_context("enhance", [], resilient_parsing=True)
    options = [one.name for one in told.get_params(context) if one.param_type_name == "option"]
    assert sorted(options) == sorted(name for names in SECTIONS.values() for name in names)
    said = run("enhance", "--help").stdout
    assert re.findall(r"^(\S.*):$", said, re.MULTILINE) == ["Arguments", *SECTIONS]
    for option in options:
        assert said.count(f" --{option.replace('_', '-')}") >= 1


def test_nothing_to_do_shows_the_help_and_fails(run: Command) -> None:
    outcome = run()
    assert outcome.code == 2
    assert outcome.data == b""
    assert outcome.stderr.encode() == run("--help").data


def test_the_version_is_data(run: Command) -> None:
    outcome = run("--version")
    assert outcome == Outcome(0, f"llenhance {llenhance.__version__}\n".encode(), "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["enhance", "--help"],
        ["evaluate", "--help"],
        ["bench", "--help"],
        ["doctor", "--help"],
        ["weights", "import", "--help"],
        [],
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & HEAVY


def test_wrong_usage_is_told_without_loading_torch() -> None:
    assert "torch" not in imported_by("a.jpg", "-o", "a.jpg")


# --- weights ----------------------------------------------------------------------------------


def test_weights_are_imported_under_the_name_given(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def import_checkpoint(
        source: Path, *, target: Path, overwrite: bool, digest: str | None
    ) -> Architecture:
        asked.extend((source, target, overwrite))
        return SMALL

    monkeypatch.setattr(official, "import_checkpoint", import_checkpoint)
    outcome = run("weights", "import", "theirs.pth", "-o", "ours.safetensors", "--overwrite")
    assert outcome.code == 0
    assert asked == [Path("theirs.pth"), Path("ours.safetensors"), True]
    assert outcome.stderr == "theirs.pth -> ours.safetensors  (4 blocks, 32 features)\n"


def test_a_file_that_holds_no_weights_is_code_3(run: Command, folder: Path) -> None:
    outcome = run("weights", "import", "dark.jpg", "-o", "ours.safetensors")
    assert outcome.code == 3
    assert outcome.stderr.startswith("error: dark.jpg: ")
    assert outcome.stderr.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]
