"""How sure the model is of each place: the map, its scale, and its files."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.runners import Command

from llenhance import Enhancer, PictureError
from llenhance.enhancing import work
from llenhance.enhancing.confidence import SEEN, Confidence
from llenhance.enhancing.heat_map import BRIGHTEST, heat_map

Pixels = NDArray[Any]

EXAMPLE = Path(__file__).parents[1] / "examples" / "coffee.jpg"


def scene(light: float, *, height: int = 120, width: int = 160) -> Pixels:
    """Return stripes and noise in so much light; the noise is the same in any."""
    noise = np.random.default_rng(3).normal(0, 0.01, (height, width, 3))
    stripes = 0.5 + 0.3 * np.sin(np.arange(width) / 6)
    return np.rint(255 * (light * stripes[None, :, None] + noise).clip(0, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(precision="fp32")


def test_map_is_65535_times_the_spread() -> None:
    confidence = Confidence(spread=np.array([[0, 1 / 255, 0.5, 1]], np.float32))
    assert confidence.as_pixels().tolist() == [[0, 257, 32768, 65535]]
    assert confidence.as_pixels().dtype == np.uint16
    assert confidence.mean == pytest.approx((1 / 255 + 1.5) / 4)


def test_colors_tell_the_spread_and_the_legend_is_below() -> None:
    spread = np.zeros((60, 300), np.float32)
    spread[:, 150:] = BRIGHTEST / 255
    over = heat_map(Confidence(spread=spread), np.full((60, 300, 3), 100, np.uint8))
    assert over.shape[1] == 300
    assert over.shape[0] > 60
    blue, yellow = over[30, 20].astype(int), over[30, 280].astype(int)
    assert blue[2] > blue[1]  # the darkest color of viridis is a blue violet
    assert yellow[:2].min() > yellow[2]  # and the brightest one yellow
    assert over[60:].max() > 200  # there are words


def test_white_areas_are_surer_than_middle_grays_of_a_dark_picture(enhancer: Enhancer) -> None:
    dark = scene(0.12)
    dark[:40] = 255  # a lit window
    spread = enhancer.confidence(dark).spread
    assert spread.shape == (120, 160)
    assert spread.dtype == np.float32
    assert 2 * spread[8:28].mean() < spread[60:].mean()


def test_the_same_noise_in_less_light_makes_the_model_less_sure(enhancer: Enhancer) -> None:
    photograph = cv2.imread(str(EXAMPLE))
    assert photograph is not None
    photograph = cv2.resize(photograph[..., ::-1], (150, 100), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(0).normal(0, 2, photograph.shape)
    light, dim = (
        enhancer.confidence(np.rint(share * photograph + noise).clip(0, 255).astype(np.uint8)).mean
        for share in (1, 0.15)
    )
    assert dim > 1.05 * light


def test_tiles_agree_with_the_whole(enhancer: Enhancer) -> None:
    dark = scene(0.1, height=96, width=SEEN)
    tiled = Enhancer(precision="fp32", tile=256)
    one, other = (each.confidence(dark).spread for each in (enhancer, tiled))
    assert np.abs(one - other).max() < 1 / 255


def test_depth_hardly_matters_and_gray_is_gray(enhancer: Enhancer) -> None:
    dark = scene(0.1)
    deep = dark.astype(np.uint16) * 257
    one, other = (enhancer.confidence(pixels).spread for pixels in (dark, deep))
    assert np.abs(one - other).max() < 0.1 / 255
    assert enhancer.confidence(dark[..., 0]).spread.shape == (120, 160)


def test_a_large_picture_is_looked_at_as_a_small_copy(enhancer: Enhancer) -> None:
    dark = scene(0.1, height=96, width=SEEN)
    large = cv2.resize(dark, (4 * SEEN, 384), interpolation=cv2.INTER_NEAREST)
    spread = enhancer.confidence(large).spread
    assert spread.shape == (384, 4 * SEEN)
    small = cv2.resize(spread, (SEEN, 96), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(small.ravel(), enhancer.confidence(dark).spread.ravel())[0, 1] > 0.99


def test_a_frame_is_sure(enhancer: Enhancer) -> None:
    framed = np.zeros((180, 220, 3), np.uint8)
    framed[30:150, 30:190] = scene(0.3) + 20
    spread = enhancer.confidence(framed).spread
    assert not spread[:25].any()
    assert spread[40:140, 40:180].min() > 0


def test_a_frame_does_not_move_the_map(enhancer: Enhancer) -> None:
    content = scene(0.3) + 20
    content[60:90, 100:130] = np.random.default_rng(5).integers(21, 160, (30, 30, 3))
    framed = np.zeros((180, 220, 3), np.uint8)
    framed[30:150, 30:190] = content
    alone, within = enhancer.confidence(content).spread, enhancer.confidence(framed).spread
    np.testing.assert_array_equal(within[30:150, 30:190], alone)


def test_what_is_unsure_is_at_its_place_in_a_large_picture(enhancer: Enhancer) -> None:
    large = np.full((640, 1280, 3), 20, np.uint8)
    large[160:240, 960:1120] = np.random.default_rng(5).integers(5, 60, (80, 160, 3))
    spread = enhancer.confidence(large).spread
    row, column = np.unravel_index(spread.argmax(), spread.shape)
    unsure = np.argwhere(spread > (spread.max() + np.median(spread)) / 2)
    assert 160 <= row < 240
    assert 960 <= column < 1120
    assert unsure.mean(axis=0) == pytest.approx((199.5, 1039.5), abs=3)


def test_far_from_what_was_learned_nothing_explodes(enhancer: Enhancer) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    assert enhancer.confidence(noise).spread.max() < 60 / 255


def test_head_says_if_it_was_made_for_another_model(enhancer: Enhancer, tiny: Path) -> None:
    dark = scene(0.1)
    assert enhancer.confidence(dark).notes == ()
    (note,) = Enhancer(tiny, precision="fp32").confidence(dark).notes
    assert note.code == "confidence-of-other-model"


def test_command_tells_that_the_head_is_of_another_model(llenhance_: Command, folder: Path) -> None:
    assert "another model" in llenhance_("dark.jpg", "--confidence", "map.png").stderr
    assert "another model" not in llenhance_("dark.jpg", "--overwrite").stderr


def test_an_error_of_the_map_names_the_picture(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise PictureError("result-not-finite", "the picture")

    monkeypatch.setattr(work, "expected_error", fails)
    done = llenhance_("dark.jpg", "--confidence", "map.png")
    assert done.code == 1
    assert "dark.jpg" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_command_writes_map_and_heat_map(llenhance_: Command, folder: Path) -> None:
    done = llenhance_("dark.jpg", "--confidence", "map.png", "--json")
    document = done.report
    told = document["confidence"]
    assert (told["map"], told["heat_map"]) == ("map.png", "map_heat.png")
    stored = cv2.imread(str(folder / "map.png"), cv2.IMREAD_UNCHANGED)
    assert stored is not None
    assert stored.dtype == np.uint16
    assert stored.ndim == 2
    assert stored.mean() / 65535 == pytest.approx(told["spread"], abs=2e-4)
    assert (folder / "map_heat.png").is_file()
    assert (folder / "dark_enhanced.jpg").is_file()


def test_maps_that_exist_are_kept_and_told_before_any_work(
    llenhance_: Command, folder: Path
) -> None:
    (folder / "map_heat.png").write_bytes(b"mine")
    done = llenhance_("dark.jpg", "--confidence", "map.png")
    assert done.code != 0
    assert "map_heat.png" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["dark.jpg", "map_heat.png"]
    assert llenhance_("dark.jpg", "--confidence", "map.png", "--overwrite").code == 0
    assert (folder / "map_heat.png").read_bytes() != b"mine"


def test_maps_of_several_go_into_a_folder(llenhance_: Command, folder: Path) -> None:
    (folder / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.jpg", "in/deep/b.jpg"):
        (folder / name).write_bytes((folder / "dark.jpg").read_bytes())
    assert llenhance_("in", "--confidence", "maps").code == 0
    made = sorted(str(path.relative_to(folder)) for path in (folder / "maps").rglob("*.png"))
    assert made == [
        "maps/a.jpg_confidence.png",
        "maps/a.jpg_confidence_heat.png",
        "maps/deep/b.jpg_confidence.png",
        "maps/deep/b.jpg_confidence_heat.png",
    ]
    (folder / "maps" / "a.jpg_confidence.png").unlink()
    assert llenhance_("in", "--confidence", "maps", "--overwrite").code == 0
    assert (folder / "maps" / "a.jpg_confidence.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dark.jpg", "--confidence", "map.jpg"), "PNG"),
        (("dark.jpg", "-o", "x.png", "--confidence", "x.png"), "map"),
        (("dark.jpg", "dark.jpg", "--confidence", "map.jpg"), "map.jpg"),
        (("dark.jpg", "--confidence", "-"), "maps do not go to standard output"),
        (("dark.jpg", "--variants", "2", "--confidence", "map.png"), "--confidence"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    llenhance_: Command, folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = llenhance_(*arguments)
    assert done.code != 0
    assert words in done.stderr
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_dry_run_names_the_maps_and_writes_none(llenhance_: Command, folder: Path) -> None:
    done = llenhance_("dark.jpg", "--confidence", "map.png", "--dry-run", "--json")
    assert done.report["confidence"]["spread"] is None
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


@pytest.mark.parametrize(
    ("source", "place", "made"),
    [
        ("dark.jpg", "map.png", "map.png"),
        ("-", "map.png", "map.png"),
        ("dark.jpg", "maps/", "maps/dark.jpg_confidence.png"),
        ("-", "maps/", "maps/stdin_confidence.png"),
    ],
)
def test_a_map_goes_beside_a_result_on_standard_output(
    llenhance_: Command,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    place: str,
    made: str,
) -> None:
    data = io.BytesIO((folder / "dark.jpg").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    done = llenhance_(source, "-o", "-", "--confidence", place)
    assert (done.code, done.data[:2]) == (0, b"\xff\xd8")
    assert (folder / made).is_file()
    assert len(list(folder.rglob("*_enhanced*"))) == 0
