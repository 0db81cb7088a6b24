"""Folders of pictures: what is in them, where results go, and how a run goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.inverter import Inverter
from support.photographs import photograph_file

from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files.tree import look_into
from llenhance.files.whole import write_whole
from llenhance.jobs import batch, copies, run
from llenhance.jobs.batch import Policy
from llenhance.jobs.job import Planned
from llenhance.jobs.ledger import LEDGER, Ledger
from llenhance.jobs.maps import Maps, write_maps
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.pictures.formats import format_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a tree `photos`."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.jpg", "day/c.png", "day/night/d.webp"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photograph_file(format_of(name), size=(6, 9)))
    return tmp_path


def enhance(
    *inputs: str, format: str | None = None, provenance: bool = True, **policy: Any
) -> Generator[Result]:
    """Enhance with a stand-in for the network."""
    network = policy.pop("network", None) or Inverter()
    format = format_of(f"x.{format}") if format else None
    request = Request(format=format, provenance=provenance)
    yield from batch.enhance_files(
        list(inputs), enhancer=lambda: network, request=request, policy=Policy(**policy)
    )


def became(results: Generator[Result]) -> dict[str, str]:
    """Return the status of each input, or the code of its error."""
    return {one.input: one.error.code if one.error else one.status for one in results}


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# --- What is in a folder ------------------------------------------------------------------------


def test_results_of_a_folder_go_into_a_tree_of_the_same_shape(folder: Path) -> None:
    results = list(enhance("photos"))
    assert [one.input for one in results] == [
        "photos/a.jpg",
        "photos/b.jpg",
        "photos/day/c.png",
        "photos/day/night/d.webp",
    ]
    assert files_in(folder / "photos_enhanced") - {LEDGER} == files_in(folder / "photos")


def test_a_folder_for_the_results_can_be_named(folder: Path) -> None:
    list(enhance("photos", output="new/bright"))
    assert files_in(folder / "new/bright") - {LEDGER} == files_in(folder / "photos")


def test_several_folders_have_one_each_in_the_output(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more/a.jpg").write_bytes(photograph_file("JPEG"))
    list(enhance("photos/day", "more", output="out"))
    assert files_in(folder / "out") - {LEDGER} == {"day/c.png", "day/night/d.webp", "more/a.jpg"}


def test_the_first_level_alone_on_request(folder: Path) -> None:
    assert set(became(enhance("photos", recursive=False))) == {"photos/a.jpg", "photos/b.jpg"}


@pytest.mark.parametrize("name", [".", "../photos", "../photos/", "day/.."])
def test_a_folder_without_a_name_of_its_own_has_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(folder / "photos")
    list(enhance(name))
    assert "a.jpg" in files_in(folder / "photos_enhanced")


def test_files_and_folders_can_be_named_together(folder: Path) -> None:
    results = list(enhance("photos/a.jpg", "photos/day", output="out"))
    assert [one.output for one in results] == ["out/a.jpg", "out/c.png", "out/night/d.webp"]


def test_a_file_that_is_in_a_named_folder_too_is_done_once(folder: Path) -> None:
    results = list(enhance("photos/a.jpg", "photos", output="out"))
    assert [one.output for one in results if one.input == "photos/a.jpg"] == ["out/a.jpg", None]
    assert [note.code for one in results for note in one.notes] == ["named-twice"]


def test_what_is_no_picture_is_counted_and_left(folder: Path) -> None:
    (folder / "photos/notes.txt").write_text("no picture")
    (folder / "photos/raw.xyz").write_bytes(photograph_file("JPEG"))
    seen: list[Planned] = []
    request, policy = Request(), Policy()
    results = batch.enhance_files(
        ["photos"], enhancer=Inverter, request=request, policy=policy, begin=seen.append
    )
    assert "photos/raw.xyz" in became(iter_of(results))
    assert [path.name for path, _ in seen[0].others] == ["notes.txt"]


def iter_of(results: Any) -> Generator[Result]:
    yield from results


def test_a_file_with_the_name_of_a_picture_that_is_none_fails_alone(folder: Path) -> None:
    (folder / "photos/bad.jpg").write_text("no picture")
    found = became(enhance("photos"))
    assert found.pop("photos/bad.jpg") == "format-not-known"
    assert set(found.values()) == {"written"}


def test_what_systems_hide_is_left_alone(folder: Path) -> None:
    for name in (".DS_Store", ".a.jpg", "Thumbs.db", "._a.jpg", ".cache/x.jpg", "@eaDir/a.jpg"):
        path = folder / "photos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photograph_file("JPEG"))
    tree = look_into(folder / "photos")
    assert [path.as_posix() for path in tree.pictures] == [
        "a.jpg",
        "b.jpg",
        "day/c.png",
        "day/night/d.webp",
    ]
    assert tree.others == []


def test_links_to_folders_are_not_followed_so_no_loop_ends_never(folder: Path) -> None:
    (folder / "photos/loop").symlink_to(folder / "photos", target_is_directory=True)
    (folder / "photos/out").symlink_to("/", target_is_directory=True)
    (folder / "photos/day/self").symlink_to("self")
    assert len(look_into(folder / "photos").pictures) == 4


def test_links_to_pictures_are_pictures(folder: Path) -> None:
    (folder / "photos/link.jpg").symlink_to("a.jpg")
    assert Path("link.jpg") in look_into(folder / "photos").pictures


def test_a_link_to_nothing_fails_alone(folder: Path) -> None:
    (folder / "photos/gone.jpg").symlink_to("nowhere.jpg")
    assert became(enhance("photos"))["photos/gone.jpg"] == "link-to-nothing"


def test_a_folder_that_cannot_be_looked_into_fails_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, exists, scandir = folder / "photos/day", Path.exists, os.scandir

    def refuse(path: Path) -> bool:
        if closed in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return exists(path)

    def refuse_to_list(path: Any) -> Any:
        if Path(path).is_relative_to("photos/day"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setattr(os, "scandir", refuse_to_list)
    assert became(enhance("photos")) == {
        "photos/day": "permission-denied",
        "photos/a.jpg": "written",
        "photos/b.jpg": "written",
    }


def test_pipes_are_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "photos/pipe")
    assert Path("pipe") in look_into(folder / "photos").others


def test_an_empty_folder_has_nothing_to_do(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert list(enhance("empty")) == []


# --- Results that are inputs --------------------------------------------------------------------


def test_results_within_the_folder_are_not_read_again(folder: Path) -> None:
    for _ in range(2):
        results = list(enhance("photos", output="photos/bright"))
        assert len(results) == 4


def test_results_of_another_run_within_the_folder_are_not_read(folder: Path) -> None:
    list(enhance("photos", output="photos/bright"))
    assert set(became(enhance("photos", output="out"))) == {
        "photos/a.jpg",
        "photos/b.jpg",
        "photos/day/c.png",
        "photos/day/night/d.webp",
    }


def test_the_folder_of_results_can_be_enhanced_if_it_is_named_itself(folder: Path) -> None:
    list(enhance("photos"))
    assert len(list(enhance("photos_enhanced"))) == 4


def test_results_beside_their_pictures_are_results(folder: Path) -> None:
    list(enhance("photos/a.jpg", "photos/b.jpg"))
    found = became(enhance("photos"))
    assert found["photos/a_enhanced.jpg"] == found["photos/b_enhanced.jpg"] == "skipped"


# --- Names that collide -------------------------------------------------------------------------


def test_every_result_has_a_name_of_its_own(folder: Path) -> None:
    for name in ("pair.jpg", "pair.png", "pair.PNG", "pair.bmp"):
        (folder / "photos" / name).write_bytes(photograph_file(format_of(name)))
    outputs = {one.input: one.output for one in enhance("photos", format="webp")}
    assert outputs["photos/pair.PNG"] == "photos_enhanced/pair.webp"
    assert outputs["photos/pair.bmp"] == "photos_enhanced/pair-bmp.webp"
    assert outputs["photos/pair.jpg"] == "photos_enhanced/pair-jpg.webp"
    assert outputs["photos/pair.png"] == "photos_enhanced/pair-png.webp"


def test_pictures_of_one_name_from_two_folders_have_numbers(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more/a.jpg").write_bytes(photograph_file("JPEG"))
    (folder / "more/a-jpg.jpg").write_bytes(photograph_file("JPEG"))
    names = ["photos/a.jpg", "more/a.jpg", "more/a-jpg.jpg"]
    outputs = [one.output for one in enhance(*names, output="out")]
    assert outputs == ["out/a.jpg", "out/a-jpg.jpg", "out/a-jpg-jpg.jpg"]


def test_a_result_beside_its_picture_says_last_that_it_is_enhanced(folder: Path) -> None:
    (folder / "photos/a.png").write_bytes(photograph_file("PNG"))
    outputs = [one.output for one in enhance("photos/a.jpg", "photos/a.png", format="webp")]
    assert outputs == ["photos/a_enhanced.webp", "photos/a-png_enhanced.webp"]
    again = became(enhance("photos"))
    assert again["photos/a-png_enhanced.webp"] == "skipped"


# --- Going on -----------------------------------------------------------------------------------


def test_the_same_command_again_does_nothing_twice(folder: Path) -> None:
    list(enhance("photos"))
    before = {path: path.read_bytes() for path in (folder / "photos_enhanced").rglob("*.*")}
    network = Inverter()
    assert set(became(enhance("photos", network=network)).values()) == {"done-before"}
    assert network.calls == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_stopped_run_goes_on(folder: Path) -> None:
    stopped = enhance("photos")
    next(stopped)
    stopped.close()
    found = became(enhance("photos"))
    assert found["photos/a.jpg"] == "done-before"
    assert set(found.values()) <= {"done-before", "written"}
    assert files_in(folder / "photos_enhanced") - {LEDGER} == files_in(folder / "photos")


class _Beside(Inverter):
    """A stand-in for the network, while which another run of the same command does the same."""

    def __init__(self, other: Callable[[], object]) -> None:
        super().__init__()
        self._other: Callable[[], object] | None = other

    def enhance_picture(self, *picture: Any, **wish: Any) -> Any:
        if self._other is not None:
            other, self._other = self._other, None
            other()
        return super().enhance_picture(*picture, **wish)


def test_what_another_run_of_the_same_command_has_made_meanwhile_is_done_before(
    folder: Path,
) -> None:
    beside = _Beside(lambda: list(enhance("photos")))
    assert set(became(enhance("photos", network=beside)).values()) == {"done-before"}
    assert set(became(enhance("photos")).values()) == {"done-before"}
    assert files_in(folder / "photos_enhanced") - {LEDGER} == files_in(folder / "photos")


def test_what_another_run_has_made_otherwise_meanwhile_stays_and_is_refused(folder: Path) -> None:
    def otherwise() -> None:
        network = Inverter()
        network.fast = True
        list(enhance("photos", network=network))

    found = became(enhance("photos", network=_Beside(otherwise)))
    assert set(found.values()) == {"exists-of-other-settings"}
    network = Inverter()
    network.fast = True  # the ledger still tells of the results that are there
    assert set(became(enhance("photos", network=network)).values()) == {"done-before"}


@pytest.mark.parametrize("same", [True, False])
def test_a_result_that_appears_in_the_last_moment_tells_itself_what_made_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    """The line of the ledger is of the bytes that this run did not write."""
    list(enhance("photos", output="other"))

    def late(path: Path, data: bytes, **rest: Any) -> None:
        other = folder / "other" / path.relative_to("photos_enhanced")
        path.write_bytes(other.read_bytes() if same else b"something else")
        write_whole(path, data, **rest)

    monkeypatch.setattr(run, "write_whole", late)
    found = set(became(enhance("photos")).values())
    assert found == {"done-before" if same else "exists"}


def test_a_copy_that_another_run_has_made_meanwhile_is_done_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "photos/notes.txt").write_text("night")

    def late(path: Path, data: Any, **rest: Any) -> None:
        path.write_bytes((folder / "photos" / path.relative_to("photos_enhanced")).read_bytes())
        write_whole(path, data, **rest)

    monkeypatch.setattr(copies, "write_whole", late)
    found = became(enhance("photos", copy_others=True))
    assert found["photos/notes.txt"] == "done-before"


@pytest.mark.parametrize("same", [True, False])
def test_maps_that_another_run_has_written_meanwhile_are_kept_if_they_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    def late(made: Maps, content: tuple[bytes, bytes], **rest: Any) -> None:
        write_maps(made, content if same else (b"other", b"maps"), **rest)
        write_maps(made, content, **rest)

    monkeypatch.setattr(run, "write_maps", late)
    found = set(became(enhance("photos", confidence="maps/")).values())
    assert found == {"written" if same else "exists"}


def test_a_result_that_was_noted_down_and_not_written_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_failure(*_: Any, **__: Any) -> None:
        raise ResourceError("disk-full", "disk")

    monkeypatch.setattr(run, "write_whole", power_failure)
    list(enhance("photos"))
    monkeypatch.setattr(run, "write_whole", write_whole)
    assert set(became(enhance("photos")).values()) == {"written"}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("input", "exists-of-changed-input"),
        ("result", "exists-edited"),
        ("settings", "exists-of-other-settings"),
        ("all", "exists-unrecorded"),
    ],
)
@pytest.mark.parametrize("has_ledger", [True, False])
def test_what_has_changed_since_is_not_taken_for_done(
    folder: Path, what: str, code: str, has_ledger: bool
) -> None:
    list(enhance("photos"))
    network = Inverter()
    if what == "input":
        (folder / "photos/a.jpg").write_bytes(photograph_file("JPEG", size=(7, 7)))
    if what == "result":
        (folder / "photos_enhanced/a.jpg").write_bytes(b"edited by somebody")
    if what == "settings":
        network.fast = True
    if what == "all" or not has_ledger:
        (folder / "photos_enhanced" / LEDGER).unlink()
    if what == "all":
        for path in (folder / "photos_enhanced").rglob("*.*"):
            path.write_bytes(photograph_file("JPEG"))
    code = "exists-unrecorded" if what == "result" and not has_ledger else code
    assert became(enhance("photos", network=network))["photos/a.jpg"] == code
    assert became(enhance("photos", network=network, overwrite=True))["photos/a.jpg"] == "written"


def test_where_the_ledger_is_lost_results_tell_themselves_what_made_them(folder: Path) -> None:
    list(enhance("photos"))
    (folder / "photos_enhanced" / LEDGER).unlink()
    network = Inverter()
    assert set(became(enhance("photos", network=network, dry_run=True)).values()) == {"done-before"}
    assert not (folder / "photos_enhanced" / LEDGER).exists()
    assert set(became(enhance("photos", network=network)).values()) == {"done-before"}
    assert network.calls == 0
    # Now the ledger tells again, of what somebody changes too.
    with (folder / "photos_enhanced/a.jpg").open("ab") as file:
        file.write(b"edited")
    assert became(enhance("photos", network=network))["photos/a.jpg"] == "exists-edited"


def test_without_records_a_lost_ledger_is_lost(folder: Path) -> None:
    list(enhance("photos", provenance=False))
    (folder / "photos_enhanced" / LEDGER).unlink()
    again = became(enhance("photos", provenance=False))
    assert set(again.values()) == {"exists-unrecorded"}


def test_new_pictures_are_done(folder: Path) -> None:
    list(enhance("photos"))
    (folder / "photos/z.jpg").write_bytes(photograph_file("JPEG"))
    found = became(enhance("photos"))
    assert found.pop("photos/z.jpg") == "written"
    assert set(found.values()) == {"done-before"}


def test_a_dry_run_says_what_is_done_before_and_makes_no_ledger(folder: Path) -> None:
    assert set(became(enhance("photos", dry_run=True)).values()) == {"planned"}
    assert not (folder / "photos_enhanced").exists()
    list(enhance("photos"))
    assert set(became(enhance("photos", dry_run=True)).values()) == {"done-before"}


def test_files_of_other_programs_are_skipped_by_name_on_request(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out/a.jpg").write_bytes(b"of another program")
    found = became(enhance("photos", output="out", skip_existing=True))
    assert found.pop("photos/a.jpg") == "skipped"
    assert set(found.values()) == {"written"}


def test_a_damaged_ledger_is_said_and_nothing_is_written(folder: Path) -> None:
    (folder / "photos_enhanced").mkdir()
    (folder / "photos_enhanced" / LEDGER).write_bytes(b"no ledger at all" * 1000)
    with pytest.raises(UsageError) as raised:
        list(enhance("photos"))
    assert raised.value.code == "ledger-damaged"
    assert files_in(folder / "photos_enhanced") == {LEDGER}


def test_a_ledger_takes_names_of_any_bytes(tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    target.write_bytes(b"bright")
    ledger = Ledger(tmp_path, {})
    dark, darker, bright = (sha256(data).hexdigest() for data in (b"dark", b"darker", b"bright"))
    name = os.fsdecode(b"\xff.jpg")
    ledger.note_down(target, name=name, source_sha256=dark, result_sha256=bright)
    assert ledger.knows(target, source_sha256=dark)
    assert not ledger.knows(target, source_sha256=darker)


# --- What ends a run ----------------------------------------------------------------------------


def test_the_first_failure_ends_a_run_on_request(folder: Path) -> None:
    (folder / "photos/aa.jpg").write_text("no picture")
    found = became(enhance("photos", fail_fast=True))
    assert list(found) == ["photos/a.jpg", "photos/aa.jpg"]


def test_a_full_disk_ends_a_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: Any, **__: Any) -> None:
        raise ResourceError("disk-full", str(path))

    monkeypatch.setattr(run, "write_whole", full)
    assert became(enhance("photos")) == {"photos/a.jpg": "disk-full"}


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_their_names_however_many_are_done_at_once(
    folder: Path, jobs: int
) -> None:
    for number in range(20):
        side = 5 + 37 * number % 11
        (folder / f"photos/{number:02}.jpg").write_bytes(photograph_file("JPEG", size=(side, side)))
    names = [one.input for one in enhance("photos", jobs=jobs)]
    assert names == sorted(names)
    assert files_in(folder / "photos_enhanced") - {LEDGER} == files_in(folder / "photos")


def test_memory_that_is_short_beside_others_is_enough_alone(folder: Path) -> None:
    network = Inverter(None, MemoryError())
    assert set(became(enhance("photos", network=network)).values()) == {"written"}


def test_a_picture_that_fails_tells_it_about_its_name(folder: Path) -> None:
    network = Inverter(PictureError("result-not-finite", "the picture"))
    results = list(enhance("photos", network=network))
    assert results[0].error is not None
    assert results[0].error.name == "photos/a.jpg"


def test_the_pixels_are_those_of_each_picture(folder: Path) -> None:
    """No picture gets the result of another, whatever the threads do."""
    for number in range(12):
        Image.new("RGB", (8, 8), (20 * number, 0, 0)).save(folder / f"photos/{number}.png")
    list(enhance("photos", jobs=4))
    for number in range(12):
        with Image.open(folder / f"photos_enhanced/{number}.png") as image:
            assert image.getpixel((0, 0)) == (255 - 20 * number, 255, 255)
