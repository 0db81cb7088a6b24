"""A sweep over exposures: its inputs, and what the command tells."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import save
from support.photographs import photograph
from support.runners import Command, Outcome, imported_by

import llenhance
from llenhance.files.folders import read_pixels
from llenhance.jobs.sweep import AS_IT_IS, EXPOSURES
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
def swept(evaluate_: Command, tiny: Path) -> Command:
    """Enhance `low` with a tiny network at each exposure and score that."""
    return lambda *arguments: evaluate_("low", "high", "--sweep", "--model", str(tiny), *arguments)


@pytest.fixture
def inputs(evaluate_: Command) -> Outcome:
    """Write the inputs into `dark`."""
    return evaluate_("low", "high", "--sweep", "--write-inputs", "dark", "--json")


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
    inputs: Outcome, pairs: Path
) -> None:
    assert (inputs.code, inputs.stderr) == (0, "")
    written = {path.relative_to(pairs / "dark").as_posix() for path in files_in(pairs / "dark")}
    assert written == {f"{name}/{stem}.png" for name in NAMES for stem in STEMS}
    for exposure in EXPOSURES:
        dark = Picture(pixels=read_pixels(pairs / "low" / "2.png"))
        expected = exposure(dark, read_pixels(pairs / "high" / "2.bmp")).pixels
        found = read_pixels(pairs / "dark" / exposure.name / "2.png")
        np.testing.assert_array_equal(found, expected)


def test_written_inputs_are_scored_without_a_model(inputs: Outcome, evaluate_: Command) -> None:
    plain = evaluate_("low", "high", "--outputs-only", "--json").report
    assert inputs.report["model"] is None
    mean = exposures(inputs)["as-it-is"]["mean"]
    assert mean == plain["mean"] | {"input_mean_gray": plain["mean"]["mean_gray"]}
    assert exposures(inputs)["times-4"]["mean"]["produced"] != mean["produced"]


def test_existing_input_is_kept_without_overwrite(evaluate_: Command, pairs: Path) -> None:
    save(pairs / "dark" / "any.png", photograph(seed=0))
    save(pairs / "dark" / "times-2" / "10.png", photograph(seed=0))
    before = (pairs / "dark" / "times-2" / "10.png").read_bytes()
    outcome = evaluate_("low", "high", "--sweep", "--write-inputs", "dark")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: dark/times-2/10.png: it already exists. Add")
    assert (pairs / "dark" / "times-2" / "10.png").read_bytes() == before
    assert "(means of 2 pictures)" in outcome.stdout
    assert evaluate_("low", "high", "--sweep", "--write-inputs", "dark", "--overwrite").code == 0
    assert (pairs / "dark" / "times-2" / "10.png").read_bytes() != before


# --- The command --------------------------------------------------------------------------------


def test_first_exposure_has_the_figures_of_evaluate(
    swept: Command, evaluate_: Command, tiny: Path
) -> None:
    first = exposures(swept("--json"))["as-it-is"]
    plain = evaluate_("low", "high", "--model", str(tiny), "--json").report
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
    swept: Command, evaluate_: Command, inputs: Outcome
) -> None:
    ours = swept("--json", "-o", "out").report
    arguments = ["--sweep", "--outputs-only", "--inputs", "dark", "--json"]
    theirs = evaluate_("out", "high", *arguments).report
    assert theirs["model"] is None
    assert theirs["largest_drop"] == ours["largest_drop"]
    for one, other in zip(ours["exposures"], theirs["exposures"], strict=True):
        assert other["mean"].items() <= one["mean"].items()  # which has `true_b` as well
        assert one["mean"].keys() - other["mean"].keys() == {"true_b"}


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


def test_table_says_where_nothing_drops(evaluate_: Command, pairs: Path) -> None:
    for name in NAMES:
        shutil.copytree("high", f"same/{name}")
    lines = evaluate_("same", "high", "--sweep", "--outputs-only").stdout.splitlines()
    assert lines[-1] == "largest drop of PSNR as produced: none (means of 3 pictures)"


def test_csv_has_the_rows_of_evaluate_after_the_exposure(swept: Command, pairs: Path) -> None:
    outcome = swept("--csv", "sweep.csv")
    assert (outcome.code, outcome.stdout) == (0, swept().stdout)
    assert outcome.stderr == "scores of 3 pictures -> sweep.csv\n"
    rows = list(csv.DictReader(io.StringIO((pairs / "sweep.csv").read_text())))
    assert [(row["exposure"], row["name"]) for row in rows] == [
        (name, stem) for name in NAMES for stem in [*STEMS, "mean"]
    ]
    mean = exposures(swept("--json"))["times-0.5"]["mean"]
    assert float(rows[7]["psnr_scaled"]) == mean["scaled"]["psnr"]
    assert float(rows[7]["input_mean_gray"]) == mean["input_mean_gray"]


def test_inputs_are_never_modified(swept: Command, pairs: Path) -> None:
    before = files_in(pairs)
    assert swept("-o", "out", "--plot", "sweep.svg", "--csv", "sweep.csv").code == 0
    assert before.items() <= files_in(pairs).items()


def test_pictures_of_other_programs_are_swept_without_torch(inputs: Outcome) -> None:
    imported = imported_by("evaluate", "dark", "high", "--sweep", "--outputs-only")
    assert "skimage" in imported
    assert not imported & {"torch", "matplotlib"}
