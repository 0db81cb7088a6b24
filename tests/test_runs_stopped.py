"""What stops a run over pictures, what is told of it, and what the next run goes on with."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from support.inverter import Inverter
from support.photographs import photograph_file
from support.runners import Command

from llenhance.enhancer import Enhancer
from llenhance.errors import PictureError, ResourceError, UsageError
from llenhance.files.parts import PART
from llenhance.files.tree import LEDGER
from llenhance.jobs import batch, earlier, run
from llenhance.jobs.abandon import Abandoning, StoppedError
from llenhance.jobs.batch import Policy
from llenhance.jobs.results import Result


@pytest.fixture
def photos(folder: Path) -> Path:
    """A folder of six pictures."""
    (folder / "photos").mkdir()
    for name in "abcdef":
        (folder / "photos" / f"{name}.jpg").write_bytes(photograph_file("JPEG", size=(6, 9)))
    return folder / "photos"


def enhance(**policy: Any) -> list[Result]:
    """Enhance `photos` with a stand-in for the network."""
    return list(batch.enhance_files(["photos"], enhancer=Inverter, policy=Policy(**policy)))


def statuses(results: list[Result]) -> list[str]:
    return [one.error.code if one.error else one.status for one in results]


def refusing(error: Exception) -> Any:
    """Return what takes the place of a function, and raises."""

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    return refuse


# --- What stops a run ---------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["disk-read-only", "permission-denied"])
@pytest.mark.parametrize("folder_named", ["photos_enhanced", "."])
def test_a_folder_that_takes_no_results_stops_a_run(
    photos: Path, monkeypatch: pytest.MonkeyPatch, code: str, folder_named: str
) -> None:
    folder = os.path.realpath(photos.parent / folder_named)
    monkeypatch.setattr(earlier, "check_output", refusing(PictureError(code, folder)))
    assert statuses(enhance()) == [code]


def test_a_picture_that_may_not_be_read_stops_no_run(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = PictureError("permission-denied", str(photos / "a.jpg"))
    monkeypatch.setattr(run, "read_bytes", refusing(refused))
    assert statuses(enhance()) == ["permission-denied"] * 6


def test_a_full_disk_is_told_as_a_stop_that_can_be_gone_on_from(
    llenhance_: Command, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(run, "write_whole", refusing(ResourceError("disk-full", "photos_enhanced")))
        outcome = llenhance_("photos")
    assert outcome.code == 4
    assert outcome.stderr.splitlines()[-1] == (
        "Stopped: 0 of 6 written, 1 failed, 5 to go; run the same command to go on"
    )
    assert llenhance_("photos").stderr.startswith("Done: 6 written (")


def test_to_replace_and_to_skip_what_exists_is_a_contradiction(
    llenhance_: Command, photos: Path
) -> None:
    outcome = llenhance_("photos", "--overwrite", "--skip-existing")
    assert outcome.code == 2
    assert "contradict" in outcome.stderr
    assert not (photos.parent / "photos_enhanced").exists()


@pytest.mark.parametrize("taken", range(1, 5))
def test_what_was_written_as_a_run_was_stopped_is_told(photos: Path, taken: int) -> None:
    late: list[Result] = []
    policy = Policy(jobs=3)
    results = batch.enhance_files(["photos"], enhancer=Inverter, policy=policy, late=late.append)
    told = [next(results) for _ in range(taken)]
    results.close()  # pyright: ignore  # it is a generator
    written = {str(path) for path in Path("photos_enhanced").glob("*.jpg")}
    assert {one.output for one in (*told, *late)} == written


# --- What the next run finds --------------------------------------------------------------------


def test_what_a_killed_run_left_goes_though_all_was_done(photos: Path) -> None:
    enhance(output="bright")
    list(batch.enhance_files(["photos"], enhancer=Inverter, policy=Policy(output="again")))
    left = photos.parent / "new" / f"{PART}0123.part"
    (photos.parent / "again").rename(left.parent)  # a folder that this process has not looked into
    left.write_bytes(b"half")
    assert set(statuses(enhance(output="new", dry_run=True))) == {"done-before"}
    assert left.exists()
    assert set(statuses(enhance(output="new"))) == {"done-before"}
    assert not left.exists()


def set_version(ledger: Path, version: int) -> None:
    with closing(sqlite3.connect(ledger)) as database:
        database.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", [0, 1])
def test_a_ledger_of_an_earlier_version_is_used(photos: Path, version: int) -> None:
    enhance()
    with closing(sqlite3.connect(Path("photos_enhanced", LEDGER))) as database:
        database.execute("ALTER TABLE results DROP COLUMN together")
    set_version(Path("photos_enhanced", LEDGER), version)
    (photos / "g.jpg").write_bytes((photos / "f.jpg").read_bytes())
    assert statuses(enhance()) == ["done-before"] * 6 + ["written"]
    assert set(statuses(enhance())) == {"done-before"}


def test_a_ledger_of_a_later_version_is_refused(llenhance_: Command, photos: Path) -> None:
    enhance()
    set_version(Path("photos_enhanced", LEDGER), 3)
    with pytest.raises(UsageError) as raised:
        enhance()
    assert raised.value.code == "ledger-of-later-version"
    outcome = llenhance_("photos")
    assert outcome.code == 2
    assert "later version of llenhance" in outcome.stderr
    assert "Stopped" not in outcome.stderr  # the same command would not go on


def test_work_is_given_up_between_two_layers_in_its_own_thread_alone(tiny: Path) -> None:
    enhancer, stopped = Enhancer(tiny, precision="fp32"), Event()
    picture = np.zeros((32, 40, 3), np.uint8)
    abandoning = Abandoning(stopped)
    with abandoning.at_work():
        enhancer.enhance(picture)
    stopped.set()
    enhancer.enhance(picture)  # nobody has said that this may be given up
    with abandoning.at_work(), pytest.raises(StoppedError):
        enhancer.enhance(picture)
    abandoning.close()
    with abandoning.at_work():
        enhancer.enhance(picture)
