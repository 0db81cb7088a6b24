"""The page of `llenhance compare` in a real Chromium: all of it works, and nothing is loaded.

One browser serves all tests, since starting it takes most of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.pages import chromium, needs_chromium
from support.photographs import photograph

from llenhance.compare.matching import match
from llenhance.compare.report import write_report

pytestmark = needs_chromium

SCENE = photograph(120, 160)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three pictures, in two columns and with references; one is damaged."""
    folder = tmp_path_factory.mktemp("report")
    steps = {"c": 2, "a": 3, "b": 4}  # dark pictures by what they are divided by
    for stem, darker in steps.items():
        for place, pixels in (
            ("dark", SCENE // darker),
            ("ours", SCENE // 2 + 10 * darker),
            ("lit", SCENE),
        ):
            (folder / place).mkdir(exist_ok=True)
            Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / place / f"{stem}.png")
    (folder / "ours" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    matched = match([folder / "dark", folder / "ours"], reference=folder / "lit")
    path = folder / "report.html"
    write_report(path, matched, title="<script>alert(1)</script>", overwrite=False)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def shown(browser: Any, report: Path) -> Iterator[Any]:
    """The page in a window of usual size; at the end nothing was wrong, and nothing was loaded."""
    yield from opened(browser, report, width=1280)


@pytest.fixture
def on_a_phone(browser: Any, report: Path) -> Iterator[Any]:
    yield from opened(browser, report, width=390, has_touch=True)


def opened(browser: Any, report: Path, *, width: int, has_touch: bool = False) -> Iterator[Any]:
    size = {"width": width, "height": 800}
    context = browser.new_context(viewport=size, has_touch=has_touch)
    tab = context.new_page()
    heard: list[Any] = []
    loaded: list[Any] = []

    def hear(event: Any) -> None:  # playwright cannot call methods of lists
        heard.append(event)

    def note_down(request: Any) -> None:
        loaded.append(request)

    for event in ("console", "pageerror", "dialog"):
        tab.on(event, hear)
    tab.on("request", note_down)
    tab.goto(report.as_uri())
    yield tab
    assert [str(one) for one in heard] == []
    outside = [one.url for one in loaded if not one.url.startswith(("file:", "data:"))]
    assert outside == []
    context.close()


def names(tab: Any) -> list[str]:
    return tab.locator("tbody th button").all_inner_texts()[-3:]


def look(tab: Any, name: str = "a.png") -> Any:
    """Open the view of a picture, and return its slider."""
    tab.get_by_role("button", name=name).click()
    return tab.get_by_role("slider")


def style(tab: Any, name: str) -> str:
    return tab.locator(".stage").evaluate(f"e => e.style.getPropertyValue('{name}')")


def test_the_table_is_sorted_by_a_heading_and_back(shown: Any) -> None:
    table = shown.locator("#pictures")
    header = table.locator('th[data-sorts="produced-psnr-0"]')
    assert names(shown) == ["a.png", "b.png", "c.png"]
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert names(shown) == ["c.png", "a.png", "b.png"]
    header.get_by_role("button").press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    assert names(shown) == ["b.png", "a.png", "c.png"]
    assert table.locator('[aria-sort="none"]').count() == table.locator("[aria-sort]").count() - 1
    assert shown.get_by_role("status").inner_text() == "Sorted by PSNR, dB, dark, ascending"


def test_what_has_no_value_is_sorted_to_the_end(shown: Any) -> None:
    header = shown.locator('th[data-sorts="produced-psnr-1"]')
    for _ in range(2):
        header.get_by_role("button").click()
        assert names(shown)[-1] == "c.png"  # it is damaged


def test_figures_are_hidden_and_shown(shown: Any) -> None:
    cells = shown.locator('[data-group="noise"]')
    assert cells.first.is_visible()
    shown.get_by_label("Noise").uncheck()
    assert not cells.first.is_visible()


def test_the_slider_moves_by_keys_and_by_the_mouse(shown: Any) -> None:
    slider = look(shown)
    assert slider.evaluate("e => e === document.activeElement")
    shown.keyboard.press("ArrowRight")
    assert (slider.input_value(), style(shown, "--ba-split")) == ("50.5", "50.5%")
    assert slider.get_attribute("aria-valuetext") == "51 % dark, 49 % ours"
    box = shown.locator(".stage").bounding_box()
    shown.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20, steps=3)
    shown.mouse.up()
    assert float(slider.input_value()) == pytest.approx(80, abs=1)
    shown.keyboard.press("Home")
    assert style(shown, "--ba-split") == "0%"


def test_what_the_slider_shows_is_the_left_and_the_right_picture(shown: Any) -> None:
    look(shown)
    shown.locator(".stage img").first.evaluate("e => e.decode()")
    shown.locator(".stage img").last.evaluate("e => e.decode()")
    shot = np.asarray(Image.open(BytesIO(shown.locator(".stage").screenshot())).convert("RGB"))
    width = shot.shape[1]
    left, right = shot[10:-60, : width // 2 - 30], shot[10:-60, width // 2 + 30 :]
    assert left.mean() == pytest.approx((SCENE[:, :80] // 3).mean(), rel=0.15)
    assert right.mean() == pytest.approx((SCENE[:, 80:] // 2 + 30).mean(), rel=0.15)


def test_zoom_and_position_are_the_same_in_all_columns(shown: Any) -> None:
    look(shown)
    shown.keyboard.press("s")
    shown.keyboard.press("+")
    shown.keyboard.press("Shift+ArrowRight")
    images = shown.locator(".side img")
    matrices = [images.nth(n).evaluate("e => getComputedStyle(e).transform") for n in range(3)]
    assert images.count() == 3
    assert len(set(matrices)) == 1
    assert matrices[0].startswith("matrix(1.5,")
    shown.keyboard.press("0")
    assert images.first.evaluate("e => getComputedStyle(e).transform") == "matrix(1, 0, 0, 1, 0, 0)"


def test_a_zoomed_picture_is_dragged(shown: Any) -> None:
    slider = look(shown)
    shown.keyboard.press("+")
    before, x = slider.input_value(), float(style(shown, "--ba-x"))
    box = shown.locator(".stage").bounding_box()
    shown.mouse.move(box["x"] + 40, box["y"] + 40)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 40 + box["width"] / 10, box["y"] + 40, steps=2)
    shown.mouse.up()
    assert float(style(shown, "--ba-x")) == pytest.approx(x + 0.1, abs=0.01)
    assert slider.input_value() == before


def test_keys_go_to_the_next_picture_in_the_order_of_the_table(shown: Any) -> None:
    shown.locator('th[data-sorts="name"] button').click()  # now descending
    look(shown, "c.png")
    shown.keyboard.press("n")
    assert shown.get_by_role("heading", level=2).last.inner_text() == "b.png 2 of 3"
    shown.keyboard.press("p")
    assert shown.get_by_role("heading", level=2).last.inner_text() == "c.png 1 of 3"
    shown.keyboard.press("p")  # there is none
    assert shown.get_by_role("heading", level=2).last.inner_text() == "c.png 1 of 3"


def test_any_two_columns_can_be_compared(shown: Any) -> None:
    look(shown)
    shown.keyboard.press("3")
    shown.keyboard.press("Shift+2")
    tags = shown.locator(".tag").all_inner_texts()
    assert tags == ["ours", "Reference"]
    shown.locator('[data-part="left"]').select_option("dark")
    assert shown.locator(".stage img").first.get_attribute("alt") == "a.png, dark"


def test_blinking_shows_the_one_and_then_the_other(shown: Any) -> None:
    look(shown)
    shown.keyboard.press("b")
    assert style(shown, "--ba-split") == "100%"
    shown.keyboard.press("b")
    assert style(shown, "--ba-split") == "0%"


def test_a_damaged_picture_says_so_in_its_place(shown: Any) -> None:
    look(shown, "c.png")
    assert "damaged" in shown.locator(".stage .none").inner_text()
    assert shown.locator(".stage img").count() == 1


def test_the_view_is_closed_and_the_focus_is_back(shown: Any) -> None:
    look(shown, "b.png")
    assert shown.get_by_role("img", name="Histogram of dark").count() == 1
    shown.keyboard.press("Escape")
    shown.locator(".stage img").first.wait_for(state="detached")  # nothing large stays in memory
    assert shown.evaluate("document.activeElement.innerText") == "b.png"


def test_a_phone_shows_it_without_scrolling_sideways(on_a_phone: Any) -> None:
    beyond = "document.documentElement.scrollWidth - innerWidth"
    assert on_a_phone.evaluate(beyond) == 0
    slider = look(on_a_phone)
    assert on_a_phone.evaluate(beyond) == 0
    assert on_a_phone.locator(".stage").bounding_box()["width"] > 350
    box = slider.bounding_box()
    on_a_phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 30)
    assert slider.input_value() == "50"


@pytest.mark.parametrize(("scheme", "paper"), [("light", 255), ("dark", 22)])
def test_the_page_has_the_theme_of_the_system(shown: Any, scheme: str, paper: int) -> None:
    shown.emulate_media(color_scheme=scheme)
    color = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert color == f"rgb({paper}, {paper}, {paper})"
