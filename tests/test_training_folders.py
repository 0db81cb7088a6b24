"""Training and validation pictures from folders, and what is wrong with folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.architectures import TINY_OURS
from support.training import (
    RECIPE,
    flat,
    levels,
    save,
    save_folders,
    settings_for,
)

from llenhance.errors import LlenhanceError, TrainingError
from llenhance.files.folders import pictures_in
from llenhance.model.architecture import PRESETS
from llenhance.training import Recipe, Settings
from llenhance.training.data import TrainingData
from llenhance.training.folders import load_pairs, load_pictures, stems_in
from llenhance.training.sources import Pair


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """`low`, `high` and `normal` with four flat pictures each: see `save_folders`."""
    return save_folders(tmp_path)


@pytest.fixture
def settings(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a session with a tiny network on the folders' pairs."""
    monkeypatch.setitem(PRESETS, "tiny", TINY_OURS)
    return settings_for(folders)


def loaded(settings: Settings, recipe: Recipe = RECIPE) -> tuple[TrainingData, list[Pair]]:
    held_out = stems_in(settings.validation) if settings.validation else None
    return load_pictures(settings, recipe, held_out=held_out)


def seen_in(settings: Settings) -> set[int]:
    """Return the levels of all references that are trained on."""
    recipe = replace(RECIPE, tone_share=0.0, night_share=0.0, lamp_share=0.0, batch=64)
    data, _ = loaded(settings, recipe)
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
    _, found = loaded(replace(settings, validation=folders / "held-out.txt"), RECIPE)
    assert [(p.name, p.normal[0, 0, 0]) for p in found] == [("p2", 100), ("p4", 200)]


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (2, 2), (9, 2)])
def test_validation_takes_no_more_than_its_limit(
    limit: int, expected: int, settings: Settings, folders: Path
) -> None:
    limited = replace(settings, validation=folders / "held-out.txt", validation_limit=limit)
    assert len(loaded(limited, RECIPE)[1]) == expected


def test_repeated_photograph_counts_once(settings: Settings, folders: Path) -> None:
    save(folders / "normal" / "again.png", flat(50))
    only = replace(settings, low=[], high=[], normal=[folders / "normal"])
    data, _ = loaded(only, RECIPE)
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
    with pytest.raises(TrainingError, match="one name per line"):
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
        ("missing partner", r"p3\.png: it has no partner in"),
        ("size mismatch", r"p3\.png: its partner in .* has another size"),
        ("too small", "smaller than the crops of 32 pixels"),
        ("no pictures", "low: it has no pictures"),
        ("no folder", "low: it is not a folder"),
        ("same stem", "two pictures named p3"),
        ("all held out", "all of its pictures are held out"),
        ("unknown held out", "names no picture that is there"),
        ("damaged picture", r"p3\.png"),
    ],
)
def test_what_is_wrong_with_the_folders_is_said(
    name: str, sentence: str, settings: Settings, folders: Path
) -> None:
    spoil(folders, name)
    with pytest.raises(LlenhanceError, match=sentence):
        loaded(replace(settings, validation=folders / "held-out.txt"), RECIPE)


def test_small_photograph_is_an_error(settings: Settings, folders: Path) -> None:
    save(folders / "normal" / "p9.png", flat(9, size=24))
    with pytest.raises(TrainingError, match="smaller than the crops"):
        loaded(replace(settings, low=[], high=[], normal=[folders / "normal"]), RECIPE)
