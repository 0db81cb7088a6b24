"""`--only-if-dark`: well-lit pictures are left as they are, to the byte."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.inverter import Inverter
from support.runners import Command

from llenhance.errors import PictureError
from llenhance.jobs import batch
from llenhance.jobs.batch import Policy
from llenhance.jobs.ledger import LEDGER
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.pictures.dark import DARK


def write(path: Path, level: int, **options: Any) -> bytes:
    """Write a picture that is noise around a level; return its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(level).integers(-9, 10, (24, 32, 3))
    Image.fromarray((level + noise).clip(0, 255).astype(np.uint8)).save(path, **options)
    return path.read_bytes()


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a dark and a well-lit picture."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "photos/dark.jpg", 20)
    write(tmp_path / "photos/day/light.png", 140)
    return tmp_path / "photos"


def enhance(
    *inputs: str, format: str | None = None, network: Inverter | None = None, **policy: Any
) -> list[Result]:
    """Enhance with a stand-in for the network."""
    policy = {"only_if_dark": DARK} | policy
    enhancer = network or Inverter()
    request = Request(format=format)
    files = batch.enhance_files(
        list(inputs), enhancer=lambda: enhancer, request=request, policy=Policy(**policy)
    )
    return list(files)


def became(results: list[Result]) -> dict[str, str]:
    return {one.input: one.error.code if one.error else one.status for one in results}


def test_a_well_lit_picture_of_a_folder_is_copied_to_the_byte(photos: Path) -> None:
    network = Inverter()
    found = became(enhance("photos", network=network))
    assert found == {"photos/dark.jpg": "written", "photos/day/light.png": "left"}
    assert network.calls == 1
    copy = photos.parent / "photos_enhanced/day/light.png"
    assert copy.read_bytes() == (photos / "day/light.png").read_bytes()


def test_a_copy_keeps_its_format_and_extension(photos: Path) -> None:
    (left,) = [one for one in enhance("photos", format="WEBP") if one.status == "left"]
    assert (left.output, left.format) == ("photos_enhanced/day/light.png", "PNG")
    assert (photos.parent / "photos_enhanced/dark.webp").exists()


def test_without_a_place_for_results_nothing_is_written(photos: Path) -> None:
    (left,) = enhance("photos/day/light.png")
    assert (left.status, left.output) == ("left", None)
    assert [path.name for path in (photos / "day").iterdir()] == ["light.png"]


def test_the_mean_gray_that_decided_is_told(photos: Path) -> None:
    (left,) = enhance("photos/day/light.png")
    assert left.mean_grey == pytest.approx(140 / 255, abs=0.01)


@pytest.mark.parametrize(("threshold", "status"), [(0.5, "left"), (0.6, "written")])
def test_the_threshold_decides(photos: Path, threshold: float, status: str) -> None:
    (one,) = enhance("photos/day/light.png", only_if_dark=threshold)
    assert one.status == status


def test_a_frame_does_not_make_a_picture_dark_or_light(photos: Path) -> None:
    canvas = Image.new("RGB", (200, 200), "white")
    canvas.paste(Image.open(photos / "dark.jpg").resize((80, 60)), (60, 70))
    canvas.save(photos / "framed.png")
    (one,) = enhance("photos/framed.png")
    assert one.status == "written"


def test_a_file_with_one_dark_page_is_enhanced(photos: Path) -> None:
    pages = [Image.open(photos / "day/light.png"), Image.open(photos / "dark.jpg")]
    pages[0].save(photos / "pages.tif", save_all=True, append_images=pages[1:])
    (one,) = enhance("photos/pages.tif")
    assert one.status == "written"


def test_what_was_copied_before_is_done(photos: Path) -> None:
    enhance("photos", format="WEBP")
    assert set(became(enhance("photos", format="WEBP")).values()) == {"done-before"}


def test_a_dry_run_says_what_would_be_left_and_copies_nothing(photos: Path) -> None:
    found = became(enhance("photos", dry_run=True))
    assert found == {"photos/dark.jpg": "planned", "photos/day/light.png": "left"}
    assert not (photos.parent / "photos_enhanced").exists()


def test_a_file_of_somebody_else_is_not_replaced_by_a_copy(photos: Path) -> None:
    other = write(photos.parent / "out/light.png", 99)
    assert became(enhance("photos/day/light.png", output="out")) == {
        "photos/day/light.png": "exists"
    }
    assert (photos.parent / "out/light.png").read_bytes() == other


def test_a_copy_into_the_folder_of_the_picture_is_not_needed(photos: Path) -> None:
    (one,) = enhance("photos/day/light.png", output="photos/day", format="WEBP")
    assert (one.status, one.output) == ("left", None)


def test_the_named_file_is_a_copy_if_the_format_is_the_same(photos: Path) -> None:
    (one,) = enhance("photos/day/light.png", output="copy.png")
    assert one.output == "copy.png"
    copy = photos.parent / "copy.png"
    assert copy.read_bytes() == (photos / "day/light.png").read_bytes()


def test_the_named_file_of_another_format_is_refused(photos: Path) -> None:
    (one,) = enhance("photos/day/light.png", output="copy.jpg")
    assert isinstance(one.error, PictureError)
    assert one.error.code == "well-lit-of-other-format"
    assert not (photos.parent / "copy.jpg").exists()


def test_a_copy_has_the_time_of_its_picture_on_request(photos: Path) -> None:
    os.utime(photos / "day/light.png", ns=(1, 10**18))
    enhance("photos", preserve_time=True)
    copy = photos.parent / "photos_enhanced/day/light.png"
    assert copy.stat().st_mtime_ns == 10**18


# --- The command --------------------------------------------------------------------------------


def test_the_summary_counts_what_was_left(llenhance_: Command, folder: Path) -> None:
    write(folder / "photos/a.jpg", 20)
    write(folder / "photos/b.jpg", 140)
    outcome = llenhance_("photos", "--only-if-dark")
    assert outcome.code == 0
    assert outcome.stderr.startswith("Done: 1 written, 1 left as they are (")


def test_json_tells_what_was_left(llenhance_: Command, folder: Path) -> None:
    write(folder / "b.jpg", 140)
    report = llenhance_("b.jpg", "--only-if-dark", "--json").report
    assert (report["status"], report["output"]) == ("left", None)
    assert report["mean_gray"] == pytest.approx(140 / 255, abs=0.01)


def test_people_are_told_why_a_picture_was_left(llenhance_: Command, folder: Path) -> None:
    write(folder / "b.jpg", 140)
    said = llenhance_("b.jpg", "--only-if-dark").stderr
    assert said == "b.jpg  (left as it is: well lit, mean gray 0.55)\n"


def test_a_threshold_alone_is_enough(llenhance_: Command, folder: Path) -> None:
    write(folder / "b.jpg", 140)
    assert llenhance_("b.jpg", "--dark-below", "0.5", "--json").report["status"] == "left"
    assert llenhance_("b.jpg", "--dark-below", "0.6", "--json").report["status"] == "written"


def test_a_pipe_gets_the_picture_as_it_is(llenhance_: Command, folder: Path) -> None:
    data = write(folder / "b.jpg", 140)
    outcome = llenhance_("b.jpg", "--only-if-dark", "-o", "-")
    assert (outcome.code, outcome.data) == (0, data)
    with Image.open(io.BytesIO(outcome.data)) as image:
        assert image.format == "JPEG"


def test_copies_keep_positions_so_stripping_them_is_refused(
    llenhance_: Command, folder: Path
) -> None:
    write(folder / "b.jpg", 140)
    outcome = llenhance_("b.jpg", "--only-if-dark", "--metadata", "strip-gps")
    assert outcome.code == 2
    assert "--only-if-dark" in outcome.stderr


def test_the_ledger_is_in_the_folder_of_copies(photos: Path) -> None:
    enhance("photos/day")
    assert (photos.parent / "photos/day_enhanced" / LEDGER).exists()
