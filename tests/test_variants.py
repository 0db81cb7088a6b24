"""Several results of each picture: variants, one of them again, sheets and series."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.photographs import photograph_file
from support.runners import Command

from llenhance import Enhancer, Sample, UsageError, Wish, read_provenance
from llenhance.jobs import run
from llenhance.jobs.parts import parts_for, values_of
from llenhance.jobs.sheets import PANEL, Small, Smalls, sheet_of
from llenhance.jobs.task import enhance_opened


@pytest.fixture
def dark(folder: Path) -> Path:
    """The working folder, with dark.jpg in it."""
    (folder / "dark.jpg").write_bytes(photograph_file(size=(56, 40)))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name[0] != ".")


def test_variants_lie_beside_the_picture(llenhance_: Command, dark: Path) -> None:
    assert llenhance_("dark.jpg", "--variants", "3").code == 0
    assert names(dark) == ["dark.jpg", *(f"dark_v{number}.jpg" for number in (1, 2, 3))]
    records = [read_provenance(f"dark_v{number}.jpg") for number in (1, 2, 3)]
    assert [record and record.variant for record in records] == [1, 2, 3]
    assert [record and record.constant for record in records] == [0.0, -0.08, 0.08]


def test_the_first_variant_is_the_usual_result(llenhance_: Command, dark: Path) -> None:
    assert llenhance_("dark.jpg", "--pick", "1", "-o", "first.png").code == 0
    assert llenhance_("dark.jpg", "-o", "usual.png").code == 0
    first, usual = (np.asarray(Image.open(dark / f"{name}.png")) for name in ("first", "usual"))
    np.testing.assert_array_equal(first, usual)


def test_one_picked_has_the_bytes_that_it_has_among_any_number(
    llenhance_: Command, dark: Path
) -> None:
    options = "--temperature", "1.5", "--seed", "7"
    assert llenhance_("dark.jpg", "--variants", "6", *options).code == 0
    variant = (dark / "dark_v6.jpg").read_bytes()
    assert llenhance_("dark.jpg", "--pick", "6", *options, "-o", "picked.jpg").code == 0
    assert (dark / "picked.jpg").read_bytes() == variant
    assert llenhance_("--replay", "dark_v6.jpg", "-o", "replayed.jpg").code == 0
    assert (dark / "replayed.jpg").read_bytes() == variant
    assert llenhance_("dark.jpg", "--pick", "6", "-o", "other.jpg").code == 0
    assert (dark / "other.jpg").read_bytes() != variant
    record = read_provenance("dark_v6.jpg")
    assert record is not None
    assert (record.variant, record.temperature, record.seed) == (6, 1.5, 7)
    assert "variant 6, temperature 1.5, seed 7" in record.settings


def test_a_picked_one_goes_through_a_pipe(llenhance_: Command, dark: Path) -> None:
    piped = llenhance_("dark.jpg", "--pick", "2", "-o", "-")
    assert llenhance_("dark.jpg", "--pick", "2").code == 0
    assert piped.data == (dark / "dark_v2.jpg").read_bytes()


def test_a_folder_has_variants_of_each_and_goes_on_where_it_was(
    llenhance_: Command, dark: Path
) -> None:
    photos = dark / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.png"):
        (photos / name).write_bytes(photograph_file(name[-3:].replace("jpg", "jpeg").upper()))
    command = "photos", "--variants", "2", "--sheet", "--json"
    statuses = [line["result"]["status"] for line in llenhance_(*command).lines[:-1]]
    results = dark / "photos_enhanced"
    made = [f"a_{p}.jpg" for p in ("sheet", "v1", "v2")]
    made += [f"b_{p}.png" for p in ("sheet", "v1", "v2")]
    assert statuses == ["written"] * 6
    assert names(results) == made
    before = {name: (results / name).read_bytes() for name in made}
    for gone in ("a_v2.jpg", "b_sheet.png"):
        (results / gone).unlink()
    lines = llenhance_(*command).lines[:-1]
    assert [line["result"]["status"] for line in lines].count("done-before") == 4
    assert {name: (results / name).read_bytes() for name in made} == before


def test_variants_that_another_run_has_made_meanwhile_are_done_before(
    llenhance_: Command, dark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dark / "photos").mkdir()
    (dark / "photos/a.jpg").write_bytes((dark / "dark.jpg").read_bytes())
    command = "photos", "--variants", "2", "--sheet", "--json"
    assert llenhance_(*command).code == 0
    results = (dark / "photos_enhanced").rename(dark / "elsewhere")

    def beside(*opened: Any, **rest: Any) -> Any:
        if results.exists():
            results.rename(dark / "photos_enhanced")
        return enhance_opened(*opened, **rest)

    monkeypatch.setattr(run, "enhance_opened", beside)
    outcome = llenhance_(*command)
    assert outcome.code == 0
    assert [line["result"]["status"] for line in outcome.lines[:-1]] == ["done-before"] * 3


def test_results_of_an_earlier_run_are_not_enhanced_again(llenhance_: Command, dark: Path) -> None:
    assert llenhance_("dark.jpg", "--variants", "2", "--sheet").code == 0
    again = llenhance_(*names(dark), "--variants", "1", "--overwrite")
    assert again.code == 0
    assert names(dark) == ["dark.jpg", "dark_sheet.jpg", "dark_v1.jpg", "dark_v2.jpg"]


def test_other_temperatures_in_a_folder_do_not_pass_for_each_other(
    llenhance_: Command, dark: Path
) -> None:
    assert llenhance_("dark.jpg", "--variants", "2", "-o", "out/").code == 0
    again = llenhance_("dark.jpg", "--variants", "2", "--temperature", "2", "-o", "out/")
    assert again.code == 1
    assert "made with other settings" in again.stderr


def test_a_template_tells_variants_apart(llenhance_: Command, dark: Path) -> None:
    template = "{variant}/{stem}{ext}"
    assert llenhance_("dark.jpg", "--variants", "2", "--name-template", template).code == 0
    assert (dark / "v2" / "dark.jpg").is_file()
    refused = llenhance_("dark.jpg", "--variants", "2", "--name-template", "{stem}_x{ext}")
    assert refused.code == 2
    assert "Put {variant} into it" in refused.stderr


def test_a_sheet_is_the_same_whether_variants_are_written_or_not(
    llenhance_: Command, dark: Path
) -> None:
    assert llenhance_("dark.jpg", "--sheet", "-o", "alone.png").code == 0
    assert names(dark) == ["alone.png", "dark.jpg"]
    assert llenhance_("dark.jpg", "--variants", "4", "--sheet", "--format", "png").code == 0
    assert (dark / "dark_sheet.png").read_bytes() == (dark / "alone.png").read_bytes()


def test_a_series_is_one_strip_from_dark_to_bright(llenhance_: Command, dark: Path) -> None:
    done = llenhance_("dark.jpg", "--series=-0.4:0.4:0.4", "--format", "png", "--json")
    assert done.code == 0
    assert done.report["brightness"] is None
    strip = np.asarray(Image.open(dark / "dark_series.png"))
    assert strip.shape[1::-1] == (done.report["width"], done.report["height"])
    panels = np.array_split(strip[8:48], 3, axis=1)
    means = [panel.mean() for panel in panels]
    assert means == sorted(means)
    assert means[0] < means[2] - 5


@pytest.mark.parametrize(
    "options",
    [
        ("--variants", "2", "--pick", "1"),
        ("--variants", "2", "--target-mean", "0.4"),
        ("--sheet", "--exposure", "1"),
        ("--sheet", "--consistent"),
        ("--pick", "2", "--replay", "dark.jpg"),
        ("--series=0:1:0.5", "--brightness", "0.1"),
        ("--series=0:1:0.5", "--sheet"),
        ("--temperature", "2"),
        ("--seed", "2"),
        ("--variants", "2", "-o", "one.jpg"),
        ("--variants", "2", "-o", "-"),
        ("--variants", "17"),
        ("--pick", "2", "--temperature", "0"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_in_a_sentence(
    options: tuple[str, ...], llenhance_: Command, dark: Path
) -> None:
    refused = llenhance_("dark.jpg", *options)
    assert refused.code == 2
    assert refused.stderr.startswith("error: ")
    assert names(dark) == ["dark.jpg"]


def test_a_sheet_alone_says_once_how_one_of_it_is_written(llenhance_: Command, dark: Path) -> None:
    (dark / "b c.jpg").write_bytes((dark / "dark.jpg").read_bytes())
    told = llenhance_("b c.jpg", "dark.jpg", "--sheet").stderr
    assert told.count("To write one of the variants") == 1
    line = told.strip().splitlines()[-1].partition(": llenhance ")[2]
    assert line == "'b c.jpg' --pick 3"
    assert llenhance_(*shlex.split(line)).code == 0
    assert (dark / "b c_v3.jpg").is_file()


@pytest.mark.parametrize(
    "options", ["--sheet -q", "--sheet --json", "--sheet --dry-run", "--sheet --variants 2"]
)
def test_nothing_is_said_of_picking_where_it_does_not_help(
    llenhance_: Command, dark: Path, options: str
) -> None:
    done = llenhance_("dark.jpg", *options.split())
    assert done.code == 0
    assert "--pick" not in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--pick 2 --temperature 0", "--temperature: it must be above 0, up to 2"),
        ("--pick 2 --temperature -1", "--temperature: it must be above 0, up to 2"),
        ("--pick 2 --temperature 3", "--temperature: it must be above 0, up to 2"),
        ("--pick 2 --temperature nan", "--temperature: it must be above 0, up to 2"),
        ("--series 0:0:0", "--series: its step is 0"),
        ("--series 0:0.4:nan", "--series: it is no FROM:TO:STEP of three numbers"),
        ("--seed 3", "--seed: it is a part of --variants, --pick or --sheet"),
        ("--temperature 2", "--temperature: it is a part of --variants, --pick or --sheet"),
    ],
)
def test_a_wrong_value_is_told_with_its_option(
    options: str, told: str, llenhance_: Command, dark: Path
) -> None:
    refused = llenhance_("dark.jpg", *options.split())
    assert refused.code == 2
    assert refused.stderr.startswith(f"error: {told}. ")


@pytest.mark.parametrize(
    "arguments", [("dark.jpg", "-o", "one.jpg"), ("dark.jpg", "-o", "-"), ("-",)], ids=" ".join
)
def test_one_input_with_several_results_is_not_called_several_inputs(
    arguments: tuple[str, ...], llenhance_: Command, dark: Path
) -> None:
    refused = llenhance_(*arguments, "--variants", "2")
    assert refused.code == 2
    assert "several results" in refused.stderr
    assert names(dark) == ["dark.jpg"]


@pytest.mark.parametrize(
    ("series", "values"),
    [
        ("-0.4:0.4:0.2", [-0.4, -0.2, 0, 0.2, 0.4]),
        ("0.4:-0.4:-0.4", [0.4, 0, -0.4]),
        ("0:0.3:0.2", [0, 0.2]),
        ("-.1:.1:.1", [-0.1, 0, 0.1]),
    ],
)
def test_values_of_a_series_are_exact(series: str, values: list[float]) -> None:
    assert values_of(series) == values


@pytest.mark.parametrize(
    ("series", "code"),
    [
        ("", "series-not-read"),
        ("0.4", "series-not-read"),
        ("-0.4:0.4", "series-not-read"),
        ("a:b:c", "series-not-read"),
        ("-2:0:1", "series-out-of-range"),
        ("nan:0:1", "series-not-read"),
        ("inf:0:1", "series-out-of-range"),
        ("-0.4:0.4:0", "series-without-step"),
        ("0:0:0", "series-without-step"),
        ("-0.4:0.4:-0.2", "series-leads-nowhere"),
        ("0:0:1", "series-leads-nowhere"),
        ("0:1:nan", "series-not-read"),
        ("-1:1:0.001", "series-too-long"),
        ("-1:1:1e-300", "series-too-long"),
    ],
)
def test_wrong_series_are_refused(series: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        values_of(series)
    assert refused.value.code == code


def test_nothing_asked_for_is_one_usual_result() -> None:
    assert parts_for(Wish()) == ()


def test_variants_in_python(tiny: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 60, (24, 32, 3), np.uint8)
    enhancer, told = Enhancer(tiny, device="cpu"), list[tuple[int, int]]()
    found = enhancer.variants(
        pixels, count=3, progress=lambda done, all_: told.append((done, all_))
    )
    assert [one.number for one in found] == [1, 2, 3]
    assert [round(one.brightness, 6) for one in found] == [0, -0.08, 0.08]
    assert found[1].mean_grey < found[0].mean_grey < found[2].mean_grey
    np.testing.assert_array_equal(found[0].picture, enhancer.enhance(pixels))
    assert told == [(1, 3), (2, 3), (3, 3)]
    (again,) = enhancer.variants(pixels, count=3)[2:]
    np.testing.assert_array_equal(again.picture, found[2].picture)


@pytest.mark.parametrize("count", [0, 17, "4"])
def test_wrong_counts_are_refused_in_python(count: int, tiny: Path) -> None:
    with pytest.raises(UsageError):
        Enhancer(tiny, device="cpu").variants(np.zeros((8, 8, 3), np.uint8), count=count)


def test_panels_of_a_sheet_are_those_that_it_is_made_of() -> None:
    smalls = [Small(np.full((30, 200, 3), level, np.uint8), 0.1, 0.5) for level in (50, 90, 130)]
    sheet = sheet_of(smalls, ["v1", "v2", "v3"]).pixels
    for level in (50, 90, 130):
        assert (sheet == level).all(axis=2).sum() >= 30 * 200
    wide = sheet_of(smalls, ["", "", ""], columns=3).pixels
    assert wide.shape[1] > 3 * 200
    narrow = Small(np.zeros((PANEL, 10, 3), np.uint8), 0.0, 0.0)
    assert sheet_of([narrow], ["v1 usual"]).pixels.shape[1] > 150


def test_small_results_are_kept_until_they_are_taken_and_not_without_end() -> None:
    smalls, one = Smalls(), Small(np.zeros((1, 1, 3), np.uint8), 0.0, 0.0)
    wishes = [Wish(brightness=number / 100) for number in range(100)]
    for wish in wishes:
        smalls.keep("a", wish, one)
    assert smalls.take("a", wishes[0]) is None
    assert smalls.take("a", wishes[-1]) is one
    assert smalls.take("a", wishes[-1]) is None
    assert smalls.take("b", Wish(sample=Sample())) is None
