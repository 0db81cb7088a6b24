"""Scores of folders of pictures: the figures, what is said of what cannot be scored, the command.

The figures are compared with the shared scoring script, a program of its own.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from support.architectures import TINY_OURS, TINY_PAPER
from support.networks import disturbed
from support.pairs import save, save_pairs
from support.photographs import photograph
from support.runners import Command, command, imported_by

import llenhance
from llenhance import errors
from llenhance.enhancer import Enhancer
from llenhance.files.folders import read_pixels
from llenhance.jobs.evaluate import Scored, evaluate, plan, summarise
from llenhance.model.brightness import GAIN, MIDDLE
from llenhance.pictures.picture import Picture
from llenhance.scoring.lpips import LPIPS
from llenhance.scoring.metrics import appearance, mean_grey
from llenhance.weights.file import store

SHARED = Path(__file__).parents[2] / "shared" / "eval"
LPIPS_WEIGHTS = SHARED / "lpips_alex.safetensors"

PREDICTED = 0.1  # b, whatever the picture

Pixels = NDArray[np.uint8]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pairs 2, 10 and dusk in `low` and `high`."""
    monkeypatch.chdir(tmp_path)
    save_pairs(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of two small networks, `ours` with a place for brightness and `theirs` without."""
    folder = tmp_path_factory.mktemp("weights")
    for name, architecture in (("ours", TINY_OURS), ("theirs", TINY_PAPER)):
        model = disturbed(architecture)
        if model.brightness is not None:
            torch.nn.init.zeros_(model.brightness.last.weight)
            assert model.brightness.last.bias is not None
            torch.nn.init.constant_(model.brightness.last.bias, MIDDLE + PREDICTED / GAIN)
        path = folder / f"{name}.safetensors"
        store(model, path, training={}, dtype=torch.float32, overwrite=False)
    return folder


@pytest.fixture(scope="module")
def lpips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a network that judges at random."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("lpips") / "lpips.safetensors"
    save_file(LPIPS().state_dict(), path)
    return path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], folder: Path) -> Command:
    """Run `llenhance evaluate` in the working folder."""
    return command(capfdbinary, "evaluate")


@pytest.fixture
def scored(run: Command) -> Command:
    """Score `low` as it is."""
    return lambda *arguments: run("--outputs-only", "low", "high", *arguments)


@pytest.fixture
def enhanced(run: Command, weights: Path) -> Command:
    """Enhance `low` with our small network and score that."""
    return lambda *arguments: run(
        "low", "high", "--model", str(weights / "ours.safetensors"), *arguments
    )


# --- The shared scoring script ------------------------------------------------------------------

THEIR_NAMES = {"produced": "", "scaled": "gt_"}


@pytest.fixture(scope="module")
def shared() -> Any:
    if not SHARED.is_dir():
        pytest.skip(f"the shared scoring script is not in {SHARED}")
    specification = importlib.util.spec_from_file_location("shared_metrics", SHARED / "metrics.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def differences(ours: dict[str, Any], theirs: dict[str, float]) -> Iterator[tuple[str, float]]:
    for group, prefix in THEIR_NAMES.items():
        for key, value in ours[group].items():
            yield key, value - theirs[prefix + key]
    yield "grey", ours["mean_gray"] - theirs["mean_out"] / 255
    yield "grey", ours["reference_mean_gray"] - theirs["mean_ref"] / 255


@pytest.mark.parametrize("equal", [False, True], ids=["all differ", "one equals its reference"])
def test_figures_and_means_are_those_of_the_shared_script(
    scored: Command, shared: Any, folder: Path, equal: bool
) -> None:
    if equal:
        save(folder / "low" / "10.png", photograph(seed=1))
    report = scored("--json", "--lpips", str(LPIPS_WEIGHTS)).report
    theirs = shared.run("low", "high")
    rows = [(picture, theirs["images"][picture["name"]]) for picture in report["pictures"]]
    rows = [row for row in rows if math.isfinite(row[1]["psnr"])] + [
        (report["mean"], theirs["mean"])
    ]
    found = [difference for ours, expected in rows for difference in differences(ours, expected)]
    assert {key for key, _ in found} == {"psnr", "ssim", "ssim_rgb", "lpips", "grey"}
    assert max(abs(difference) for key, difference in found if key == "psnr") < 0.01
    assert max(abs(difference) for key, difference in found if key != "psnr") < 0.001


@pytest.mark.parametrize("size", [(40, 56), (12, 40), (3, 3)], ids=str)
def test_appearance_is_that_of_the_shared_script(shared: Any, size: tuple[int, int]) -> None:
    pixels = photograph(size[0], size[1], seed=5)
    pixels[:2] = pixels[:2] // 100
    pixels[0, 0] = (255, 0, 0)
    ours, theirs = appearance(pixels), shared.no_reference(pixels)
    assert ours.mean_grey * 255 == pytest.approx(theirs["mean_luma"])
    assert ours.clip_black == pytest.approx(theirs["clip_black"])
    assert ours.clip_white == pytest.approx(theirs["clip_white"])
    assert ours.noise == pytest.approx(theirs["noise"])


# --- Figures ------------------------------------------------------------------------------------


def test_pictures_come_in_natural_order(scored: Command) -> None:
    assert [row["name"] for row in scored("--json").report["pictures"]] == ["2", "10", "dusk"]


def test_equal_pictures_score_best_and_have_no_brightness_error(run: Command) -> None:
    report = run("--outputs-only", "high", "high", "--json").report
    best = {"psnr": 100.0, "ssim": pytest.approx(1), "ssim_rgb": pytest.approx(1)}
    assert report["mean"]["produced"] == report["mean"]["scaled"] == best
    assert set(report["brightness_error"].values()) == {0}


def test_scaling_takes_away_what_is_only_darker(scored: Command) -> None:
    mean = scored("--json").report["mean"]
    assert mean["produced"]["psnr"] < 10
    assert mean["scaled"]["psnr"] > 30


@pytest.mark.parametrize(
    ("key", "expected"), [("mean", 0.34), ("median", 0.1), ("p90", 0.76), ("max", 1.0)]
)
def test_brightness_error_is_that_of_mean_grey_in_either_direction(
    key: str, expected: float
) -> None:
    greys = [(0.1, 0.2), (0.3, 0.2), (0.0, 0.1), (0.0, 1.0), (0.4, 0.0)]
    rows = [
        Scored(name="any", compared={}, alone={"mean_gray": own, "reference_mean_gray": reference})
        for own, reference in greys
    ]
    found = summarise(rows).brightness_error
    assert found is not None
    assert found[key] == pytest.approx(expected)


@pytest.mark.parametrize("factor", [0.3, 0.9])
def test_true_b_is_used_in_place_of_the_predicted_one(
    weights: Path, folder: Path, factor: float
) -> None:
    enhancer = Enhancer(weights / "ours.safetensors", device="cpu")
    dark = Picture(pixels=read_pixels(folder / "low" / "2.png"))
    grey = factor * mean_grey(read_pixels(folder / "high" / "2.bmp"))
    told = enhancer.enhance_knowing(dark, mean_grey=grey)
    by_hand = enhancer.enhance(dark, brightness=0.8 * (grey - 0.45) - PREDICTED)
    assert np.abs(told.pixels.astype(int) - by_hand.pixels).max() <= 1  # b is rounded otherwise
    assert (told.pixels != enhancer.enhance(dark).pixels).any()


def test_column_of_true_b_knows_the_brightness_of_each_reference(
    enhanced: Command, run: Command, weights: Path
) -> None:
    report = enhanced("--json").report
    enhancer = Enhancer(weights / "ours.safetensors", device="cpu")
    for row in report["pictures"]:
        dark = Picture(pixels=read_pixels(Path(f"low/{row['name']}.png")))
        told = enhancer.enhance_knowing(dark, mean_grey=row["reference_mean_gray"])
        save(Path(f"told/{row['name']}.png"), told.pixels)
    expected = run("--outputs-only", "told", "high", "--json").report
    for ours, theirs in zip(report["pictures"], expected["pictures"], strict=True):
        assert ours["true_b"] == theirs["produced"]
        assert ours["true_b"] != ours["produced"]
    assert report["mean"]["true_b"] == expected["mean"]["produced"]


def test_model_without_a_place_for_brightness_is_not_told_any(run: Command, weights: Path) -> None:
    report = run("low", "high", "--model", str(weights / "theirs.safetensors"), "--json").report
    assert {"produced", "scaled"} < report["mean"].keys()
    assert "true_b" not in report["mean"]


def test_lpips_is_measured_in_every_column_where_weights_are_given(
    enhanced: Command, lpips: Path
) -> None:
    mean = enhanced("--json", "--lpips", str(lpips)).report["mean"]
    assert all("lpips" in mean[group] for group in ("produced", "scaled", "true_b"))


def test_16_bits_are_scored_on_8(scored: Command, folder: Path) -> None:
    before = scored("--json").report["pictures"][0]
    deep = read_pixels(folder / "low" / "2.png").astype(np.uint16) * 257
    save(folder / "low" / "2.png", deep + np.uint16(128))  # rounded, not cut off
    assert scored("--json").report["pictures"][0] == before


def test_pictures_are_compared_upright(scored: Command, folder: Path) -> None:
    sideways = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # orientation 6
    save(folder / "low" / "2.png", np.rot90(photograph(seed=0)).copy(), exif=sideways)
    assert scored("--json").report["pictures"][0]["produced"]["psnr"] == 100


def test_without_references_each_picture_is_described(run: Command, folder: Path) -> None:
    report = run("--outputs-only", "high", "--json").report
    assert report.keys() == {"model", "pictures", "mean", "brightness_error", "unpaired", "failed"}
    assert report["brightness_error"] is None
    first = report["pictures"][0]
    assert first.keys() == {"name", "mean_gray", "clip_black", "clip_white", "noise"}
    assert first["noise"] == pytest.approx(6 * np.linalg.norm((0.299, 0.587, 0.114)), rel=0.2)


def test_without_references_the_enhanced_pictures_are_described(
    run: Command, weights: Path
) -> None:
    model = ["--model", str(weights / "ours.safetensors")]
    report = run("low", *model, "-o", "out", "--json").report
    again = run("--outputs-only", "out", "--json").report
    assert report["mean"] == again["mean"]


# --- What cannot be scored ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "left"), [("high/10.bmp", "low/10.png"), ("low/10.png", "high/10.bmp")]
)
def test_picture_without_partner_is_named_and_the_others_are_scored(
    scored: Command, folder: Path, missing: str, left: str
) -> None:
    (folder / missing).unlink()
    outcome = scored("--json")
    assert outcome.code == 1
    assert outcome.report["unpaired"] == [left]
    assert outcome.stderr.startswith(f"error: {left}: it has no partner in {missing.split('/')[0]}")
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]


def spoil(folder: Path, how: str) -> None:
    """Make pair 10 impossible to score."""
    match how:
        case "size":
            save(folder / "high" / "10.bmp", photograph(width=48, seed=1))
        case "turned":
            save(folder / "high" / "10.bmp", photograph(56, 40, seed=1))
        case "small":
            for path in (folder / "low" / "10.png", folder / "high" / "10.bmp"):
                save(path, photograph(height=10, seed=1))
        case "unreadable":
            (folder / "low" / "10.png").write_bytes(b"no picture")
        case "unreadable reference":
            (folder / "high" / "10.bmp").write_bytes(b"")
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("size", "low/10.png: it is 56x40 pixels, but high/10.bmp is 48x40."),
        ("turned", "low/10.png: it is 56x40 pixels, but high/10.bmp is 40x56."),
        ("small", "low/10.png: it is 56x10 pixels, too small to be scored."),
        ("unreadable", "low/10.png: "),
        ("unreadable reference", "high/10.bmp: "),
    ],
)
def test_pair_that_cannot_be_scored_is_named_and_the_others_are_scored(
    enhanced: Command, folder: Path, how: str, sentence: str
) -> None:
    spoil(folder, how)
    outcome = enhanced("--json", "-o", "out")
    assert outcome.code == 1
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1
    assert [failure["name"] for failure in outcome.report["failed"]] == ["10"]
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]
    assert {path.name for path in (folder / "out").iterdir()} == {"2.png", "dusk.png"}


def test_pictures_too_small_for_lpips_are_named(scored: Command, folder: Path, lpips: Path) -> None:
    save(folder / "low" / "10.png", photograph(height=31, seed=1))
    save(folder / "high" / "10.bmp", photograph(height=31, seed=1))
    outcome = scored("--lpips", str(lpips))
    assert outcome.code == 1
    assert "too small to be scored. Use pictures of 32x32 pixels or more." in outcome.stderr


def test_where_nothing_can_be_scored_there_is_no_mean(run: Command, folder: Path) -> None:
    for path in (folder / "low").iterdir():
        path.write_bytes(b"no picture")
    outcome = run("--outputs-only", "low", "--json")
    assert outcome.code == 1
    assert outcome.report["mean"] is None
    assert len(outcome.report["failed"]) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "high"], "nowhere: it is not a folder"),
        (["low", "nowhere"], "nowhere: it is not a folder"),
        (["empty", "high"], "empty: it has no pictures"),
        (["low", "others"], "low: none of its pictures has a partner of the same name in others"),
        (["low", "twins"], "twins: it has two pictures named 2"),
        (["low", "high", "--json", "--csv", "scores.csv"], "--json: it contradicts --csv"),
        (
            ["low", "high", "--outputs-only", "-o", "out"],
            "--outputs: it contradicts --outputs-only",
        ),
        (
            ["low", "high", "--outputs-only", "--model", "x"],
            "--model: it contradicts --outputs-only",
        ),
        (["low", "--lpips", "lpips.safetensors"], "--lpips: it compares with references"),
        (["low", "high", "-o", "low"], "low: it holds inputs"),
        (["low", "high", "-o", "high", "--overwrite"], "high: it holds inputs"),
        (["low", "high", "--csv", "high/2.bmp", "--overwrite"], "high/2.bmp: it is an input"),
        (["low", "high", "--csv", "nowhere/scores.csv"], "nowhere: there is no such folder"),
        (["low", "high", "--tile", "some"], "--tile: 'some' is not a size"),
        (["low", "high", "--device", "toaster"], "device toaster: there is no such kind of device"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_sentence_and_code_2(
    run: Command, folder: Path, arguments: list[str], sentence: str
) -> None:
    save(folder / "others" / "3.png", photograph(seed=0))
    save(folder / "twins" / "2.png", photograph(seed=0))
    save(folder / "twins" / "2.bmp", photograph(seed=0))
    (folder / "empty").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    outcome = run(*arguments)
    assert outcome.code == 2
    if "--json" in arguments:
        assert outcome.document["result"] is None
    else:
        assert outcome.stdout == ""
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1
    assert before == {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_missing_scikit_image_is_told_before_the_model_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="skimage")

    def load() -> Enhancer:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(errors, "import_module", hidden)
    jobs = plan(folder / "low", folder / "high").jobs
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'llenhance\[evaluate\]'"):
        next(evaluate(jobs, enhancer=load))


def test_missing_weights_are_code_3(run: Command) -> None:
    assert run("low", "high", "--model", "nonsense").code == 3


# --- Outputs ------------------------------------------------------------------------------------


def test_outputs_are_what_was_scored(enhanced: Command, run: Command) -> None:
    report = enhanced("--json", "--outputs", "out").report
    again = run("--outputs-only", "out", "high", "--json").report
    assert report["model"].endswith("ours.safetensors")
    assert again["model"] is None
    assert again["mean"].items() <= report["mean"].items()  # which has `true_b` as well


def test_outputs_keep_16_bits(enhanced: Command, folder: Path) -> None:
    save(folder / "low" / "2.png", photograph(seed=0).astype(np.uint16) * 40)
    assert enhanced("-o", "out").code == 0
    assert llenhance.read_picture(folder / "out" / "2.png").depth == 16


def test_existing_output_is_kept_and_named(enhanced: Command, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "10.png").write_text("precious")
    outcome = enhanced("-o", "out", "--json")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: out/10.png: it already exists. Add --overwrite")
    assert (folder / "out" / "10.png").read_text() == "precious"
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]


def test_existing_output_is_replaced_with_overwrite(enhanced: Command, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "10.png").write_text("not precious")
    assert enhanced("-o", "out", "--overwrite").code == 0
    assert llenhance.read_picture(folder / "out" / "10.png").width == 56


def test_reference_is_not_replaced_through_a_link(enhanced: Command, folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "2.png").symlink_to(folder / "high" / "2.bmp")
    before = (folder / "high" / "2.bmp").read_bytes()
    assert enhanced("-o", "out", "--overwrite").code == 1
    assert (folder / "high" / "2.bmp").read_bytes() == before


# --- What is printed ----------------------------------------------------------------------------


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
    run: Command, folder: Path, name: str, shown: str
) -> None:
    save(folder / "alone" / name, photograph(seed=0))
    assert run("--outputs-only", "alone").stdout.splitlines()[1].startswith(f"{shown} ")


def test_csv_has_a_row_for_each_picture_and_one_of_means(scored: Command, folder: Path) -> None:
    outcome = scored("--csv", "scores.csv")
    assert (outcome.code, outcome.stdout) == (0, scored().stdout)
    assert outcome.stderr == "scores of 3 pictures -> scores.csv\n"
    rows = list(csv.DictReader(io.StringIO((folder / "scores.csv").read_text())))
    assert [row["name"] for row in rows] == ["2", "10", "dusk", "mean"]
    mean = scored("--json").report["mean"]
    assert float(rows[-1]["psnr"]) == mean["produced"]["psnr"]
    assert float(rows[-1]["ssim_rgb_scaled"]) == mean["scaled"]["ssim_rgb"]
    assert float(rows[-1]["reference_mean_gray"]) == mean["reference_mean_gray"]


def test_csv_goes_to_standard_output(scored: Command, folder: Path) -> None:
    scored("--csv", "scores.csv")
    assert scored("--csv", "-").stdout == (folder / "scores.csv").read_text()


def test_existing_csv_is_kept(scored: Command, folder: Path) -> None:
    (folder / "scores.csv").write_text("precious")
    outcome = scored("--csv", "scores.csv")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: scores.csv: it already exists. Add --overwrite")
    assert (folder / "scores.csv").read_text() == "precious"
    assert scored("--csv", "scores.csv", "--overwrite").code == 0
    assert (folder / "scores.csv").read_text().startswith("name,")


def test_pictures_of_other_programs_are_scored_without_torch(folder: Path) -> None:
    imported = imported_by("evaluate", "--outputs-only", "low", "high")
    assert "skimage" in imported
    assert "torch" not in imported


def test_wrong_folders_are_told_without_torch(folder: Path) -> None:
    assert "torch" not in imported_by("evaluate", "low", "nowhere")
