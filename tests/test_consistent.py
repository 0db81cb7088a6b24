"""`--consistent`: the pictures of a folder look alike, and nothing flickers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from support.photographs import photograph_file
from support.runners import Command

from llenhance import read_picture, read_provenance
from llenhance.enhancer import Enhancer
from llenhance.enhancing.wish import Wish
from llenhance.jobs import batch
from llenhance.jobs.alike import Sets
from llenhance.jobs.batch import Policy
from llenhance.jobs.job import Job
from llenhance.jobs.ledger import LEDGER
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.jobs.task import LOOKED_AT

Run = Callable[..., list[Result]]


def write(
    path: Path, light: float, *, size: tuple[int, int] = (40, 32), deep: bool = False
) -> None:
    """Write a scene in so much light, with the noise of a sensor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 9, width), np.linspace(0, 7, height))
    scene = 0.3 + 0.2 * np.sin(across)[..., None] * np.cos(down[..., None] + np.arange(3))
    noise = np.random.default_rng(int(light * 1e6)).normal(0, 0.002, scene.shape)
    values = np.clip(scene * light + noise, 0, 1) ** (1 / 2.2)
    if deep:
        assert cv2.imwrite(str(path), np.rint(values[..., ::-1] * 65535).astype(np.uint16))
    else:
        Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(path)


def mean(path: Path) -> float:
    with Image.open(path) as image:
        return float(np.asarray(image.convert("L")).mean()) / 255


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a dusk in ten pictures."""
    monkeypatch.chdir(tmp_path)
    for number, light in enumerate(np.geomspace(0.3, 0.03, 10)):
        write(tmp_path / f"photos/{number}.png", float(light))
    return tmp_path / "photos"


@pytest.fixture
def enhance(tiny: Path) -> Run:
    """What enhances with a small network."""
    enhancer = Enhancer(tiny, precision="fp32")

    def run(*inputs: str, stop_after: int = 10**6, **policy: object) -> list[Result]:
        options = {"consistent": True} | policy
        results = batch.enhance_files(
            list(inputs),
            enhancer=lambda: enhancer,
            policy=Policy(**options),  # pyright: ignore[reportArgumentType]
        )
        done = [one for _, one in zip(range(stop_after), results, strict=False)]
        getattr(results, "close", lambda: None)()
        return done

    return run


def became(results: list[Result]) -> list[str]:
    return [one.error.code if one.error else one.status for one in results]


def with_nano(*, target_mean: float | None = None) -> list[Result]:
    """Enhance the folder with the model of the package, which knows what brightness is."""
    enhancer = Enhancer(precision="fp32")
    request, policy = Request(wish=Wish(target_mean=target_mean)), Policy(consistent=True)
    return list(
        batch.enhance_files(["photos"], enhancer=lambda: enhancer, request=request, policy=policy)
    )


def test_a_dusk_stays_a_dusk(photos: Path) -> None:
    assert set(became(with_nano())) == {"written"}
    before = np.array([mean(photos / f"{n}.png") for n in range(10)])
    after = np.array([mean(photos.parent / f"photos_enhanced/{n}.png") for n in range(10)])
    gain = after.mean() / before.mean()
    assert np.abs(np.diff(after)).mean() <= gain * np.abs(np.diff(before)).mean()
    assert (np.diff(after) < 0).all()  # no picture is brighter than the one before
    assert gain > 1.2


def test_equal_pictures_in_one_set_have_equal_pixels(photos: Path, enhance: Run) -> None:
    (photos / "again.png").write_bytes((photos / "5.png").read_bytes())
    enhance("photos")
    one, other = (Image.open(f"photos_enhanced/{name}.png") for name in ("5", "again"))
    assert np.array_equal(np.asarray(one), np.asarray(other))


def test_each_folder_is_a_set_of_its_own(photos: Path, enhance: Run) -> None:
    write(photos / "other/bright.png", 0.9)
    (photos / "other/5.png").write_bytes((photos / "5.png").read_bytes())
    enhance("photos")
    one, other = (Image.open(f"photos_enhanced/{name}.png") for name in ("5", "other/5"))
    assert not np.array_equal(np.asarray(one), np.asarray(other))


def test_files_that_are_named_are_one_set_wherever_they_are(photos: Path, enhance: Run) -> None:
    (photos / "other").mkdir()
    (photos / "other/6.png").write_bytes((photos / "5.png").read_bytes())
    enhance("photos/0.png", "photos/5.png", "photos/other/6.png", output="out")
    one, other = (Image.open(f"out/{name}.png") for name in ("5", "6"))
    assert np.array_equal(np.asarray(one), np.asarray(other))


def test_a_stopped_run_goes_on_to_the_same_bytes(photos: Path, enhance: Run) -> None:
    enhance("photos", output="straight")
    enhance("photos", output="stopped", stop_after=3)
    found = became(enhance("photos", output="stopped"))
    assert found[:3] == ["done-before"] * 3
    for path in (photos.parent / "straight").glob("*.png"):
        assert path.read_bytes() == (photos.parent / "stopped" / path.name).read_bytes()
    assert set(became(enhance("photos", output="stopped"))) == {"done-before"}


@pytest.mark.parametrize("what", ["added", "removed", "changed"])
@pytest.mark.parametrize("has_ledger", [True, False])
def test_of_a_set_that_has_changed_nothing_is_written(
    photos: Path, enhance: Run, what: str, has_ledger: bool
) -> None:
    enhance("photos")
    Path("photos_enhanced/7.png").unlink()  # it would be made again
    if what == "added":
        write(photos / "new.png", 0.9)
    if what == "removed":
        (photos / "4.png").unlink()
    if what == "changed":
        write(photos / "4.png", 0.9)
    if not has_ledger:
        Path("photos_enhanced", LEDGER).unlink()
    before = set(Path("photos_enhanced").glob("*.png"))
    results = enhance("photos")
    assert set(became(results)) == {"set-changed"}
    assert results[0].error is not None
    assert results[0].error.facts == {"result": "photos_enhanced/0.png"}
    assert set(Path("photos_enhanced").glob("*.png")) == before


def test_a_set_that_has_changed_is_made_again_on_request(photos: Path, enhance: Run) -> None:
    enhance("photos", stop_after=2)
    write(photos / "new.png", 0.9)
    assert set(became(enhance("photos", overwrite=True))) == {"written"}
    assert set(became(enhance("photos"))) == {"done-before"}


def test_of_a_set_beside_results_that_were_made_otherwise_nothing_is_written(
    photos: Path, enhance: Run
) -> None:
    enhance("photos/0.png", "photos/1.png", output="out")
    Path("mine").mkdir()
    Path("mine/3.png").write_bytes((photos / "3.png").read_bytes())
    assert set(became(enhance("photos", output="mine"))) == {"set-beside-others"}
    assert [path.name for path in Path("mine").glob("*.png")] == ["3.png"]


def test_a_set_of_which_some_are_done_goes_on_without_its_ledger(
    photos: Path, enhance: Run
) -> None:
    assert photos.exists()
    enhance("photos", stop_after=3)
    Path("photos_enhanced", LEDGER).unlink()
    assert set(became(enhance("photos"))) == {"done-before", "written"}


def test_other_sets_of_a_run_are_done(photos: Path, enhance: Run) -> None:
    enhance("photos")
    write(photos / "other/bright.png", 0.9)
    assert became(enhance("photos")) == ["done-before"] * 10 + ["written"]


def test_results_of_a_set_are_no_results_of_pictures_alone(photos: Path, enhance: Run) -> None:
    assert photos.exists()
    enhance("photos")
    found = set(became(enhance("photos", consistent=False)))
    assert found == {"exists-of-other-settings"}


def test_a_damaged_picture_of_a_set_fails_alone(photos: Path, enhance: Run) -> None:
    (photos / "4.png").write_bytes((photos / "4.png").read_bytes()[:200])
    found = became(enhance("photos"))
    assert found.pop(4) == "damaged-picture"
    assert set(found) == {"written"}


@pytest.mark.parametrize("first_is_deep", [True, False])
def test_sizes_and_depths_may_differ(photos: Path, enhance: Run, first_is_deep: bool) -> None:
    write(photos / "00.png", 0.1, size=(24, 50), deep=first_is_deep)
    write(photos / "zz.png", 0.1, size=(33, 20), deep=True)
    assert set(became(enhance("photos"))) == {"written"}
    with Image.open("photos_enhanced/00.png") as image:
        assert image.size == (24, 50)


def test_a_picture_of_8_bits_that_was_not_looked_at_fits_a_plan_of_16(
    tmp_path: Path,
) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.png", 0.1, deep=True)
    jobs = [
        Job(input=str(tmp_path / f"{n}.png"), output=Path(f"{n}.png"), request=Request())
        for n in range(3)
    ]
    enhancer = Enhancer(precision="fp32")
    alike = Sets(jobs).of(jobs[0]).alike(enhancer, Request().wish, name="0")
    write(tmp_path / "shallow.png", 0.1)
    shallow = alike.enhance_picture(read_picture(tmp_path / "shallow.png")).picture
    deep = alike.enhance_picture(read_picture(tmp_path / "0.png")).picture
    assert (shallow.depth, deep.depth) == (8, 16)
    assert np.abs(shallow.pixels - deep.pixels / 257).max() < 12  # the steps of 8 bits, in the dark


def test_an_animation_is_made_like_the_others(photos: Path, enhance: Run) -> None:
    frames = [Image.open(photos / f"{n}.png") for n in (3, 4)]
    frames[0].save(photos / "film.webp", save_all=True, append_images=frames[1:], lossless=True)
    enhance("photos")
    with (
        Image.open("photos_enhanced/film.webp") as film,
        Image.open("photos_enhanced/3.png") as one,
    ):
        assert film.n_frames == 2  # pyright: ignore
        first = np.asarray(film.convert("RGB")).astype(int)
        assert np.array_equal(first, np.asarray(one))


def test_a_target_is_for_the_whole_set(photos: Path) -> None:
    assert set(became(with_nano(target_mean=0.45))) == {"written"}
    after = [mean(photos.parent / f"photos_enhanced/{n}.png") for n in range(10)]
    assert np.mean(after) == pytest.approx(0.45, abs=0.02)
    assert max(after) - min(after) > 0.05


def test_of_many_pictures_some_are_looked_at(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []

    def read(path: Path) -> bytes:
        seen.append(path)
        return b""

    monkeypatch.setattr("llenhance.jobs.alike.read_bytes", read)
    jobs = [
        Job(input=f"{n:04}.png", output=photos / f"{n}.png", request=Request()) for n in range(1000)
    ]
    assert len(Sets(jobs).of(jobs[0]).digest) == 64
    assert len(seen) == LOOKED_AT
    assert (seen[0].name, seen[-1].name) == ("0000.png", "0999.png")


# --- The command --------------------------------------------------------------------------------


def test_a_result_of_a_set_tells_it_and_is_not_replayed(llenhance_: Command, folder: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(photograph_file("JPEG"))
    assert llenhance_("a.jpg", "b.jpg", "--burst", "-o", "out").code == 0
    assert (folder / "out" / LEDGER).exists()
    record = read_provenance("out/a.jpg")
    assert record is not None
    assert len(record.together or "") == 64
    assert record.settings.endswith("like others of its set")
    outcome = llenhance_("a.jpg", "--replay", "out/a.jpg", "-o", "again.jpg")
    assert outcome.code == 2
    assert "made to look like others" in outcome.stderr


def test_that_a_set_has_changed_is_said_once_with_what_to_do(
    llenhance_: Command, folder: Path
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photograph_file("JPEG"))
    assert llenhance_("a.jpg", "b.jpg", "--consistent", "-o", "out").code == 0
    outcome = llenhance_("a.jpg", "b.jpg", "c.jpg", "--consistent", "-o", "out")
    assert outcome.code == 1
    first, done, count = outcome.stderr.splitlines()
    assert first == (
        "error: the pictures: nothing of the set is written: pictures were added, removed or "
        "changed since out/a.jpg was made, so new results would not look like the old ones. Add "
        "--overwrite to make all of them again, or choose another folder with -o."
    )
    assert done.startswith("Nothing was written: 3 failed (")
    assert count == "  3 failed: the set has changed"
    assert not (folder / "out/c.jpg").exists()


def test_that_sets_have_changed_is_said_once_of_each_folder(
    llenhance_: Command, folder: Path
) -> None:
    for name in ("day/a.jpg", "day/b.jpg", "night/a.jpg", "night/b.jpg"):
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "photos" / name).write_bytes(photograph_file("JPEG"))
    assert llenhance_("photos", "--consistent").code == 0
    for name in ("day/c.jpg", "night/c.jpg"):
        (folder / "photos" / name).write_bytes(photograph_file("JPEG"))
    for verbose in ([], ["--verbose"]):
        outcome = llenhance_("photos", "--consistent", *verbose)
        assert outcome.code == 1
        told = [line for line in outcome.stderr.splitlines() if "of the set" in line]
        assert [line.partition(": nothing")[0] for line in told] == [
            "error: photos/day",
            "error: photos/night",
        ]
        assert "\nNothing was written: 6 failed (" in outcome.stderr
        assert outcome.stderr.endswith("\n  6 failed: the set has changed\n")


@pytest.mark.parametrize("other", ["--only-if-dark", "--watch"])
def test_what_contradicts_a_set_is_refused(llenhance_: Command, folder: Path, other: str) -> None:
    assert folder.exists()
    outcome = llenhance_(".", "--consistent", other)
    assert outcome.code == 2
    assert other in outcome.stderr
