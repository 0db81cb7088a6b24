"""`--watch`: what arrives in a folder is enhanced when it is complete."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from support.inverter import Inverter
from support.photographs import photograph_file
from support.runners import Command, process

from llenhance.errors import MissingExtraError, UsageError
from llenhance.jobs import batch, watching
from llenhance.jobs.batch import Policy
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result


def until(is_so: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


class Watching:
    """A run that watches `photos`, in a thread; what became of pictures is in `results`."""

    def __init__(self, *inputs: str, format: str | None = None, **policy: Any) -> None:
        self.results: list[Result] = []
        self.network = Inverter()
        self.problem: Exception | None = None
        self._enough = Event()
        self._thread = Thread(target=self._run, args=(inputs or ("photos",), format, policy))
        self._thread.start()

    def _run(self, inputs: tuple[str, ...], format: str | None, policy: dict[str, Any]) -> None:
        results = batch.enhance_files(
            list(inputs),
            enhancer=lambda: self.network,
            request=Request(format=format),
            policy=Policy(watch=True, **policy),
        )
        try:
            for one in results:
                if one.input.endswith("last.jpg"):
                    return
                self.results.append(one)
        except Exception as problem:  # noqa: BLE001  # told where it is looked at
            self.problem = problem
        finally:
            getattr(results, "close", lambda: None)()

    def became(self) -> list[tuple[str, str]]:
        return [
            (Path(one.input).name, one.error.code if one.error else one.status)
            for one in self.results
        ]

    def expect(self, *expected: tuple[str, str]) -> None:
        until(lambda: len(self.results) >= len(expected) or self.problem is not None)
        assert self.problem is None
        assert self.became() == list(expected)

    def end(self) -> None:
        if self._thread.is_alive():
            (Path("photos") / "last.jpg").write_bytes(photograph_file("JPEG", size=(5, 5)))
        self._thread.join(20)
        assert not self._thread.is_alive()
        Path("photos/last.jpg").unlink(missing_ok=True)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one picture; files are complete when they are still for a tenth of a second."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(watching, "STILL", 0.1)
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photograph_file("JPEG", size=(6, 9)))
    return folder


@pytest.fixture
def started(photos: Path) -> Iterator[Watching]:
    """A run that has done what was there, and waits."""
    assert photos.exists()
    run = Watching()
    run.expect(("a.jpg", "written"))
    yield run
    run.end()


JPEG = photograph_file("JPEG", size=(40, 60))


def test_what_arrives_is_enhanced(photos: Path, started: Watching) -> None:
    (photos / "b.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("b.jpg", "written"))
    assert Path("photos_enhanced/b.jpg").exists()


def test_what_arrives_in_a_new_folder_is_too(photos: Path, started: Watching) -> None:
    (photos / "day").mkdir()
    (photos / "day/b.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("b.jpg", "written"))
    assert Path("photos_enhanced/day/b.jpg").exists()


def test_half_a_file_is_no_failure(photos: Path, started: Watching) -> None:
    half = len(JPEG) // 2
    with (photos / "b.jpg").open("wb") as file:
        file.write(JPEG[:half])
        file.flush()
        time.sleep(0.6)  # far longer than it has to be still
        assert started.became() == [("a.jpg", "written")]
        file.write(JPEG[half:])
    started.expect(("a.jpg", "written"), ("b.jpg", "written"))
    assert started.network.calls == 2


def test_a_file_that_stays_broken_fails(
    photos: Path, started: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 0.4)
    (photos / "b.jpg").write_bytes(JPEG[: len(JPEG) // 2])
    started.expect(("a.jpg", "written"), ("b.jpg", "damaged-picture"))
    (photos / "b.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("b.jpg", "damaged-picture"), ("b.jpg", "written"))


def test_a_broken_file_that_was_there_for_long_fails_at_once(photos: Path) -> None:
    (photos / "b.jpg").write_bytes(b"no picture")
    os.utime(photos / "b.jpg", (1, 1))
    run = Watching()
    run.expect(("b.jpg", "format-not-known"), ("a.jpg", "written"))  # which may be unfinished
    run.end()


@pytest.mark.parametrize("kind", ["part", "crdownload", "tmp"])
def test_a_name_for_unfinished_files_counts_when_it_is_another(
    photos: Path, started: Watching, kind: str
) -> None:
    unfinished = photos / f"b.jpg.{kind}"
    unfinished.write_bytes(JPEG)
    time.sleep(0.4)
    unfinished.rename(photos / "b.jpg")
    started.expect(("a.jpg", "written"), ("b.jpg", "written"))
    assert {path.name for path in Path("photos_enhanced").glob("*.jpg*")} == {"a.jpg", "b.jpg"}


def test_a_picture_that_is_replaced_is_done_again(photos: Path, started: Watching) -> None:
    before = Path("photos_enhanced/a.jpg").read_bytes()
    (photos / "a.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("a.jpg", "written"))
    assert Path("photos_enhanced/a.jpg").read_bytes() != before


def test_a_picture_of_the_same_content_is_not_done_again(photos: Path, started: Watching) -> None:
    os.utime(photos / "a.jpg")
    started.expect(("a.jpg", "written"), ("a.jpg", "done-before"))
    assert started.network.calls == 1


def test_a_result_that_somebody_edited_is_not_replaced(photos: Path, started: Watching) -> None:
    Path("photos_enhanced/a.jpg").write_bytes(b"edited")
    (photos / "a.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("a.jpg", "exists-edited"))
    assert Path("photos_enhanced/a.jpg").read_bytes() == b"edited"


def test_a_picture_that_is_deleted_is_nothing(photos: Path, started: Watching) -> None:
    (photos / "a.jpg").unlink()
    (photos / "b.jpg").write_bytes(JPEG)
    started.expect(("a.jpg", "written"), ("b.jpg", "written"))
    assert Path("photos_enhanced/a.jpg").exists()


def test_results_within_the_folder_are_not_read(photos: Path) -> None:
    run = Watching(output="photos/bright")
    run.expect(("a.jpg", "written"))
    (photos / "b.jpg").write_bytes(JPEG)
    run.expect(("a.jpg", "written"), ("b.jpg", "written"))
    time.sleep(0.4)
    run.end()
    assert run.became() == [("a.jpg", "written"), ("b.jpg", "written")]


def test_results_beside_the_pictures_are_not_read(photos: Path) -> None:
    run = Watching(output="photos", format="PNG")
    run.expect(("a.jpg", "written"))
    time.sleep(0.4)
    run.end()
    assert run.became() == [("a.jpg", "written")]


def test_names_do_not_change_when_others_arrive(photos: Path) -> None:
    run = Watching(format="WEBP")
    run.expect(("a.jpg", "written"))
    (photos / "a.bmp").write_bytes(photograph_file("BMP", size=(7, 7)))  # it comes first by name
    run.expect(("a.jpg", "written"), ("a.bmp", "written"))
    run.end()
    assert run.results[-1].output == "photos_enhanced/a-bmp.webp"


def test_what_was_done_before_is_not_done_again(photos: Path, started: Watching) -> None:
    started.end()
    (photos / "a.jpg").write_bytes(JPEG)  # while nobody watches
    run = Watching()
    run.expect(("a.jpg", "written"))
    run.end()


def test_polling_finds_what_arrives(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_POLLING", 50)
    run = Watching(poll=True)
    run.expect(("a.jpg", "written"))
    (photos / "b.jpg").write_bytes(JPEG)
    run.expect(("a.jpg", "written"), ("b.jpg", "written"))
    run.end()


def test_a_folder_that_goes_away_ends_it(photos: Path, started: Watching) -> None:
    photos.rename(photos.with_name("elsewhere"))
    until(lambda: started.problem is not None)
    assert isinstance(started.problem, UsageError)
    assert started.problem.code == "watched-folder-gone"


def test_what_the_system_refuses_is_told(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("file watch limit reached")

    monkeypatch.setattr("watchfiles.watch", refuse)
    assert photos.exists()
    run = Watching()
    until(lambda: run.problem is not None)
    run.end()
    assert isinstance(run.problem, UsageError)
    assert run.problem.code == "watch-refused"


def test_without_its_library_it_names_the_extra(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtraError, match="watch"):
        watching.Watched([str(photos)])


# --- The command --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["dark.jpg", "--watch"], ["-", "--watch"], [".", "--watch", "--dry-run"], [".", "--poll"]],
)
def test_wrong_usage(llenhance_: Command, folder: Path, arguments: list[str]) -> None:
    assert folder.exists()
    assert llenhance_(*arguments).code == 2


@pytest.mark.usefixtures("signals_reach_children")
def test_a_process_that_watches_until_it_is_stopped(folder: Path, tiny: Path) -> None:
    (folder / "photos").mkdir()
    (folder / "photos/a.jpg").write_bytes(JPEG)
    running = process("photos", "--watch", "--json", "--model", str(tiny))
    assert running.stdout is not None
    lines = [json.loads(running.stdout.readline())]
    half = len(JPEG) // 2
    with (folder / "photos/b.jpg").open("wb") as file:
        file.write(JPEG[:half])
        file.flush()
        time.sleep(1.5)
        file.write(JPEG[half:])
    (folder / "c.jpg").write_bytes(photograph_file("JPEG", size=(9, 9)))
    (folder / "c.jpg").rename(folder / "photos/c.jpg")
    lines += [json.loads(running.stdout.readline()) for _ in range(2)]  # as they happen
    running.send_signal(signal.SIGINT)
    rest, said = running.communicate(timeout=20)
    assert (running.returncode, said) == (130, b"")
    done = [Path(line["result"]["input"]).name for line in lines]
    assert (done[0], sorted(done[1:])) == ("a.jpg", ["b.jpg", "c.jpg"])
    summary = json.loads(rest)["result"]["summary"]
    assert (summary["counts"]["written"], summary["counts"]["failed"]) == (3, 0)
    assert summary["stopped"]


def test_people_are_told_that_it_waits_and_how_it_ends(folder: Path, tiny: Path) -> None:
    (folder / "photos").mkdir()
    (folder / "photos/a.jpg").write_bytes(JPEG)
    running = process("photos", "--watch", "--model", str(tiny))
    until(lambda: (folder / "photos_enhanced/a.jpg").exists())
    time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    said = running.communicate(timeout=20)[1].decode().splitlines()
    assert running.returncode == 143
    assert said[0] == "Watching photos; Ctrl-C ends"
    assert said[-1] == "Stopped: 1 written"
