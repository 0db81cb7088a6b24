"""Files appear whole or not at all, under the names that were asked for."""

from __future__ import annotations

import errno
import io
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
from PIL import Image

from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files import whole as files
from llenhance.files.folders import read_pixels
from llenhance.files.naming import plan_output, plan_outputs
from llenhance.files.pictures import write_picture
from llenhance.files.preflight import check_output
from llenhance.files.whole import make_folder, read_bytes, write_whole
from llenhance.messages.note import Note
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.formats import format_of
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
    monkeypatch.setattr(Path, "read_bytes", refuse(errno.EACCES))
    with pytest.raises(PictureError, match="permission is denied"):
        read_bytes(Path("dusk.jpg"))


def test_a_refusal_without_a_sentence_of_its_own_is_told_as_the_system_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "read_bytes", refuse(errno.EIO))
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
    monkeypatch.setattr(Path, "open", refuse(errno.ENOSPC))
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


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_comes_into_being_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = tmp_path / "a.jpg"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse(errno.EPERM))
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
    monkeypatch.setattr(Path, "replace", refuse(errno.EIO))
    with pytest.raises(PictureError):
        write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("umask")
def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.jpg", b"bright", overwrite=False)
    assert mode_of(tmp_path / "a.jpg") == 0o640


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
    with pytest.raises(PictureError, match="there is no such file or folder"):
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
    monkeypatch.setattr(Path, "open", refuse(number))
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


def test_a_folder_is_made_with_those_above(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_is_not_made_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(UsageError, match="it is a file, not a folder"):
        make_folder(tmp_path / "a")


# --- Names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "format", "expected"),
    [
        ("a/dusk.png", None, "a/dusk_enhanced.png"),
        ("photo.JPG", None, "photo_enhanced.JPG"),
        ("a/dusk.png", "JPEG", "a/dusk_enhanced.jpg"),
        ("dusk.2024.JPG", "TIFF", "dusk.2024_enhanced.tif"),
        ("dusk.gif", None, "dusk_enhanced.png"),
        ("dusk", None, "dusk_enhanced.jpg"),
    ],
)
def test_without_an_output_the_name_is_beside_the_input(
    source: str, format: str | None, expected: str
) -> None:
    found = plan_output(Path(source), output=None, format=format)
    assert found.target == Path(expected)
    assert found.format == format_of(expected)


@pytest.mark.parametrize(
    ("source", "format", "expected"),
    [
        ("a/dusk.PNG", None, "dusk.PNG"),
        ("a/dusk.png", "JPEG", "dusk.jpg"),
        ("a/dusk.mpo", None, "dusk.jpg"),
        ("a/dusk", None, "dusk.jpg"),
        ("a/Dämmer ung\n.png", None, "Dämmer ung\n.png"),
    ],
)
def test_in_a_folder_the_name_stays(
    tmp_path: Path, source: str, format: str | None, expected: str
) -> None:
    found = plan_output(Path(source), output=tmp_path, format=format)
    assert found.target == tmp_path / expected


@pytest.mark.parametrize(("output", "many"), [("new", True), ("new/", False), ("new.jpg/", True)])
def test_a_folder_need_not_exist_yet(output: str, many: bool) -> None:
    found = plan_output(Path("a/dusk.png"), output=output, many=many)
    assert found.target == Path(output) / "dusk.png"


@pytest.mark.parametrize("format", [None, "PNG"])
def test_otherwise_the_output_is_the_file(format: str | None) -> None:
    found = plan_output(Path("a.jpg"), output="b.png", format=format)
    assert (found.target, found.format, found.note) == (Path("b.png"), "PNG", None)


def test_an_unknown_extension_is_fine_where_the_format_is_said() -> None:
    found = plan_output(Path("a.jpg"), output="b.dat", format="PNG")
    assert (found.target, found.format) == (Path("b.dat"), "PNG")


@pytest.mark.parametrize(
    ("output", "many", "format", "sentence"),
    [
        ("b.dat", False, None, "its extension names no format"),
        ("b", False, None, "its extension names no format"),
        ("b.png", False, "WEBP", "its extension contradicts the format WebP"),
        ("b.gif", False, None, "GIF files can be read, but not written"),
        ("b.gif", False, "PNG", "its extension contradicts the format PNG"),
        ("b.gif", True, None, "it names one picture, but there are several inputs"),
        ("b.jpg", True, None, "it names one picture, but there are several inputs"),
    ],
)
def test_contradictions_are_refused(
    output: str, many: bool, format: str | None, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        plan_output(Path("a.jpg"), output=output, many=many, format=format)


@pytest.mark.parametrize(("slash", "many"), [("", True), ("/", False)])
def test_a_file_cannot_be_the_folder(tmp_path: Path, slash: str, many: bool) -> None:
    (tmp_path / "b").touch()
    with pytest.raises(UsageError, match="it is a file, not a folder"):
        plan_output(Path("a.jpg"), output=f"{tmp_path / 'b'}{slash}", many=many, format=None)


@pytest.mark.parametrize("kind", ["itself", "its folder", "hard link", "symbolic link", "dots"])
def test_the_input_is_never_the_output(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "a.jpg"
    source.touch()
    other = tmp_path / "b.jpg"
    if kind == "hard link":
        other.hardlink_to(source)
    if kind == "symbolic link":
        other.symlink_to(source)
    names = {"itself": source, "its folder": tmp_path, "dots": tmp_path / ".." / tmp_path.name}
    with pytest.raises(UsageError, match="inputs are never modified"):
        plan_output(source, output=names.get(kind, other), many=False, format=None)


def test_an_input_that_is_missing_is_still_not_the_output(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inputs are never modified"):
        plan_output(tmp_path / "a.jpg", output=tmp_path, many=False, format=None)


def test_a_plan_pairs_each_input_with_its_output(tmp_path: Path) -> None:
    sources = [Path("a/x.jpg"), Path("b/y.png")]
    plan = plan_outputs(sources, output=tmp_path, many=True, format=None)
    assert [one.source for one in plan] == sources
    assert [one.target for one in plan] == [tmp_path / "x.jpg", tmp_path / "y.png"]


@pytest.mark.parametrize("pair", [("a/x.jpg", "b/x.jpg"), ("a/x.jpg", "a/../b/./x.jpg")])
def test_two_inputs_for_one_output_are_refused(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=r"both a.x\.jpg and .* would be written to it"):
        plan_outputs([Path(name) for name in pair], output=tmp_path, many=True, format=None)


def test_two_inputs_of_one_stem_have_results_of_their_own() -> None:
    plan = plan_outputs([Path("a.jpg"), Path("a.png")], output=None, many=True)
    assert [one.target.name for one in plan] == ["a_enhanced.jpg", "a_enhanced.png"]


def test_two_inputs_of_one_stem_are_refused_for_one_format() -> None:
    with pytest.raises(UsageError, match="would be written to it"):
        plan_outputs([Path("x.jpg"), Path("x.png")], output=None, many=True, format="PNG")


def written(format: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, format)
    return file.getvalue()


@pytest.mark.parametrize("folder", [True, False], ids=["into a folder", "beside itself"])
@pytest.mark.parametrize(
    ("name", "inside", "ending"),
    [
        ("dusk", "JPEG", ".jpg"),
        ("dusk", "TIFF", ".tif"),
        ("dusk.scan", "PNG", ".png"),
        ("dusk.gif", "WEBP", ".webp"),
        ("dusk.mpo", "JPEG", ".jpg"),
        ("dusk.png", "JPEG", ".png"),
    ],
)
def test_the_content_settles_an_extension_that_cannot_be_kept(
    tmp_path: Path, name: str, inside: str, ending: str, folder: bool
) -> None:
    (tmp_path / name).write_bytes(written(inside))
    output = plan_output(tmp_path / name, output=tmp_path / "out" if folder else None, many=folder)
    assert output.target.suffix == ending
    assert output.format == format_of(ending)
    assert output.note is None


@pytest.mark.parametrize("name", ["dusk.gif", "dusk", "DUSK.GIF"])
def test_a_format_that_cannot_be_written_is_replaced_and_that_is_told(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(written("GIF"))
    output = plan_output(tmp_path / name, output=None)
    assert output.target.name == f"{Path(name).stem}_enhanced.png"
    assert output.note == Note("format-not-written", format="GIF", written="PNG")
    assert "GIF files can be read but not written" in str(output.note)
    assert plan_output(tmp_path / name, output=None, format="JPEG").note is None


def test_a_pipe_is_not_opened_to_name_its_result(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dusk")  # opening it would wait forever
    assert plan_output(tmp_path / "dusk", output=None).target == tmp_path / "dusk_enhanced.jpg"


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "\ud800"], ids=["long", "NUL", "surrogate"])
def test_an_impossible_name_is_an_error_when_it_is_used(tmp_path: Path, name: str) -> None:
    source = tmp_path / f"{name}.jpg"
    (output,) = plan_outputs([source], output=None, many=False)
    with pytest.raises(PictureError):
        read_bytes(source)
    with pytest.raises(PictureError):
        check_output(output.target, overwrite=False)
    with pytest.raises(PictureError):
        write_whole(output.target, b"bright", overwrite=False)
    with pytest.raises(PictureError):
        make_folder(source)


def test_an_impossible_folder_for_results_is_an_error_before_the_work() -> None:
    output = plan_output(Path("a.jpg"), output="b\0/")
    with pytest.raises(PictureError, match="no file can have this name"):
        check_output(output.target, overwrite=False, folder_will_be_made=True)


@pytest.mark.parametrize("folds", [True, False], ids=["macOS and Windows", "Linux"])
def test_names_that_differ_in_case_are_one_where_the_system_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folds: bool
) -> None:
    monkeypatch.setattr(files, "FOLDS_CASE", folds)
    sources = [Path("a/x.jpg"), Path("b/X.jpg")]
    if folds:
        with pytest.raises(UsageError, match="would be written to it"):
            plan_outputs(sources, output=tmp_path, many=True, format=None)
    else:
        assert len(plan_outputs(sources, output=tmp_path, many=True, format=None)) == 2


def test_an_output_that_is_another_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    sources = [tmp_path / "a" / "x.jpg", tmp_path / "x.jpg"]
    for source in sources:
        source.touch()
    with pytest.raises(UsageError, match=r"inputs are never modified|would replace it"):
        plan_outputs(sources, output=tmp_path, many=True, format=None)


def test_an_input_named_like_an_output_is_refused(tmp_path: Path) -> None:
    sources = [tmp_path / "x.jpg", tmp_path / "x_enhanced.jpg"]
    for source in sources:
        source.touch()
    with pytest.raises(UsageError, match="would replace it"):
        plan_outputs(sources, output=None, many=True, format=None)


# --- Before the work ---------------------------------------------------------------------------


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


def test_the_kind_of_error_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        check_output(tmp_path / "missing" / "a.jpg", overwrite=False, kind=UsageError)


def test_scores_and_files_use_the_same_8_bits(tmp_path: Path) -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    write_picture(tmp_path / "deep.png", Picture(pixels=values))
    write_picture(tmp_path / "shallow.bmp", Picture(pixels=values))
    scored, stored = read_pixels(tmp_path / "deep.png"), read_pixels(tmp_path / "shallow.bmp")
    np.testing.assert_array_equal(scored, stored)
    np.testing.assert_array_equal(scored, to_8_bits(values))
