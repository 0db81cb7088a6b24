"""Every command and every example that the documentation shows is run, and does what it says."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

import llenhance
from llenhance import Enhancer, errors, read_picture
from llenhance.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WEIGHTS = ROOT / "weights" / "nano.safetensors"


@dataclass(frozen=True)
class Documented:
    page: str
    line: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL):
            yield page.name, block


def commands() -> list[Documented]:
    lines = (
        Documented(page, line)
        for page, block in blocks("sh")
        for line in block.replace("\\\n", " ").splitlines()
    )
    told = {command.line: command for command in lines if "pip install" not in command.line}
    return list(told.values())  # what two pages say alike is run once


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the documentation supposes it: pictures, an animation, folders of pictures."""
    dark = Image.open(ROOT / "examples" / "coffee.jpg").convert("RGB").crop((150, 50, 314, 178))
    dark.save(tmp_path / "photo.jpg")
    dark.resize((100, 90)).save(tmp_path / "scan.png")
    small = dark.resize((41, 32))
    dimmer = small.point(lambda value: value // 2)  # pyright: ignore
    for name in ("film.gif", "pages.tif"):
        small.save(tmp_path / name, save_all=True, append_images=[dimmer])
    for name in ("low", "high", "theirs", "photographs"):
        (tmp_path / name).mkdir()
        for stem in ("a", "b"):
            dark.save(tmp_path / name / f"{stem}.png")
    (tmp_path / "holiday" / "day").mkdir(parents=True)
    small.save(tmp_path / "holiday" / "day" / "photo.jpg")
    (tmp_path / "validation.txt").write_text("b\n")
    return tmp_path


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", commands(), ids=str)
def test_documented_command_runs_and_writes_something(
    command: Documented,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    own = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LLENHANCE_HOME", str(own))  # the models of whoever tests stay out of it
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own))  # and their settings
    monkeypatch.delenv("LLENHANCE_NO_CONFIG")
    before = set(folder.rglob("*"))
    said = ""
    for step in command.line.split(" && "):
        plain = re.fullmatch(r"llenhance ([^<>|&*$]+?)(?: > ([^<>|&*$ ]+))?", step.strip())
        if plain is None:
            done = run(step, folder)
            code, told = done.returncode, done.stderr
        else:  # no need of a shell: in this process, which has torch already
            monkeypatch.chdir(folder)
            arguments, target = plain.groups()
            code = app.run(shlex.split(arguments))
            data, told = capfd.readouterr()
            if target is not None:
                Path(target).write_text(data)
        assert code == 0, told
        said += told
    reads_only = command.line.endswith("--help")
    assert reads_only or set(folder.rglob("*")) > before
    assert "warning" not in said.lower()


@pytest.mark.parametrize(("page", "block"), list(blocks("python")))
def test_documented_python_runs(
    page: str, block: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    exec(compile(block, page, "exec"), {"__name__": "__main__"})


def documented_objects() -> list[doctest.DocTest]:
    """Return the docstrings of the package and its public names that have examples."""
    finder = doctest.DocTestFinder(recurse=True, exclude_empty=True)
    public = {name: getattr(llenhance, name) for name in llenhance.__all__}
    found = finder.find(llenhance, globs={})
    for name, thing in public.items():
        if isinstance(thing, type) or callable(thing):
            found += finder.find(thing, name, globs={})
    return list({test.name: test for test in found if test.examples}.values())


@pytest.mark.parametrize("example", documented_objects(), ids=lambda example: example.name)
def test_example_in_a_docstring_gives_what_it_shows(
    example: doctest.DocTest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", folder / "examples")
    monkeypatch.chdir(folder)
    photo = Path("photo.jpg")
    example.globs |= {name: getattr(llenhance, name) for name in llenhance.__all__}
    example.globs |= {
        "data": photo.read_bytes(),
        "enhancer": Enhancer(),
        "frames": [read_picture(photo).pixels] * 2,
        "pictures": [read_picture(photo)] * 2,
    }
    said: list[str] = []
    result = doctest.DocTestRunner().run(example, out=said.append)
    assert result.failed == 0, "".join(said)


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page get on the web."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text())
    for target, anchor in links:
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def test_exit_codes_are_those_of_the_documentation() -> None:
    page = (ROOT / "docs" / "usage.md").read_text()
    documented = {int(code) for code in re.findall(r"^\| (\d) \|", page, re.MULTILINE)}
    used = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.LlenhanceError)
    }
    assert documented == used | {0}


def readme_command(end: str) -> str:
    found = [line for _, block in blocks("sh") for line in block.splitlines() if line.endswith(end)]
    assert len(found) == 1
    return found[0]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert readme_command("-m pytest") in (ROOT / ".ci" / "run").read_text().splitlines()


def test_first_command_of_the_readme_enhances_the_example(folder: Path) -> None:
    made = shutil.ignore_patterns("*_enhanced*")  # by whoever ran the command before the tests
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=made)
    command = readme_command("examples/coffee.jpg").rpartition("&&")[2].strip()
    done = run(command.removeprefix(".venv/bin/"), folder)
    assert done.returncode == 0, done.stderr
    before = Image.open(folder / "examples" / "coffee.jpg").convert("L").resize((1, 1))
    after = Image.open(folder / "examples" / "coffee_enhanced.jpg").convert("L").resize((1, 1))
    dark, bright = before.getpixel((0, 0)), after.getpixel((0, 0))
    assert isinstance(dark, int)
    assert isinstance(bright, int)
    assert bright > 3 * dark


def test_installed_package_brings_its_weights_and_works_elsewhere(folder: Path) -> None:
    """The wheel is unpacked apart from the checkout, and finds the weights that it brings."""
    pip = [sys.executable, "-m", "pip"]
    wheels, site = folder / "wheels", folder / "site"
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    [wheel] = wheels.glob("llenhance-*.whl")
    shutil.unpack_archive(wheel, site, "zip")
    assert (site / "llenhance" / "shipped" / WEIGHTS.name).read_bytes() == WEIGHTS.read_bytes()
    assert len(list(site.glob("*.data/data/share/man/man1/llenhance.1"))) == 1
    done = subprocess.run(
        [sys.executable, "-m", "llenhance", "photo.jpg"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "photo_enhanced.jpg").is_file()
