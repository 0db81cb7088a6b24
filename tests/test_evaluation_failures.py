"""Scores of folders of pictures: what is said of what cannot be scored."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pairs import save
from support.photographs import photograph
from support.runners import Command

from llenhance import errors
from llenhance.enhancer import Enhancer
from llenhance.jobs.evaluate import evaluate, plan


@pytest.fixture
def enhanced(evaluate_: Command, tiny: Path) -> Command:
    """Enhance `low` with a tiny network and score that."""
    return lambda *arguments: evaluate_("low", "high", "--model", str(tiny), *arguments)


@pytest.mark.parametrize(
    ("missing", "left"), [("high/10.bmp", "low/10.png"), ("low/10.png", "high/10.bmp")]
)
def test_picture_without_partner_is_named_and_the_others_are_scored(
    scored: Command, pairs: Path, missing: str, left: str
) -> None:
    (pairs / missing).unlink()
    outcome = scored("--json")
    assert outcome.code == 1
    assert outcome.report["unpaired"] == [left]
    (error,) = outcome.errors
    assert error.startswith(f"{left}: it has no partner in {missing.split('/')[0]}")
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]


def spoil(pairs: Path, how: str) -> None:
    """Make pair 10 impossible to score."""
    match how:
        case "size":
            save(pairs / "high" / "10.bmp", photograph(width=48, seed=1))
        case "turned":
            save(pairs / "high" / "10.bmp", photograph(56, 40, seed=1))
        case "small":
            for path in (pairs / "low" / "10.png", pairs / "high" / "10.bmp"):
                save(path, photograph(height=10, seed=1))
        case "unreadable":
            (pairs / "low" / "10.png").write_bytes(b"no picture")
        case "unreadable reference":
            (pairs / "high" / "10.bmp").write_bytes(b"")
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
    enhanced: Command, pairs: Path, how: str, sentence: str
) -> None:
    spoil(pairs, how)
    outcome = enhanced("--json", "-o", "out")
    assert outcome.code == 1
    (error,) = outcome.errors
    assert error.startswith(sentence)
    assert outcome.stderr == ""
    assert [failure["name"] for failure in outcome.report["failed"]] == ["10"]
    assert [row["name"] for row in outcome.report["pictures"]] == ["2", "dusk"]
    assert {path.name for path in (pairs / "out").iterdir()} == {"2.png", "dusk.png"}


def test_pictures_too_small_for_lpips_are_named(scored: Command, pairs: Path, lpips: Path) -> None:
    save(pairs / "low" / "10.png", photograph(height=31, seed=1))
    save(pairs / "high" / "10.bmp", photograph(height=31, seed=1))
    outcome = scored("--lpips", str(lpips))
    assert outcome.code == 1
    assert "too small to be scored. Use pictures of 32x32 pixels or more." in outcome.stderr


def test_where_nothing_can_be_scored_there_is_no_mean(evaluate_: Command, pairs: Path) -> None:
    for path in (pairs / "low").iterdir():
        path.write_bytes(b"no picture")
    outcome = evaluate_("--outputs-only", "low", "--json")
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
    evaluate_: Command, pairs: Path, arguments: list[str], sentence: str
) -> None:
    save(pairs / "others" / "3.png", photograph(seed=0))
    save(pairs / "twins" / "2.png", photograph(seed=0))
    save(pairs / "twins" / "2.bmp", photograph(seed=0))
    (pairs / "empty").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in pairs.rglob("*")}
    outcome = evaluate_(*arguments)
    assert outcome.code == 2
    if "--json" in arguments:
        assert outcome.document["result"] is None
        (error,) = outcome.errors
        assert error.startswith(sentence)
    else:
        assert outcome.stdout == ""
        assert outcome.stderr.startswith(f"error: {sentence}")
        assert outcome.stderr.count("\n") == 1
    assert before == {path: path.is_file() and path.read_bytes() for path in pairs.rglob("*")}


def test_missing_scikit_image_is_told_before_the_model_is_loaded(
    pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="skimage")

    def load() -> Enhancer:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(errors, "import_module", hidden)
    jobs = plan(pairs / "low", pairs / "high").jobs
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'llenhance\[evaluate\]'"):
        next(evaluate(jobs, enhancer=load))


def test_missing_weights_are_code_3(evaluate_: Command) -> None:
    assert evaluate_("low", "high", "--model", "nonsense").code == 3
