"""Batches: crops of pairs and of darkened photographs, and what the brightness head sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.photographs import photograph
from support.training import (
    RECIPE,
    both_sources,
    flat,
    levels,
    pair,
    pairs_data,
)
from torch import Tensor

from llenhance.model.conditioning import equalisation_tables, equalise
from llenhance.scoring.metrics import LUMA
from llenhance.training.data import Batch, TrainingData
from llenhance.training.glimpses import head_example
from llenhance.training.sources import NIGHT, DarkenedSource, Glimpse, Pair, PairSource


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
    whole = photograph(120, 160, seed=2)
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
    picture = pair(photograph(64, 64, seed=1))
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
    glimpse = PairSource([pair(photograph(64, 64, seed=3))], recipe=RECIPE).glimpse(
        np.random.default_rng(0)
    )
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
    photographs = [photograph(64, 64, seed=seed) for seed in range(4)]
    nights = DarkenedSource(photographs, recipe=recipe)
    days = DarkenedSource(photographs, recipe=replace(recipe, night_share=0.0))
    draws = range(8)
    black = [np.mean(nights.scene(np.random.default_rng(n)).normal <= 40) for n in draws]
    by_day = [np.mean(days.scene(np.random.default_rng(n)).normal <= 40) for n in draws]
    assert np.mean(black) > np.mean(by_day) + 0.1


def test_glimpse_of_a_photograph_is_darkened_too() -> None:
    source = DarkenedSource(
        [photograph(64, 64, seed=1)], recipe=replace(RECIPE, well_lit_share=0.0)
    )
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
    source = DarkenedSource([photograph(size[0], size[1], seed=2)], recipe=recipe)
    data = TrainingData([source], shares=[1.0], recipe=recipe)
    assert data.batch(step).dark.shape == (1, 3, crop, crop)


def test_photograph_is_darkened_anew_each_time() -> None:
    source = DarkenedSource([flat(120)], recipe=RECIPE)
    data = TrainingData([source], shares=[1.0], recipe=RECIPE)
    means = [float(data.batch(step).dark.mean()) for step in range(4)]
    assert len(set(means)) == 4
