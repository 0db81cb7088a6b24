"""The man page: made of the commands as they are now, complete, and formatted without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from support.runners import ENVIRONMENT

from llenhance import errors
from llenhance.cli.app import app

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "man" / "llenhance.1"
PROJECT = ROOT / "pyproject.toml"
VARIABLE = re.compile(r"(?<!constants\.)\b(?:LLENHANCE|HF|CUDA|OMP)_[A-Z_]+\b")


def plain() -> str:
    """The page as text, without fonts and escapes."""
    return re.sub(r"\\f[BIR]", "", PAGE.read_text()).replace("\\-", "-")


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child, of_child in getattr(command, "commands", {}).items():
        yield from commands(of_child, f"{name} {child}")


def test_page_is_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / "llenhance.1"
    make = [sys.executable, str(PAGE.parent / "make.py"), str(made)]
    subprocess.run(make, env=ENVIRONMENT, check=True)
    assert made.read_text() == PAGE.read_text(), "run: python docs/man/make.py"


def test_every_option_is_in_the_section_of_its_command() -> None:
    text = plain()
    for name, command in commands(typer.main.get_command(app), "llenhance"):
        if hasattr(command, "commands"):
            continue
        section = text.split(f"\n.SS {name}\n")[1].split("\n.S")[0]
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else []:
                assert re.search(rf"^(.*, )?{option}\b", section, re.MULTILINE), f"{name} {option}"


def test_exit_codes_are_those_of_the_errors() -> None:
    status = plain().split(".SH EXIT STATUS")[1].split(".SH")[0]
    used = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.LlenhanceError)
    }
    assert {int(code) for code in re.findall(r"^\.B (\d)$", status, re.MULTILINE)} == used | {0}


def test_every_variable_that_the_package_names_is_explained() -> None:
    named = {
        name
        for file in (ROOT / "llenhance").rglob("*.py")
        for name in VARIABLE.findall(file.read_text())
    }
    assert "LLENHANCE_HOME" in named
    explained = plain().split(".SH ENVIRONMENT")[1].split(".SH")[0]
    assert {name for name in named if name not in explained} == set()


def test_wheel_installs_the_page_where_man_looks() -> None:
    wheel = tomllib.loads(PROJECT.read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    source = str(PAGE.relative_to(ROOT).as_posix())
    assert wheel["shared-data"][source] == "share/man/man1/llenhance.1"


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not on this machine")
def test_page_is_formatted_without_a_warning() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(PAGE)], capture_output=True, text=True, check=True
    )
    assert not done.stderr
    assert "photo_enhanced.jpg" in done.stdout
