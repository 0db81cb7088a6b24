"""What `llenhance compare` matches, shows and says, without a browser."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import exif_with
from support.pages import Page, page
from support.photographs import photograph
from support.runners import Command

from llenhance.compare import report
from llenhance.compare.looking import BINS, THUMBNAIL, Seen, histogram, look_at
from llenhance.compare.matching import Matched, Row, match
from llenhance.errors import LlenhanceError, ResourceError, UsageError
from llenhance.pictures import icc

SCENE = photograph(48, 64)
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
D65 = (0.3127, 0.329)


def put(path: Path, pixels: Any = SCENE, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def pairs(folder: Path) -> Path:
    """Folders of dark pictures, results and references, all of two pictures."""
    for name in ("one", "two"):
        put(folder / "dark" / f"{name}.png", SCENE // 4)
        put(folder / "ours" / f"{name}.png", SCENE // 2 + 9)
        put(folder / "lit" / f"{name}.png")
    return folder


def seen(*cells: Path, preview: int = 500, has_reference: bool = False) -> list[Any]:
    """Return what is seen of pictures that belong together."""
    labels = tuple(str(number) for number in range(len(cells)))
    row = Row(name="x", cells=cells)
    matched = Matched(labels=labels, rows=(row,), has_reference=has_reference)
    (found,) = look_at(matched, preview=preview)
    return list(found.cells)


def pixels_of(jpeg: bytes) -> Any:
    return np.asarray(Image.open(BytesIO(jpeg)).convert("RGB")).astype(float)


# --- What belongs together ----------------------------------------------------------------------


def matched(folder: Path, *columns: list[str]) -> tuple[list[tuple[str | None, ...]], list[str]]:
    """Return the rows of folders that hold files of these names, and what has no partner."""
    places = [folder / f"c{number}" for number in range(len(columns))]
    for place, names in zip(places, columns, strict=True):
        for name in names:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).touch()
    found = match(places)
    rows = [
        tuple(
            cell.relative_to(place).as_posix() if isinstance(cell, Path) else None
            for cell, place in zip(row.cells, places, strict=True)
        )
        for row in found.rows
    ]
    return rows, [Path(error.name).relative_to(folder).as_posix() for error in found.unpaired]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg", "a.png"),
        ("a.jpg", "a_enhanced.webp"),
        ("A.JPG", "a.png"),
        ("day/a.jpg", "day/a.png"),
        ("\u00fc.jpg", "u\u0308.jpg"),
        ("a.b.jpg", "a.b.png"),
    ],
)
def test_pictures_of_one_name_belong_together(folder: Path, one: str, other: str) -> None:
    assert matched(folder, [one], [other]) == ([(one, other)], [])


@pytest.mark.parametrize(("one", "other"), [("a.jpg", "b.jpg"), ("day/a.jpg", "night/a.jpg")])
def test_pictures_of_other_names_do_not(folder: Path, one: str, other: str) -> None:
    with pytest.raises(UsageError, match="has a partner"):
        matched(folder, [one], [other])


def test_the_surest_partner_is_taken(folder: Path) -> None:
    rows, unpaired = matched(folder, ["a.jpg", "a.png"], ["a.jpg", "a.png", "a_enhanced.jpg"])
    assert rows == [("a.jpg", "a.jpg"), ("a.png", "a.png")]
    assert unpaired == ["c1/a_enhanced.jpg"]


def test_nobody_guesses_which_of_two_is_the_partner(folder: Path) -> None:
    rows, unpaired = matched(folder, ["a.jpg", "a.png", "b.jpg"], ["a.webp", "b.jpg"])
    assert rows == [("b.jpg", "b.jpg")]
    assert sorted(unpaired) == ["c0/a.jpg", "c0/a.png", "c1/a.webp"]


def test_a_picture_that_one_column_lacks_has_a_row(folder: Path) -> None:
    rows, unpaired = matched(folder, ["a.jpg"], ["a.jpg", "b.jpg"], ["b.jpg"])
    assert rows == [("a.jpg", "a.jpg", None), (None, "b.jpg", "b.jpg")]
    assert unpaired == []


def test_rows_are_in_the_order_of_numbers(folder: Path) -> None:
    names = ["IMG_10.jpg", "IMG_2.jpg", "IMG_1.jpg"]
    rows, _ = matched(folder, names, names)
    assert [row[0] for row in rows] == ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"]


def test_two_pictures_are_compared_whatever_they_are_called(folder: Path) -> None:
    one, other = put(folder / "a.jpg"), put(folder / "b.png")
    (row,) = match([one, other]).rows
    assert row.cells == (one, other)


def test_columns_are_called_like_what_tells_their_folders_apart(folder: Path) -> None:
    places = [put(folder / name / "out" / "a.png").parent for name in ("x", "y")]
    assert match(places).labels == ("x/out", "y/out")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["dark"], "nothing-to-compare-with"),
        (["dark", "ours/one.png"], "folders-beside-pictures"),
        (["dark", "ours", "--labels", "A"], "labels-unmatched"),
        (["dark", "ours", "--labels", "A,A"], "label-twice"),
        (["dark", "nowhere"], "not-found"),
        (["dark", "ours", "-o", "page.png"], "report-extension"),
        (["dark", "ours", "-o", "-"], "report-extension"),
        (["dark", "ours", "--lpips", "w.safetensors"], "needs-references"),
    ],
)
def test_wrong_usage_is_refused(pairs: Path, run: Command, arguments: list[str], code: str) -> None:
    found = run("compare", *arguments, "--json")
    assert [told["code"] for told in found.document["messages"]] == [code]
    assert found.code == 2
    assert not (pairs / "report.html").exists()


# --- What is seen of a picture ------------------------------------------------------------------


def test_pictures_are_shown_upright(folder: Path) -> None:
    turned = put(folder / "a.jpg", exif=b"Exif\0\0" + exif_with(orientation=6))
    (cell,) = seen(turned)
    assert (cell.width, cell.height) == (48, 64)
    assert pixels_of(cell.preview).shape == (64, 48, 3)


def test_wide_colors_are_shown_in_srgb(folder: Path) -> None:
    profile = icc.rgb_profile(
        "P3", curve=(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), primaries=P3, white=D65
    )
    wide = put(folder / "a.png", np.full((16, 16, 3), (150, 100, 100)), icc_profile=profile)
    (cell,) = seen(wide)
    red, green, _ = pixels_of(cell.preview).mean(axis=(0, 1))
    assert red - green == pytest.approx(61, abs=3)  # 50 in the file, of wider primaries


def test_transparency_is_shown_in_front_of_gray(folder: Path) -> None:
    pixels = np.zeros((16, 16, 4))
    pixels[:, 8:] = 255
    (cell,) = seen(put(folder / "a.png", pixels))
    left, right = pixels_of(cell.preview)[8, [2, 13], 0]
    assert left == pytest.approx(128, abs=3)
    assert right == pytest.approx(255, abs=3)


def test_previews_and_thumbnails_are_bounded(folder: Path) -> None:
    (cell,) = seen(put(folder / "a.png", photograph(300, 600)), preview=400)
    assert pixels_of(cell.preview).shape == (200, 400, 3)
    assert pixels_of(cell.thumbnail).shape == (THUMBNAIL // 2, THUMBNAIL, 3)
    assert cell.thumbnail_size == (THUMBNAIL, THUMBNAIL // 2)


def test_the_histogram_has_what_is_in_the_picture() -> None:
    pixels = np.full((10, 10, 3), (8, 100, 200), np.uint8)
    pixels[:5] = (40, 100, 200)
    red, green, blue, luma = np.frombuffer(histogram(pixels), np.uint8).reshape(4, BINS)
    assert {bin: red[bin] for bin in np.flatnonzero(red)} == {2: 255, 10: 255}
    assert list(np.flatnonzero(green)) == [25]
    assert list(np.flatnonzero(blue)) == [50]
    assert len(np.flatnonzero(luma)) == 2


def test_one_that_is_damaged_does_not_keep_the_others_from_being_seen(folder: Path) -> None:
    whole = put(folder / "a.jpg")
    cut = folder / "b.jpg"
    cut.write_bytes(whole.read_bytes()[:500])
    first, damaged, missing = seen(whole, cut, folder / "c.jpg")
    assert isinstance(first, Seen)
    assert isinstance(damaged, LlenhanceError)
    assert (damaged.code, missing.code) == ("damaged-picture", "not-found")


def test_sizes_that_differ_are_seen_but_not_scored(folder: Path) -> None:
    other, same, reference = (
        put(folder / f"{name}.png", pixels)
        for name, pixels in (("a", photograph(60, 60)), ("b", SCENE), ("c", SCENE))
    )
    first, second, _ = seen(other, same, reference, has_reference=True)
    assert first.problem.code == "sizes-differ"
    assert (first.compared, first.width) == ({}, 60)
    assert second.compared["produced"]["psnr"] == 100


def test_scores_are_those_of_evaluate(pairs: Path, run: Command) -> None:
    scored = run("evaluate", "ours", "lit", "--outputs-only", "--json").report["pictures"]
    shown = run("compare", "dark", "ours", "--reference", "lit", "--json").report["pictures"]
    for theirs, row in zip(scored, shown, strict=True):
        mine = row["columns"][1]["figures"]
        assert mine["produced"] == theirs["produced"]
        assert mine["scaled"] == theirs["scaled"]
        assert mine["mean_gray"] == theirs["mean_gray"]


# --- The page -----------------------------------------------------------------------------------


@pytest.fixture
def scored(pairs: Path, run: Command) -> Page:
    assert run("compare", "dark", "ours", "--reference", "lit", "--labels", "A, B").code == 0
    return page(pairs / "report.html")


def test_the_page_names_nothing_outside_of_itself(scored: Page) -> None:
    places = ("src", "href", "srcset", "action", "data", "poster")
    links = [one.attributes.get(place, "data:") for one in scored.elements for place in places]
    assert [link[:40] for link in links if not link.startswith("data:")] == []
    (style,) = scored.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_the_policy_allows_the_own_script_and_style_and_nothing_else(scored: Page) -> None:
    (meta,) = [one for one in scored.all("meta") if "http-equiv" in one.attributes]
    rules = dict(rule.split(maxsplit=1) for rule in meta.attributes["content"].split("; "))
    (style,) = scored.all("style")
    (script,) = [one for one in scored.all("script") if not one.attributes]

    def allowed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": allowed(style.text),
        "script-src": allowed(script.text),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    handlers = [key for one in scored.elements for key in one.attributes if key.startswith("on")]
    assert handlers == []
    assert not [one for one in scored.elements if "style" in one.attributes]


def test_the_table_can_be_used_by_a_screen_reader(scored: Page) -> None:
    (table,) = scored.all("table", id="pictures")
    assert [one.text for one in scored.all("caption")] == ["Pictures and their figures"]
    heads = [one for one in scored.all("th") if "thead" in one.parents]
    assert {one.attributes["scope"] for one in heads} == {"col", "colgroup"}
    sorted_by = [one.attributes["aria-sort"] for one in heads if "aria-sort" in one.attributes]
    assert (sorted_by.count("ascending"), set(sorted_by)) == (1, {"ascending", "none"})
    assert len(scored.all("th", scope="row")) == 3  # two pictures, and their means
    assert all(one.attributes["alt"] for one in scored.all("img"))
    assert all(
        "label" in one.parents or "aria-label" in one.attributes
        for one in scored.elements
        if one.tag in ("input", "select")
    )
    assert [one.attributes["lang"] for one in scored.all("html")] == ["en"]
    assert table.attributes.keys() == {"id"}


def test_every_row_has_as_many_cells_as_the_head_has_columns(scored: Page) -> None:
    row = scored.all("tr", **{"data-row": "0"})
    sortable = [one for one in scored.all("th") if "data-sorts" in one.attributes]
    at = {one.attributes["data-at"] for one in scored.elements if "data-at" in one.attributes}
    assert len(row) == 1
    assert at == {one.attributes["data-sorts"] for one in sortable}


def test_the_mean_is_that_of_the_pictures(scored: Page) -> None:
    group = "produced-psnr"
    cells = [one for one in scored.all("td") if one.attributes.get("data-group") == group]
    of_rows = [float(one.attributes["data-value"]) for one in cells[:4]]
    means = [float(one.text) for one in cells[4:]]
    assert means == pytest.approx([sum(of_rows[::2]) / 2, sum(of_rows[1::2]) / 2], abs=0.005)
    assert of_rows[1] > of_rows[0]  # `ours` is closer to the reference, so it is in bold
    assert scored.all("strong")[0].text == f"{of_rows[1]:.2f}"


def test_previews_wait_as_text_and_are_pictures(scored: Page) -> None:
    waiting = scored.all("script", type="text/plain")
    assert [one.attributes["id"] for one in waiting] == [
        f"p{row}-{column}" for row in (0, 1) for column in (0, 1, 2)
    ]
    assert pixels_of(b64decode(waiting[2].text)).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<", "a\"b'&amp;", "</script><img src=x onerror=x>".replace("/", "")]
)
def test_hostile_names_are_texts(folder: Path, run: Command, name: str) -> None:
    for place in ("a", "b"):
        put(folder / place / f"{name}.png")
    assert run("compare", "a", "b", "--labels", f"{name},</title><b>").code == 0
    found = page(folder / "report.html")
    assert found.data["rows"][0]["name"] == f"{name}.png"
    assert found.data["columns"] == [name, "</title><b>"]
    assert f"{name}.png" in [one.text for one in found.all("bdi")]
    assert len(found.all("script")) == 4  # the data, the script, two previews
    assert found.all("b") == []


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_are_marked(folder: Path, run: Command) -> None:
    for place in ("a", "b"):
        put(folder / place / "x.png").rename(folder / place / os.fsdecode(b"\xff.png"))
    assert run("compare", "a", "b").code == 0
    assert page(folder / "report.html").data["rows"][0]["name"] == "\N{REPLACEMENT CHARACTER}.png"


def test_what_failed_is_on_the_page_with_its_reason(pairs: Path, run: Command) -> None:
    (pairs / "ours" / "one.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (pairs / "dark" / "alone.png").write_bytes((pairs / "dark" / "two.png").read_bytes())
    found = run("compare", "dark", "ours", "--json")
    codes = [told["code"] for told in found.document["messages"]]
    assert found.code == 1
    assert codes == ["no-partner", "damaged-picture"]
    assert found.report["unpaired"] == [str(Path("dark", "alone.png"))]
    assert found.report["pictures"][0]["columns"][1] == {
        "file": str(Path("ours", "one.png")),
        "code": "damaged-picture",
    }
    shown = page(pairs / "report.html")
    told = [one.text for one in shown.all("th", scope="row")]
    assert told[:2] == [str(Path("dark", "alone.png")), str(Path("ours", "one.png"))]
    assert shown.all("td", **{"class": "wrong"})[0].text == "it has no partner in ours"


# --- The file -----------------------------------------------------------------------------------


def test_an_existing_file_is_kept(pairs: Path, run: Command) -> None:
    (pairs / "report.html").write_text("mine")
    again = run("compare", "dark", "ours")
    assert (again.code, again.stderr.count("it already exists")) == (1, 1)
    assert (pairs / "report.html").read_text() == "mine"
    assert run("compare", "dark", "ours", "--overwrite").code == 0
    assert page(pairs / "report.html").data["columns"] == ["dark", "ours"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), ResourceError("disk-full", "x")])
def test_a_page_is_written_whole_or_not_at_all(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException
) -> None:
    def broken(*arguments: Any, **options: Any) -> Iterator[Any]:
        yield from list(look_at(*arguments, **options))[:1]
        raise ending

    monkeypatch.setattr(report, "look_at", broken)
    before = set(pairs.iterdir())
    with pytest.raises(type(ending)):
        report.write_report(
            pairs / "report.html",
            match([pairs / "dark", pairs / "ours"]),
            title="x",
            overwrite=False,
        )
    assert set(pairs.iterdir()) == before


def test_the_size_that_is_told_is_that_of_the_file(pairs: Path, run: Command) -> None:
    told = run("compare", "dark", "ours", "--json").report
    assert told["bytes"] == (pairs / "report.html").stat().st_size


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
def test_the_page_is_as_private_as_the_most_private_picture(pairs: Path, run: Command) -> None:
    (pairs / "ours" / "two.png").chmod(0o600)
    run("compare", "dark", "ours")
    assert (pairs / "report.html").stat().st_mode & 0o077 == 0


def test_more_pictures_have_smaller_previews() -> None:
    sides = [report._side_for(count) for count in (2, 100, 400, 1000)]
    assert sides == sorted(sides, reverse=True)
    assert len(set(sides)) == 4


def test_the_page_is_opened_if_wanted(
    pairs: Path, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    run("compare", "dark", "ours", "--open")
    assert opened == [(pairs / "report.html").as_uri()]
