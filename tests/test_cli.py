"""The command line: what it writes where, and its exit codes.

Most tests run the command in this process, with a network of a few random parameters. Those of
pipes, signals and imports start real processes.
"""

from __future__ import annotations

import errno
import inspect
import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
from support.photographs import photograph_file
from support.runners import Command, Outcome, command, imported_by, process

import llenhance
from llenhance.cli import bars
from llenhance.cli.enhance import enhance
from llenhance.cli.terminal import Terminal
from llenhance.enhancer import Enhanced, Enhancer
from llenhance.errors import ResourceError, WeightsError
from llenhance.model.architecture import SMALL, Architecture
from llenhance.pictures.decode import decode
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import mean_grey
from llenhance.weights import official

HEAVY = {"torch", "numpy", "cv2", "PIL", "huggingface_hub", "safetensors"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one dark photograph."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dark.jpg").write_bytes(photograph_file())
    return tmp_path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Run a command line in this process."""
    return command(capfdbinary)


@pytest.fixture
def llenhance_(run: Command, tiny: Path, folder: Path) -> Command:
    """Run `llenhance` with the tiny model, in the working folder."""
    return lambda *arguments: run("--model", str(tiny), *arguments)


def is_picture(path: Path) -> bool:
    return decode(path.read_bytes(), name=str(path)).pixels.any().item()


# --- what is understood -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["dark.jpg"],
        ["enhance", "dark.jpg"],
        ["--brightness", "0.2", "dark.jpg"],
        ["--brightness", "-0.2", "dark.jpg"],
        ["dark.jpg", "--tile", "16"],
        ["--tile", "0", "dark.jpg"],
        ["--precision", "fp32", "--device", "cpu", "dark.jpg"],
    ],
    ids=" ".join,
)
def test_a_photo_is_enhanced_beside_itself(
    run: Command, tiny: Path, folder: Path, arguments: list[str]
) -> None:
    outcome = run(*arguments, "--model", str(tiny))
    assert outcome.code == 0
    assert outcome.data == b""
    assert outcome.stderr.startswith("dark.jpg -> dark_enhanced.jpg  (16x16, ")
    assert outcome.stderr.count("\n") == 1
    assert is_picture(folder / "dark_enhanced.jpg")


@pytest.mark.parametrize("arguments", [["./weights"], ["enhance", "weights"]], ids=" ".join)
def test_a_photo_named_like_a_command_can_be_reached(
    run: Command, tiny: Path, folder: Path, arguments: list[str]
) -> None:
    (folder / "dark.jpg").rename("weights")
    assert run(*arguments, "--model", str(tiny)).code == 0
    assert is_picture(folder / "weights_enhanced.jpg")


@pytest.mark.parametrize(
    "name",
    [
        "dark one.jpg",
        "dämmerung.jpg",
        "夜.jpg",
        "[bold].jpg",
        "[red.jpg",
        ":moon:.jpg",
        "$HOME.jpg",
    ],
)
def test_any_name_is_written_and_shown_as_it_is(
    llenhance_: Command, folder: Path, name: str
) -> None:
    (folder / "dark.jpg").rename(name)
    outcome = llenhance_(name, "-o", "out/")
    assert outcome.code == 0
    assert outcome.stderr.startswith(f"{name} -> out/{name}  (")
    assert is_picture(folder / "out" / name)


def test_a_name_that_begins_with_a_dash_follows_two_dashes(
    llenhance_: Command, folder: Path
) -> None:
    (folder / "dark.jpg").rename("-dark.jpg")
    assert llenhance_("--", "-dark.jpg").code == 0
    assert is_picture(folder / "-dark_enhanced.jpg")


@pytest.mark.parametrize(
    ("name", "shown"), [("a\nb.jpg", r"a\nb.jpg"), ("\x1b[31m.jpg", r"\x1b[31m.jpg")]
)
def test_a_name_cannot_steer_the_terminal(
    llenhance_: Command, folder: Path, name: str, shown: str
) -> None:
    assert llenhance_(name).stderr.startswith(f"error: {shown}: there is no such file")


def test_a_name_that_is_no_text_is_enhanced_and_reported(llenhance_: Command, folder: Path) -> None:
    name = os.fsdecode(b"\xff.jpg")
    (folder / "dark.jpg").rename(name)
    outcome = llenhance_(name, "--json")
    assert outcome.code == 0
    assert outcome.lines[0]["result"]["input"] == name


def test_options_mean_the_same_in_python_and_on_the_command_line() -> None:
    here, there = (inspect.signature(thing).parameters for thing in (enhance, Enhancer))
    for name in ("model", "device", "precision", "tile"):
        assert here[name].default == there[name].default


# --- help and version -------------------------------------------------------------------------


def test_help_names_every_command(run: Command) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    for word in ("llenhance photo.jpg", "enhance", "evaluate", "weights", "--version"):
        assert word in outcome.stdout


def test_nothing_to_do_shows_the_help_and_fails(run: Command) -> None:
    outcome = run()
    assert outcome.code == 2
    assert outcome.data == b""
    assert outcome.stderr.encode() == run("--help").data


def test_the_version_is_data(run: Command) -> None:
    outcome = run("--version")
    assert outcome == Outcome(0, f"llenhance {llenhance.__version__}\n".encode(), "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["enhance", "--help"],
        ["evaluate", "--help"],
        ["bench", "--help"],
        ["doctor", "--help"],
        ["weights", "import", "--help"],
        [],
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not imported_by(*arguments) & HEAVY


def test_wrong_usage_is_told_without_loading_torch() -> None:
    assert "torch" not in imported_by("a.jpg", "-o", "a.jpg")


# --- exit codes -------------------------------------------------------------------------------


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
    else:
        assert outcome.data == b""
    assert outcome.stderr.startswith("error: ")
    assert outcome.stderr.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


@pytest.mark.parametrize("command", ["enhance", "weights"])
def test_a_command_without_its_arguments_says_where_help_is(run: Command, command: str) -> None:
    outcome = run(command)
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: Missing ")
    assert outcome.stderr.endswith(f"See: llenhance {command} --help\n")


def test_a_missing_input_is_code_1_and_the_others_are_done(
    llenhance_: Command, folder: Path
) -> None:
    outcome = llenhance_("missing.jpg", "dark.jpg")
    assert outcome.code == 1
    assert outcome.stderr.startswith("error: missing.jpg: ")
    assert is_picture(folder / "dark_enhanced.jpg")


def test_a_folder_as_input_is_code_1(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_(".")
    assert outcome.code == 1
    assert "it is a folder" in outcome.stderr


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
    outcome = llenhance_("dark.jpg", "missing.jpg")
    assert outcome.code == 4
    assert [line[:15] for line in outcome.stderr.splitlines()] == [
        "error: dark.jpg",
        "error: missing.",
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
    first, second = outcome.stderr.splitlines()
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


# --- what is said -----------------------------------------------------------------------------


def test_quiet_says_nothing_but_errors(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("-q", "--brightness", "0.7", "dark.jpg", "missing.jpg")
    assert outcome.stderr.startswith("error: missing.jpg: ")
    assert outcome.stderr.count("\n") == 1


def test_verbose_says_what_it_ran_on(llenhance_: Command, tiny: Path, folder: Path) -> None:
    (folder / "dark.jpg").write_bytes(photograph_file(size=(32, 32)))
    outcome = llenhance_("-v", "dark.jpg", "--tile", "32", "--device", "cpu", "--precision", "bf16")
    assert f"model {tiny} on cpu, bf16, " in outcome.stderr
    assert "\n  brightness 0.000, mean gray 0." in outcome.stderr


def test_unusual_brightness_is_warned_of_and_done(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--brightness", "0.7", "dark.jpg")
    assert outcome.code == 0
    assert outcome.stderr.startswith("warning: brightness: 0.7 is outside -0.4 to 0.4")


def test_each_of_several_pictures_gets_the_mean_grey_asked_for(run: Command, folder: Path) -> None:
    (folder / "darker.png").write_bytes(photograph_file(format="PNG", size=(24, 24)))
    outcome = run("dark.jpg", "darker.png", "--target-mean", "0.4", "-o", "out", "--json")
    results = [line["result"] for line in outcome.lines]
    assert [result["mean_gray"] for result in results] == pytest.approx([0.4, 0.4], abs=0.01)
    assert [line["messages"] for line in outcome.lines] == [[], []]
    assert results[0]["brightness"] != results[1]["brightness"]


def test_a_target_out_of_reach_is_said_and_reported(llenhance_: Command, folder: Path) -> None:
    [line] = llenhance_("dark.jpg", "--target-mean", "1", "--json").lines
    [note] = line["messages"]
    assert (note["code"], note["severity"]) == ("target-out-of-reach", "warning")
    assert note["facts"]["mean"] == pytest.approx(line["result"]["mean_gray"], abs=0.001)
    assert (note["facts"]["goal"], note["facts"]["way"]) == (1, "brighter")
    said = llenhance_("dark.jpg", "--target-mean", "1", "--overwrite")
    assert said.code == 0
    assert f"\n  {note['text']}" in said.stderr


def test_a_picture_to_match_that_cannot_be_read_is_told_before_the_model_is_loaded(
    run: Command, folder: Path
) -> None:
    outcome = run("dark.jpg", "--match", "missing.jpg", "--model", "nonsense")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: missing.jpg: there is no such file")


def test_what_the_format_cannot_hold_is_said_once(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    said = llenhance_("glass.png", "--format", "jpeg").stderr
    assert said.count("JPEG cannot hold transparency. Use --format png to keep it\n") == 1
    assert said.count("transparency") == 1


def test_a_result_keeps_the_format_of_its_input(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    outcome = llenhance_("glass.png")
    assert outcome.stderr.startswith("glass.png -> glass_enhanced.png  (16x16, ")
    assert outcome.stderr.count("\n") == 1
    assert (folder / "glass_enhanced.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_a_line_for_every_input_and_nothing_else(
    llenhance_: Command, tiny: Path, folder: Path
) -> None:
    options = ("--json", "--device", "cpu", "--precision", "fp32")
    outcome = llenhance_("dark.jpg", "missing.jpg", "-o", "out", *options)
    done, failed = outcome.lines
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
        "format": "JPEG",
        "width": 16,
        "height": 16,
        "estimate": None,
        "tiles": 1,
        "model": str(tiny),
        "device": "cpu",
        "precision": "fp32",
        "fast": False,
        "brightness": 0.0,
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
        ("", "enhance", "arguments-wrong", 2),
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
    assert outcome.stderr.startswith("error: ")
    assert told["text"].rstrip(".") in outcome.stderr
    assert outcome.stderr.count("\n") == 1


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


def test_dry_run_tells_what_the_format_cannot_hold(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file(format="PNG", alpha=True))
    arguments = ("--dry-run", "glass.png", "-o", "bright.jpg")
    done = llenhance_(*arguments)
    assert done.code == 0
    assert done.stderr.count("JPEG cannot hold transparency. Use --format png to keep it\n") == 1
    [line] = llenhance_(*arguments, "--json").lines
    assert [(told["code"], told["about"]) for told in line["messages"]] == [
        ("transparency-lost", "glass.png")
    ]
    assert {path.name for path in folder.iterdir()} == {"dark.jpg", "glass.png"}


def test_dry_run_of_a_pipe_writes_no_picture(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--dry-run", "dark.jpg", "-o", "-")
    assert (outcome.code, outcome.data) == (0, b"")
    assert outcome.stderr.startswith("dark.jpg -> standard output  (16x16, would take")


def test_files_get_no_colours_even_if_forced(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in llenhance_("missing.jpg").stderr


# --- terminals --------------------------------------------------------------------------------


class Screen(io.StringIO):
    """A standard stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour terminal, and bars after 50 ms."""
    monkeypatch.setattr(bars, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown_by_a_bar(stream: io.StringIO, *, seconds: float, quiet: bool = False) -> str:
    # Not a fixture: pytest puts its own stderr back between a fixture and its test.
    with redirect_stderr(stream), bars.watching(Terminal("enhance", quiet=quiet), 2) as show:
        show("dim.jpg", 0, 0)
        show("[bold].jpg", 0, 0)
        show("[bold].jpg", 1, 3)
        time.sleep(seconds)
    return stream.getvalue()


def shown_as_error() -> str:
    with redirect_stderr(Screen()) as screen:
        Terminal("enhance").error("dusk.jpg: missing")
    return screen.getvalue()


@pytest.mark.usefixtures("impatient")
def test_a_bar_names_the_picture_as_it_is_called() -> None:
    assert "[bold].jpg (2 of 2)" in shown_by_a_bar(Screen(), seconds=0.3)


@pytest.mark.usefixtures("impatient")
def test_a_bar_does_not_flash_up_for_what_is_quickly_done() -> None:
    assert shown_by_a_bar(Screen(), seconds=0) == ""


@pytest.mark.usefixtures("impatient")
def test_quiet_shows_no_bar() -> None:
    assert shown_by_a_bar(Screen(), seconds=0.3, quiet=True) == ""


@pytest.mark.usefixtures("impatient")
def test_a_file_gets_no_bar() -> None:
    assert shown_by_a_bar(io.StringIO(), seconds=0.3) == ""


@pytest.mark.usefixtures("impatient")
def test_errors_have_colour_on_a_terminal() -> None:
    assert shown_as_error() == "\x1b[1;31merror: \x1b[0mdusk.jpg: missing\n"


@pytest.mark.usefixtures("impatient")
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in shown_as_error()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="Windows has no such terminals")
def test_a_terminal_gets_no_picture(folder: Path) -> None:
    outer, inner = os.openpty()
    with process("dark.jpg", "-o", "-", stdout=inner) as running:
        _, said = running.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert running.returncode == 2
    assert said.startswith(b"error: standard output: ")


# --- pipes and signals ------------------------------------------------------------------------


def test_a_pipe_goes_in_and_a_picture_comes_out(tiny: Path) -> None:
    with process("--model", str(tiny), "-", stdin=subprocess.PIPE) as running:
        bright, said = running.communicate(photograph_file(format="PNG"), timeout=60)
    assert running.returncode == 0
    assert bright.startswith(b"\x89PNG")
    assert decode(bright, name="standard output").pixels.shape == (16, 16, 3)
    assert said.startswith(b"standard input -> standard output  (16x16, ")


def test_a_reader_who_has_had_enough_is_no_error() -> None:
    with process("--version") as running:
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (141, b"")  # 128 + SIGPIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_a_full_disk_behind_standard_output_is_code_4() -> None:
    with Path("/dev/full").open("wb") as full, process("--version", stdout=full) as running:
        _, said = running.communicate(timeout=60)
    assert running.returncode == 4
    assert said.startswith(b"error: standard output: there is no space left")
    assert said.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_an_error_whose_document_cannot_be_written_is_a_sentence_all_the_same(
    folder: Path,
) -> None:
    arguments = ("missing.jpg", "--json", "--match", "missing.jpg")
    with Path("/dev/full").open("wb") as full, process(*arguments, stdout=full) as running:
        _, said = running.communicate(timeout=60)
    assert running.returncode == 2
    assert said.startswith(b"error: missing.jpg: there is no such file")
    assert said.count(b"\n") == 1


@pytest.fixture
def signals_reach_children() -> Iterator[None]:
    """Where this process was started to ignore SIGINT, its children would ignore it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("signals_reach_children")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_work_and_leaves_only_what_was_finished(
    tiny: Path, folder: Path, number: signal.Signals
) -> None:
    (folder / "endless.jpg").write_bytes(photograph_file(size=(1500, 1500)))
    arguments = ["--model", str(tiny), "--tile", "16", "--json", "dark.jpg", "endless.jpg"]
    with process(*arguments) as running:
        assert running.stdout is not None
        running.stdout.readline()  # dark.jpg is done, endless.jpg has begun
        running.send_signal(number)
        rest, said = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert (rest, said) == (b"", b"")
    assert {path.name for path in folder.iterdir()} == {
        "dark.jpg",
        "dark_enhanced.jpg",
        "endless.jpg",
    }


def test_a_signal_in_the_middle_of_writing_leaves_no_temporary_file(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present: set[str] = set()

    def stop(_descriptor: int) -> None:
        present.update(path.name for path in folder.iterdir())
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(os, "fsync", stop)
    assert llenhance_("dark.jpg").code == 128 + signal.SIGTERM
    assert len(present) == 2  # the temporary file was there
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]


def test_signals_are_handled_as_before_when_a_command_has_ended(run: Command) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run("--version")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# --- weights ----------------------------------------------------------------------------------


def test_weights_are_imported_under_the_name_given(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def import_checkpoint(source: Path, *, target: Path, overwrite: bool) -> Architecture:
        asked.extend((source, target, overwrite))
        return SMALL

    monkeypatch.setattr(official, "import_checkpoint", import_checkpoint)
    outcome = run("weights", "import", "theirs.pth", "-o", "ours.safetensors", "--overwrite")
    assert outcome.code == 0
    assert asked == [Path("theirs.pth"), Path("ours.safetensors"), True]
    assert outcome.stderr == "theirs.pth -> ours.safetensors  (4 blocks, 32 features)\n"


def test_a_file_that_holds_no_weights_is_code_3(run: Command, folder: Path) -> None:
    outcome = run("weights", "import", "dark.jpg", "-o", "ours.safetensors")
    assert outcome.code == 3
    assert outcome.stderr.startswith("error: dark.jpg: ")
    assert outcome.stderr.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["dark.jpg"]
