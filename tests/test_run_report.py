"""`--report`: a run says on a page what it made of its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.pages import page
from support.photographs import photograph_file
from support.runners import Command, command

from llenhance.cli.run_report import with_page
from llenhance.jobs import batch


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a folder of two pictures and a broken one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "in" / name).write_bytes(photograph_file())
    (tmp_path / "in" / "broken.jpg").write_bytes(photograph_file()[:200])
    return tmp_path


@pytest.fixture
def enhance(capfdbinary: pytest.CaptureFixture[bytes], tiny: Path) -> Command:
    return command(capfdbinary, "enhance", "--model", str(tiny))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["in", "--report"], ["in", "--report=report.html"]),
        (["--report", "in"], ["--report=report.html", "in"]),
        (["--report", "x.html", "in"], ["--report", "x.html", "in"]),
        (["in", "--report", "page.txt"], ["in", "--report", "page.txt"]),  # which is refused then
        (["--report", "new.jpg"], ["--report=report.html", "new.jpg"]),
        (["in", "--report", "-o", "out"], ["in", "--report=report.html", "-o", "out"]),
        (["in", "--", "--report"], ["in", "--", "--report"]),
    ],
)
def test_the_page_need_not_be_named(given: list[str], meant: list[str]) -> None:
    assert with_page(given) == meant


def test_a_page_shows_inputs_and_results_and_why_others_failed(
    photos: Path, enhance: Command
) -> None:
    assert enhance("in", "--report").code == 1
    shown = page(photos / "report.html")
    rows = {Path(row["name"]).name: row["cells"] for row in shown.data["rows"]}
    assert shown.data["columns"] == ["Input", "Result"]
    assert rows.keys() == {"a.jpg", "b.jpg", "broken.jpg"}
    assert all(cell["width"] == 16 for name in ("a.jpg", "b.jpg") for cell in rows[name])
    assert [cell["problem"] for cell in rows["broken.jpg"]] == [
        "its JPEG data is damaged or incomplete"
    ] * 2
    told = [one.text for one in shown.all("td", **{"class": "wrong"})]
    assert told == ["its JPEG data is damaged or incomplete"]


def test_the_same_command_shows_what_was_done_before_and_replaces_its_page(
    photos: Path, enhance: Command
) -> None:
    enhance("in", "--report")
    (photos / "in" / "c.jpg").write_bytes(photograph_file())
    found = enhance("in", "--report", "--json")
    assert found.lines[-1]["messages"][0]["code"] == "report-written"
    assert found.lines[-2]["result"]["summary"]["counts"]["done-before"] == 2
    assert len(page(photos / "report.html").data["rows"]) == 4


def test_several_results_of_a_picture_have_names_of_their_own(
    photos: Path, enhance: Command
) -> None:
    enhance("in/a.jpg", "--variants", "2", "-o", "out/", "--report")
    rows = page(photos / "report.html").data["rows"]
    assert [row["name"] for row in rows] == ["in/a.jpg: a_v1.jpg", "in/a.jpg: a_v2.jpg"]


def test_a_file_of_somebody_else_is_kept_and_nothing_is_done(
    photos: Path, enhance: Command
) -> None:
    (photos / "report.html").write_text("mine")
    assert enhance("in", "--report").code == 2
    assert (photos / "report.html").read_text() == "mine"
    assert not (photos / "in_enhanced").exists()


@pytest.mark.parametrize("option", ["--watch", "--dry-run"])
def test_a_run_without_results_or_end_has_no_page(
    photos: Path, enhance: Command, option: str
) -> None:
    assert enhance("in", "--report", option).code == 2


def test_a_run_that_was_stopped_says_that_there_is_no_page(
    photos: Path, enhance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise SystemExit(130)

    monkeypatch.setattr(batch, "enhance_files", stop)
    found = enhance("in", "--report")
    assert found.code == 130
    assert "since the run was stopped" in found.stderr
    assert not (photos / "report.html").exists()


def test_a_page_that_cannot_be_written_counts_as_a_failure(
    photos: Path, enhance: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llenhance.compare import report
    from llenhance.errors import ResourceError

    def full(*_: object, **__: object) -> None:
        raise ResourceError("disk-full", "report.html")

    monkeypatch.setattr(report, "write_whole", full)
    assert enhance("in", "--report").code == 4
    assert (photos / "in_enhanced" / "a.jpg").exists()
