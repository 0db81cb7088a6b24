"""`llenhance DIR`: what people see of a run over many pictures, and how it goes on when stopped."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from support.photographs import photograph_file
from support.runners import ENVIRONMENT, Command, process
from support.terminals import run_in_terminal, screen

from llenhance.pictures.formats import format_of


@pytest.fixture
def photos(folder: Path) -> Path:
    """A folder of six pictures, of which one is none, and a file of notes."""
    for name in ("a.jpg", "b.png", "sub/c.jpg", "sub/d.webp", "sub/e.jpg"):
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photograph_file(format_of(name)))
    (folder / "photos/bad.jpg").write_text("no picture")
    (folder / "photos/notes.txt").write_text("no picture")
    return folder / "photos"


def save_copies(folder: Path, *, count: int, size: tuple[int, int]) -> None:
    """Write 000.jpg and so on."""
    folder.mkdir()
    data = photograph_file(size=size)
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(data)


def test_a_folder_is_summed_up(llenhance_: Command, photos: Path) -> None:
    outcome = llenhance_("photos")
    assert outcome.code == 1
    error, done = outcome.stderr.splitlines()
    assert error.startswith("error: photos/bad.jpg: it is not a picture")
    assert done.startswith("Done: 5 written, 1 failed, 1 other file left alone (")


def test_many_failures_are_counted_by_kind(llenhance_: Command, photos: Path) -> None:
    for number in range(3):
        (photos / f"empty{number}.jpg").touch()
    *_, done, most, least = llenhance_("photos").stderr.splitlines()
    assert done.startswith("Done: 5 written, 4 failed")
    assert most == "  3 failed, such as photos/empty0.jpg: the file is empty"
    assert least.startswith("  1 failed: photos/bad.jpg: it is not a picture")


def test_verbose_tells_each_picture(llenhance_: Command, photos: Path) -> None:
    outcome = llenhance_("photos", "-v")
    assert "photos/sub/c.jpg -> photos_enhanced/sub/c.jpg" in outcome.stderr


def test_quiet_tells_failures_alone(llenhance_: Command, photos: Path) -> None:
    assert len(llenhance_("photos", "-q").stderr.splitlines()) == 1


def test_the_last_line_of_json_sums_up(llenhance_: Command, photos: Path) -> None:
    *pictures, last = llenhance_("photos", "--json").lines
    assert [one["result"]["status"] for one in pictures].count("written") == 5
    summary = last["result"]["summary"]
    assert summary.pop("seconds") >= 0
    assert summary.pop("megapixels") > 0
    assert summary == {
        "pictures": 6,
        "counts": {
            "written": 5,
            "planned": 0,
            "left": 0,
            "done-before": 0,
            "copied": 0,
            "skipped": 0,
            "failed": 1,
        },
        "failed": {"format-not-known": 1},
        "others": 1,
        "stopped": False,
        "disks": [],
    }
    assert last["exit_code"] == 1


def test_the_same_command_again_is_done_at_once(llenhance_: Command, photos: Path) -> None:
    (photos / "bad.jpg").unlink()
    assert llenhance_("photos").code == 0
    outcome = llenhance_("photos")
    assert outcome.code == 0
    assert outcome.stderr.startswith("Done: 5 done before, 1 other file left alone (")


def test_results_of_other_settings_are_told_once_with_why_and_what_to_do(
    llenhance_: Command, photos: Path
) -> None:
    (photos / "bad.jpg").unlink()
    llenhance_("photos")
    outcome = llenhance_("photos", "--brightness", "0.1")
    assert outcome.code == 1
    first, done, count = outcome.stderr.splitlines()
    assert first == (
        "error: photos_enhanced/a.jpg: it already exists, and was made with other settings. "
        "Add --overwrite to make it again, or choose another folder with -o."
    )
    assert done.startswith("Nothing was written: 5 failed, 1 other file left alone (")
    assert count == "  5 failed: made with other settings"
    documents = llenhance_("photos", "--brightness", "0.1", "--json").stdout.splitlines()
    assert sum('"exists-of-other-settings"' in line for line in documents[:-1]) == 5
    told = llenhance_("photos", "--brightness", "0.1", "--verbose").stderr
    assert told.count("error: ") == 5


def test_a_dry_run_tells_each_picture_and_what_all_will_take(
    llenhance_: Command, photos: Path
) -> None:
    *lines, done, takes, space = llenhance_("photos", "--dry-run").stderr.splitlines()
    assert sum(" -> photos_enhanced/" in line for line in lines) == 5
    assert done.startswith("Done: 5 to write, 1 failed")
    assert takes.startswith("  It would take about ")
    assert re.fullmatch(r"  The results would take about \d+ bytes; .+ are free", space)
    assert not (photos.parent / "photos_enhanced").exists()


def test_a_dry_run_warns_of_a_disk_that_is_too_small(
    llenhance_: Command, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(photos)
    warning = f"warning: {photos.parent}: the results take about "
    assert warning not in llenhance_("photos", "--dry-run").stderr

    def of_small_disk(_: Path) -> object:
        return usage._replace(free=700)

    monkeypatch.setattr(shutil, "disk_usage", of_small_disk)
    assert warning in llenhance_("photos", "--dry-run").stderr
    [picture, last] = llenhance_("photos/a.jpg", "--dry-run", "-o", "a.bmp", "--json").lines
    assert picture["result"]["space"]["free"] == 700
    [disk] = last["result"]["summary"]["disks"]
    assert disk["size"] > disk["free"] == 700
    assert [told["code"] for told in last["messages"]] == ["space-too-small"]


def test_results_of_a_folder_beside_it_are_not_enhanced_again(
    llenhance_: Command, photos: Path
) -> None:
    (photos / "bad.jpg").unlink()
    assert llenhance_("photos").code == 0
    outcome = llenhance_("photos", "photos_enhanced")
    assert outcome.code == 0
    assert "photos_enhanced: it was skipped: it is the folder of results" in outcome.stderr
    assert "Done: 5 done before, 1 skipped" in outcome.stderr
    assert not (photos.parent / "photos_enhanced_enhanced").exists()


def test_the_originals_of_a_folder_are_found_beside_its_results(
    llenhance_: Command, run: Command, photos: Path
) -> None:
    llenhance_("photos")
    assert "originals of 5 results: 5 unchanged" in run("audit", "photos_enhanced").stdout


def test_an_empty_folder_is_no_failure(llenhance_: Command, folder: Path) -> None:
    (folder / "empty").mkdir()
    outcome = llenhance_("empty")
    assert (outcome.code, outcome.stderr[:28]) == (0, "Done: there are no pictures ")


def test_the_habit_of_other_tools_to_name_the_result_last_is_asked_about(
    llenhance_: Command, folder: Path
) -> None:
    outcome = llenhance_("dark.jpg", "bright.jpg")
    assert outcome.code == 2
    assert "-o" in outcome.stderr
    assert {path.name for path in folder.iterdir()} == {"dark.jpg"}


def test_a_name_without_an_extension_is_a_folder(llenhance_: Command, folder: Path) -> None:
    assert llenhance_("dark.jpg", "-o", "new/bright").code == 0
    assert (folder / "new/bright/dark.jpg").exists()


@pytest.mark.usefixtures("signals_reach_children")
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_stopped_run_says_how_it_goes_on_and_does(
    llenhance_: Command, folder: Path, tiny: Path, jobs: str
) -> None:
    save_copies(folder / "photos", count=120, size=(24, 24))
    arguments = ("photos", "--model", str(tiny), "-j", jobs)
    running = process(*arguments)
    results = folder / "photos_enhanced"
    while not results.exists() or sum(1 for _ in results.glob("*.jpg")) < 3:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    said = running.communicate()[1].decode()
    assert running.returncode == 130
    written = re.search(r"Stopped: (\d+) of 120 written, (\d+) to go; run the same command", said)
    assert written is not None
    assert 3 <= int(written[1]) < 120
    assert not [path for path in results.iterdir() if path.name.endswith(".part")]
    outcome = llenhance_("photos", "-j", jobs)
    assert outcome.code == 0
    assert re.match(r"Done: \d+ written, \d+ done before", outcome.stderr)
    assert len(list(results.glob("*.jpg"))) == 120


def test_a_killed_run_goes_on_to_the_same_bytes(
    llenhance_: Command, folder: Path, tiny: Path
) -> None:
    save_copies(folder / "photos", count=24, size=(24, 24))
    assert llenhance_("photos", "-o", "straight").code == 0
    arguments = ("photos", "-o", "killed", "--model", str(tiny))
    for wanted in (1, 9):
        running = process(*arguments)
        while sum(1 for _ in (folder / "killed").glob("*.jpg")) < wanted:
            assert running.poll() is None
            time.sleep(0.01)
        running.kill()
        running.communicate()
    assert llenhance_("photos", "-o", "killed").code == 0
    one, other = (
        {path.name: path.read_bytes() for path in (folder / name).glob("*.jpg")}
        for name in ("straight", "killed")
    )
    assert one == other


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_shows_how_far_a_run_is(folder: Path, tiny: Path, columns: int) -> None:
    save_copies(folder / "photos", count=40, size=(400, 600))
    command = [sys.executable, "-m", "llenhance", "photos", "--model", str(tiny)]
    environment = {**ENVIRONMENT, "TERM": "xterm-256color"}
    seen: list[str] = []

    def shown(written: str) -> bool:
        found = re.search(r"[1-9]\d? of 40", written)
        if found:
            seen.append(written)
        return found is not None

    code, written = run_in_terminal(
        command, columns=columns, environment=environment, until=shown, keys=b"\x03"
    )
    assert code in (0, 130)  # it may have ended first
    assert seen
    bar = next(line for line in screen(seen[0], columns=columns) if "of 40" in line)
    assert re.search(r"0:\d\d:\d\d( left)?$", bar.rstrip())  # on one line
    assert not [line for line in screen(written, columns=columns) if "━" in line]  # it is gone
