"""Shell completion: what the Tab key offers, asked through a real bash where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.runners import ENVIRONMENT, program

from llenhance.cli import completion
from llenhance.pictures.formats import FORMATS, format_of

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not on this machine")

TAB = """
source "$HOME/completion.sh"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_llenhance_completion llenhance
echo "${COMPREPLY[*]}"
"""

Bash = Callable[..., str]


@pytest.fixture(scope="module")
def completion_script() -> str:
    """What `llenhance` tells bash to source."""
    return answer(_LLENHANCE_COMPLETE="source_bash")


def answer(text: str = "from llenhance.cli import main; main()", **asked: str) -> str:
    return program(text, environment=ENVIRONMENT | asked, check=True).stdout


@pytest.fixture
def bash(tmp_path: Path, completion_script: str) -> Bash:
    """Run a script in bash: `llenhance` is on the path, the home folder has completion.sh only."""
    home = tmp_path / "home"
    tools = tmp_path / "tools"
    home.mkdir()
    tools.mkdir()
    (home / "completion.sh").write_text(completion_script)
    script = tools / "llenhance"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llenhance "$@"\n')
    script.chmod(0o755)
    environment = ENVIRONMENT | {
        "HOME": str(home),
        "LLENHANCE_HOME": str(home / "models"),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }

    def run(text: str, *arguments: str) -> str:
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", text, "bash", *arguments],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
        )
        assert not done.stderr
        return done.stdout

    return run


@needs_bash
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ev", "evaluate"),
        ("weights ", "list download import info verify path remove upload"),
        ("photo.jpg --bri", "--brightness"),
        ("--bri", "--brightness"),
        ("--ver", "--version --verbose"),
        ("--fast photo.jpg --over", "--overwrite"),
        ("enhance --for", "--format"),
        ("--model na", "nano"),
        ("photo.jpg --model = na", "nano"),  # bash's words of --model=na
        ("photo.jpg --model =", "nano llflow-small llflow-large llflow-lol-v2"),
        ("weights info llflow-s", "llflow-small"),
        ("photo.jpg --device c", "cpu cuda"),
        ("bench --precision ", "auto fp32 bf16 fp16"),
        ("photo.jpg --format t", "tiff"),
        ("export --format ", "onnx openvino"),
        ("train --preset ", "nano small large"),
        ("photo", ""),  # the shell completes the names of files
        ("photo.jpg ", ""),
        ("photo.jpg -o ", ""),
        ("./weights --fas", "--fast"),
    ],
)
def test_tab_offers(bash: Bash, typed: str, offered: str) -> None:
    assert bash(TAB, "llenhance", *typed.split(" ")).split() == offered.split()


@needs_bash
def test_tab_offers_the_models_of_the_user(bash: Bash, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "models" / "models"
    folder.mkdir(parents=True)
    (folder / "mine.safetensors").touch()
    assert bash(TAB, "llenhance", "--model", "mi").strip() == "mine"


@needs_bash
def test_tab_offers_the_presets_of_the_user(bash: Bash, tmp_path: Path) -> None:
    file = tmp_path / "home" / "llenhance.toml"  # in the working folder
    file.write_text("[preset.night]\n[preset.noon]\n[preset.snow]\n")
    assert bash(TAB, "llenhance", "--preset", "n").split() == ["night", "noon"]
    file.write_text("[preset.night")
    assert bash(TAB, "llenhance", "--preset", "").split() == ["archive", "indoor", "night", "web"]


@needs_bash
def test_tab_offers_known_models_where_those_of_the_user_cannot_be_read(
    bash: Bash, tmp_path: Path
) -> None:
    loop = tmp_path / "home" / "models"
    loop.symlink_to(loop)
    assert bash(TAB, "llenhance", "--model", "na").strip() == "nano"


@needs_bash
def test_script_is_installed_for_bash_in_the_home_folder(bash: Bash, tmp_path: Path) -> None:
    bash("llenhance --install-completion; true")  # `true` keeps bash as the parent, whose name asks
    script = tmp_path / "home" / ".bash_completions" / "llenhance.sh"
    assert script.read_text() == bash("llenhance --show-completion; true").rstrip("\n")
    assert f"source '{script}'" in (tmp_path / "home" / ".bashrc").read_text()


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "llenhance photo.jpg --bri"}),
        (
            "fish",
            {
                "_TYPER_COMPLETE_ARGS": "llenhance photo.jpg --bri",
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            },
        ),
        (
            "powershell",
            {
                "_TYPER_COMPLETE_ARGS": "llenhance photo.jpg --bri",
                "_TYPER_COMPLETE_WORD_TO_COMPLETE": "--bri",
            },
        ),
    ],
)
def test_other_shells_are_answered_in_their_ways(shell: str, words: dict[str, str]) -> None:
    offered = answer(_LLENHANCE_COMPLETE=f"complete_{shell}", **words)
    assert "--brightness" in offered
    assert "--exposure" not in offered


@pytest.mark.parametrize("words", ["llenhance\nev", "llenhance\n--model\nna", "llenhance\np\n--b"])
def test_tab_loads_no_libraries_for_pictures_or_networks(words: str) -> None:
    told = answer(
        "import atexit, sys; atexit.register(lambda: print('\\0', *sys.modules)); "
        "from llenhance.cli import main; main()",
        _LLENHANCE_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(words.count("\n")),
    )
    offered, _, imported = told.partition("\0")
    assert offered.strip()
    assert not {"torch", "numpy", "cv2", "PIL", "rich"} & set(imported.split())


def test_offered_formats_are_those_that_can_be_written() -> None:
    offered = [format_of(name) for name in completion.formats()]
    assert offered == [key for key, format in FORMATS.items() if format.writer]


def test_offered_devices_are_known_by_these_names() -> None:
    automatic, *named = completion.devices()
    assert automatic == "auto"
    assert [torch.device(name).type for name in named] == named
