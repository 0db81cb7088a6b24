"""`llenhance audit` proves that originals are what the records in their results say."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.photographs import photograph_file
from support.records import result_of
from support.runners import Command, Outcome, imported_by

PHOTO, OTHER = photograph_file(size=(9, 9)), photograph_file(size=(8, 9))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, data: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)


def audited(run: Command, *arguments: str) -> tuple[dict[str, str], Outcome]:
    """Return the status of each original by its result, and all that was said."""
    done = run("audit", *arguments, "--json")
    *rows, _ = [line["result"] for line in done.lines]
    return {row["result"]: row["status"] for row in rows if row}, done


WHERE = {
    "beside": "out/photo.jpg",
    "around": "photo.jpg",
    "in the folder of results": "out/photo.jpg",
    "renamed, beside": "out/renamed.jpg",
    "renamed, around": "renamed.png",
    "renamed, below": "out/deep/deeper/renamed.jpg",
    "elsewhere": "scans/2024/photo.jpg",
    "renamed, elsewhere": "scans/2024/renamed.jpg",
}


@pytest.mark.parametrize("original", WHERE.values(), ids=WHERE.keys())
def test_an_original_is_found_where_it_may_be(original: str, folder: Path, run: Command) -> None:
    put("out/photo_enhanced.jpg", result_of(PHOTO, "photo.jpg"))
    put(original, PHOTO)
    put("scans/other.jpg", OTHER)
    found, done = audited(run, "out", "--originals", "scans")
    assert found == {"out/photo_enhanced.jpg": "unchanged"}
    assert done.code == 0
    assert done.lines[0]["result"]["original"] == original


def test_a_result_that_kept_its_name_is_not_its_own_original(folder: Path, run: Command) -> None:
    put("out/photo.jpg", result_of(PHOTO, "photo.jpg"))
    put("out/again/photo.jpg", result_of(PHOTO, "photo.jpg"))
    found, done = audited(run, "out")
    assert set(found.values()) == {"missing"}
    assert done.code == 1
    put("photo.jpg", PHOTO)
    found, done = audited(run, "out", "--originals", ".")
    assert set(found.values()) == {"unchanged"}
    assert done.code == 0


def test_results_in_the_working_folder_have_their_originals_around_it(
    folder: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("photo.jpg", PHOTO)
    put("out/photo.jpg", result_of(PHOTO, "photo.jpg"))
    monkeypatch.chdir(folder / "out")
    assert audited(run, ".")[0] == {"photo.jpg": "unchanged"}


@pytest.fixture
def mixed(folder: Path) -> None:
    """A folder in which one original each is unchanged, changed and missing."""
    put("photo.jpg", PHOTO)
    put("scan.jpg", OTHER + b"\0")
    put("out/photo_enhanced.jpg", result_of(PHOTO, "photo.jpg"))
    put("out/scan_enhanced.jpg", result_of(OTHER, "scan.jpg"))
    put("out/deep/gone_enhanced.jpg", result_of(photograph_file(size=(7, 7)), "gone.jpg"))
    put("out/none.jpg", PHOTO)
    put("out/text.txt", b"no picture")
    put("out/.hidden.jpg", b"no picture")


@pytest.mark.usefixtures("mixed")
def test_changed_and_missing_originals_are_told(run: Command) -> None:
    done = run("audit", "out", "-v")
    assert done.code == 1
    assert done.stdout == "originals of 3 results: 1 unchanged, 1 changed, 1 missing\n"
    unchanged, *errors = sorted(done.stderr.splitlines(), key=lambda line: line[:5] == "error")
    assert unchanged == "photo.jpg is unchanged, by out/photo_enhanced.jpg"
    assert any("error: scan.jpg: it is not, or not any more" in line for line in errors)
    assert any("gone_enhanced.jpg: the picture that it was made from" in line for line in errors)
    assert len(errors) == 2


@pytest.mark.usefixtures("mixed")
def test_json_has_a_line_for_each_result_and_one_of_counts(run: Command) -> None:
    found, done = audited(run, "out")
    assert found == {
        "out/photo_enhanced.jpg": "unchanged",
        "out/scan_enhanced.jpg": "changed",
        "out/deep/gone_enhanced.jpg": "missing",
    }
    codes = [line["messages"][0]["code"] for line in done.lines if line["messages"]]
    assert sorted(codes) == ["original-changed", "original-missing"]
    last = done.lines[-1]
    assert last["exit_code"] == 1
    assert last["result"] == {
        "folder": "out",
        "results": 3,
        "unchanged": 1,
        "changed": 1,
        "missing": 1,
        "unreadable": 0,
        "without_record": 1,
    }


def test_nothing_is_changed(folder: Path, run: Command, mixed: None) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    audited(run, "out")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_picture_that_cannot_be_read_is_told_and_counted(folder: Path, run: Command) -> None:
    put("out/bad.jpg", b"no picture")
    damaged = result_of(PHOTO, "photo.jpg").replace(b'Fast="False"', b'Fast="maybe"')
    put("out/damaged.jpg", damaged)
    done = run("audit", "out")
    assert done.code == 1
    assert (
        done.stdout == "originals of 0 results: 0 unchanged, 0 changed, 0 missing, 2 unreadable\n"
    )


def test_a_folder_without_results_proves_nothing_and_says_so(folder: Path, run: Command) -> None:
    put("out/photo.jpg", PHOTO)
    done = run("audit", "out")
    assert done.code == 0
    assert "nothing was proven" in done.stderr


def test_a_folder_that_is_closed_is_told(
    folder: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("out/closed/photo.jpg", PHOTO)
    scandir = os.scandir

    def closed(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    done = run("audit", "out")
    assert done.code == 1
    assert "out/closed: " in done.stderr


@pytest.mark.parametrize(
    "arguments", [("missing",), ("file",), (".", "--originals", "missing")], ids=" ".join
)
def test_what_is_no_folder_is_wrong_usage(
    arguments: tuple[str, ...], folder: Path, run: Command
) -> None:
    put("file", b"")
    assert run("audit", *arguments).code == 2


def test_results_of_the_command_are_audited(
    llenhance_: Command, run: Command, folder: Path
) -> None:
    put("dark.jpg", PHOTO)
    assert llenhance_("dark.jpg", "-o", "out/").code == 0
    assert run("audit", "out").code == 0
    shutil.copy("out/dark.jpg", "dark.jpg")  # the original is lost
    assert run("audit", "out").code == 1


def test_torch_is_not_loaded(folder: Path) -> None:
    assert "torch" not in imported_by("audit", str(folder))
