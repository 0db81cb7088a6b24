"""Names of pictures from lists, patterns and pipes, and results as soon as a name is there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.inverter import Inverter
from support.photographs import photograph_file
from support.runners import Command, process

from llenhance.cli.named import matching, names_given
from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError
from llenhance.files import lists
from llenhance.files.lists import LINES, NULS, Arriving, NameList
from llenhance.jobs import batch
from llenhance.jobs.batch import Policy
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photograph_file(size=(6, 9)))
    return tmp_path


def listed(content: bytes, folder: Path, *, end: bytes = LINES) -> list[str]:
    path = folder / "list"
    path.write_bytes(content)
    return NameList(path, end=end).whole()


# --- Lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"a.jpg\nb.jpg\n", ["a.jpg", "b.jpg"]),
        (b"a.jpg\nb.jpg", ["a.jpg", "b.jpg"]),
        (b"a.jpg\r\nb c.jpg\r\n", ["a.jpg", "b c.jpg"]),
        (b"\n\na.jpg\n\n\r\nb.jpg\n\n", ["a.jpg", "b.jpg"]),
        (b"\xef\xbb\xbfa.jpg\n", ["a.jpg"]),
        (b"-\n-v.jpg\n@x\n*.jpg\n#1.jpg\n", ["-", "-v.jpg", "@x", "*.jpg", "#1.jpg"]),
        (b"caf\xe9.jpg\n", [os.fsdecode(b"caf\xe9.jpg")]),
        (b"BM.jpg\n", None),
        (b"", []),
        (b"\n", []),
    ],
    ids=repr,
)
def test_a_list_has_a_name_on_each_line(
    tmp_path: Path, content: bytes, names: list[str] | None
) -> None:
    if names is None:  # it begins like a BMP file
        with pytest.raises(UsageError):
            listed(content, tmp_path)
        return
    assert listed(content, tmp_path) == names


def test_a_name_may_begin_like_a_picture(photos: Path) -> None:
    (photos / "BM.jpg").touch()
    assert listed(b"BM.jpg\nx.jpg\n", photos) == ["BM.jpg", "x.jpg"]


def test_names_that_end_with_nul_have_any_other_letters(tmp_path: Path) -> None:
    found = listed(b"a\nb.jpg\0 c.jpg\r\0\0\xffd.jpg", tmp_path, end=NULS)
    assert found == ["a\nb.jpg", " c.jpg\r", os.fsdecode(b"\xffd.jpg")]


@pytest.mark.parametrize(
    ("content", "end", "code"),
    [
        (b"a.jpg\0b.jpg\0", LINES, "list-no-text"),
        ("a.jpg\n".encode("utf-16"), LINES, "list-no-text"),
        (photograph_file(), LINES, "list-is-a-picture"),
        (photograph_file(), NULS, "list-is-a-picture"),
        (b"x" * 40_000, LINES, "list-name-too-long"),
        (b"x\n" * 40_000, NULS, "list-name-too-long"),
        (b"x" * 40_000 + b"\n", LINES, "list-name-too-long"),
    ],
    ids=str,
)
def test_what_is_no_list_is_told(tmp_path: Path, content: bytes, end: bytes, code: str) -> None:
    with pytest.raises(UsageError) as raised:
        listed(content, tmp_path, end=end)
    assert raised.value.code == code


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a stream without an end")
@pytest.mark.parametrize("end", [LINES, NULS])
def test_what_never_ends_is_not_read_for_ever(end: bytes) -> None:
    with pytest.raises(UsageError) as raised:
        list(NameList(Path("/dev/zero"), end=end))
    assert raised.value.code == ("list-no-text" if end == LINES else "list-of-nothing")


def test_a_list_that_is_too_long_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_LARGEST", 11)
    with pytest.raises(UsageError) as raised:
        listed(b"a.jpg\nb.jpg\n", tmp_path)
    assert raised.value.code == "list-too-long"
    assert len(list(NameList(tmp_path / "list"))) == 2  # as a stream, it may be of any length


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["@nowhere.txt"], "nowhere.txt: there is no such file"),
        (["--files-from", "nowhere.txt"], "nowhere.txt: there is no such file"),
        (["--files0-from", "."], ".: it is a folder, not a list of names"),
        (["--files-from", "-", "-"], "standard input: it can be read only once"),
        (["--files-from", "-", "--files0-from", "-"], "standard input: it can be read only once"),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_is_one_sentence(
    llenhance_: Command, photos: Path, arguments: list[str], told: str
) -> None:
    outcome = llenhance_(*arguments)
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"error: {told}")
    assert outcome.stderr.count("\n") == 1


def test_a_list_without_names_is_said_and_no_failure(llenhance_: Command, photos: Path) -> None:
    (photos / "list").touch()
    outcome = llenhance_("--files-from", "list")
    assert (outcome.code, outcome.stderr.count("\n")) == (0, 1)
    assert outcome.stderr.startswith("list: there is no name in it")
    (told,) = llenhance_("@list", "--json").document["messages"]
    assert told["code"] == "list-without-names"


def test_lists_name_pictures_and_folders(llenhance_: Command, photos: Path) -> None:
    (photos / "list").write_text("a.jpg\nsub\n")
    assert llenhance_("@list", "--files-from", "list", "b.jpg", "-o", "out").code == 0
    assert {path.name for path in (photos / "out").glob("*.jpg")} == {"a.jpg", "b.jpg", "c.jpg"}


# --- Words --------------------------------------------------------------------------------------


def named(*words: str) -> list[str]:
    return names_given(words, files_from=None, files0_from=None, terminal=Terminal("enhance")).names


def test_a_file_that_is_called_like_a_list_is_that_file(photos: Path) -> None:
    (photos / "list.txt").write_text("a.jpg\n")
    assert named("@list.txt") == ["a.jpg"]
    (photos / "@list.txt").write_bytes(photograph_file())
    assert named("@list.txt", "./@list.txt") == ["@list.txt", "./@list.txt"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.jpg", ["a.jpg", "b.jpg"]),
        ("[b-z].jpg", ["b.jpg"]),
        ("**/*.jpg", ["a.jpg", "b.jpg", "sub/c.jpg"]),
        ("sub/?.jpg", ["sub/c.jpg"]),
        ("*/c.*", ["sub/c.jpg"]),
        (".*.jpg", [".hidden.jpg"]),
        ("*.png", []),
        ("a**b", []),
        ("[", []),
    ],
)
def test_patterns_that_no_shell_has_replaced_mean_what_they_mean_in_one(
    photos: Path, pattern: str, names: list[str]
) -> None:
    (photos / ".hidden.jpg").touch()
    (photos / "sub/loop").symlink_to(photos, target_is_directory=True)
    assert matching(pattern) == names
    assert matching(f"{photos}/*.jpg") == [f"{photos}/a.jpg", f"{photos}/b.jpg"]


def test_a_file_that_is_called_like_a_pattern_is_that_file(photos: Path) -> None:
    (photos / "[a].jpg").touch()
    assert named("[a].jpg", "*.png") == ["[a].jpg", "*.png"]


# --- Names that come one by one -----------------------------------------------------------------


class Sender:
    """Gives names when it is told to."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self.names = Arriving(NameList(Path(f"/dev/fd/{read}")))

    def send(self, text: str) -> None:
        os.write(self._write, text.encode())

    def end(self) -> None:
        os.close(self._write)


def enhanced(
    sender: Sender, *, output: str | None = "out", jobs: int = 1, network: Inverter | None = None
) -> Iterator[Result]:
    return batch.enhance_files(
        [],
        coming=sender.names,
        enhancer=lambda: network or Inverter(),
        request=Request(),
        policy=Policy(output=output, jobs=jobs),
    )


needs_descriptors = pytest.mark.skipif(
    not Path("/dev/fd").exists(), reason="pipes have no names on this system"
)


@needs_descriptors
@pytest.mark.parametrize("jobs", [1, 3])
def test_each_name_is_done_as_soon_as_it_comes(photos: Path, jobs: int) -> None:
    sender = Sender()
    results = enhanced(sender, jobs=jobs)
    for name, output in (
        ("a.jpg", "out/a.jpg"),
        ("b.jpg", "out/b.jpg"),
        ("sub/c.jpg", "out/c.jpg"),
    ):
        sender.send(f"{name}\n")
        result = next(results)  # would wait for ever if it waited for another name
        assert (result.input, result.output, result.status) == (name, output, "written")
    sender.end()
    assert list(results) == []


@needs_descriptors
def test_a_name_that_comes_again_has_an_answer_too(photos: Path) -> None:
    sender = Sender()
    results = enhanced(sender)
    sender.send("a.jpg\n")
    assert next(results).status == "written"
    sender.send("./a.jpg\n")
    again = next(results)
    assert (again.status, [note.code for note in again.notes]) == ("skipped", ["named-twice"])
    sender.end()


@needs_descriptors
@pytest.mark.parametrize("names", [("sub/c.jpg", "sub"), ("sub", "sub/c.jpg"), ("sub", "./sub")])
def test_a_file_and_its_folder_have_an_answer_each(photos: Path, names: tuple[str, str]) -> None:
    sender = Sender()
    sender.send("\n".join(names))
    sender.end()
    results = list(enhanced(sender))
    assert [one.status for one in results] == ["written", "skipped"]
    assert [note.code for note in results[1].notes] == ["named-twice"]


@needs_descriptors
def test_results_of_names_that_come_have_names_of_their_own(photos: Path) -> None:
    sender = Sender()
    (photos / "sub/a.jpg").write_bytes(photograph_file())
    sender.send("a.jpg\nsub/a.jpg\nsub")
    sender.end()
    outputs = [one.output for one in enhanced(sender)]
    assert outputs == ["out/a.jpg", "out/a-jpg.jpg", None, "out/sub/c.jpg"]


@needs_descriptors
def test_the_ledger_holds_for_names_that_come(photos: Path) -> None:
    for status in ("written", "done-before"):
        sender = Sender()
        sender.send("a.jpg\nb.jpg\n")
        sender.end()
        assert [one.status for one in enhanced(sender)] == [status] * 2


@needs_descriptors
def test_results_that_a_search_finds_beside_their_pictures_are_no_inputs(photos: Path) -> None:
    sender = Sender()
    results = enhanced(sender, output=None)
    sender.send("a.jpg\n")
    assert next(results).output == "a_enhanced.jpg"
    (photos / "b_enhanced.jpg").write_bytes(photograph_file())
    sender.send("a_enhanced.jpg\nb_enhanced.jpg\nb.jpg\n")
    sender.end()
    codes = [one.error.code if one.error else one.status for one in results]
    assert codes == ["skipped", "skipped", "exists"]


@needs_descriptors
def test_memory_that_is_short_is_told_without_waiting_for_names(photos: Path) -> None:
    sender = Sender()
    results = enhanced(sender, network=Inverter(MemoryError()), jobs=3)
    sender.send("a.jpg\n")
    error = next(results).error  # what is to come is not beside it
    assert error is not None
    assert error.code == "out-of-memory"
    sender.send("b.jpg\n")
    assert next(results).status == "written"
    sender.end()


@needs_descriptors
def test_who_has_enough_does_not_wait_for_names(photos: Path) -> None:
    sender = Sender()
    results = enhanced(sender)
    sender.send("a.jpg\n")
    next(results)
    closing = threading.Thread(target=results.close, daemon=True)  # pyright: ignore
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    sender.end()


@needs_descriptors
def test_what_is_no_name_ends_the_run_after_what_was_done(photos: Path) -> None:
    sender = Sender()
    results = enhanced(sender)
    sender.send("a.jpg\n")
    assert next(results).status == "written"
    sender.send("b\0c\n")
    with pytest.raises(UsageError) as raised:
        next(results)
    assert raised.value.code == "list-no-text"
    sender.end()


@pytest.mark.skipif(os.name != "posix", reason="needs pipes of POSIX")
def test_one_process_answers_a_loop_and_ends_with_the_pipe_or_a_signal(
    photos: Path, tiny: Path
) -> None:
    arguments = ("--files-from", "-", "--json", "-o", "out", "--model", str(tiny))
    with process(*arguments, stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for name, status in (("a.jpg", "written"), ("missing.jpg", "failed"), ("b.jpg", "written")):
            running.stdin.write(f"{name}\n".encode())
            running.stdin.flush()
            result = json.loads(running.stdout.readline())["result"]
            assert (result["input"], result["status"]) == (name, status)
        running.send_signal(signal.SIGTERM)  # while it waits for a name
        rest, said = running.communicate(timeout=20)
    assert running.returncode == 128 + signal.SIGTERM
    summary = json.loads(rest)["result"]["summary"]
    assert (summary["pictures"], summary["stopped"], said) == (3, True, b"")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes of POSIX")
def test_a_reader_who_has_had_enough_ends_a_loop(photos: Path, tiny: Path) -> None:
    arguments = ("--files-from", "-", "--json", "-o", "out", "--model", str(tiny))
    with process(*arguments, stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None
        running.stdin.write(b"a.jpg\n")
        running.stdin.flush()
        assert running.wait(30) == 128 + signal.SIGPIPE
