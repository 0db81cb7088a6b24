"""What `llenhance enhance` tells programs, and what it would do: `--json` and `--dry-run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.photographs import photograph_file
from support.runners import Command

from llenhance.enhancer import Enhanced, Enhancer
from llenhance.errors import WeightsError
from llenhance.pictures.decode import decode
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import mean_grey


def test_json_is_a_line_for_every_input_and_nothing_else(
    llenhance_: Command, tiny: Path, folder: Path
) -> None:
    options = ("--json", "--device", "cpu", "--precision", "fp32")
    outcome = llenhance_("dark.jpg", "missing.jpg", "-o", "out", *options)
    done, failed, _ = outcome.lines
    assert outcome.code == 1
    assert outcome.stderr == ""
    result = done.pop("result")
    assert done == {
        "schema": 1,
        "command": "enhance",
        "status": "ok",
        "exit_code": 0,
        "messages": [],
    }
    assert isinstance(result.pop("seconds"), float)
    gray = mean_grey(decode((folder / "out" / "dark.jpg").read_bytes(), name="dark").pixels)
    assert result.pop("mean_gray") == pytest.approx(gray, abs=0.005)  # JPEG changes it a little
    assert result == {
        "input": "dark.jpg",
        "output": "out/dark.jpg",
        "status": "written",
        "format": "JPEG",
        "width": 16,
        "height": 16,
        "pictures": 1,
        "estimate": None,
        "space": None,
        "tiles": 1,
        "model": str(tiny),
        "device": "cpu",
        "precision": "fp32",
        "fast": False,
        "brightness": 0.0,
        "confidence": None,
    }
    assert failed.keys() == {*done, "result"}
    assert (failed["status"], failed["exit_code"]) == ("failed", 1)
    assert failed["messages"] == [
        {
            "code": "not-found",
            "severity": "error",
            "about": "missing.jpg",
            "text": "there is no such file or folder",
            "remedy": "Check the name",
            "facts": {},
        }
    ]
    assert failed["result"].keys() == {*result, "seconds", "mean_gray"}
    assert failed["result"]["input"] == "missing.jpg"
    assert failed["result"]["mean_gray"] is None


@pytest.mark.parametrize(
    ("arguments", "command", "error", "code"),
    [
        ("a.jpg --nonsense", "enhance", "arguments-wrong", 2),
        ("", "enhance", "photo-missing", 2),
        ("a.jpg --brightness 7", "enhance", "arguments-wrong", 2),
        ("a.jpg -o a.jpg", "enhance", "output-is-input", 2),
        ("a.jpg -o -", "enhance", "json-beside-picture", 2),
        ("a.jpg b.jpg -o - --dry-run", "enhance", "stdout-takes-one", 2),
        ("a.jpg --match missing.jpg", "enhance", "not-found", 2),
        ("a.jpg --model nonsense", "enhance", "model-unknown", 3),
        ("evaluate nowhere", "evaluate", "not-a-folder", 2),
        ("evaluate nowhere --sweep", "evaluate", "needs-references", 2),
        ("train --out new --minutes x", "train", "arguments-wrong", 2),
        ("train --out new", "train", "budget-unclear", 2),
        ("train --out new --steps 1", "train", "nothing-to-train-on", 2),
        ("bench --sizes large", "bench", "size-unreadable", 2),
        ("weights info nonsense", "weights info", "model-unknown", 3),
        ("weights path nonsense", "weights path", "model-not-here", 3),
        ("weights verify nonsense", "weights verify", "model-not-here", 3),
        ("weights download nonsense", "weights download", "model-unknown", 3),
        ("weights remove nonsense", "weights remove", "model-not-here", 3),
        ("weights import nonsense", "weights import", "not-found", 3),
        ("weights upload nonsense hf:a/b", "weights upload", "model-unknown", 3),
        ("export --format onnx -o new.txt", "export", "export-extension", 2),
    ],
)
def test_an_error_that_ends_a_command_is_a_document_in_json(
    run: Command, folder: Path, arguments: str, command: str, error: str, code: int
) -> None:
    outcome = run(*arguments.split(), "--json")
    assert outcome.code == code
    document = outcome.document
    assert (document["schema"], document["command"]) == (1, command)
    assert (document["status"], document["exit_code"]) == ("failed", code)
    [told] = document["messages"]
    assert (told["code"], told["severity"]) == (error, "error")
    assert outcome.stderr == ""
    assert run(*arguments.split()).stderr  # people read it where there is no JSON


def test_what_is_told_in_json_is_told_there_only(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("dark.jpg", "missing.jpg", "-o", "new/", "--json", "--brightness", "0.5")
    first, second, _ = outcome.lines
    assert [told["code"] for told in first["messages"]] == ["brightness-unusual"]
    assert [told["code"] for told in second["messages"]] == ["not-found"]
    assert outcome.stderr == ""


def test_an_error_after_the_first_lines_of_json_is_one_line_more(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deep.jpg").write_bytes(photograph_file(size=(24, 24)))
    enhance_picture = Enhancer.enhance_picture

    def refuse(self: Enhancer, picture: Picture, *wishes: Any, **options: Any) -> Enhanced:
        if picture.width == 24:
            raise WeightsError("result-not-finite", "tiny")
        return enhance_picture(self, picture, *wishes, **options)

    monkeypatch.setattr(Enhancer, "enhance_picture", refuse)
    outcome = llenhance_("dark.jpg", "deep.jpg", "missing.jpg", "--json")
    assert outcome.code == 3
    done, ended = outcome.lines
    assert done["result"]["input"] == "dark.jpg"
    assert ended["result"] is None
    assert [told["code"] for told in ended["messages"]] == ["result-not-finite"]


def test_a_file_may_be_named_like_an_option(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--", "--json")
    assert (outcome.code, outcome.data) == (1, b"")
    assert outcome.stderr.startswith("error: --json: there is no such file")


def test_dry_run_says_what_would_be_done(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--dry-run", "dark.jpg")
    assert outcome.code == 0
    assert outcome.stderr.startswith("dark.jpg -> dark_enhanced.jpg  (16x16, would take about 0.")
    assert not (folder / "dark_enhanced.jpg").exists()


def test_dry_run_as_json(llenhance_: Command, folder: Path) -> None:
    (line,) = llenhance_("--dry-run", "--json", "dark.jpg").lines
    result = line["result"]
    assert (line["status"], result["output"]) == ("planned", "dark_enhanced.jpg")
    assert result["estimate"].keys() == {"seconds", "memory"}
    assert result["space"].keys() == {"size", "free"}


def test_dry_run_tells_what_the_format_cannot_hold(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    arguments = ("--dry-run", "glass.png", "-o", "bright.jpg")
    done = llenhance_(*arguments)
    assert done.code == 0
    assert done.stderr.count("JPEG cannot hold transparency. To keep it, write PNG") == 1
    [line] = llenhance_(*arguments, "--json").lines
    assert [(told["code"], told["about"]) for told in line["messages"]] == [
        ("transparency-lost", "glass.png")
    ]
    assert {path.name for path in folder.iterdir()} == {"dark.jpg", "glass.png"}


def test_dry_run_of_a_pipe_writes_no_picture(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--dry-run", "dark.jpg", "-o", "-")
    assert (outcome.code, outcome.data) == (0, b"")
    assert outcome.stderr.startswith("dark.jpg -> standard output  (16x16, would take")


@pytest.mark.parametrize(("arguments", "notes"), [((), []), (("--quality", "80"), ["quality"])])
def test_a_quality_without_effect_is_told_if_it_was_typed(
    arguments: tuple[str, ...], notes: list[str], llenhance_: Command, folder: Path
) -> None:
    [line] = llenhance_("dark.jpg", "-o", "x.png", "--preset", "web", "--json", *arguments).lines
    assert [told["code"].split("-")[0] for told in line["messages"]] == notes


def test_variants_and_maps_are_known_as_results(llenhance_: Command, folder: Path) -> None:
    llenhance_("dark.jpg", "--variants", "1")
    llenhance_("dark.jpg", "--confidence", ".")
    (folder / "other_v1.jpg").write_bytes((folder / "dark.jpg").read_bytes())
    (folder / "other.jpg").write_bytes((folder / "dark.jpg").read_bytes())
    lines = llenhance_(*sorted(path.name for path in folder.iterdir()), "--dry-run", "--json").lines
    skipped = {one["result"]["input"] for one in lines[:-1] if one["result"]["output"] is None}
    assert skipped == {
        "dark_v1.jpg",
        "dark_enhanced.jpg",
        "dark_enhanced.jpg_confidence.png",
        "dark_enhanced.jpg_confidence_heat.png",
    }
