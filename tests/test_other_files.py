"""Copies of what is no picture, and the file of what failed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from support.photographs import photograph_file
from support.runners import Command

from llenhance.cli.failures import FailureFile
from llenhance.cli.shapes.document import adapter
from llenhance.errors import PictureError
from llenhance.jobs.results import Result


@pytest.fixture
def photos(folder: Path) -> Path:
    """A folder with a picture, one that is none, and what is no picture."""
    for name, data in (
        ("a.jpg", photograph_file()),
        ("bad.jpg", b"no picture"),
        ("notes.txt", b"of the day"),
        ("sub/film.mov", bytes(range(256)) * 40),
    ):
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    os.utime(folder / "photos/notes.txt", (1e9, 1e9))
    (folder / "photos/notes.txt").chmod(0o600)
    return folder / "photos"


# --- Copies -------------------------------------------------------------------------------------


def test_what_is_no_picture_is_copied_to_the_byte_with_its_time(
    llenhance_: Command, photos: Path
) -> None:
    outcome = llenhance_("photos", "--copy-others")
    results = photos.with_name("photos_enhanced")
    notes, film = results / "notes.txt", results / "sub/film.mov"
    assert film.read_bytes() == (photos / "sub/film.mov").read_bytes()
    assert notes.read_bytes() == b"of the day"
    assert notes.stat().st_mtime == 1e9
    assert stat.S_IMODE(notes.stat().st_mode) == 0o600  # what is private stays so
    assert "Done: 1 written, 2 copied, 1 failed (" in outcome.stderr


def test_copies_are_made_once(llenhance_: Command, photos: Path) -> None:
    (photos / "bad.jpg").unlink()
    llenhance_("photos", "--copy-others")
    outcome = llenhance_("photos", "--copy-others")
    assert outcome.code == 0
    assert outcome.stderr.startswith("Done: 3 done before (")


def test_a_copy_replaces_nothing_unless_that_is_wanted(llenhance_: Command, photos: Path) -> None:
    (photos / "bad.jpg").unlink()
    there = photos.with_name("photos_enhanced") / "notes.txt"
    there.parent.mkdir()
    there.write_bytes(b"of somebody")
    outcome = llenhance_("photos", "--copy-others")
    assert outcome.code == 1
    assert "photos_enhanced/notes.txt: it already exists" in outcome.stderr
    assert there.read_bytes() == b"of somebody"
    assert llenhance_("photos", "--copy-others", "--skip-existing").code == 0
    assert there.read_bytes() == b"of somebody"
    assert llenhance_("photos", "--copy-others", "--overwrite").code == 0
    assert there.read_bytes() == b"of the day"


def test_a_dry_run_tells_of_copies_and_makes_none(llenhance_: Command, photos: Path) -> None:
    outcome = llenhance_("photos", "--copy-others", "--dry-run", "--verbose")
    assert "photos/notes.txt -> photos_enhanced/notes.txt  (copied)" in outcome.stderr
    assert "Done: 3 to write, 1 failed" in outcome.stderr
    assert not photos.with_name("photos_enhanced").exists()


def test_pipes_are_not_copied(llenhance_: Command, photos: Path) -> None:
    (photos / "bad.jpg").unlink()
    os.mkfifo(photos / "pipe")
    outcome = llenhance_("photos", "--copy-others")
    assert (outcome.code, "1 other file left alone" in outcome.stderr) == (0, True)


def test_json_tells_of_copies(llenhance_: Command, photos: Path) -> None:
    *lines, last = llenhance_("photos", "--copy-others", "--json").lines
    copies = [one["result"]["input"] for one in lines if one["result"]["status"] == "copied"]
    assert copies == ["photos/notes.txt", "photos/sub/film.mov"]
    assert last["result"]["summary"]["counts"]["copied"] == 2


# --- Failures -----------------------------------------------------------------------------------


def failures(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for one in found:
        adapter().validate_python(one)
    return found


def failed(name: str) -> Result:
    error = PictureError("empty-file", name)
    return Result(input=name, output="x.jpg", status="failed", error=error)


def test_each_failure_is_a_line(llenhance_: Command, photos: Path) -> None:
    assert llenhance_("photos", "missing.jpg", "--errors", "failed.jsonl", "-o", "out").code == 1
    bad, missing = failures(photos.with_name("failed.jsonl"))
    assert (bad["input"], bad["code"]) == ("photos/bad.jpg", "format-not-known")
    assert bad["text"].startswith("it is not a picture")
    assert (missing["input"], missing["code"]) == ("missing.jpg", "not-found")
    assert missing["remedy"] == "Check the name"


def test_a_line_is_in_the_file_before_the_next_picture(tmp_path: Path) -> None:
    with FailureFile(str(tmp_path / "failed")) as file:
        file.add(failed("a"))
        assert [one["input"] for one in failures(tmp_path / "failed")] == ["a"]
        file.add(Result(input="b", output="b", status="written"))
        assert len(failures(tmp_path / "failed")) == 1


def test_the_same_command_again_goes_on_with_the_file(tmp_path: Path) -> None:
    name = str(tmp_path / "failed")
    for names in (("a", "b"), ("b", "c")):
        with FailureFile(name) as file:
            for one in names:
                file.add(failed(one))
    assert [one["input"] for one in failures(tmp_path / "failed")] == ["a", "b", "c"]
    with FailureFile(name, overwrite=True) as file:
        file.add(failed("d"))
    assert [one["input"] for one in failures(tmp_path / "failed")] == ["d"]


def test_a_line_that_a_crash_has_cut_short_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "failed"
    with FailureFile(str(path)) as file:
        file.add(failed("a"))
    with path.open("ab") as cut:
        cut.write(b'{"schema": 1, "inp')
    with FailureFile(str(path)) as file:
        file.add(failed("b"))
    first, _, last = path.read_text().splitlines()
    assert [json.loads(line)["input"] for line in (first, last)] == ["a", "b"]


@pytest.mark.parametrize("content", [b"a letter\n", b"[1]\n", b"1\n", photograph_file()])
def test_another_file_is_left_as_it_is(llenhance_: Command, folder: Path, content: bytes) -> None:
    (folder / "failed").write_bytes(content)
    outcome = llenhance_("dark.jpg", "--errors", "failed")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: failed: it is there already, and is not a file")
    assert (folder / "failed").read_bytes() == content
    assert not (folder / "dark_enhanced.jpg").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("-", "--errors -: failures are written to a file"),
        (".", ".: it is there already, and is not a file of failures"),
        ("nowhere/x", "nowhere/x: there is no such file or folder"),
    ],
)
def test_a_file_of_failures_that_cannot_be_is_told(
    llenhance_: Command, folder: Path, name: str, told: str
) -> None:
    outcome = llenhance_("dark.jpg", "--errors", name)
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"error: {told}")


def test_a_dry_run_writes_no_file_of_failures(llenhance_: Command, folder: Path) -> None:
    assert llenhance_("missing.jpg", "--errors", "failed", "--dry-run").code == 1
    assert not (folder / "failed").exists()


@pytest.mark.parametrize("name", ["dark.jpg", "list.txt", "link"])
def test_a_file_that_is_no_list_of_failures_is_never_replaced(
    llenhance_: Command, folder: Path, name: str
) -> None:
    (folder / "list.txt").write_text("dark.jpg\n")
    (folder / "link").symlink_to("dark.jpg")
    before = (folder / name).read_bytes()
    outcome = llenhance_("dark.jpg", "-o", "out/", "--errors", name, "--overwrite")
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"error: {name}: ")
    assert (folder / name).read_bytes() == before
    assert not (folder / "out").exists()
