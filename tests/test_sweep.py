"""A sweep over exposures: its inputs, how exposures are compared, the command, the plot."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import save, save_pairs
from support.photographs import photograph
from support.runners import Command, Outcome, command, imported_by

import llenhance
from llenhance import errors
from llenhance.files.folders import read_pixels
from llenhance.jobs.evaluate import Failure, Scored, ScoreJob
from llenhance.jobs.plots import plot_of_sweep
from llenhance.jobs.sweep import AS_IT_IS, EXPOSURES, Point, SweepPlan, largest_drop, summarise
from llenhance.pictures.picture import Picture

NAMES = [
    "as-it-is",
    "times-0.5",
    "times-2",
    "times-4",
    "with-10-percent",
    "with-20-percent",
    "with-50-percent",
]
STEMS = ["2", "10", "dusk"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pairs 2, 10 and dusk in `low` and `high`."""
    monkeypatch.chdir(tmp_path)
    save_pairs(tmp_path)
    return tmp_path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], folder: Path) -> Command:
    """Run `llenhance evaluate` in the working folder."""
    return command(capfdbinary, "evaluate")


@pytest.fixture
def swept(run: Command, tiny: Path) -> Command:
    """Enhance `low` with a tiny network at each exposure and score that."""
    return lambda *arguments: run("low", "high", "--sweep", "--model", str(tiny), *arguments)


@pytest.fixture
def inputs(run: Command) -> Outcome:
    """Write the inputs into `dark`."""
    return run("low", "high", "--sweep", "--write-inputs", "dark", "--json")


@pytest.fixture
def theirs(run: Command, inputs: Outcome) -> Command:
    """Score what another program, which does nothing, made of `dark`."""
    shutil.copytree("dark", "theirs")
    return lambda *arguments: run("theirs", "high", "--sweep", "--outputs-only", *arguments)


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def exposures(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {point["exposure"]: point for point in outcome.report["exposures"]}


# --- The inputs ---------------------------------------------------------------------------------


def test_exposures_are_these_and_begin_with_the_input_as_it_is() -> None:
    assert [exposure.name for exposure in EXPOSURES] == NAMES
    assert EXPOSURES[0] == AS_IT_IS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("times-0.5", (0, 2, 50, 100)),  # halves go to even
        ("times-2", (2, 6, 200, 255)),
        ("times-4", (4, 12, 255, 255)),
        ("with-10-percent", (26, 3, 90, 180)),
        ("with-20-percent", (52, 2, 80, 161)),
        ("with-50-percent", (128, 2, 50, 102)),
    ],
)
def test_values_are_multiplied_or_blended_rounded_and_clipped(
    name: str, expected: tuple[int, ...]
) -> None:
    dark = np.array([1, 3, 100, 200], np.uint8).reshape(1, 4, 1).repeat(3, axis=2)
    reference = np.array([255, 0, 0, 5], np.uint8).reshape(1, 4, 1).repeat(3, axis=2)
    exposure = EXPOSURES[NAMES.index(name)]
    changed = exposure(Picture(pixels=dark), reference)
    assert tuple(changed.pixels[0, :, 1]) == expected
    assert tuple(dark[0, :, 1]) == (1, 3, 100, 200)


def test_input_as_it_is_is_the_same_picture() -> None:
    deep = Picture(pixels=np.full((2, 2, 3), 1000, np.uint16))
    assert AS_IT_IS(deep, np.zeros((2, 2, 3), np.uint8)) is deep


@pytest.mark.parametrize("exposure", EXPOSURES[1:], ids=lambda exposure: exposure.name)
@given(dark=st.integers(0, 2**16 - 1), opaque=st.booleans())
def test_16_bits_are_changed_on_8(exposure: Any, dark: int, opaque: bool) -> None:
    alpha = None if opaque else np.full((2, 2), 40000, np.uint16)
    deep = Picture(pixels=np.full((2, 2, 3), dark, np.uint16), alpha=alpha)
    shallow = Picture(pixels=np.full((2, 2, 3), round(dark / 257), np.uint8))
    reference = np.full((2, 2, 3), 77, np.uint8)
    assert (exposure(deep, reference).pixels == exposure(shallow, reference).pixels).all()
    assert exposure(deep, reference).depth == 8


def test_pictures_of_two_sizes_cannot_be_blended() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2, 3\) and \(2, 3, 3\)"):
        EXPOSURES[5](Picture(pixels=np.zeros((2, 2, 3), np.uint8)), np.zeros((2, 3, 3), np.uint8))


def test_inputs_are_written_as_png_into_folders_named_as_the_exposures(
    inputs: Outcome, folder: Path
) -> None:
    assert (inputs.code, inputs.stderr) == (0, "inputs, which are scored as they are -> dark\n")
    written = {path.relative_to(folder / "dark").as_posix() for path in files_in(folder / "dark")}
    assert written == {f"{name}/{stem}.png" for name in NAMES for stem in STEMS}
    for exposure in EXPOSURES:
        dark = Picture(pixels=read_pixels(folder / "low" / "2.png"))
        expected = exposure(dark, read_pixels(folder / "high" / "2.bmp")).pixels
        found = read_pixels(folder / "dark" / exposure.name / "2.png")
        np.testing.assert_array_equal(found, expected)


def test_written_inputs_are_scored_without_a_model(inputs: Outcome, run: Command) -> None:
    plain = run("low", "high", "--outputs-only", "--json").report
    assert inputs.report["model"] is None
    mean = exposures(inputs)["as-it-is"]["mean"]
    assert mean == plain["mean"] | {"input_mean_gray": plain["mean"]["mean_gray"]}
    assert exposures(inputs)["times-4"]["mean"]["produced"] != mean["produced"]


def test_existing_input_is_kept_without_overwrite(run: Command, folder: Path) -> None:
    save(folder / "dark" / "any.png", photograph(seed=0))
    save(folder / "dark" / "times-2" / "10.png", photograph(seed=0))
    before = (folder / "dark" / "times-2" / "10.png").read_bytes()
    outcome = run("low", "high", "--sweep", "--write-inputs", "dark")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: dark/times-2/10.png: it already exists. Add")
    assert (folder / "dark" / "times-2" / "10.png").read_bytes() == before
    assert "(means of 2 pictures)" in outcome.stdout
    assert run("low", "high", "--sweep", "--write-inputs", "dark", "--overwrite").code == 0
    assert (folder / "dark" / "times-2" / "10.png").read_bytes() != before


# --- Comparing exposures ------------------------------------------------------------------------


def scored(name: str, psnr: float) -> Scored:
    return Scored(name=name, compared={"produced": {"psnr": psnr}}, alone={})


def compared(*psnrs: Mapping[str, float | None]) -> tuple[Point, ...]:
    """Summarise exposures whose pictures have these PSNR; None is a failure."""
    broken = errors.PictureError("not-found", "any")
    jobs = [tuple(ScoreJob(picture=Path(name)) for name in part) for part in psnrs]
    chosen = EXPOSURES[: len(psnrs)]
    plan = SweepPlan(parts=tuple(zip(chosen, jobs, strict=True)), unpaired=())
    results: Iterable[Scored | Failure] = [
        Failure(job, broken) if psnr is None else scored(job.picture.name, psnr)
        for part, of_part in zip(psnrs, jobs, strict=True)
        for job, psnr in zip(of_part, part.values(), strict=True)
    ]
    return summarise(plan, results)


def test_change_is_that_of_the_mean_against_the_input_as_it_is() -> None:
    points = compared({"a": 20, "b": 30}, {"a": 22, "b": 30}, {"a": 19, "b": 24})
    assert [point.change for point in points] == [0, 1, -3.5]


def test_largest_drop_is_positive_and_names_its_exposure() -> None:
    drop = largest_drop(compared({"a": 20.0}, {"a": 18.0}, {"a": 11.5}, {"a": 21.0}))
    assert drop is not None
    assert (drop.db, drop.exposure.name) == (8.5, "times-2")


def test_where_no_exposure_loses_there_is_no_drop() -> None:
    assert largest_drop(compared({"a": 20.0}, {"a": 20.0}, {"a": 25.0})) is None


def test_picture_that_fails_at_one_exposure_counts_at_none() -> None:
    points = compared({"a": 20, "b": 90}, {"a": 19, "b": None}, {"a": 18, "b": 90})
    assert [point.change for point in points] == [0, -1, -2]
    assert [point.pictures for point in points] == [1, 1, 1]
    assert [len(point.rows) for point in points] == [2, 1, 2]


def test_picture_that_is_missing_at_one_exposure_counts_at_none() -> None:
    points = compared({"a": 20, "b": 90}, {"a": 19})
    assert [point.change for point in points] == [0, -1]


def test_where_nothing_was_scored_everywhere_there_are_no_means() -> None:
    points = compared({"a": 20, "b": None}, {"a": None, "b": 20})
    assert [(point.summary, point.change) for point in points] == [(None, None)] * 2
    assert largest_drop(points) is None


# --- The command --------------------------------------------------------------------------------


def test_first_exposure_has_the_figures_of_evaluate(
    swept: Command, run: Command, tiny: Path
) -> None:
    first = exposures(swept("--json"))["as-it-is"]
    plain = run("low", "high", "--model", str(tiny), "--json").report
    assert first["brightness_error"] == plain["brightness_error"]
    for ours, theirs in zip(first["pictures"], plain["pictures"], strict=True):
        assert theirs.items() <= ours.items()
        assert ours.keys() - theirs.keys() == {"input_mean_gray"}


def test_report_has_each_exposure_and_the_largest_drop(swept: Command, tiny: Path) -> None:
    outcome = swept("--json")
    report = outcome.report
    assert (outcome.code, outcome.stderr) == (0, "")
    assert report.keys() == {"model", "exposures", "largest_drop", "unpaired"}
    assert report["model"] == str(tiny)
    assert [point["exposure"] for point in report["exposures"]] == NAMES
    changes = [point["change"] for point in report["exposures"]]
    psnrs = [point["mean"]["produced"]["psnr"] for point in report["exposures"]]
    assert changes == [psnr - psnrs[0] for psnr in psnrs]
    assert min(changes) < 0
    assert report["largest_drop"]["db"] == -min(changes)
    assert report["largest_drop"]["exposure"] == NAMES[changes.index(min(changes))]


def test_results_at_each_exposure_are_those_of_its_inputs(
    swept: Command, inputs: Outcome, tiny: Path
) -> None:
    assert swept("--outputs", "out").code == 0
    enhancer = llenhance.Enhancer(tiny)
    for name in NAMES:
        expected = enhancer.enhance(read_pixels(Path(f"dark/{name}/10.png")))
        np.testing.assert_array_equal(read_pixels(Path(f"out/{name}/10.png")), expected)


def test_results_of_another_program_are_scored_like_ours(
    swept: Command, run: Command, inputs: Outcome
) -> None:
    ours = swept("--json", "-o", "out").report
    arguments = ["--sweep", "--outputs-only", "--inputs", "dark", "--json"]
    theirs = run("out", "high", *arguments).report
    assert theirs["model"] is None
    assert theirs["largest_drop"] == ours["largest_drop"]
    for one, other in zip(ours["exposures"], theirs["exposures"], strict=True):
        assert other["mean"].items() <= one["mean"].items()  # which has `true_b` as well
        assert one["mean"].keys() - other["mean"].keys() == {"true_b"}


def test_mean_grey_of_inputs_is_not_told_where_it_is_not_known(theirs: Command) -> None:
    assert "input_mean_gray" not in exposures(theirs("--json"))["times-2"]["mean"]
    assert not any("inputs" in line for line in theirs().stdout.splitlines())


def test_table_has_a_row_for_each_exposure_and_the_largest_drop_below(swept: Command) -> None:
    report = swept("--json").report
    lines = swept().stdout.splitlines()
    headings = [
        "",
        "inputs",
        "as produced",
        "scaled to the reference's mean gray",
        "true b given",
        "as produced",
    ]
    titles = ["", "mean gray", "PSNR dB", "PSNR dB", "PSNR dB", "change dB"]
    assert [part.strip() for part in lines[0].split("|")] == headings
    assert [part.strip() for part in lines[1].split("|")] == titles
    for line, point in zip(lines[2:9], report["exposures"], strict=True):
        mean = point["mean"]
        assert [part.strip() for part in line.split("|")] == [
            point["exposure"],
            f"{mean['input_mean_gray']:.4f}",
            *(f"{mean[group]['psnr']:.2f}" for group in ("produced", "scaled", "true_b")),
            f"{point['change']:+.2f}",
        ]
    drop = report["largest_drop"]
    said = f"largest drop of PSNR as produced: {drop['db']:.2f} dB, {drop['exposure']}"
    assert lines[9:] == [f"{said} (means of 3 pictures)"]
    assert len({tuple(map(len, line.split("|")[:-1])) for line in lines[1:9]}) == 1  # aligned


def test_table_says_where_nothing_drops(run: Command, folder: Path) -> None:
    for name in NAMES:
        shutil.copytree("high", f"same/{name}")
    lines = run("same", "high", "--sweep", "--outputs-only").stdout.splitlines()
    assert lines[-1] == "largest drop of PSNR as produced: none (means of 3 pictures)"


def test_csv_has_the_rows_of_evaluate_after_the_exposure(swept: Command, folder: Path) -> None:
    outcome = swept("--csv", "sweep.csv")
    assert (outcome.code, outcome.stdout) == (0, swept().stdout)
    assert outcome.stderr == "scores of 3 pictures -> sweep.csv\n"
    rows = list(csv.DictReader(io.StringIO((folder / "sweep.csv").read_text())))
    assert [(row["exposure"], row["name"]) for row in rows] == [
        (name, stem) for name in NAMES for stem in [*STEMS, "mean"]
    ]
    mean = exposures(swept("--json"))["times-0.5"]["mean"]
    assert float(rows[7]["psnr_scaled"]) == mean["scaled"]["psnr"]
    assert float(rows[7]["input_mean_gray"]) == mean["input_mean_gray"]


def test_inputs_are_never_modified(swept: Command, folder: Path) -> None:
    before = files_in(folder)
    assert swept("-o", "out", "--plot", "sweep.svg", "--csv", "sweep.csv").code == 0
    assert before.items() <= files_in(folder).items()


def test_pictures_of_other_programs_are_swept_without_torch(inputs: Outcome) -> None:
    imported = imported_by("evaluate", "dark", "high", "--sweep", "--outputs-only")
    assert "skimage" in imported
    assert not imported & {"torch", "matplotlib"}


# --- What goes wrong ----------------------------------------------------------------------------


def test_bad_file_is_named_once_and_the_others_are_swept(swept: Command, folder: Path) -> None:
    (folder / "low" / "10.png").write_bytes(b"no picture")
    outcome = swept("--json")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: low/10.png: ")
    assert outcome.stderr.count("\n") == 1
    for point in outcome.report["exposures"]:
        assert [row["name"] for row in point["pictures"]] == ["2", "dusk"]
        assert [failure["name"] for failure in point["failed"]] == ["10"]


def test_picture_without_partner_is_named_once(swept: Command, folder: Path) -> None:
    (folder / "high" / "10.bmp").unlink()
    outcome = swept("--json")
    assert outcome.code == 1
    assert outcome.report["unpaired"] == ["low/10.png"]
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("lost", ["theirs", "dark"])
def test_picture_that_is_missing_at_one_exposure_is_named_and_left_out(
    theirs: Command, folder: Path, lost: str
) -> None:
    (folder / lost / "times-2" / "10.png").unlink()
    outcome = theirs("--inputs", "dark")
    assert outcome.code == 1
    assert f"{lost}/times-2" in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert outcome.stdout.endswith("(means of 2 pictures)\n")


def test_where_nothing_can_be_scored_there_is_only_json(swept: Command, folder: Path) -> None:
    for path in (folder / "low").iterdir():
        path.write_bytes(b"no picture")
    outcome = swept("--json", "--plot", "sweep.png")
    assert outcome.code == 1
    assert outcome.report["largest_drop"] is None
    assert {point["mean"] for point in outcome.report["exposures"]} == {None}
    assert not (folder / "sweep.png").exists()
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
    run: Command, folder: Path, arguments: list[str], sentence: str
) -> None:
    for name in NAMES:
        shutil.copytree("low", f"all/{name}")
        if name not in ("times-2", "times-4"):
            shutil.copytree("low", f"part/{name}")
    before = files_in(folder)
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1
    assert files_in(folder) == before


# --- The plot -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml")])
def test_plot_is_what_its_name_says(run: Command, folder: Path, name: str, start: bytes) -> None:
    outcome = run("low", "high", "--sweep", "--write-inputs", "dark", "--plot", name)
    assert outcome.code == 0
    assert outcome.stderr.endswith(f"plot -> {name}\n")
    assert (folder / name).read_bytes().startswith(start)


def test_plot_says_what_is_what(theirs: Command, folder: Path) -> None:
    assert theirs("--inputs", "dark", "--plot", "a.svg").code == 0
    text = (folder / "a.svg").read_text()
    assert "mean gray of the inputs" in text
    assert "as produced; inputs multiplied" in text
    assert all(name in text for name in NAMES)


def test_plots_of_the_same_sweep_are_the_same(theirs: Command, folder: Path) -> None:
    for name in ("a.svg", "b.svg"):
        theirs("--inputs", "dark", "--plot", name)
    assert (folder / "a.svg").read_bytes() == (folder / "b.svg").read_bytes()


def test_existing_plot_is_kept_without_overwrite(theirs: Command, folder: Path) -> None:
    (folder / "a.svg").write_text("precious")
    outcome = theirs("--inputs", "dark", "--plot", "a.svg")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error: a.svg: it already exists. Add --overwrite, or choose another name.\n"
    )
    assert (folder / "a.svg").read_text() == "precious"
    assert theirs("--inputs", "dark", "--plot", "a.svg", "--overwrite").code == 0
    assert (folder / "a.svg").read_text() != "precious"


def test_plot_needs_the_mean_grey_of_inputs() -> None:
    points = compared(*({"a": 20.0} for _ in NAMES))
    with pytest.raises(ValueError, match="mean gray of the inputs is not known at"):
        plot_of_sweep(points, format="png")


def test_missing_matplotlib_is_told_before_the_work(
    swept: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="matplotlib")

    monkeypatch.setattr(errors, "import_module", hidden)
    outcome = swept("-o", "out", "--plot", "a.png")
    assert outcome.code == 2
    assert outcome.stderr == (
        "error: matplotlib: it is not installed. Run: pip install 'llenhance[evaluate]'.\n"
    )
    assert not (folder / "out").exists()
