"""Scores of folders of pictures: what is written and printed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from support.pairs import save
from support.photographs import photograph
from support.runners import Command, imported_by

import llenhance


@pytest.fixture
def enhanced(evaluate_: Command, tiny: Path) -> Command:
    """Enhance `low` with a tiny network and score that."""
    return lambda *arguments: evaluate_("low", "high", "--model", str(tiny), *arguments)


def test_outputs_are_what_was_scored(enhanced: Command, evaluate_: Command, tiny: Path) -> None:
    report = enhanced("--json", "--outputs", "out").report
    again = evaluate_("--outputs-only", "out", "high", "--json").report
    assert report["model"] == str(tiny)
    assert again["model"] is None
    assert again["mean"].items() <= report["mean"].items()  # which has `true_b` as well


def test_outputs_keep_16_bits(enhanced: Command, pairs: Path) -> None:
    save(pairs / "low" / "2.png", photograph(seed=0).astype(np.uint16) * 40)
    assert enhanced("-o", "out").code == 0
    assert llenhance.read_picture(pairs / "out" / "2.png").depth == 16


def test_outputs_are_open_to_nobody_who_may_not_read_their_input(
    enhanced: Command, pairs: Path
) -> None:
    (pairs / "low" / "2.png").chmod(0o600)
    assert enhanced("-o", "out").code == 0
    assert (pairs / "out" / "2.png").stat().st_mode & 0o777 == 0o600


def test_existing_output_is_kept_and_named(enhanced: Command, pairs: Path) -> None:
    (pairs / "out").mkdir()
    (pairs / "out" / "10.png").write_text("precious")
    outcome = enhanced("-o", "out", "--json")
    assert outcome.code == 1
    [told] = outcome.document["messages"]
    assert (told["about"], told["code"]) == ("out/10.png", "exists")
    assert told["remedy"].startswith("Add --overwrite")
    assert (pairs / "out" / "10.png").read_text() == "precious"
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]


def test_existing_output_is_replaced_with_overwrite(enhanced: Command, pairs: Path) -> None:
    (pairs / "out").mkdir()
    (pairs / "out" / "10.png").write_text("not precious")
    assert enhanced("-o", "out", "--overwrite").code == 0
    assert llenhance.read_picture(pairs / "out" / "10.png").width == 56


def test_reference_is_not_replaced_through_a_link(enhanced: Command, pairs: Path) -> None:
    (pairs / "out").mkdir()
    (pairs / "out" / "2.png").symlink_to(pairs / "high" / "2.bmp")
    before = (pairs / "high" / "2.bmp").read_bytes()
    assert enhanced("-o", "out", "--overwrite").code == 1
    assert (pairs / "high" / "2.bmp").read_bytes() == before


def test_table_has_a_row_for_each_picture_and_says_which_column_is_which(
    enhanced: Command,
) -> None:
    outcome = enhanced()
    lines = outcome.stdout.splitlines()
    headings = ["", "as produced", "scaled to the reference's mean gray", "true b given"]
    assert [part.strip() for part in lines[0].split("|")] == headings
    assert [line.split()[0] for line in lines[2:6]] == ["2", "10", "dusk", "mean"]
    assert len({tuple(map(len, line.split("|")[:-1])) for line in lines[1:6]}) == 1  # aligned
    assert lines[6].startswith("|mean gray - reference's|: mean 0.")
    assert outcome.stderr == ""


def test_table_shows_the_figures_of_the_report(scored: Command) -> None:
    mean = scored("--json").report["mean"]
    shown = scored().stdout.splitlines()[-2].split()
    assert shown[2:5] == [
        f"{mean['produced']['psnr']:.2f}",
        f"{mean['produced']['ssim']:.3f}",
        f"{mean['produced']['ssim_rgb']:.3f}",
    ]


@pytest.mark.parametrize(
    ("name", "shown"), [("[red].png", "[red]"), ("a\x1b[31m.png", r"a\x1b[31m"), ("夜.png", "夜")]
)
def test_table_shows_names_as_they_are_but_steers_no_terminal(
    evaluate_: Command, pairs: Path, name: str, shown: str
) -> None:
    save(pairs / "alone" / name, photograph(seed=0))
    assert evaluate_("--outputs-only", "alone").stdout.splitlines()[1].startswith(f"{shown} ")


def test_csv_has_a_row_for_each_picture_and_one_of_means(scored: Command, pairs: Path) -> None:
    outcome = scored("--csv", "scores.csv")
    assert (outcome.code, outcome.stdout) == (0, scored().stdout)
    assert outcome.stderr == "scores of 3 pictures -> scores.csv\n"
    rows = list(csv.DictReader(io.StringIO((pairs / "scores.csv").read_text())))
    assert [row["name"] for row in rows] == ["2", "10", "dusk", "mean"]
    mean = scored("--json").report["mean"]
    assert float(rows[-1]["psnr"]) == mean["produced"]["psnr"]
    assert float(rows[-1]["ssim_rgb_scaled"]) == mean["scaled"]["ssim_rgb"]
    assert float(rows[-1]["reference_mean_gray"]) == mean["reference_mean_gray"]


def test_csv_goes_to_standard_output(scored: Command, pairs: Path) -> None:
    scored("--csv", "scores.csv")
    assert scored("--csv", "-").stdout == (pairs / "scores.csv").read_text()


def test_existing_csv_is_kept(scored: Command, pairs: Path) -> None:
    (pairs / "scores.csv").write_text("precious")
    outcome = scored("--csv", "scores.csv")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: scores.csv: it already exists. Add --overwrite")
    assert (pairs / "scores.csv").read_text() == "precious"
    assert scored("--csv", "scores.csv", "--overwrite").code == 0
    assert (pairs / "scores.csv").read_text().startswith("name,")


def test_pictures_of_other_programs_are_scored_without_torch(pairs: Path) -> None:
    imported = imported_by("evaluate", "--outputs-only", "low", "high")
    assert "skimage" in imported
    assert "torch" not in imported


def test_wrong_folders_are_told_without_torch(pairs: Path) -> None:
    assert "torch" not in imported_by("evaluate", "low", "nowhere")
