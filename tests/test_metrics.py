"""Scores against a reference, checked by hand and against the shared scoring script."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.photographs import photograph

from llenhance import errors
from llenhance.errors import MissingExtraError
from llenhance.scoring.metrics import LUMA, colourfulness, mean_grey, scaled_to, score

SHARED = Path(__file__).parents[2] / "shared" / "eval" / "metrics.py"

Pixels = NDArray[np.uint8]


def worse(pixels: Pixels, name: str) -> Pixels:
    rng = np.random.default_rng(1)
    changes: dict[str, Callable[[], NDArray[Any]]] = {
        "noise": lambda: pixels + rng.normal(0, 20, pixels.shape),
        "dark": lambda: pixels * 0.4,
        "shifted": lambda: np.roll(pixels, 2, axis=1),
        "other": lambda: photograph(seed=3),
        "colour cast": lambda: pixels * np.array([1.2, 1.0, 0.7]),
    }
    return np.clip(changes[name](), 0, 255).astype(np.uint8)


CHANGES = ["noise", "dark", "shifted", "other", "colour cast"]


# --- The shared scoring script ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared() -> Any:
    if not SHARED.is_file():
        pytest.skip(f"the shared scoring script is not in {SHARED}")
    specification = importlib.util.spec_from_file_location("shared_metrics", SHARED)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("change", CHANGES)
def test_psnr_is_that_of_the_shared_script(change: str, shared: Any) -> None:
    reference = photograph()
    produced = worse(reference, change)
    found = score(produced, reference).psnr
    assert found == pytest.approx(shared.psnr(produced, reference), abs=0.01)


@pytest.mark.parametrize("change", CHANGES)
def test_ssim_is_that_of_the_shared_script(change: str, shared: Any) -> None:
    reference = photograph()
    produced = worse(reference, change)
    expected = shared.ssim_plane(shared.luma8(produced), shared.luma8(reference))
    assert score(produced, reference).ssim == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("change", CHANGES)
def test_ssim_of_colours_is_that_of_the_shared_script(change: str, shared: Any) -> None:
    reference = photograph()
    produced = worse(reference, change)
    planes = [shared.ssim_plane(produced[..., c], reference[..., c]) for c in range(3)]
    assert score(produced, reference).ssim_rgb == pytest.approx(np.mean(planes), abs=0.001)


# --- By hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [1, 5, 50])
def test_psnr_of_a_known_error(error: int) -> None:
    reference = np.full((16, 16, 3), 100, np.uint8)
    found = score(reference + np.uint8(error), reference).psnr
    assert found == pytest.approx(20 * math.log10(255 / error))


@pytest.mark.parametrize(("measure", "best"), [("psnr", 100.0), ("ssim", 1.0), ("ssim_rgb", 1.0)])
def test_equal_pictures_score_best(measure: str, best: float) -> None:
    assert getattr(score(photograph(), photograph()), measure) == pytest.approx(best)


@pytest.mark.parametrize("measure", ["psnr", "ssim", "ssim_rgb"])
@pytest.mark.parametrize("change", CHANGES)
def test_worse_picture_scores_less(change: str, measure: str) -> None:
    reference = photograph()
    best, found = score(reference, reference), score(worse(reference, change), reference)
    assert getattr(found, measure) < getattr(best, measure) - 0.001


@pytest.mark.parametrize("measure", ["psnr", "ssim", "ssim_rgb"])
def test_scores_do_not_depend_on_which_is_the_reference(measure: str) -> None:
    one, other = photograph(), photograph(seed=3)
    there, back = score(one, other), score(other, one)
    assert getattr(there, measure) == pytest.approx(getattr(back, measure))


def test_ssim_of_two_flat_greys_is_that_of_their_means() -> None:
    dark, bright = np.full((16, 16, 3), 50, np.uint8), np.full((16, 16, 3), 100, np.uint8)
    constant = (0.01 * 255) ** 2
    expected = (2 * 50 * 100 + constant) / (50**2 + 100**2 + constant)
    assert score(dark, bright).ssim == pytest.approx(expected)


@pytest.mark.parametrize(("colour", "grey"), [((255, 0, 0), 0.299), ((0, 255, 0), 0.587)])
def test_mean_grey_weighs_channels_as_luma_does(colour: tuple[int, int, int], grey: float) -> None:
    assert mean_grey(np.full((2, 2, 3), colour, np.uint8)) == pytest.approx(grey)


def test_luma_of_white_is_one() -> None:
    assert LUMA.sum() == pytest.approx(1)


@pytest.mark.parametrize("factor", [0.3, 0.7, 1.1])
def test_scaled_picture_has_the_mean_grey_of_the_reference(factor: float) -> None:
    reference = photograph() // 2 + 20
    produced = (reference * factor).astype(np.uint8)
    found = mean_grey(scaled_to(produced, reference))
    assert found == pytest.approx(mean_grey(reference), abs=0.5 / 255)  # rounded to levels


def test_scaling_black_leaves_it_black() -> None:
    black = np.zeros((16, 16, 3), np.uint8)
    assert (scaled_to(black, photograph()[:16, :16]) == 0).all()


def test_grey_has_no_colour() -> None:
    assert colourfulness(np.full((4, 4, 3), 77, np.uint8)) == pytest.approx(0, abs=1e-4)


def test_colourfulness_of_red() -> None:
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    blue_difference, red_difference = -0.299 * 0.564 * 255, 0.701 * 0.713 * 255
    assert colourfulness(red) == pytest.approx(math.hypot(blue_difference, red_difference))


@pytest.mark.parametrize("shape", [(16, 17, 3), (10, 40, 3)])
def test_sizes_that_cannot_be_compared_are_refused(shape: tuple[int, int, int]) -> None:
    reference = np.zeros((16, 16, 3) if shape[0] == 16 else shape, np.uint8)
    with pytest.raises(ValueError, match="cannot be compared"):
        score(np.zeros(shape, np.uint8), reference)


def test_missing_scikit_image_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hidden(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="skimage")

    monkeypatch.setattr(errors, "import_module", hidden)
    with pytest.raises(MissingExtraError, match=r"pip install 'llenhance\[train\]'"):
        score(photograph(), photograph())
