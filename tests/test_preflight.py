"""What would keep a result from being written is known before the work."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from llenhance.errors import PictureError, UsageError
from llenhance.files.preflight import check_output


def refuse(number: int) -> Any:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refused


def refused_name(path: Path, *, overwrite: bool = False, **options: Any) -> str:
    """Return the code of what keeps a file from being written."""
    with pytest.raises((PictureError, UsageError)) as refused:
        check_output(path, overwrite=overwrite, **options)
    return refused.value.code


def test_a_file_that_can_be_written_passes_and_nothing_is_left(tmp_path: Path) -> None:
    check_output(tmp_path / "a.jpg", overwrite=False)
    check_output(tmp_path / "a" / "b" / "a.jpg", overwrite=False, folder_will_be_made=True)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_refused_unless_it_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert refused_name(tmp_path / "a.jpg") == "exists"
    check_output(tmp_path / "a.jpg", overwrite=True)


def test_an_output_that_is_an_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    inputs = [tmp_path / "c.jpg", tmp_path / "a.jpg"]
    assert refused_name(tmp_path / "b.jpg", overwrite=True, inputs=inputs) == "output-is-input"


def test_only_a_regular_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert refused_name(tmp_path / "folder", overwrite=True) == "is-a-folder"
    assert refused_name(tmp_path / "pipe", overwrite=True) == "not-a-regular-file"


def test_the_folder_must_be_there_or_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused_name(tmp_path / "missing" / "a.jpg") == "folder-not-found"
    made = {"folder_will_be_made": True}
    assert refused_name(tmp_path / "file" / "a.jpg", **made) == "path-through-file"
    assert refused_name(tmp_path / "file" / "b" / "a.jpg", **made) == "path-through-file"


@pytest.mark.parametrize("folder", ["", "missing"])
def test_an_impossible_output_is_refused(tmp_path: Path, folder: str) -> None:
    where = tmp_path / folder
    assert refused_name(where / ("a" * 300), folder_will_be_made=True) == "name-too-long"
    assert refused_name(where / "a\0b", folder_will_be_made=True) == "name-impossible"


def test_a_folder_with_a_name_too_long_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 300) / "a.jpg"
    assert refused_name(path, folder_will_be_made=True) == "name-too-long"


def test_a_folder_that_must_not_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object) -> bool:
        return False

    monkeypatch.setattr(os, "access", deny)
    assert refused_name(tmp_path / "a.jpg") == "permission-denied"


def test_a_folder_that_refuses_only_root_in_practice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "open", refuse(errno.EROFS))
    assert refused_name(tmp_path / "a.jpg") == "disk-read-only"
    monkeypatch.setattr(Path, "open", refuse(errno.ENOENT))  # as in /proc
    assert refused_name(tmp_path / "new" / "a.jpg", folder_will_be_made=True) == (
        "no-place-for-files"
    )


def test_the_kind_of_error_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        check_output(tmp_path / "missing" / "a.jpg", overwrite=False, kind=UsageError)
