"""Files appear whole or not at all, under the names that were asked for."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files import parts, whole
from llenhance.files.parts import sweep
from llenhance.files.pictures import write_picture
from llenhance.files.reading import read_bytes
from llenhance.files.whole import make_folder, write_whole
from llenhance.pictures.picture import Picture

ROOT = Path(__file__).parents[1]
NEVER_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
NAMES = ["Dämmerung.jpg", "two words.jpg", "new\nline.jpg", "-o.jpg", "夜.jpg", "[bold]x[.jpg"]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refuse(number: int) -> Any:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refused


# --- Reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"dusk")
    assert read_bytes(tmp_path / name) == b"dusk"


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"dusk\.jpg: there is no such file or folder\. Check"):
        read_bytes(tmp_path / "dusk.jpg")


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="it is a folder, not a file"):
        read_bytes(tmp_path)


def test_a_file_is_no_folder_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(PictureError, match="part of its path is a file"):
        read_bytes(tmp_path / "a" / "dusk.jpg")


def test_links_in_a_circle_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "a")
    with pytest.raises(PictureError, match="symbolic links"):
        read_bytes(tmp_path / "a")


@NEVER_ROOT
def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").touch(mode=0)
    with pytest.raises(PictureError, match="permission is denied"):
        read_bytes(tmp_path / "a")


def test_permission_denied_by_the_system_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", refuse(errno.EACCES))
    with pytest.raises(PictureError, match="permission is denied"):
        read_bytes(Path("dusk.jpg"))


def test_a_refusal_without_a_sentence_of_its_own_is_told_as_the_system_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "open", refuse(errno.EIO))
    with pytest.raises(PictureError, match=os.strerror(errno.EIO)):
        read_bytes(Path("dusk.jpg"))


# --- Writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_written_whatever_its_name(tmp_path: Path, name: str, overwrite: bool) -> None:
    write_whole(tmp_path / name, b"bright", overwrite=overwrite)
    assert (tmp_path / name).read_bytes() == b"bright"


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_an_existing_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")
    with pytest.raises(PictureError, match=r"it already exists\. Choose another name"):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert (tmp_path / "a.jpg").read_bytes() == b"before"


def test_an_existing_file_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")
    monkeypatch.setattr(os, "open", refuse(errno.ENOSPC))
    with pytest.raises(PictureError, match="already exists"):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
def test_content_and_then_name_are_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[str] = []

    def record(descriptor: int) -> None:
        brought.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    monkeypatch.setattr(os, "fsync", record)
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert brought == ["file", "folder"]


def test_an_existing_file_is_replaced_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a longer text than the next")
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)
    assert (tmp_path / "a.jpg").read_bytes() == b"bright"


@pytest.mark.parametrize("links", ["hard links", "rename", "neither"])
def test_a_file_that_comes_into_being_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: str
) -> None:
    target = tmp_path / "a.jpg"
    if links != "hard links":
        monkeypatch.setattr(Path, "hardlink_to", refuse(errno.EPERM))
    if links == "neither":
        monkeypatch.setattr(parts, "_rename_unless_taken", lambda: None)
    flush = os.fsync

    def another_is_faster(descriptor: int) -> None:
        flush(descriptor)
        target.write_bytes(b"theirs")

    monkeypatch.setattr(os, "fsync", another_is_faster)
    with pytest.raises(PictureError, match="already exists"):
        write_whole(target, b"ours", overwrite=False)
    assert target.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_written_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", refuse(errno.EPERM))
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert (tmp_path / "a.jpg").read_bytes() == b"bright"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_reserved_name_is_given_back_if_the_rename_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", refuse(errno.EPERM))
    monkeypatch.setattr(parts, "_rename_unless_taken", lambda: None)
    monkeypatch.setattr(Path, "replace", refuse(errno.EIO))
    with pytest.raises(PictureError):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("umask")
def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert mode_of(tmp_path / "a.jpg") == 0o640


@pytest.mark.parametrize(
    ("source", "result"),
    [(0o600, 0o600), (0o640, 0o640), (0o644, 0o640), (0o755, 0o640), (0, 0o600)],
)
@pytest.mark.usefixtures("umask")
def test_a_result_is_open_to_nobody_who_may_not_read_its_source(
    tmp_path: Path, source: int, result: int
) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.jpg").chmod(source)
    write_whole(tmp_path / "b.jpg", b"bright", overwrite=False, like=tmp_path / "a.jpg")
    assert mode_of(tmp_path / "b.jpg") == result


def test_a_picture_is_open_to_nobody_who_may_not_read_what_it_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch(mode=0o600)
    picture = Picture.from_array(np.zeros((4, 4, 3), np.uint8))
    write_picture(tmp_path / "b.png", picture, like=tmp_path / "a.png")
    assert mode_of(tmp_path / "b.png") == 0o600


def test_a_result_of_what_is_no_file_gets_what_the_umask_leaves(tmp_path: Path) -> None:
    write_whole(tmp_path / "b.jpg", b"bright", overwrite=False, like=tmp_path / "missing")
    assert (tmp_path / "b.jpg").exists()


def test_a_replaced_file_is_written_where_no_permissions_can_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").touch()
    monkeypatch.setattr(Path, "chmod", refuse(errno.EPERM))
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)
    assert (tmp_path / "a.jpg").read_bytes() == b"bright"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_to_nothing_is_not_followed(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "missing.jpg")
    with pytest.raises(PictureError, match="symbolic link to a file that does not exist"):
        write_whole(tmp_path / "link.jpg", b"bright", overwrite=overwrite)
    assert not (tmp_path / "missing.jpg").exists()


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.jpg").chmod(mode)
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)
    assert mode_of(tmp_path / "a.jpg") == mode


def test_a_symbolic_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.jpg").write_bytes(b"before")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "far" / "a.jpg")
    write_whole(tmp_path / "link.jpg", b"bright", overwrite=True)
    assert (tmp_path / "link.jpg").is_symlink()
    assert (tmp_path / "far" / "a.jpg").read_bytes() == b"bright"


def test_a_symbolic_link_does_not_hide_that_its_file_exists(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.jpg")
    with pytest.raises(PictureError, match="already exists"):
        write_whole(tmp_path / "link.jpg", b"bright", overwrite=False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_not_replaced(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "a.jpg").mkdir()
    with pytest.raises(PictureError, match="it is a folder, not a file"):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=overwrite)


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(PictureError, match="device or a pipe"):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="there is no such folder"):
        write_whole(tmp_path / "missing" / "a.jpg", b"bright", overwrite=False)


def test_too_long_a_name_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="its name is too long"):
        write_whole(tmp_path / ("a" * 300 + ".jpg"), b"bright", overwrite=False)


@NEVER_ROOT
def test_a_folder_that_must_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PictureError, match="permission is denied"):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.EACCES, "permission is denied"), (errno.EROFS, "read-only")]
)
def test_what_the_system_refuses_is_a_picture_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    monkeypatch.setattr(os, "open", refuse(number))
    with pytest.raises(PictureError, match=sentence):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_lack_of_space_is_a_resource_error_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", refuse(number))
    with pytest.raises(ResourceError) as failed:
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)
    assert failed.value.exit_code == 4
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A real small file system where one can be mounted."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "llenhance-test", str(tmp_path)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no small file system can be mounted here")
    try:
        with pytest.raises(ResourceError, match="no space left"):
            write_whole(tmp_path / "a.jpg", bytes(200_000), overwrite=False)
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_limit_on_file_size_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(ResourceError, match="larger than"):
            write_whole(tmp_path / "a.jpg", bytes(200_000), overwrite=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reason", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: type[BaseException]
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")

    def interrupted(_: int) -> None:
        raise reason

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(reason):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


WRITER = """
import os, signal, sys, time
from pathlib import Path
from llenhance.files.whole import write_whole
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
def slow(_):
    Path(sys.argv[1], "started").touch()
    time.sleep(60)
os.fsync = slow  # the content is written, the name is not yet given
write_whole(Path(sys.argv[1], "a.jpg"), bytes(10**6), overwrite=True)
"""


@pytest.mark.parametrize(
    ("number", "left"),
    [(signal.SIGTERM, ["started"]), (signal.SIGKILL, [".llenhance-*.part", "started"])],
    ids=["SIGTERM", "SIGKILL"],
)
def test_a_killed_process_leaves_no_half_file(
    tmp_path: Path, number: signal.Signals, left: list[str]
) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT)
    for _ in range(1000):
        if (tmp_path / "started").exists() or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(timeout=20)
    found = sorted(tmp_path.iterdir())
    assert len(found) == len(left)
    assert all(path.match(pattern) for path, pattern in zip(found, left, strict=True))


def unfinished(folder: Path, name: str, *, age: float) -> Path:
    """A file like those that a killed run leaves, of an age in seconds."""
    path = folder / f"{parts.PART}{name}"
    path.write_bytes(b"half")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_unfinished_files_of_killed_runs_are_removed(tmp_path: Path) -> None:
    for name, age in (("a.part", 0), ("b.part", 10**6), ("c.probe", 0)):
        unfinished(tmp_path, name, age=age)
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_unfinished_files_of_runs_at_work_stay(tmp_path: Path) -> None:
    locked = unfinished(tmp_path, "locked.part", age=120)
    other = unfinished(tmp_path, "notes.txt", age=10**6)
    with locked.open("rb") as file:
        parts.lock(file.fileno())
        sweep(tmp_path)
    assert {*tmp_path.iterdir()} == {locked, other}


def test_a_file_that_another_run_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_: Path) -> None: ...

    def late(descriptor: int) -> None:
        if not swept:
            swept.append(next(tmp_path.glob("*.part")))
            sweep(tmp_path)
        lock(descriptor)

    lock, swept = parts.lock, list[Path]()
    monkeypatch.setattr(whole, "lock", late)
    monkeypatch.setattr(whole, "sweep", nothing)  # this run did so before
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert swept
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"bright"]


def test_the_name_is_never_that_of_an_empty_file_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("there is no rename that fails where a name is taken")
    monkeypatch.setattr(Path, "hardlink_to", refuse(errno.EPERM))
    monkeypatch.setattr(Path, "replace", refuse(errno.EIO))  # the way with an empty file
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"bright"]


def test_a_folder_is_made_with_those_above(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_is_not_made_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(UsageError, match="it is a file, not a folder"):
        make_folder(tmp_path / "a")


def test_a_folder_that_nobody_can_make_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "as in /proc")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(PictureError) as error:
        make_folder(tmp_path / "a")
    assert (error.value.code, error.value.name) == ("folder-not-made", str(tmp_path / "a"))
