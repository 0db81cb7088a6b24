"""Scores of folders of pictures: the figures.

They are compared with the shared scoring script, a program of its own.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.architectures import TINY_OURS, TINY_PAPER
from support.networks import disturbed
from support.pairs import save
from support.photographs import photograph
from support.runners import Command

from llenhance.enhancer import Enhancer
from llenhance.files.folders import read_pixels
from llenhance.jobs.evaluate import Scored, summarise
from llenhance.model.brightness import GAIN, MIDDLE
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import appearance, mean_grey
from llenhance.weights.file import store

SHARED = Path(__file__).parents[2] / "shared" / "eval"
LPIPS_WEIGHTS = SHARED / "lpips_alex.safetensors"

PREDICTED = 0.1  # b, whatever the picture

Pixels = NDArray[np.uint8]


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


@pytest.fixture
def enhanced(evaluate_: Command, weights: Path) -> Command:
    """Enhance `low` with our small network and score that."""
    return lambda *arguments: evaluate_(
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
    scored: Command, shared: Any, pairs: Path, equal: bool
) -> None:
    if equal:
        save(pairs / "low" / "10.png", photograph(seed=1))
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


def test_equal_pictures_score_best_and_have_no_brightness_error(evaluate_: Command) -> None:
    report = evaluate_("--outputs-only", "high", "high", "--json").report
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
    weights: Path, pairs: Path, factor: float
) -> None:
    enhancer = Enhancer(weights / "ours.safetensors", device="cpu")
    dark = Picture(pixels=read_pixels(pairs / "low" / "2.png"))
    grey = factor * mean_grey(read_pixels(pairs / "high" / "2.bmp"))
    told = enhancer.enhance_knowing(dark, mean_grey=grey)
    by_hand = enhancer.enhance(dark, brightness=0.8 * (grey - 0.45) - PREDICTED)
    assert np.abs(told.pixels.astype(int) - by_hand.pixels).max() <= 1  # b is rounded otherwise
    assert (told.pixels != enhancer.enhance(dark).pixels).any()


def test_column_of_true_b_knows_the_brightness_of_each_reference(
    enhanced: Command, evaluate_: Command, weights: Path
) -> None:
    report = enhanced("--json").report
    enhancer = Enhancer(weights / "ours.safetensors", device="cpu")
    for row in report["pictures"]:
        dark = Picture(pixels=read_pixels(Path(f"low/{row['name']}.png")))
        told = enhancer.enhance_knowing(dark, mean_grey=row["reference_mean_gray"])
        save(Path(f"told/{row['name']}.png"), told.pixels)
    expected = evaluate_("--outputs-only", "told", "high", "--json").report
    for ours, theirs in zip(report["pictures"], expected["pictures"], strict=True):
        assert ours["true_b"] == theirs["produced"]
        assert ours["true_b"] != ours["produced"]
    assert report["mean"]["true_b"] == expected["mean"]["produced"]


def test_model_without_a_place_for_brightness_is_not_told_any(
    evaluate_: Command, weights: Path
) -> None:
    report = evaluate_(
        "low", "high", "--model", str(weights / "theirs.safetensors"), "--json"
    ).report
    assert {"produced", "scaled"} < report["mean"].keys()
    assert "true_b" not in report["mean"]


def test_lpips_is_measured_in_every_column_where_weights_are_given(
    enhanced: Command, lpips: Path
) -> None:
    mean = enhanced("--json", "--lpips", str(lpips)).report["mean"]
    assert all("lpips" in mean[group] for group in ("produced", "scaled", "true_b"))


def test_16_bits_are_scored_on_8(scored: Command, pairs: Path) -> None:
    before = scored("--json").report["pictures"][0]
    deep = read_pixels(pairs / "low" / "2.png").astype(np.uint16) * 257
    save(pairs / "low" / "2.png", deep + np.uint16(128))  # rounded, not cut off
    assert scored("--json").report["pictures"][0] == before


def test_pictures_are_compared_upright(scored: Command, pairs: Path) -> None:
    sideways = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # orientation 6
    save(pairs / "low" / "2.png", np.rot90(photograph(seed=0)).copy(), exif=sideways)
    assert scored("--json").report["pictures"][0]["produced"]["psnr"] == 100


def test_without_references_each_picture_is_described(evaluate_: Command, pairs: Path) -> None:
    report = evaluate_("--outputs-only", "high", "--json").report
    assert report.keys() == {"model", "pictures", "mean", "brightness_error", "unpaired", "failed"}
    assert report["brightness_error"] is None
    first = report["pictures"][0]
    assert first.keys() == {"name", "mean_gray", "clip_black", "clip_white", "noise"}
    assert first["noise"] == pytest.approx(6 * np.linalg.norm((0.299, 0.587, 0.114)), rel=0.2)


def test_without_references_the_enhanced_pictures_are_described(
    evaluate_: Command, weights: Path
) -> None:
    model = ["--model", str(weights / "ours.safetensors")]
    report = evaluate_("low", *model, "-o", "out", "--json").report
    again = evaluate_("--outputs-only", "out", "--json").report
    assert report["mean"] == again["mean"]
