"""What results are called on request: suffixes and templates."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from support.inverter import Inverter
from support.photographs import photograph_file
from support.runners import Command

from llenhance.errors import UsageError
from llenhance.files.called import Naming
from llenhance.jobs import batch
from llenhance.jobs.batch import Policy
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.pictures.formats import format_of


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a tree `photos`."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.png", "day/a.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photograph_file(format_of(name), size=(6, 9)))
    return tmp_path / "photos"


def enhance(
    *inputs: str, naming: Naming, format: str | None = None, **policy: Any
) -> Generator[Result]:
    yield from batch.enhance_files(
        list(inputs),
        enhancer=Inverter,
        request=Request(format=format),
        policy=Policy(naming=naming, **policy),
    )


def outputs(*inputs: str, **options: Any) -> list[str | None]:
    found = list(enhance(*inputs, **options))
    assert [one.error for one in found] == [None] * len(found)
    return [one.output for one in found]


# --- Suffixes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "output", "results"),
    [
        ("_bright", None, ["photos/a_bright.jpg", "photos/b_bright.png"]),
        ("-2.0", None, ["photos/a-2.0.jpg", "photos/b-2.0.png"]),
        ("_bright", "out", ["out/a_bright.jpg", "out/b_bright.png"]),
        ("", "out", ["out/a.jpg", "out/b.png"]),
    ],
)
def test_a_suffix_follows_the_stem(
    photos: Path, suffix: str, output: str | None, results: list[str]
) -> None:
    names = ("photos/a.jpg", "photos/b.png")
    assert outputs(*names, naming=Naming(suffix=suffix), output=output) == results


def test_a_suffix_names_the_folder_of_a_folder(photos: Path) -> None:
    found = outputs("photos", naming=Naming(suffix="-b"))
    assert found == ["photos-b/a-b.jpg", "photos-b/b-b.png", "photos-b/day/a-b.jpg"]


def test_without_a_suffix_results_do_not_replace_their_pictures(photos: Path) -> None:
    with pytest.raises(UsageError) as raised:
        outputs("photos", naming=Naming(suffix=""))
    assert raised.value.code == "suffix-leaves-name"
    with pytest.raises(UsageError, match="without a suffix, the result would have the name of"):
        outputs("photos/a.jpg", naming=Naming(suffix=""))
    assert outputs("photos/a.jpg", naming=Naming(suffix=""), format="WEBP") == ["photos/a.webp"]


@pytest.mark.parametrize("suffix", ["a/b", "/", "\\x", "\0"])
def test_a_suffix_is_a_part_of_a_name(suffix: str) -> None:
    with pytest.raises(UsageError) as raised:
        Naming(suffix=suffix)
    assert raised.value.code == "suffix-no-name"


@pytest.mark.parametrize(
    "naming",
    [
        Naming(suffix="_b"),
        Naming(template="{parent}/{stem}_b{ext}"),
        Naming(template="{stem}_b{ext}"),
    ],
    ids=str,
)
def test_results_beside_their_pictures_are_known_by_their_suffix(
    photos: Path, naming: Naming
) -> None:
    names = ("photos/a.jpg", "photos/b.png")
    list(enhance(*names, naming=naming))
    again = {one.input: one.status for one in enhance("photos", naming=naming, output="out")}
    assert again["photos/a_b.jpg"] == again["photos/b_b.png"] == "skipped"


# --- Templates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "results"),
    [
        ("{parent}/{stem}_{model}{ext}", ["a_nano.jpg", "day/a_nano.jpg"]),
        ("{stem}{ext}", ["a.jpg", "a-jpg.jpg"]),
        ("{stem}_{brightness}{ext}", ["a_0.2.jpg", "a-jpg_0.2.jpg"]),
        ("{counter}{ext}", ["1.jpg", "2.jpg"]),
        ("{counter:04}{ext}", ["0001.jpg", "0002.jpg"]),
        ("{parent}/bright/{stem}{ext}", ["bright/a.jpg", "day/bright/a.jpg"]),
        ("x/{parent}/{stem}{ext}", ["x/a.jpg", "x/day/a.jpg"]),
        ("{{{stem}}}{ext}", ["{a}.jpg", "{a}-jpg.jpg"]),
    ],
)
def test_a_template_names_results_in_their_folder(
    photos: Path, template: str, results: list[str]
) -> None:
    (photos / "b.png").unlink()
    naming = Naming(template=template, model="nano", brightness=0.2)
    assert outputs("photos", naming=naming) == [f"photos_enhanced/{one}" for one in results]
    assert outputs("photos", naming=naming, output="out") == [f"out/{one}" for one in results]


def test_a_template_names_results_beside_their_pictures(photos: Path) -> None:
    naming = Naming(template="{parent}/{stem}_{model}{ext}", model="nano")
    names = ("photos/a.jpg", "photos/day/a.jpg")
    assert outputs(*names, naming=naming) == ["photos/a_nano.jpg", "photos/day/a_nano.jpg"]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("hf:owner/name", "hf-owner-name"),
        ("C:\\models\\x", "C--models-x"),
        ("here/my.safetensors", "my"),
        ("nano", "nano"),
    ],
)
def test_names_of_models_are_no_folders(photos: Path, model: str, name: str) -> None:
    naming = Naming(template="{stem}-{model}{ext}", model=model)
    assert outputs("photos/a.jpg", naming=naming, output="out/") == [f"out/a-{name}.jpg"]


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{stem}{model", "template-braces"),
        ("{stem}}{ext}", "template-braces"),
        ("{name}{ext}", "template-field-unknown"),
        ("{}{ext}", "template-field-unknown"),
        ("{stem.__class__}{ext}", "template-field-unknown"),
        ("{stem!r}{ext}", "template-field-unknown"),
        ("{stem:>5}{ext}", "template-field-unknown"),
        ("{counter:99}{ext}", "template-field-unknown"),
        ("/tmp/{stem}{ext}", "template-not-within"),
        ("../{stem}{ext}", "template-not-within"),
        ("{parent}/../{stem}{ext}", "template-not-within"),
        ("{stem}", "template-without-extension"),
        ("{stem}{ext}.jpg", "template-without-extension"),
        ("", "template-without-extension"),
    ],
)
def test_a_wrong_template_is_refused_before_any_work(template: str, code: str) -> None:
    with pytest.raises(UsageError) as raised:
        Naming(template=template)
    assert raised.value.code == code


def test_a_brightness_that_is_searched_for_is_in_no_name() -> None:
    with pytest.raises(UsageError) as raised:
        Naming(template="{stem}_{brightness}{ext}", brightness=None)
    assert raised.value.code == "template-brightness-unknown"


@pytest.mark.parametrize("template", ["{ext}", "{parent}/{ext}", "./{ext}"])
def test_a_template_that_gives_no_name_fails(photos: Path, template: str) -> None:
    (result,) = enhance("photos/a.jpg", naming=Naming(template=template), output="out/")
    assert result.error is not None
    assert result.error.code == "template-gives-no-name"


def test_a_picture_whose_name_is_made_up_of_dots_stays_in_the_folder(photos: Path) -> None:
    (photos / "...jpg").write_bytes(photograph_file())
    (result,) = enhance("photos/...jpg", naming=Naming(template="{stem}/x{ext}"), output="out/")
    assert result.error is not None
    assert result.error.code == "template-gives-no-name"


@pytest.mark.parametrize("output", ["b.jpg", "-"])
def test_one_name_is_enough(photos: Path, output: str) -> None:
    with pytest.raises(UsageError) as raised:
        outputs("photos/a.jpg", naming=Naming(suffix="_x"), output=output)
    assert raised.value.code == "naming-of-named-file"


# --- Running again ------------------------------------------------------------------------------


def became(*inputs: str, **options: Any) -> dict[str, str]:
    """Return of each input where its result is, or else the code of what is said about it."""
    return {
        one.input: one.error.code if one.error else one.output or one.notes[0].code
        for one in enhance(*inputs, **options)
    }


@pytest.mark.parametrize(
    "template", ["{stem}_{counter}{ext}", "{counter:03}{ext}", "x-{stem}{ext}"]
)
@pytest.mark.parametrize("output", [None, "photos"])
def test_results_among_their_pictures_are_not_enhanced_again(
    photos: Path, template: str, output: str | None
) -> None:
    naming = Naming(template=template)
    made = outputs("photos/a.jpg", "photos/b.png", naming=naming, output=output)
    (photos / "a_3.jpg").write_bytes((photos / "a.jpg").read_bytes())  # it only looks like one
    names = sorted(str(Path("photos", path.name)) for path in photos.glob("*.*"))
    found = became(*names, naming=naming, output=output)
    assert [found[str(name)] for name in made] == ["earlier-result"] * 2
    assert found["photos/a_3.jpg"].startswith("photos/")


def test_a_picture_keeps_its_number_when_others_come_and_go(photos: Path) -> None:
    naming = Naming(template="{counter}{ext}")
    first = became("photos", naming=naming)
    assert list(first.values()) == [f"photos_enhanced/{n}" for n in ("1.jpg", "2.png", "3.jpg")]
    assert became("photos", naming=naming) == first
    (photos / "aa.jpg").write_bytes(photograph_file("JPEG", size=(5, 5)))
    (photos / "b.png").unlink()
    assert became("photos", naming=naming) == {
        "photos/a.jpg": "photos_enhanced/1.jpg",
        "photos/aa.jpg": "photos_enhanced/4.jpg",
        "photos/day/a.jpg": "photos_enhanced/3.jpg",
    }


def test_a_stopped_run_goes_on_with_its_numbers(photos: Path) -> None:
    (photos / "a.jpg").write_text("damaged")
    naming = Naming(template="{counter:02}-{stem}{ext}")
    became("photos", naming=naming)
    (photos / "a.jpg").write_bytes(photograph_file("JPEG", size=(5, 5)))
    assert list(became("photos", naming=naming).values()) == [
        "photos_enhanced/01-a.jpg",
        "photos_enhanced/02-b.png",
        "photos_enhanced/03-a.jpg",
    ]


def test_the_command_names_results(llenhance_: Command, photos: Path) -> None:
    template = "{stem}_{model}_{brightness}{ext}"
    options = ("--name-template", template, "--brightness", "0.2")
    assert llenhance_("photos/a.jpg", *options).code == 0
    assert (photos / "a_tiny_0.2.jpg").exists()
    assert llenhance_("photos/a.jpg", "--suffix=", "-o", "out/").code == 0
    assert llenhance_("photos/b.png", "--suffix", "", "-o", "out/").code == 0
    assert {path.name for path in photos.with_name("out").glob("*.*")} >= {"a.jpg", "b.png"}
    assert llenhance_("photos/a.jpg", "--suffix", "x", "--name-template", template).code == 2
    outcome = llenhance_("photos/a.jpg", "--name-template", template, "--target-mean", "0.4")
    assert outcome.code == 2
    assert "Leave {brightness} out" in outcome.stderr
