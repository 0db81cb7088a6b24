"""Training: batches, steps, states and sessions, on tiny networks and tiny pictures."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from llenhance.errors import LlenhanceError, ResourceError, TrainingError, UsageError
from llenhance.files.folders import pictures_in
from llenhance.model.architecture import PRESETS, Architecture
from llenhance.model.brightness import BrightnessHead
from llenhance.model.conditioning import equalisation_tables, equalise, thumbnail
from llenhance.model.flow import ActNorm
from llenhance.scoring.metrics import LUMA
from llenhance.training import Budget, Recipe, Settings, loop, run_session, session
from llenhance.training.data import (
    Batch,
    TrainingData,
    load_pairs,
    stems_in,
)
from llenhance.training.glimpses import head_example
from llenhance.training.head import train_head
from llenhance.training.loop import LOWER, PATIENCE, train
from llenhance.training.losses import Losses, losses
from llenhance.training.peers import Peers
from llenhance.training.sources import NIGHT, DarkenedSource, Glimpse, Pair, PairSource
from llenhance.training.state import STATE, Run
from llenhance.training.validation import validate
from llenhance.weights.file import describe, load

Pixels = NDArray[np.uint8]

CPU = torch.device("cpu")
TINY = Architecture(
    features=4, growth=2, blocks=1, trunk_scale=4, steps=1, hidden=4, brightness=True, margin=8
)
RECIPE = Recipe(
    batch=2,
    crop=32,
    rate=2e-3,
    warm_up=2,
    decoded_from=0,
    likelihood_every=1,
    part_share=0.0,
    exposed_share=0.0,
    head_steps=2,
    head_batch=4,
)


def photograph(seed: int, *, height: int = 64, width: int = 64) -> Pixels:
    """A smooth picture with some noise."""
    rng = np.random.default_rng(seed)
    rough = rng.uniform(20, 235, (4, 4, 3)).astype(np.float32)
    smooth = cv2.resize(rough, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)


def flat(level: int, *, size: int = 64) -> Pixels:
    return np.full((size, size, 3), level, np.uint8)


def pair(normal: Pixels, name: str = "pair") -> Pair:
    return Pair(name=name, dark=normal // 5, normal=normal)


def pairs_data(recipe: Recipe = RECIPE, *, pictures: int = 3) -> TrainingData:
    source = PairSource([pair(photograph(seed)) for seed in range(pictures)], recipe=recipe)
    return TrainingData([source], shares=[1.0], recipe=recipe)


def levels(unit: Tensor) -> Tensor:
    """Return 8-bit levels of a tensor in 0..1."""
    return (unit * 255).round().int()


# --- Batches ------------------------------------------------------------------------------------


def both_sources(recipe: Recipe = RECIPE) -> TrainingData:
    darkened = DarkenedSource([photograph(9, height=70, width=90)], recipe=recipe)
    return TrainingData(
        [PairSource([pair(photograph(0))], recipe=RECIPE), darkened], shares=[1, 1], recipe=recipe
    )


@pytest.mark.parametrize("part", Batch._fields)
def test_batch_is_a_function_of_seed_and_step(part: str) -> None:
    data, again = both_sources(), both_sources()
    again.batch(3)  # what was asked before does not matter
    assert torch.equal(getattr(data.batch(7), part), getattr(again.batch(7), part))


def test_batches_of_two_steps_differ() -> None:
    data = both_sources()
    assert not torch.equal(data.batch(0).dark, data.batch(1).dark)


def test_batches_of_two_seeds_differ() -> None:
    other = both_sources(replace(RECIPE, seed=1))
    assert not torch.equal(both_sources().batch(0).dark, other.batch(0).dark)


@pytest.mark.parametrize("parts", [2, 4])
def test_parts_of_a_batch_make_up_the_whole(parts: int) -> None:
    data = both_sources(replace(RECIPE, batch=4))
    split = [data.batch(5, part=n, parts=parts).dark for n in range(parts)]
    together = torch.stack(split, dim=1).flatten(0, 1)
    assert torch.equal(together, data.batch(5).dark)


def test_batches_follow_from_the_step_on() -> None:
    data = both_sources()
    ahead = data.batches(4)
    assert all(torch.equal(next(ahead).dark, data.batch(step).dark) for step in (4, 5, 6))


@pytest.mark.parametrize(
    ("part", "shape"),
    [
        ("dark", (2, 3, 32, 32)),
        ("equalised", (2, 3, 32, 32)),
        ("normal", (2, 3, 32, 32)),
        ("grey", (2,)),
        ("thumbnail", (2, 3, 32, 48)),
        ("places", (2, 16, 16, 2)),
    ],
)
def test_batch_has_the_documented_shapes(part: str, shape: tuple[int, ...]) -> None:
    assert getattr(both_sources().batch(0), part).shape == shape


@pytest.mark.parametrize("part_share", [0.0, 1.0])
def test_places_of_a_crop_are_where_it_was_in_its_picture(part_share: float) -> None:
    """Whatever way it is turned and mirrored: the thumbnail shows there what the crop shows."""
    height, width = 200, 300
    where = np.zeros((height, width, 3), np.uint8)
    where[..., 0] = np.linspace(40, 240, height)[:, None]  # red tells the row, green the column
    where[..., 1] = np.linspace(40, 240, width)
    recipe = replace(RECIPE, batch=16, tone_share=0.0, part_share=part_share)
    source = PairSource([Pair(name="where", dark=where, normal=where)], recipe=recipe)
    batch = TrainingData([source], shares=[1.0], recipe=recipe).batch(0)
    shown = torch.nn.functional.grid_sample(
        batch.thumbnail.exp(), batch.places, padding_mode="border", align_corners=False
    )
    crop = torch.nn.functional.avg_pool2d(batch.dark, 2)
    assert (shown - crop)[:, :2].abs().max() < 0.02


def test_part_of_a_pair_is_a_picture_of_its_own() -> None:
    whole = photograph(2, height=120, width=160)
    recipe = replace(RECIPE, part_share=1.0)
    source = PairSource([pair(whole)], recipe=recipe)
    sizes: set[tuple[int, ...]] = set()
    for seed in range(8):
        scene = source.scene(np.random.default_rng(seed))
        height, width = scene.dark.shape[:2]
        assert 60 <= height <= 120
        assert 80 <= width <= 160
        np.testing.assert_array_equal(scene.tables, equalisation_tables(scene.dark))
        np.testing.assert_array_equal(scene.dark, scene.normal // 5)
        sizes.add((height, width))
    assert len(sizes) > 4


def test_exposed_pair_lies_between_darker_and_its_reference() -> None:
    recipe = replace(RECIPE, exposed_share=1.0)
    source = PairSource([pair(flat(100))], recipe=recipe)
    greys = [source.scene(np.random.default_rng(seed)).dark.mean() for seed in range(40)]
    assert min(greys) < 20 < 60 < max(greys)  # the dark picture has 20
    assert max(greys) <= 120
    glimpses = [source.glimpse(np.random.default_rng(seed)).dark.mean() for seed in range(40)]
    assert np.std(glimpses) > 0.05


def test_night_is_not_made_darker_by_another_night() -> None:
    """What was black by design stays as it is, and what is lit stays lit."""
    recipe = replace(RECIPE, night_share=1.0, lamp_share=0.0, scenic_share=0.0, uneven_share=0.0)
    colours = replace(NIGHT, saturation=(0.0, 0.0), exchanged=0.0)
    for kind, same in ((colours, True), (replace(colours, is_night=False), False)):
        source = DarkenedSource([flat(200, size=200)], recipe=recipe, kind=kind)
        normal = source.scene(np.random.default_rng(0)).normal
        assert bool((normal == 200).all()) == same


@pytest.mark.parametrize("step", range(6))
def test_crops_of_both_pictures_show_the_same_place_the_same_way(step: int) -> None:
    batch = pairs_data(replace(RECIPE, tone_share=0.0)).batch(step)
    assert torch.equal(levels(batch.dark), levels(batch.normal) // 5)


@pytest.mark.parametrize("step", range(3))
def test_crops_are_equalised_by_the_tables_of_the_whole_picture(step: int) -> None:
    picture = pair(photograph(1))
    data = TrainingData([PairSource([picture], recipe=RECIPE)], shares=[1.0], recipe=RECIPE)
    batch = data.batch(step)
    dark = levels(batch.dark).permute(0, 2, 3, 1).numpy().astype(np.uint8)
    expected = equalise(dark[0], equalisation_tables(picture.dark))
    np.testing.assert_array_equal(levels(batch.equalised)[0].permute(1, 2, 0).numpy(), expected)


def test_crops_come_in_all_eight_orientations() -> None:
    ramp = np.zeros((64, 64, 3), np.uint8)
    ramp[..., 0] = 2 * np.arange(64)[None, :]  # rises to the right
    ramp[..., 1] = 3 * np.arange(64)[:, None]  # rises downwards
    recipe = replace(RECIPE, batch=64, tone_share=0.0)
    normal = (
        TrainingData([PairSource([pair(ramp)], recipe=RECIPE)], shares=[1.0], recipe=recipe)
        .batch(0)
        .normal
    )
    down = levels(normal[:, :2, 1, 0]) - levels(normal[:, :2, 0, 0])
    right = levels(normal[:, :2, 0, 1]) - levels(normal[:, :2, 0, 0])
    assert len(torch.cat([down, right], dim=1).unique(dim=0)) == 8


@pytest.mark.parametrize("tone_share", [0.0, 1.0])
def test_grey_is_that_of_the_reference_as_shown(tone_share: float) -> None:
    recipe = replace(RECIPE, crop=64, tone_share=tone_share)  # a crop is the whole picture
    batch = pairs_data(recipe).batch(0)
    luma = torch.tensor(LUMA, dtype=torch.float32)
    expected = (batch.normal.mean(dim=(2, 3)) * luma).sum(1)
    torch.testing.assert_close(batch.grey, expected, rtol=0, atol=0.5 / 255)


def test_head_sees_the_logarithm_of_dark_pictures_and_the_greys_of_their_references() -> None:
    recipe = replace(RECIPE, tone_share=1.0, head_batch=24)
    data = TrainingData([PairSource([pair(flat(150))], recipe=RECIPE)], shares=[1.0], recipe=recipe)
    thumbnails, greys = next(data.head_batches(1))
    torch.testing.assert_close(greys, torch.full((24, 4, 6), 150 / 255))  # tone left alone
    exposures = (thumbnails.exp() - 1e-3).mean(dim=(1, 2, 3)) / (30 / 255)
    assert exposures.min() < 0.6
    assert exposures.max() > 1.5
    assert exposures.log().median().abs() < 0.5


def test_head_sees_dark_and_bright_parts_where_they_are() -> None:
    normal = flat(40)
    normal[:, 32:] = 200
    recipe = replace(RECIPE, head_batch=24)
    data = TrainingData([PairSource([pair(normal)], recipe=RECIPE)], shares=[1.0], recipe=recipe)
    thumbnails, greys = next(data.head_batches(1))
    dark = torch.nn.functional.adaptive_avg_pool2d(thumbnails.mean(1), (4, 6))
    brighter_right = greys[:, :, -1] > greys[:, :, 0]
    assert torch.equal(dark[:, :, -1] > dark[:, :, 0], brighter_right)
    assert 0 < brighter_right[:, 0].sum() < len(brighter_right)  # mirrored, some of them


@pytest.mark.parametrize("number", range(4))
def test_parts_shown_to_the_head_differ(number: int) -> None:
    glimpse = PairSource([pair(photograph(3))], recipe=RECIPE).glimpse(np.random.default_rng(0))
    first, other = (head_example(glimpse, np.random.default_rng(n)) for n in (number, number + 4))
    assert not torch.equal(first[1], other[1])


@pytest.fixture(scope="module")
def shown_to_the_head() -> Tensor:
    """How bright 100 thumbnails are, of pictures that are four fifths of their references 150."""
    glimpse = Glimpse(*(np.full((64, 96, 3), level / 255, np.float32) for level in (120, 150)))
    rng = np.random.default_rng(0)
    thumbnails = torch.cat([head_example(glimpse, rng)[0] for _ in range(100)])
    return 255 / 150 * (thumbnails.exp() - 1e-3).mean(dim=(1, 2, 3))


def test_head_sees_no_picture_brighter_than_its_reference(shown_to_the_head: Tensor) -> None:
    assert shown_to_the_head.max() < 1.2  # by its tint alone
    assert shown_to_the_head.min() < 0.5


def test_head_sees_what_is_well_lit(shown_to_the_head: Tensor) -> None:
    assert ((shown_to_the_head - 1).abs() < 0.1).sum() > 20


def test_head_sees_nights_with_no_less_light_than_they_were_darkened_to() -> None:
    glimpse = Glimpse(*(np.full((64, 96, 3), level / 255, np.float32) for level in (10, 50)))
    rng = np.random.default_rng(0)
    thumbnails = torch.cat([head_example(glimpse, rng)[0] for _ in range(50)])
    shown = 255 * (thumbnails.exp() - 1e-3).mean(dim=(1, 2, 3))
    assert shown.min() > 0.8 * 10  # by its tint alone
    assert shown.max() < 1.2 * 50


def test_reference_of_a_night_is_darker_than_the_photograph() -> None:
    recipe = replace(RECIPE, night_share=1.0, lamp_share=0.0)
    photographs = [photograph(seed) for seed in range(4)]
    nights = DarkenedSource(photographs, recipe=recipe)
    days = DarkenedSource(photographs, recipe=replace(recipe, night_share=0.0))
    draws = range(8)
    black = [np.mean(nights.scene(np.random.default_rng(n)).normal <= 40) for n in draws]
    by_day = [np.mean(days.scene(np.random.default_rng(n)).normal <= 40) for n in draws]
    assert np.mean(black) > np.mean(by_day) + 0.1


def test_glimpse_of_a_photograph_is_darkened_too() -> None:
    source = DarkenedSource([photograph(1)], recipe=replace(RECIPE, well_lit_share=0.0))
    glimpse = source.glimpse(np.random.default_rng(1))
    assert glimpse.dark.shape == glimpse.normal.shape == (64, 96, 3)
    assert glimpse.dark.mean() < 0.8 * glimpse.normal.mean()


def test_tone_changes_the_reference_only() -> None:
    plain = pairs_data(replace(RECIPE, tone_share=0.0)).batch(0)
    toned = pairs_data(replace(RECIPE, tone_share=1.0, batch=1)).batch(0)
    dark, before, after = (levels(p[0]) for p in (toned.dark, plain.normal, toned.normal))
    assert torch.equal(dark, before // 5)
    assert not torch.equal(before, after)


@pytest.mark.parametrize(("shares", "expected"), [([1, 0], {50}), ([0, 1], {200})])
def test_source_without_share_is_not_used(shares: list[float], expected: set[int]) -> None:
    sources = [
        PairSource([pair(flat(50))], recipe=RECIPE),
        PairSource([pair(flat(200))], recipe=RECIPE),
    ]
    recipe = replace(RECIPE, batch=16, tone_share=0.0)
    normal = TrainingData(sources, shares=shares, recipe=recipe).batch(0).normal
    assert set(levels(normal).unique().tolist()) == expected


@pytest.mark.parametrize("shares", [[], [1, 1], [-1], [0]])
def test_shares_that_do_not_fit_are_a_value_error(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="1 sources with shares"):
        TrainingData([PairSource([pair(flat(9))], recipe=RECIPE)], shares=shares, recipe=RECIPE)


@pytest.mark.parametrize(
    ("size", "crop"), [((40, 90), 32), ((300, 310), 32), ((215, 230), 200), ((330, 600), 320)]
)
@pytest.mark.parametrize("step", range(3))
def test_darkened_photograph_holds_a_crop(size: tuple[int, int], crop: int, step: int) -> None:
    recipe = replace(RECIPE, crop=crop, batch=1)
    source = DarkenedSource([photograph(2, height=size[0], width=size[1])], recipe=recipe)
    data = TrainingData([source], shares=[1.0], recipe=recipe)
    assert data.batch(step).dark.shape == (1, 3, crop, crop)


def test_photograph_is_darkened_anew_each_time() -> None:
    source = DarkenedSource([flat(120)], recipe=RECIPE)
    data = TrainingData([source], shares=[1.0], recipe=RECIPE)
    means = [float(data.batch(step).dark.mean()) for step in range(4)]
    assert len(set(means)) == 4


# --- Folders ------------------------------------------------------------------------------------


def save(path: Path, pixels: Pixels) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1])


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """`low`, `high` and `normal` with four flat pictures each, whose level is their number."""
    for number in (1, 2, 3, 4):
        save(tmp_path / "low" / f"p{number}.png", flat(10 * number))
        save(tmp_path / "high" / f"p{number}.png", flat(50 * number))
        save(tmp_path / "normal" / f"p{number}.png", flat(50 * number))
    (tmp_path / "held-out.txt").write_text("p2\np4\n")
    return tmp_path


@pytest.fixture
def settings(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a session with a tiny network on the folders' pairs."""
    monkeypatch.setitem(PRESETS, "tiny", TINY)
    return Settings(
        low=[folders / "low"],
        high=[folders / "high"],
        out=folders / "out",
        preset="tiny",
        device=CPU,
        log_every=1,
    )


def seen_in(settings: Settings) -> set[int]:
    """Return the levels of all references that are trained on."""
    recipe = replace(RECIPE, tone_share=0.0, night_share=0.0, lamp_share=0.0, batch=64)
    data, _ = session._load(settings, recipe)
    return set(levels(data.batch(0).normal).unique().tolist())


def test_all_pairs_are_trained_on_without_validation(settings: Settings) -> None:
    assert seen_in(settings) == {50, 100, 150, 200}


def test_validation_pairs_are_never_trained_on(settings: Settings, folders: Path) -> None:
    assert seen_in(replace(settings, validation=folders / "held-out.txt")) == {50, 150}


def test_validation_photographs_are_never_darkened(settings: Settings, folders: Path) -> None:
    both = replace(
        settings, normal=[folders / "normal"], shares=[0, 1], validation=folders / "held-out.txt"
    )
    assert seen_in(both) == {50, 150}


def test_validation_takes_the_listed_pairs(settings: Settings, folders: Path) -> None:
    _, found = session._load(replace(settings, validation=folders / "held-out.txt"), RECIPE)
    assert [(p.name, p.normal[0, 0, 0]) for p in found] == [("p2", 100), ("p4", 200)]


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (2, 2), (9, 2)])
def test_validation_takes_no_more_than_its_limit(
    limit: int, expected: int, settings: Settings, folders: Path
) -> None:
    limited = replace(settings, validation=folders / "held-out.txt", validation_limit=limit)
    assert len(session._load(limited, RECIPE)[1]) == expected


def test_repeated_photograph_counts_once(settings: Settings, folders: Path) -> None:
    save(folders / "normal" / "again.png", flat(50))
    only = replace(settings, low=[], high=[], normal=[folders / "normal"])
    data, _ = session._load(only, RECIPE)
    assert len(data._sources[0]) == 4


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "p2\n\np4\n", {"p2", "p4"}),
        ("a.txt", "two words\r\nDämmerung\r\n", {"two words", "Dämmerung"}),
        ("a.txt", "\ufeffp2\n", {"p2"}),
        ("a.csv", "id,split\np1,train\np2,val\n", {"p2"}),
        ("a.CSV", "\ufeffstem,scene,split\np2,x,val\np3,x,val\n", {"p2", "p3"}),
    ],
    ids=["lines", "blanks inside", "byte order mark", "table", "spreadsheet"],
)
def test_list_names_the_validation_stems(
    name: str, content: str, expected: set[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    assert stems_in(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b""), ("a.txt", b"\n \n"), ("a.csv", b"id,split\np1,train\n"), ("a.txt", b"\xff")],
    ids=["empty", "blank", "no val", "no text"],
)
def test_list_without_a_stem_is_an_error(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match="one stem a line"):
        stems_in(tmp_path / name)


def test_other_files_beside_the_pictures_are_passed_over(folders: Path) -> None:
    for name in ("scenes.csv", ".hidden.png", "README"):
        (folders / "low" / name).write_text("no picture")
    assert list(pictures_in(folders / "low")) == ["p1", "p2", "p3", "p4"]


def test_partners_may_be_of_another_format(folders: Path) -> None:
    (folders / "high" / "p1.png").unlink()
    save(folders / "high" / "p1.bmp", flat(50))
    found = load_pairs(folders / "low", folders / "high", names=None, leave_out=True)
    assert [p.name for p in found] == ["p1", "p2", "p3", "p4"]


def spoil(folders: Path, name: str) -> None:
    """Make one thing wrong with the folders."""
    low, high = folders / "low", folders / "high"
    match name:
        case "missing partner":
            (high / "p3.png").unlink()
        case "size mismatch":
            save(high / "p3.png", flat(9, size=72))
        case "too small":
            save(low / "p3.png", flat(9, size=24))
            save(high / "p3.png", flat(9, size=24))
        case "no pictures":
            for path in low.iterdir():
                path.unlink()
        case "no folder":
            low.rename(folders / "elsewhere")
        case "same stem":
            save(low / "p3.bmp", flat(9))
        case "all held out":
            (folders / "held-out.txt").write_text("p1\np2\np3\np4\n")
        case "unknown held out":
            (folders / "held-out.txt").write_text("p9\n")
        case "damaged picture":
            (low / "p3.png").write_bytes(b"no picture")
        case _:
            raise AssertionError(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing partner", r"p3\.png: has no partner in"),
        ("size mismatch", r"p3\.png: differs in size from its partner"),
        ("too small", "has pictures smaller than the crops of 32 pixels"),
        ("no pictures", "low: has no pictures"),
        ("no folder", "low: is not a folder"),
        ("same stem", "has two pictures named p3"),
        ("all held out", "has nothing to train on"),
        ("unknown held out", "names no picture that is there"),
        ("damaged picture", r"p3\.png"),
    ],
)
def test_what_is_wrong_with_the_folders_is_said(
    name: str, sentence: str, settings: Settings, folders: Path
) -> None:
    spoil(folders, name)
    with pytest.raises(LlenhanceError, match=sentence):
        session._load(replace(settings, validation=folders / "held-out.txt"), RECIPE)


def test_small_photograph_is_an_error(settings: Settings, folders: Path) -> None:
    save(folders / "normal" / "p9.png", flat(9, size=24))
    with pytest.raises(TrainingError, match="smaller than the crops"):
        session._load(replace(settings, low=[], high=[], normal=[folders / "normal"]), RECIPE)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"high": []}, "1 --low and 0 --high folders"),
        ({"low": [], "high": []}, "nothing to train on"),
        ({"shares": [1.0, 2.0]}, "2 shares for 1 sources"),
        ({"shares": [0.0]}, "not all 0"),
        ({"shares": [-1.0]}, "not all 0"),
        ({"shares": [float("nan")]}, "not all 0"),
        ({"preset": "huge"}, "preset huge: is unknown"),
        ({"preset": "nano", "start": "nano"}, "--preset: contradicts --start"),
        ({"workers": 3}, "share each batch equally"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    change: dict[str, Any], sentence: str, settings: Settings
) -> None:
    with pytest.raises(UsageError, match=sentence):
        run_session(replace(settings, **change), RECIPE, Budget(steps=1), report=print)


def test_finished_run_is_not_overwritten(settings: Settings) -> None:
    settings.out.mkdir()
    (settings.out / STATE).write_bytes(b"precious")
    with pytest.raises(UsageError, match="Add --resume"):
        run_session(settings, RECIPE, Budget(steps=1), report=print)


# --- Steps --------------------------------------------------------------------------------------


class OneBatch(TrainingData):
    """Always the batch of step 0."""

    def batch(self, step: int, *, part: int = 0, parts: int = 1) -> Batch:
        return super().batch(0, part=part, parts=parts)


def fresh(recipe: Recipe = RECIPE, architecture: Architecture = TINY) -> Run:
    return Run(architecture, recipe, device=CPU)


Watch = Callable[[Run, dict[str, Any]], None]


def go_on(
    run: Run,
    folder: Path,
    *,
    steps: int,
    recipe: Recipe = RECIPE,
    save_every: float = 1e9,
    watch: Watch = lambda _run, _figures: None,
    data: TrainingData | None = None,
) -> Run:
    """Train up to a step."""
    train(
        run,
        data or pairs_data(recipe),
        recipe,
        budget=Budget(steps=steps),
        folder=folder,
        save_every=save_every,
        watch=watch,
        peers=Peers(),
    )
    return run


def parameters(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_loss_falls_on_one_batch(tmp_path: Path) -> None:
    recipe = replace(RECIPE, rate=5e-3, batch=1)
    data = OneBatch([PairSource([pair(photograph(0))], recipe=RECIPE)], shares=[1.0], recipe=recipe)
    totals: list[float] = []
    go_on(
        fresh(recipe),
        tmp_path,
        steps=20,
        recipe=recipe,
        data=data,
        watch=lambda _run, figures: totals.append(figures["total"]),
    )
    assert np.mean(totals[-3:]) < np.mean(totals[:3]) - 3  # measured: 4.0 to -2.4


@pytest.mark.parametrize("figure", ["bits", "l1", "chroma", "structure"])
def test_every_part_of_the_loss_is_reported(figure: str, tmp_path: Path) -> None:
    seen: list[float] = []
    go_on(fresh(), tmp_path, steps=1, watch=lambda _run, figures: seen.append(figures[figure]))
    assert np.isfinite(seen[0])
    assert seen[0] != 0


def test_norms_are_set_by_the_first_batch(tmp_path: Path) -> None:
    run = fresh()
    go_on(run, tmp_path, steps=1)
    norms = [part for part in run.model.modules() if isinstance(part, ActNorm)]
    assert all(norm.logs.abs().max() > 0 for norm in norms)


def test_rate_of_the_recipe_reaches_the_optimiser(tmp_path: Path) -> None:
    rates: list[float] = []
    go_on(
        fresh(),
        tmp_path,
        steps=4,
        watch=lambda run, _: rates.append(run.optimiser.param_groups[0]["lr"]),
    )
    assert rates == [RECIPE.rate_at(step, step / 4) for step in range(4)]


def test_pictures_are_decoded_from_a_step_on(tmp_path: Path) -> None:
    recipe = replace(RECIPE, decoded_from=2)
    seen: list[bool] = []
    go_on(
        fresh(recipe),
        tmp_path,
        steps=4,
        recipe=recipe,
        watch=lambda _run, figures: seen.append(figures["l1"] > 0),
    )
    assert seen == [False, False, True, True]


def test_head_learns_the_mean_grey_of_its_pictures() -> None:
    # Told by their colours: exposures overlap.
    colours = ((150, 70, 70), (100, 150, 100), (170, 170, 230))
    pairs = [pair(np.full((64, 64, 3), colour, np.uint8)) for colour in colours]
    recipe = replace(RECIPE, head_steps=120, head_batch=12)
    data = TrainingData([PairSource(pairs, recipe=RECIPE)], shares=[1.0], recipe=recipe)
    head = BrightnessHead()
    errors: list[float] = []
    train_head(head, data, recipe, device=CPU, watch=lambda _step, error: errors.append(error))
    small = torch.cat([thumbnail(p.dark) for p in pairs])
    found = head.eval().greys(small).mean(dim=(1, 2))
    assert found[0] + 0.1 < found[1] < found[2] - 0.1
    assert len(errors) == 1


def test_head_of_the_same_seed_is_the_same() -> None:
    data = both_sources()
    heads = [BrightnessHead(), BrightnessHead()]
    heads[1].load_state_dict(heads[0].state_dict())
    for head in heads:
        train_head(head, data, RECIPE, device=CPU, watch=lambda _step, _error: None)
    assert same(parameters(heads[0]), parameters(heads[1]))


def test_network_without_brightness_is_trained_too(tmp_path: Path) -> None:
    run = fresh(architecture=replace(TINY, brightness=False))
    before = parameters(run.model)
    go_on(run, tmp_path, steps=2)
    assert not same(before, parameters(run.model))


@pytest.fixture(scope="module")
def two_ways(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The states of a run of five steps, and of one that was killed after three and resumed."""

    def kill(run: Run, _figures: dict[str, Any]) -> None:
        if run.step == 3:
            raise KeyboardInterrupt

    whole = go_on(fresh(), tmp_path_factory.mktemp("whole"), steps=5)
    folder = tmp_path_factory.mktemp("killed")
    with pytest.raises(KeyboardInterrupt):
        go_on(fresh(), folder, steps=5, save_every=0, watch=kill)
    resumed = fresh(replace(RECIPE, seed=3))  # its own fresh weights do not matter
    resumed.resume(folder)
    return whole.state(), go_on(resumed, folder, steps=5).state()


@pytest.mark.parametrize("name", ["model", "average", "optimiser", "step", "skipped", "best"])
def test_interrupted_and_resumed_run_equals_an_uninterrupted_one(
    name: str, two_ways: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    whole, resumed = two_ways
    torch.testing.assert_close(resumed[name], whole[name], rtol=0, atol=0)


# --- Steps that cannot be used ------------------------------------------------------------------


def poison(monkeypatch: pytest.MonkeyPatch, steps: Iterable[int]) -> None:
    """Make the loss of some steps undefined."""
    bad = set(steps)

    def spoilt(*arguments: Any, step: int, **options: Any) -> Losses:
        found = losses(*arguments, step=step, **options)
        return found._replace(total=found.total * float("nan")) if step in bad else found

    monkeypatch.setattr(loop, "losses", spoilt)


def states_after(run: Run, folder: Path, *, steps: int) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    go_on(run, folder, steps=steps, watch=lambda run, _: seen.append(run.state()))
    return seen


@pytest.mark.parametrize("name", ["model", "average", "optimiser"])
def test_step_with_an_undefined_gradient_leaves_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [2])
    before, after = states_after(fresh(), tmp_path, steps=3)[1:]
    for state in (before, after):  # the rate is set whether or not the step is taken
        state["optimiser"] = state["optimiser"]["state"]
    torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)


def test_step_with_an_undefined_gradient_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [1, 3])
    states = states_after(fresh(), tmp_path, steps=5)
    assert [state["skipped"] for state in states] == [0, 1, 1, 2, 2]


def test_training_goes_on_after_an_undefined_gradient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, [1])
    states = states_after(fresh(), tmp_path, steps=3)
    assert not same(states[2]["model"], states[1]["model"])


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Any]]:
    """A run that went back, and the state it had saved last."""
    first = 2
    good: list[dict[str, Any]] = []

    def lead_astray(run: Run, _figures: dict[str, Any]) -> None:
        if run.step == first:
            good.append(run.state())
            run.best = 21.5
        if first <= run.step < first + PATIENCE:
            with torch.no_grad():
                for parameter in run.model.parameters():
                    parameter.add_(1.0)

    with pytest.MonkeyPatch.context() as monkeypatch:
        poison(monkeypatch, range(first, first + PATIENCE))
        run = go_on(
            fresh(),
            tmp_path_factory.mktemp("lost"),
            steps=first + PATIENCE,
            save_every=0,
            watch=lead_astray,
        )
    return run, good[0]


@pytest.mark.parametrize("name", ["model", "average", "optimiser"])
def test_run_of_unusable_steps_goes_back_to_the_last_good_state(
    name: str, lost: tuple[Run, dict[str, Any]]
) -> None:
    run, good = lost
    torch.testing.assert_close(run.state()[name], good[name], rtol=0, atol=0)


def test_going_back_lowers_the_rate(lost: tuple[Run, dict[str, Any]]) -> None:
    assert lost[0].rate_factor == LOWER


def test_going_back_does_not_go_back_in_the_batches(lost: tuple[Run, dict[str, Any]]) -> None:
    assert (lost[0].step, lost[0].skipped) == (2 + PATIENCE, PATIENCE)


def test_going_back_does_not_forget_the_best_score(lost: tuple[Run, dict[str, Any]]) -> None:
    assert lost[0].best == 21.5


def test_going_back_to_the_start_keeps_the_norms_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, range(PATIENCE))
    run = go_on(fresh(), tmp_path, steps=PATIENCE)
    norms = [part for part in run.model.modules() if isinstance(part, ActNorm)]
    assert run.rate_factor == LOWER
    assert all(norm.logs.abs().max() > 0 for norm in norms)


def test_training_that_never_recovers_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "PATIENCE", 2)
    poison(monkeypatch, range(1000))
    with pytest.raises(TrainingError, match="diverges again and again"):
        go_on(fresh(), tmp_path, steps=1000)


# --- States -------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Run:
    """A run whose state is in the folder."""
    run = fresh()
    run.step, run.seconds, run.skipped, run.rate_factor, run.best = 7, 1.5, 2, 0.25, 19.0
    run.save(tmp_path)
    return run


@pytest.mark.parametrize("name", ["model", "average", "step", "seconds", "skipped", "best"])
def test_state_comes_back(name: str, saved: Run, tmp_path: Path) -> None:
    run = fresh(replace(RECIPE, seed=5))
    run.resume(tmp_path)
    torch.testing.assert_close(run.state()[name], saved.state()[name], rtol=0, atol=0)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_state_that_cannot_be_written_leaves_the_one_before(
    broken: str, saved: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = (tmp_path / STATE).read_bytes()
    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), full)
    saved.step = 8
    with pytest.raises(ResourceError, match="no space"):
        saved.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {STATE: before}


def test_run_without_a_state_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"does not exist\. Start without --resume"):
        fresh().resume(tmp_path)


@pytest.mark.usefixtures("saved")
def test_run_of_another_network_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is of another network"):
        fresh(architecture=replace(TINY, hidden=5)).resume(tmp_path)


def pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no state",
        b"\0" * 1000,
        pickled([]),
        pickled({}),
        pickled({"architecture": "{}"}),
        pickled({"architecture": TINY.to_json()}),
        pickled({"architecture": TINY.to_json(), "model": {"weight": torch.zeros(1)}}),
    ],
    ids=["empty", "text", "zeros", "list", "nothing", "no network", "no model", "other model"],
)
def test_damaged_state_cannot_be_resumed(content: bytes, tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(content)
    with pytest.raises(TrainingError, match="is damaged"):
        fresh().resume(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.usefixtures("saved")
def test_truncated_state_cannot_be_resumed(share: float, tmp_path: Path) -> None:
    data = (tmp_path / STATE).read_bytes()
    (tmp_path / STATE).write_bytes(data[: int(share * len(data))])
    with pytest.raises(TrainingError, match="is damaged"):
        fresh().resume(tmp_path)


class Dangerous:
    """Unpickles by creating a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_state_is_not_run(tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(pickled({"architecture": Dangerous(tmp_path / "bait")}))
    with pytest.raises(TrainingError, match="is damaged"):
        fresh().resume(tmp_path)
    assert not (tmp_path / "bait").exists()


@pytest.mark.parametrize(
    ("step", "expected"),  # 0.1 at first, then what the decay allows
    [(0, 1 - 0.1), (10, 1 - 11 / 20), (10**6, 1 - 0.998)],
)
def test_average_follows_the_model(step: int, expected: float) -> None:
    run = fresh()
    run.step = step
    with torch.no_grad():
        for average, value in zip(run.average.parameters(), run.model.parameters(), strict=True):
            average.zero_()
            value.fill_(1.0)
    run.follow(0.998)
    found = torch.cat([average.flatten() for average in run.average.parameters()])
    torch.testing.assert_close(found, torch.full_like(found, expected))


def test_average_is_for_use_not_for_training() -> None:
    run = fresh()
    assert (run.average.training, any(p.requires_grad for p in run.average.parameters())) == (
        False,
        False,
    )


def test_seed_decides_the_fresh_weights() -> None:
    one, other = fresh(), fresh()
    assert same(parameters(one.model), parameters(other.model))


# --- Rate and budget ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "progress", "expected"),
    [
        (0, 0.0, 0.1),
        (4, 0.0, 0.5),
        (9, 0.0, 1.0),
        (50, 0.0, 1.0),
        (50, 0.5, 0.505),
        (50, 1.0, 0.01),
        (50, 1.5, 0.01),
        (4, 0.5, 0.2525),
    ],
)
def test_rate_warms_up_and_decays(step: int, progress: float, expected: float) -> None:
    recipe = Recipe(rate=2.0, warm_up=10, final_rate=0.01)
    assert recipe.rate_at(step, progress) == pytest.approx(2.0 * expected)


@pytest.mark.parametrize(
    ("progress", "expected"), [(0.0, 2.0), (0.5, 2.0), (0.75, 1.25), (1.0, 0.5), (1.5, 0.5)]
)
def test_lpips_weighs_less_in_the_second_half(progress: float, expected: float) -> None:
    assert Recipe(lpips=2.0, final_lpips=0.5).lpips_at(progress) == pytest.approx(expected)


@pytest.mark.parametrize("limits", [{}, {"steps": 3, "minutes": 1.0}])
def test_budget_is_steps_or_minutes(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="after steps or after minutes"):
        Budget(**limits)


@pytest.mark.parametrize(("limits", "expected"), [({"steps": 8}, 0.25), ({"minutes": 2}, 0.75)])
def test_progress_is_the_share_of_the_budget(limits: dict[str, Any], expected: float) -> None:
    run = fresh()
    run.step, run.seconds = 2, 90.0
    assert Budget(**limits).progress(run) == expected


def test_spent_budget_takes_no_step(tmp_path: Path) -> None:
    run = fresh()
    run.step = 4
    before = parameters(run.model)
    go_on(run, tmp_path, steps=4)
    assert same(parameters(run.model), before)


# --- Sessions -----------------------------------------------------------------------------------


@pytest.fixture
def finished(settings: Settings, folders: Path) -> tuple[Settings, Run, list[dict[str, Any]]]:
    """A session of three steps with validation, and what it reported."""
    lines: list[dict[str, Any]] = []
    complete = replace(settings, validation=folders / "held-out.txt")
    run = run_session(complete, RECIPE, Budget(steps=3), report=lines.append)
    return complete, run, lines


Finished = tuple[Settings, Run, list[dict[str, Any]]]


def test_session_leaves_state_log_and_weights(finished: Finished) -> None:
    names = {path.name for path in finished[0].out.iterdir()}
    assert names == {"state.pt", "log.jsonl", "latest.safetensors", "best.safetensors"}


def test_session_reports_what_it_logs(finished: Finished) -> None:
    text = (finished[0].out / "log.jsonl").read_text()
    assert [json.loads(line) for line in text.splitlines()] == finished[2]


def test_session_keeps_the_average(finished: Finished) -> None:
    settings, run, _ = finished
    stored = load(settings.out / "latest.safetensors").state_dict()
    torch.testing.assert_close(stored, run.average.state_dict(), rtol=2**-11, atol=1e-6)


def test_session_says_in_the_weights_how_they_came_to_be(finished: Finished) -> None:
    training = describe(finished[0].out / "latest.safetensors").training
    assert (training["steps"], training["preset"]) == (3, "tiny")


def test_session_is_continued(finished: Finished) -> None:
    settings, _, _ = finished
    again = replace(settings, resume=True)
    assert run_session(again, RECIPE, Budget(steps=4), report=lambda _: None).step == 4


def test_session_can_begin_with_a_finished_model(finished: Finished, tmp_path: Path) -> None:
    settings, run, _ = finished
    first = str(settings.out / "latest.safetensors")
    started = replace(settings, out=tmp_path / "second", start=first, preset=None)
    still = replace(RECIPE, rate=0.0)
    second = run_session(started, still, Budget(steps=2), report=lambda _: None)
    # Not a fresh network, no fresh norms, and the same brightness head.
    torch.testing.assert_close(
        second.average.state_dict(), run.average.state_dict(), rtol=2**-11, atol=1e-6
    )
    assert describe(settings.out / "latest.safetensors").training["start"] is None
    assert describe(started.out / "latest.safetensors").training["start"] == first


def test_brightness_head_of_a_finished_model_can_be_trained_anew_alone(
    finished: Finished, tmp_path: Path
) -> None:
    settings, run, _ = finished
    first = str(settings.out / "latest.safetensors")
    started = replace(settings, out=tmp_path / "head", start=first, new_head=True, preset=None)
    found = run_session(started, RECIPE, Budget(steps=0), report=lambda _: None)
    assert found.step == 0
    before = run.average.state_dict()
    changed = {
        name.partition(".")[0]
        for name, value in load(started.out / "latest.safetensors").state_dict().items()
        if not torch.allclose(value, before[name], rtol=2**-10, atol=1e-5)
    }
    assert changed == {"brightness"}


def test_new_head_without_a_start_is_refused(tmp_path: Path) -> None:
    settings = Settings(low=[], high=[], out=tmp_path, device=CPU, new_head=True, normal=[tmp_path])
    with pytest.raises(UsageError, match="--new-head"):
        run_session(settings, RECIPE, Budget(steps=1), report=lambda _: None)


def test_log_is_continued(finished: Finished) -> None:
    settings, _, before = finished
    run_session(replace(settings, resume=True), RECIPE, Budget(steps=4), report=lambda _: None)
    lines = (settings.out / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines[: len(before)]] == before
    assert len(lines) > len(before)


@pytest.mark.parametrize("key", ["psnr", "ssim", "ssim_rgb", "psnr_scaled", "grey_error", "colour"])
def test_validation_gives_the_mean_score(key: str) -> None:
    model = fresh().average
    pairs = [pair(photograph(seed)) for seed in (1, 2)]
    apart = [validate(model, [one], device=CPU)[key] for one in pairs]
    assert validate(model, pairs, device=CPU)[key] == pytest.approx(np.mean(apart))
