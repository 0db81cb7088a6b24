"""Words that mean nothing get a sentence that helps with what the person meant."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest
from support.photographs import is_picture
from support.runners import Command

from llenhance.cli.meant import clearer
from llenhance.cli.values import value_meant
from llenhance.errors import PictureError
from llenhance.jobs.results import Result


def refused(run: Command, *arguments: str, code: int = 2) -> str:
    """Run a command line that fails, and return its one sentence."""
    outcome = run(*arguments)
    assert (outcome.code, outcome.data) == (code, b"")
    assert outcome.stderr.count("\n") == 1
    return outcome.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("doctr", "llenhance doctor"),
        ("Doctor", "llenhance doctor"),
        ("evalute low high -q", "llenhance evaluate low high -q"),
        ("weight list", "llenhance weights list"),
        ("list", "llenhance weights list"),
        ("download llflow-small", "llenhance weights download llflow-small"),
        ("help", "llenhance --help"),
        ("version", "llenhance --version"),
    ],
)
def test_a_command_is_recognized_by_what_it_resembles(
    run: Command, folder: Path, arguments: str, meant: str
) -> None:
    assert refused(run, *arguments.split()).endswith(f"Did you mean this: {meant}.")


def test_a_picture_may_be_called_like_a_misspelled_command(
    llenhance_: Command, run: Command, tiny: Path, folder: Path
) -> None:
    (folder / "dark.jpg").rename("doctr")
    assert run("doctr", "--model", str(tiny)).code == 0


def test_a_missing_picture_is_no_misspelled_command(run: Command, folder: Path) -> None:
    assert refused(run, "doctr.jpg", code=1).startswith("error: doctr.jpg: there is no such file")
    assert refused(run, "summer", code=1).startswith("error: summer: there is no such file")


def test_a_name_that_begins_with_a_dash_is_told_how_to_be_written(
    run: Command, tiny: Path, folder: Path
) -> None:
    (folder / "dark.jpg").rename("-dash.jpg")
    assert refused(run, "-dash.jpg").startswith("error: -dash.jpg: it begins with a dash")
    assert run("./-dash.jpg", "--model", str(tiny)).code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--brightness 20%", "'20%' is not a number. Write 0.2"),
        ("--brightness=-0,2", "'-0,2' is not a number. Write -0.2"),
        ("--brightness -20", "'-20' is less than -1. Write -0.2"),
        ("--brightness 2", "'2' is more than 1. Use one from -1 to 1"),
        ("--exposure +1EV", "'+1EV' is not a number. Write 1"),
        ("--exposure 1/3", "'1/3' is not a number. Write 0.333"),
        ("--exposure 2x", "'2x' is not a number. Write 1"),
        ("--exposure inf", "'inf' is more than 5. Use one from -5 to 5"),
        ("--target-mean 50", "'50' is more than 1. Write 0.5"),
        ("--target-mean=128", "'128' is more than 1. Write 0.502"),
        ("--target-mean half", "'half' is not a number. Use one from 0 to 1"),
        ("--target-mean nan", "'nan' is not a number. Use one from 0 to 1"),
        ("--strength 70%", "'70%' is not a number. Write 0.7"),
        ("--denoise 40", "'40' is more than 1. Write 0.4"),
        ("--protect -1", "'-1' is less than 0. Use one from 0 to 1"),
        ("--quality 0.9", "'0.9' is not a whole number. Write 90"),
        ("--quality 90%", "'90%' is not a whole number. Write 90"),
        ("--quality 95.5", "'95.5' is not a whole number. Write 96"),
        ("--quality high", "'high' is not a number. Use one from 1 to 100"),
    ],
)
def test_a_refused_number_is_told_with_the_one_that_may_be_meant(
    run: Command, folder: Path, words: str, told: str
) -> None:
    option = re.split("[ =]", words)[0]
    said = refused(run, "dark.jpg", *words.split())
    assert said.startswith(f"error: Invalid value for {option}: {told}. See: ")


def test_numbers_of_other_commands_are_told_too(run: Command, folder: Path) -> None:
    said = refused(run, "train", "--out", "new", "--steps", "1e5")
    assert "--steps: '1e5' is not a whole number. Write 100000. See: " in said
    assert "--repeats: '0' is less than 1. See: " in refused(run, "bench", "--repeats", "0")


@pytest.mark.parametrize(
    ("word", "meant"), [("float32", "fp32"), ("half", "fp16"), ("BF-16", "bf16")]
)
def test_a_precision_is_known_by_its_other_names(
    run: Command, folder: Path, word: str, meant: str
) -> None:
    assert f". Write {meant}. See: " in refused(run, "dark.jpg", "--precision", word)


def test_other_problems_keep_their_words() -> None:
    assert value_meant("Option '--x' requires an argument", ["--x"]) == (
        "Option '--x' requires an argument"
    )


def test_a_question_ends_with_its_mark(run: Command) -> None:
    assert "Did you mean 'list'? See: " in refused(run, "weights", "lst")


@pytest.mark.parametrize("address", ["https://example.com/photo.jpg", "file:///tmp/photo.jpg"])
def test_an_address_is_told_how_to_be_downloaded(
    run: Command, tiny: Path, folder: Path, address: str
) -> None:
    told = refused(run, address, "--model", str(tiny), code=1)
    assert told.startswith(f"error: {address}: it is an address, and llenhance reads files only.")


def test_an_address_among_pictures_fails_alone(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("https://example.com/photo.jpg", "dark.jpg")
    assert outcome.code == 1
    assert is_picture(folder / "dark_enhanced.jpg")


def test_a_home_folder_in_quotes_is_written_out(
    run: Command, tiny: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    told = refused(run, "~/dark.jpg", "--model", str(tiny), code=1)
    assert told.endswith(f"Write {folder}/dark.jpg.")
    for option in ("-o", "--match", "--model"):
        told = refused(run, "dark.jpg", option, "~/other.jpg")
        assert told.endswith(f"Write {folder}/other.jpg.")
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_a_second_name_is_not_the_name_of_the_result_and_that_is_said(
    llenhance_: Command, folder: Path
) -> None:
    outcome = llenhance_("dark.jpg", "out.jpg")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: out.jpg: there is no such picture. ")
    assert "should have this name: llenhance dark.jpg -o out.jpg." in outcome.stderr
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]
    assert llenhance_("dark.jpg", "-o", "out.jpg").code == 0


def test_a_missing_picture_before_a_folder_for_results_is_just_missing(
    llenhance_: Command, folder: Path
) -> None:
    said = llenhance_("dark.jpg", "out.jpg", "-o", "new/").stderr
    assert "error: out.jpg: there is no such file or folder. Check the name." in said


def test_json_says_what_was_meant_too(llenhance_: Command, folder: Path) -> None:
    [refused] = llenhance_("dark.jpg", "out.jpg", "--json").lines
    [message] = refused["messages"]
    assert message["code"] == "result-among-inputs"
    assert message["remedy"].endswith("llenhance dark.jpg -o out.jpg")


def test_a_missing_folder_of_an_input_is_told_about_the_input(
    llenhance_: Command, folder: Path
) -> None:
    told = llenhance_("nowhere/photo.jpg").stderr
    assert told.startswith("error: nowhere/photo.jpg: there is no such file")


@pytest.mark.parametrize(
    "name", ["DARK.JPG", "dark.jpg ", "dark", "drak.jpg", "dark.jpeg"], ids=repr
)
def test_a_misspelled_picture_is_told_by_its_name(
    llenhance_: Command, folder: Path, name: str
) -> None:
    told = llenhance_("other.jpg", name, "-o", "new/").stderr.splitlines()
    assert told[0] == "error: other.jpg: there is no such file or folder. Check the name."
    assert told[1].endswith(": there is no such file or folder. Did you mean this: dark.jpg.")


def test_pictures_that_differ_in_their_numbers_are_not_misspelled(
    llenhance_: Command, folder: Path
) -> None:
    (folder / "dark.jpg").rename("IMG_0012.jpg")
    assert llenhance_("IMG_0013.jpg").stderr.endswith("Check the name.\n")
    assert "Did you mean this: IMG_0012.jpg" in llenhance_("IMG0012.jpg").stderr


def test_a_pattern_that_no_shell_has_replaced_is_told(llenhance_: Command, folder: Path) -> None:
    assert ": no file has a name like this. If there are " in llenhance_("*.png").stderr


@pytest.mark.parametrize(
    ("arguments", "empty"),
    [
        ([""], "a name"),
        (["dark.jpg", ""], "a name"),
        (["dark.jpg", "-o", ""], "-o"),
        (["dark.jpg", "--format="], "--format"),
        (["evaluate", "low", "", "--lpips", "x"], "a name"),
        (["bench", "--model", ""], "--model"),
    ],
    ids=str,
)
def test_what_is_empty_is_told_as_a_variable_that_is_not_set(
    run: Command, folder: Path, arguments: list[str], empty: str
) -> None:
    assert refused(run, *arguments).startswith(f"error: {empty}: it is empty. If it comes from")
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


@pytest.mark.parametrize(
    ("option", "meant"),
    [("--gpu", "--device cuda"), ("-f", "--overwrite"), ("--outdir", "-o"), ("-b", "--brightness")],
)
def test_options_of_other_programs_are_told_by_their_names_here(
    run: Command, folder: Path, option: str, meant: str
) -> None:
    told = refused(run, "dark.jpg", option)
    assert told == f"error: No such option: {option}. Write {meant}. See: llenhance enhance --help"


@pytest.mark.parametrize("output", ["out", "out/", "out/of/the/way"])
def test_a_name_without_an_extension_is_a_folder_which_is_made(
    llenhance_: Command, folder: Path, output: str
) -> None:
    assert llenhance_("dark.jpg", "-o", output).code == 0
    assert is_picture(folder / output / "dark.jpg")


def test_a_name_with_an_extension_of_no_format_is_told_both_ways(
    run: Command, folder: Path
) -> None:
    told = refused(run, "dark.jpg", "-o", "out.v2")
    assert "If it is a folder, end it with a slash; if " in told


def test_missing_folders_of_a_result_are_made(llenhance_: Command, folder: Path) -> None:
    assert llenhance_("dark.jpg", "-o", "nowhere/at/all/bright.jpg").code == 0
    assert is_picture(folder / "nowhere/at/all/bright.jpg")


@pytest.mark.parametrize(
    "words", [["--format", "heic"], ["--format", ".HEIF"], ["-o", "bright.heic"]], ids=" ".join
)
def test_heic_is_told_what_comes_closest(run: Command, folder: Path, words: list[str]) -> None:
    told = refused(run, "dark.jpg", *words)
    assert "HEIC pictures cannot be written. Use AVIF, which is closest to it, or " in told


def test_facts_of_a_model_are_lines_of_words_and_numbers(run: Command) -> None:
    outcome = run("weights", "info", "nano")
    assert outcome.code == 0
    assert not set("{}[]") & set(outcome.stdout)
    facts = dict(re.split(r"  +", line, maxsplit=1) for line in outcome.stdout.splitlines())
    assert facts["license, commercial_use"] == "yes"
    assert float(facts["training, validation, psnr"]) > 15
    assert facts["training, recipe, batch"].isdigit()


@pytest.mark.parametrize("option", ["-o", "--confidence"])
def test_a_place_that_takes_no_files_is_not_a_missing_picture(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    usual = Path.open

    def refuse(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if "x" in mode and path.parent.name == "proc":
            raise FileNotFoundError(errno.ENOENT, "as in /proc")
        return usual(path, mode, *rest, **named)

    (folder / "proc").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "open", refuse)
    told = refused(llenhance_, "dark.jpg", option, str(Path("proc") / "x.png"), code=1)
    assert told.startswith(f"error: {Path('proc').absolute()}: the system lets nobody write")


def test_a_picture_that_is_there_is_never_taken_for_a_misspelled_one(folder: Path) -> None:
    for name, missing in (("dark.jpg", "dark.jpg"), ("dark.jpeg", "out.jpg")):
        result = Result(
            input=name, output=None, status="failed", error=PictureError("not-found", missing)
        )
        assert clearer(result) == result
