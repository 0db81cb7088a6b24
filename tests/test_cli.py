"""The command line: what it writes where, and its exit codes.

Most tests run the command in this process, with a network of a few random parameters. Those of
pipes, signals and imports start real processes.
"""

from __future__ import annotations

import inspect
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
import pytest

import llenhance
from llenhance.cli import app, terminal
from llenhance.cli.enhance import enhance
from llenhance.cli.terminal import Terminal
from llenhance.enhancer import Enhancer
from llenhance.errors import ResourceError
from llenhance.model.architecture import Architecture
from llenhance.pictures.picture import Picture, decode, encode
from llenhance.scoring.metrics import mean_grey
from llenhance.weights import official

HEAVY = {"torch", "numpy", "cv2", "PIL", "huggingface_hub", "safetensors"}

ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(llenhance.__file__).parents[1]),
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stdout.splitlines()]


Command = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one dark photograph."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dark.jpg").write_bytes(photograph())
    return tmp_path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Run a command line in this process."""

    def run(*arguments: str) -> Outcome:
        capfdbinary.readouterr()
        try:
            code = app.run(arguments)
        except SystemExit as leaving:
            code = int(str(leaving.code))
        said = capfdbinary.readouterr()
        return Outcome(code, said.out, said.err.decode())

    return run


@pytest.fixture
def llenhance_(run: Command, tiny: Path, folder: Path) -> Command:
    """Run `llenhance` with the tiny model, in the working folder."""
    return lambda *arguments: run("--model", str(tiny), *arguments)


def photograph(*, format: str = "JPEG", alpha: bool = False, side: int = 16) -> bytes:
    values = np.random.default_rng(0).integers(0, 60, (side, side, 4 if alpha else 3), np.uint8)
    return encode(Picture.from_array(values), format=format, name="photograph").data


def is_picture(path: Path) -> bool:
    return decode(path.read_bytes(), name=str(path)).pixels.any().item()


def process(
    *arguments: str, stdin: int | None = None, stdout: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "llenhance", *arguments]
    return subprocess.Popen(
        command, env=ENVIRONMENT, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )


def imported_by(arguments: Sequence[str]) -> set[str]:
    """Return the heavy packages that a command has imported when it ends."""
    program = (
        "import sys; from llenhance.cli.app import run; run(sys.argv[1:]); "
        "print('\\0', *sys.modules)"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True, text=True)
    return HEAVY.intersection(done.stdout.rpartition("\0")[2].split())


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
    assert outcome.stdout == b""
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
    assert outcome.lines[0]["input"] == name


def test_options_mean_the_same_in_python_and_on_the_command_line() -> None:
    here, there = (inspect.signature(thing).parameters for thing in (enhance, Enhancer))
    for name in ("model", "device", "precision", "tile"):
        assert here[name].default == there[name].default


# --- help and version -------------------------------------------------------------------------


def test_help_names_every_command(run: Command) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    for word in ("llenhance photo.jpg", "enhance", "evaluate", "weights", "--version"):
        assert word in outcome.stdout.decode()


def test_nothing_to_do_shows_the_help_and_fails(run: Command) -> None:
    outcome = run()
    assert outcome.code == 2
    assert outcome.stdout == b""
    assert outcome.stderr.encode() == run("--help").stdout


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
    assert imported_by(arguments) == set()


def test_wrong_usage_is_told_without_loading_torch() -> None:
    assert "torch" not in imported_by(["a.jpg", "-o", "a.jpg"])


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
    assert outcome.stdout == b""
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
    monkeypatch.setattr(Enhancer, "brighten", raising(MemoryError()))
    outcome = llenhance_("dark.jpg", "missing.jpg")
    assert outcome.code == 4
    assert [line[:15] for line in outcome.stderr.splitlines()] == [
        "error: dark.jpg",
        "error: missing.",
    ]


def test_too_little_memory_for_the_model_is_code_4(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ResourceError("nano", "needs more memory", "Get more")
    monkeypatch.setattr(Enhancer, "__init__", raising(error))
    outcome = llenhance_("dark.jpg")
    assert outcome.code == 4
    assert "needs more memory" in outcome.stderr


def test_a_bug_keeps_its_traceback(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Enhancer, "brighten", raising(ZeroDivisionError()))
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
    (folder / "dark.jpg").write_bytes(photograph(side=32))
    outcome = llenhance_("-v", "dark.jpg", "--tile", "32", "--device", "cpu", "--precision", "bf16")
    assert f"model {tiny} on cpu, bf16, " in outcome.stderr
    assert "\n  brightness 0.000, mean grey 0." in outcome.stderr


def test_unusual_brightness_is_warned_of_and_done(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--brightness", "0.7", "dark.jpg")
    assert outcome.code == 0
    assert outcome.stderr.startswith("warning: brightness 0.7 is outside -0.4 to 0.4")


def test_each_of_several_pictures_gets_the_mean_grey_asked_for(run: Command, folder: Path) -> None:
    (folder / "darker.png").write_bytes(photograph(format="PNG", side=24))
    outcome = run("dark.jpg", "darker.png", "--target-mean", "0.4", "-o", "out", "--json")
    assert [line["mean_grey"] for line in outcome.lines] == pytest.approx([0.4, 0.4], abs=0.01)
    assert [line["notes"] for line in outcome.lines] == [[], []]
    one, other = (line["brightness"] for line in outcome.lines)
    assert one != other


def test_a_target_out_of_reach_is_said_and_reported(llenhance_: Command, folder: Path) -> None:
    [line] = llenhance_("dark.jpg", "--target-mean", "1", "--json").lines
    note = f"the mean grey is {line['mean_grey']:.2f}: this model goes no brighter"
    assert str(line["notes"]).startswith(f"['{note}")
    said = llenhance_("dark.jpg", "--target-mean", "1", "--overwrite")
    assert said.code == 0
    assert f"\n  {note} on this picture, 1.00 was asked for\n" in said.stderr


def test_a_picture_to_match_that_cannot_be_read_is_told_before_the_model_is_loaded(
    run: Command, folder: Path
) -> None:
    outcome = run("dark.jpg", "--match", "missing.jpg", "--model", "nonsense")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: missing.jpg: there is no such file")


def test_what_the_format_cannot_hold_is_said_once(llenhance_: Command, folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph(format="PNG", alpha=True))
    assert llenhance_("glass.png").stderr.count("JPEG cannot hold transparency") == 1


def test_json_is_a_line_for_every_input_and_nothing_else(
    llenhance_: Command, tiny: Path, folder: Path
) -> None:
    options = ("--json", "--device", "cpu", "--precision", "fp32")
    outcome = llenhance_("dark.jpg", "missing.jpg", "-o", "out", *options)
    done, failed = outcome.lines
    assert outcome.code == 1
    assert outcome.stderr == ""
    assert isinstance(done.pop("seconds"), float)
    grey = mean_grey(decode((folder / "out" / "dark.jpg").read_bytes(), name="dark").pixels)
    assert done.pop("mean_grey") == pytest.approx(grey, abs=0.005)  # JPEG changes it a little
    assert done == {
        "input": "dark.jpg",
        "output": "out/dark.jpg",
        "status": "ok",
        "error": None,
        "exit_code": 0,
        "width": 16,
        "height": 16,
        "notes": [],
        "model": str(tiny),
        "device": "cpu",
        "precision": "fp32",
        "fast": False,
        "brightness": 0.0,
    }
    assert failed["input"] == "missing.jpg"
    assert (failed["status"], failed["exit_code"]) == ("failed", 1)
    assert str(failed["error"]).startswith("missing.jpg: ")
    assert failed.keys() == {*done, "seconds", "mean_grey"}
    assert failed["mean_grey"] is None


def test_dry_run_says_what_would_be_done(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--dry-run", "dark.jpg")
    assert outcome.code == 0
    assert outcome.stderr.startswith("dark.jpg -> dark_enhanced.jpg  (16x16, would take about 0.")
    assert not (folder / "dark_enhanced.jpg").exists()


def test_dry_run_as_json(llenhance_: Command, folder: Path) -> None:
    (line,) = llenhance_("--dry-run", "--json", "dark.jpg").lines
    assert (line["status"], line["output"]) == ("planned", "dark_enhanced.jpg")
    assert set(cast("dict[str, float]", line["estimate"])) == {"seconds", "memory"}


def test_dry_run_of_a_pipe_writes_no_picture(llenhance_: Command, folder: Path) -> None:
    outcome = llenhance_("--dry-run", "dark.jpg", "-o", "-")
    assert (outcome.code, outcome.stdout) == (0, b"")
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
    monkeypatch.setattr(terminal, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown_by_a_bar(stream: io.StringIO, *, seconds: float, quiet: bool = False) -> str:
    # Not a fixture: pytest puts its own stderr back between a fixture and its test.
    with redirect_stderr(stream), Terminal(quiet=quiet).watching(2) as show:
        show("[bold].jpg", 1, 3)
        time.sleep(seconds)
    return stream.getvalue()


def shown_as_error() -> str:
    with redirect_stderr(Screen()) as screen:
        Terminal().error("dusk.jpg: missing")
    return screen.getvalue()


@pytest.mark.usefixtures("impatient")
def test_a_bar_names_the_picture_as_it_is_called() -> None:
    assert "[bold].jpg (1 of 2)" in shown_by_a_bar(Screen(), seconds=0.3)


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
        bright, said = running.communicate(photograph(format="PNG"), timeout=60)
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
    assert said.startswith(b"error: standard output: no space left")
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
    (folder / "endless.jpg").write_bytes(photograph(side=1500))
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
        return Architecture(features=32, growth=32, blocks=4, steps=4, hidden=64, margin=64)

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
