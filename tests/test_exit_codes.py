"""What goes wrong with the command: one sentence, and an exit code that says how bad it is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.photographs import is_picture, photograph_file
from support.runners import Command

from llenhance.enhancer import Enhanced, Enhancer
from llenhance.errors import ResourceError
from llenhance.pictures.picture import Picture


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense", "dark.jpg"],
        ["dark.jpg", "-o"],
        ["--brightness", "1.1", "dark.jpg"],
        ["--brightness", "nan", "dark.jpg"],
        ["--brightness", "inf", "dark.jpg"],
        ["--brightness", "bright", "dark.jpg"],
        ["--exposure", "5.1", "dark.jpg"],
        ["--exposure", "nan", "dark.jpg"],
        ["--target-mean", "-0.1", "dark.jpg"],
        ["--target-mean", "128", "dark.jpg"],
        ["--target-mean", "nan", "dark.jpg"],
        ["--exposure", "1", "--target-mean", "0.5", "dark.jpg"],
        ["--exposure", "1", "--match", "dark.jpg", "dark.jpg"],
        ["--target-mean", "0.5", "--brightness", "0.1", "dark.jpg"],
        ["--match", "dark.jpg", "--target-mean", "0.5", "dark.jpg"],
        ["--match", "missing.jpg", "dark.jpg"],
        ["--match", ".", "dark.jpg"],
        ["--quality", "0", "dark.jpg"],
        ["--quality", "101", "dark.jpg"],
        ["--tile", "some", "dark.jpg"],
        ["--tile", "12", "dark.jpg"],
        ["--precision", "fp12", "dark.jpg"],
        ["--device", "toaster", "dark.jpg"],
        ["--format", "gif", "dark.jpg"],
        ["-q", "-v", "dark.jpg"],
        ["dark.jpg", "-o", "dark.jpg"],
        ["dark.jpg", "other.jpg", "-o", "bright.jpg"],
        ["dark.jpg", "other.jpg", "-o", "-"],
        ["--json", "dark.jpg", "-o", "-"],
        ["--json", "-"],
        ["-", "-"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_and_code_2(
    llenhance_: Command, folder: Path, arguments: list[str]
) -> None:
    outcome = llenhance_(*arguments)
    assert outcome.code == 2
    if "--json" in arguments:
        assert outcome.document["result"] is None
        assert outcome.stderr == ""
    else:
        assert outcome.data == b""
        assert outcome.stderr.startswith("error: ")
        assert outcome.stderr.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


@pytest.mark.parametrize(
    ("command", "wrong", "end"),
    [("enhance", "error: PHOTO: no picture is named. ", "."), ("weights", "error: Missing ", "")],
)
def test_a_command_without_its_arguments_says_where_help_is(
    run: Command, command: str, wrong: str, end: str
) -> None:
    outcome = run(command)
    assert outcome.code == 2
    assert outcome.stderr.startswith(wrong)
    assert outcome.stderr.endswith(f"See: llenhance {command} --help{end}\n")


def test_a_missing_input_is_code_1_and_the_others_are_done(
    llenhance_: Command, folder: Path
) -> None:
    outcome = llenhance_("missing.jpg", "dark.jpg")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: missing.jpg: ")
    assert is_picture(folder / "dark_enhanced.jpg")


def test_an_existing_file_is_code_1_and_stays(llenhance_: Command, folder: Path) -> None:
    (folder / "dark_enhanced.jpg").write_text("precious")
    outcome = llenhance_("dark.jpg")
    assert outcome.code == 1
    assert "--overwrite" in outcome.stderr
    assert (folder / "dark_enhanced.jpg").read_text() == "precious"


def test_an_existing_file_is_replaced_with_overwrite(llenhance_: Command, folder: Path) -> None:
    (folder / "dark_enhanced.jpg").write_text("not precious")
    assert llenhance_("dark.jpg", "--overwrite").code == 0
    assert is_picture(folder / "dark_enhanced.jpg")


@pytest.mark.parametrize("model", ["nonsense", "dark.jpg", "missing.safetensors"])
def test_weights_that_cannot_be_used_are_code_3(run: Command, folder: Path, model: str) -> None:
    outcome = run("dark.jpg", "--model", model, "-o", "out/")
    assert outcome.code == 3
    assert outcome.stderr.startswith(f"error: {model}: ")
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_too_little_memory_for_one_picture_is_code_4_whatever_else_fails(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Enhancer, "enhance_picture", raising(MemoryError()))
    outcome = llenhance_("dark.jpg", "missing.jpg", "-o", "out")
    assert outcome.code == 4
    assert [line[:15] for line in outcome.stderr.splitlines()] == [
        "error: dark.jpg",
        "error: missing.",
        "Nothing was wri",
    ]


def test_too_little_memory_for_the_model_is_code_4(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Enhancer, "__init__", raising(ResourceError("out-of-memory", "nano")))
    outcome = llenhance_("dark.jpg")
    assert outcome.code == 4
    assert outcome.stderr.startswith("error: nano: there is not enough memory. ")


def test_a_system_error_of_one_picture_is_a_sentence_and_the_others_are_done(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deep.jpg").write_bytes(photograph_file(size=(24, 24)))
    enhance_picture = Enhancer.enhance_picture

    def break_down(self: Enhancer, picture: Picture, *wishes: Any, **options: Any) -> Enhanced:
        if picture.width == 16:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return enhance_picture(self, picture, *wishes, **options)

    monkeypatch.setattr(Enhancer, "enhance_picture", break_down)
    outcome = llenhance_("dark.jpg", "deep.jpg")
    assert outcome.code == 1
    first, second, _ = outcome.stderr.splitlines()
    assert first.startswith("error: dark.jpg: the operating system says: Input/output error. ")
    assert second.startswith("deep.jpg -> deep_enhanced.jpg  (")


@pytest.mark.parametrize(
    ("reason", "code", "sentence"),
    [
        (OSError(errno.EIO, "Input/output error"), 1, "llenhance: the operating system says: "),
        (OSError(errno.EIO, "Input/output error", "some file"), 1, "some file: the operating "),
        (OSError(errno.EMFILE, "Too many open files"), 1, "llenhance: the operating system says: "),
        (OSError(errno.ENOSPC, "No space left"), 4, "llenhance: there is no space left on its "),
        (OSError("of a library's own"), 1, "llenhance: the operating system says: of a library"),
        (MemoryError(), 4, "llenhance: there is not enough memory. "),
    ],
    ids=repr,
)
def test_a_system_error_that_no_room_has_caught_is_a_sentence(
    llenhance_: Command,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    reason: Exception,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.setattr(Enhancer, "__init__", raising(reason))
    outcome = llenhance_("dark.jpg")
    assert outcome.code == code
    assert outcome.stderr.startswith(f"error: {sentence}")
    assert outcome.stderr.count("\n") == 1


def test_a_bug_keeps_its_traceback(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Enhancer, "enhance_picture", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        llenhance_("dark.jpg")


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_values: object, **_options: object) -> None:
        raise error

    return fail
