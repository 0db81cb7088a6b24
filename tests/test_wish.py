"""What can be wished for, and what contradicts itself."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from llenhance.enhancing.wish import Wish, wish_for
from llenhance.errors import UsageError
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize("value", [1.01, -1.01, math.nan, math.inf])
def test_brightness_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Wish(brightness=value)
    assert caught.value.name == "brightness"
    assert caught.value.code == "brightness-out-of-range"


@pytest.mark.parametrize("value", [5.01, -5.01, math.nan, -math.inf])
def test_exposure_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Wish(exposure=value)
    assert caught.value.name == "exposure"
    assert caught.value.code == "exposure-out-of-range"


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, 128.0])
def test_target_mean_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Wish(target_mean=value)
    assert caught.value.name == "target mean"
    assert caught.value.code == "target-mean-out-of-range"


@pytest.mark.parametrize(
    "wish",
    [Wish(exposure=-5), Wish(exposure=5), Wish(target_mean=0), Wish(target_mean=1)],
    ids=repr,
)
def test_ends_of_the_ranges_are_targets(wish: Wish) -> None:
    assert wish.is_target


@pytest.mark.parametrize("wish", [Wish(), Wish(brightness=0.3), Wish(exposure=0)], ids=repr)
def test_constants_and_what_is_predicted_need_no_search(wish: Wish) -> None:
    assert not wish.is_target


@pytest.mark.parametrize(
    ("brightness", "exposure", "target_mean", "match"),
    [
        (0.1, 1.0, None, None),
        (0.1, None, 0.5, None),
        (0.1, None, None, "reference.png"),
        (0.0, 0.0, 0.5, None),
        (0.0, 1.0, None, "reference.png"),
        (0.0, None, 0.5, "reference.png"),
    ],
)
def test_wishes_exclude_each_other(
    brightness: float, exposure: float | None, target_mean: float | None, match: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        wish_for(brightness=brightness, exposure=exposure, target_mean=target_mean, match=match)
    assert caught.value.code == "contradiction"
    given = {
        "brightness": brightness or None,
        "exposure": exposure,
        "target mean": target_mean,
        "match": match,
    }
    named = [name for name, value in given.items() if value is not None]
    assert caught.value.name == " and ".join(named)


def test_picture_to_match_gives_its_mean_grey(tmp_path: Path) -> None:
    Image.new("RGB", (5, 4), (51, 51, 51)).save(tmp_path / "reference.png")
    assert wish_for(match=tmp_path / "reference.png").target_mean == pytest.approx(0.2)


def test_picture_to_match_may_have_16_bits() -> None:
    reference = Picture(pixels=np.full((4, 5, 3), 13107, np.uint16))
    assert wish_for(match=reference).target_mean == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("name", "code"),
    [("missing.png", "not-found"), ("text.png", "format-not-known"), (".", "is-a-folder")],
)
def test_picture_to_match_that_cannot_be_read_is_wrong_usage(
    tmp_path: Path, name: str, code: str
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UsageError) as caught:
        wish_for(match=tmp_path / name)
    assert (caught.value.code, caught.value.name) == (code, str(tmp_path / name))


@pytest.mark.parametrize("number", [np.float64(0.25), np.float32(0.25), np.array(0.25), 0.25])
@pytest.mark.parametrize("name", ["brightness", "exposure", "target_mean"])
def test_numbers_of_any_kind_are_numbers(name: str, number: Any) -> None:
    for wish in (wish_for(**{name: number}), Wish(**{name: number})):
        found = getattr(wish, name)
        assert (type(found), found) == (float, 0.25)


@pytest.mark.parametrize(
    "value", ["0.2", "20%", b"1", [1], 1j, object()], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("name", ["brightness", "exposure", "target_mean"])
def test_what_is_no_number_is_refused_with_a_sentence(name: str, value: Any) -> None:
    for make in (wish_for, Wish):
        with pytest.raises(UsageError) as caught:
            make(**{name: value})
        assert caught.value.code == "not-a-number"
        assert caught.value.name == name.replace("_", " ")


@pytest.mark.parametrize("kind", ["bytes", "file", "image", "array", "path"])
def test_picture_to_match_may_be_given_in_any_form(tmp_path: Path, kind: str) -> None:
    image = Image.new("RGB", (5, 4), (51, 51, 51))
    path = tmp_path / "reference.png"
    image.save(path)
    given: dict[str, Any] = {
        "bytes": path.read_bytes(),
        "file": io.BytesIO(path.read_bytes()),
        "image": image,
        "array": np.asarray(image),
        "path": str(path),
    }
    assert wish_for(match=given[kind]).target_mean == pytest.approx(0.2)


def test_what_is_no_picture_cannot_be_matched() -> None:
    with pytest.raises(UsageError) as caught:
        wish_for(match=3)
    assert caught.value.code == "not-a-picture"
