"""A sweep over exposures: pictures of other programs, what goes wrong, and the plot."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.runners import Command, Outcome

from llenhance import errors
from llenhance.jobs.sweep import EXPOSURES

NAMES = [exposure.name for exposure in EXPOSURES]


@pytest.fixture
def swept(evaluate_: Command, tiny: Path) -> Command:
    """Enhance `low` with a tiny network at each exposure and score that."""
    return lambda *arguments: evaluate_("low", "high", "--sweep", "--model", str(tiny), *arguments)


@pytest.fixture
def inputs(evaluate_: Command) -> Outcome:
    """Write the inputs into `dark`."""
    return evaluate_("low", "high", "--sweep", "--write-inputs", "dark", "--json")


@pytest.fixture
def theirs(evaluate_: Command, inputs: Outcome) -> Command:
    """Score what another program, which does nothing, made of `dark`."""
    shutil.copytree("dark", "theirs")
    return lambda *arguments: evaluate_("theirs", "high", "--sweep", "--outputs-only", *arguments)


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def exposures(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {point["exposure"]: point for point in outcome.report["exposures"]}


def test_mean_grey_of_inputs_is_not_told_where_it_is_not_known(theirs: Command) -> None:
    assert "input_mean_gray" not in exposures(theirs("--json"))["times-2"]["mean"]
    assert not any("inputs" in line for line in theirs().stdout.splitlines())


def test_bad_file_is_named_once_and_the_others_are_swept(swept: Command, pairs: Path) -> None:
    (pairs / "low" / "10.png").write_bytes(b"no picture")
    outcome = swept("--json")
    assert outcome.code == 1
    (error,) = outcome.errors
    assert error.startswith("low/10.png: ")
    for point in outcome.report["exposures"]:
        assert [row["name"] for row in point["pictures"]] == ["2", "dusk"]
        assert [failure["name"] for failure in point["failed"]] == ["10"]


def test_picture_without_partner_is_named_once(swept: Command, pairs: Path) -> None:
    (pairs / "high" / "10.bmp").unlink()
    outcome = swept("--json")
    assert outcome.code == 1
    assert outcome.report["unpaired"] == ["low/10.png"]
    assert len(outcome.errors) == 1


@pytest.mark.parametrize("lost", ["theirs", "dark"])
def test_picture_that_is_missing_at_one_exposure_is_named_and_left_out(
    theirs: Command, pairs: Path, lost: str
) -> None:
    (pairs / lost / "times-2" / "10.png").unlink()
    outcome = theirs("--inputs", "dark")
    assert outcome.code == 1
    assert f"{lost}/times-2" in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert outcome.stdout.endswith("(means of 2 pictures)\n")


def test_where_nothing_can_be_scored_there_is_only_json(swept: Command, pairs: Path) -> None:
    for path in (pairs / "low").iterdir():
        path.write_bytes(b"no picture")
    outcome = swept("--json", "--plot", "sweep.png")
    assert outcome.code == 1
    assert outcome.report["largest_drop"] is None
    assert {point["mean"] for point in outcome.report["exposures"]} == {None}
    assert not (pairs / "sweep.png").exists()
    assert swept().stdout == ""


WRONG = [
    (
        ["low", "--sweep"],
        "--sweep: it compares with references. Name the folder of references as well.",
    ),
    (["low", "high", "--plot", "a.png"], "--plot: it is a part of --sweep. Add --sweep"),
    (["low", "high", "--write-inputs", "new"], "--write-inputs: it is a part of --sweep."),
    (["low", "high", "--outputs-only", "--inputs", "new"], "--inputs: it is a part of --sweep."),
    (
        ["low", "high", "--sweep", "--inputs", "new"],
        "--inputs: it is for results of other programs.",
    ),
    (["low", "high", "--sweep", "--plot", "a.gif"], "a.gif: plots are written as PNG or SVG."),
    (["low", "high", "--sweep", "--plot", "plot"], "plot: plots are written as PNG or SVG."),
    (["low", "high", "--sweep", "--plot", "no/a.png"], "no: there is no such folder."),
    (
        ["low", "high", "--sweep", "--plot", "low/2.png", "--overwrite"],
        "low/2.png: it is an input, and inputs are never modified. Choose another name",
    ),
    (
        ["low", "high", "--sweep", "--csv", "a.svg", "--plot", "a.svg"],
        "--plot: it names the file of --csv.",
    ),
    (["low", "high", "--sweep", "-o", "low"], "low: it holds inputs"),
    (["low", "high", "--sweep", "--write-inputs", "high"], "high: it holds inputs"),
    (["part/as-it-is", "high", "--sweep", "-o", "part"], "part/as-it-is: it holds inputs"),
    (
        ["part", "high", "--sweep", "--outputs-only"],
        "part: it lacks these subfolders: times-2, times-4. ",
    ),
    (
        ["low", "high", "--sweep", "--outputs-only", "--inputs", "x"],
        "low: it lacks these subfolders: as-it-is",
    ),
    (
        ["all", "high", "--sweep", "--outputs-only", "--inputs", "part"],
        "part: it lacks these subfolders",
    ),
    (["all", "high", "--sweep", "--outputs-only", "--plot", "a.png"], "--plot: it needs the mean"),
    (
        ["low", "high", "--sweep", "--outputs-only", "--write-inputs", "new"],
        "--write-inputs: it contradicts --outputs-only.",
    ),
    (
        ["low", "high", "--sweep", "--model", "nano", "--write-inputs", "new"],
        "--model: it contradicts --write-inputs.",
    ),
    (
        ["low", "high", "--sweep", "-o", "out", "--write-inputs", "new"],
        "--outputs: it contradicts --write-inputs.",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    WRONG,
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_sentence_and_code_2(
    evaluate_: Command, pairs: Path, arguments: list[str], sentence: str
) -> None:
    for name in NAMES:
        shutil.copytree("low", f"all/{name}")
        if name not in ("times-2", "times-4"):
            shutil.copytree("low", f"part/{name}")
    before = files_in(pairs)
    outcome = evaluate_(*arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1
    assert files_in(pairs) == before


# --- The plot -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml")])
def test_plot_is_what_its_name_says(
    evaluate_: Command, pairs: Path, name: str, start: bytes
) -> None:
    outcome = evaluate_("low", "high", "--sweep", "--write-inputs", "dark", "--plot", name)
    assert outcome.code == 0
    assert outcome.stderr.endswith(f"plot -> {name}\n")
    assert (pairs / name).read_bytes().startswith(start)


def test_plot_says_what_is_what(theirs: Command, pairs: Path) -> None:
    assert theirs("--inputs", "dark", "--plot", "a.svg").code == 0
    text = (pairs / "a.svg").read_text()
    assert "mean gray of the inputs" in text
    assert "as produced; inputs multiplied" in text
    assert all(name in text for name in NAMES)


def test_plots_of_the_same_sweep_are_the_same(theirs: Command, pairs: Path) -> None:
    for name in ("a.svg", "b.svg"):
        theirs("--inputs", "dark", "--plot", name)
    assert (pairs / "a.svg").read_bytes() == (pairs / "b.svg").read_bytes()


def test_existing_plot_is_kept_without_overwrite(theirs: Command, pairs: Path) -> None:
    (pairs / "a.svg").write_text("precious")
    outcome = theirs("--inputs", "dark", "--plot", "a.svg")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: a.svg: it already exists. Add --overwrite, or choose another name.\n"
    )
    assert (pairs / "a.svg").read_text() == "precious"
    assert theirs("--inputs", "dark", "--plot", "a.svg", "--overwrite").code == 0
    assert (pairs / "a.svg").read_text() != "precious"


def test_missing_matplotlib_is_told_before_the_work(
    swept: Command, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="matplotlib")

    monkeypatch.setattr(errors, "import_module", hidden)
    outcome = swept("-o", "out", "--plot", "a.png")
    assert outcome.code == 2
    assert outcome.stderr == (
        "error: scores and plots: this needs the extra evaluate (matplotlib is not installed). "
        "Run: pip install 'llenhance[evaluate]'.\n"
    )
    assert not (pairs / "out").exists()
