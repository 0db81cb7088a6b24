"""Files enhanced one after the other, with a stand-in for the network."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.inverter import Inverter
from support.photographs import photograph_file

from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import (
    LlenhanceError,
    PictureError,
    ResourceError,
    UsageError,
    WeightsError,
)
from llenhance.jobs import batch
from llenhance.jobs.batch import Policy, unusual_brightness
from llenhance.jobs.job import writes_to_stdout
from llenhance.jobs.request import Request
from llenhance.jobs.results import Result
from llenhance.jobs.task import enhance_bytes
from llenhance.messages.note import Note
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats import format_of
from llenhance.pictures.picture import Picture


def enhance_files(
    inputs: list[str],
    *,
    file_format: str | None = None,
    quality: int | None = None,
    wish: Wish = AUTOMATIC,
    output: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    **others: Any,
) -> Generator[Result]:
    """Enhance files as the command does with options of these names."""
    format = format_of(file_format) if file_format else None
    request = Request(wish=wish, format=format, quality=quality)
    policy = Policy(output=output, overwrite=overwrite, dry_run=dry_run)
    yield from batch.enhance_files(inputs, request=request, policy=policy, **others)


def never() -> Inverter:
    pytest.fail("the model was loaded")


def idle() -> Inverter:
    """Is loaded, but must not be asked for anything."""
    return Inverter(AssertionError("a picture was enhanced"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three dark photographs."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(photograph_file("JPEG", size=(6, 9)))
    return tmp_path


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def enhanced(path: Path) -> bool:
    return decode(path.read_bytes(), name=str(path)).pixels.mean() > 200


def only(results: list[Result]) -> Result:
    (result,) = results
    return result


def test_every_input_gets_a_bright_file_beside_it(folder: Path) -> None:
    results = list(enhance_files(["a.jpg", "b.jpg"], enhancer=Inverter))
    assert [(r.input, r.output, r.error) for r in results] == [
        ("a.jpg", "a_enhanced.jpg", None),
        ("b.jpg", "b_enhanced.jpg", None),
    ]
    assert enhanced(folder / "a_enhanced.jpg")
    assert enhanced(folder / "b_enhanced.jpg")


def test_a_result_tells_how_it_was_made(folder: Path) -> None:
    result = only(list(enhance_files(["a.jpg"], enhancer=Inverter)))
    assert (result.width, result.height, result.tiles) == (9, 6, 2)
    assert (result.model, result.device, result.precision) == ("inverter", "cpu", "fp32")
    assert (result.brightness, result.mean_grey) == (0.1, 0.9)
    assert 0 < result.enhancing_seconds < result.seconds


def test_the_wish_reaches_the_network(folder: Path) -> None:
    network, wish = Inverter(), Wish(target_mean=0.3)
    list(enhance_files(["a.jpg"], enhancer=lambda: network, wish=wish))
    assert network.wish == wish


def test_a_target_that_was_missed_is_noted_beside_what_the_format_cannot_hold(folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file("PNG", alpha=True))
    network = Inverter()
    network.notes = (Note("target-missed", mean=0.3, goal=0.4),)
    result = only(list(enhance_files(["glass.png"], enhancer=lambda: network, output="g.jpg")))
    assert [note.code for note in result.notes] == ["transparency-lost", "target-missed"]


@pytest.mark.parametrize(
    ("wish", "brightness"), [(Wish(brightness=0.3), 0.3), (Wish(exposure=1.0), None)]
)
def test_a_failure_tells_the_brightness_where_it_is_known(
    wish: Wish, brightness: float | None
) -> None:
    result = only(list(enhance_files(["missing.jpg"], enhancer=idle, wish=wish)))
    assert (result.brightness, result.mean_grey) == (brightness, None)


def test_results_come_as_soon_as_they_are_written(folder: Path) -> None:
    for number in range(20):
        (folder / f"{number:02}.jpg").write_bytes(photograph_file("JPEG", size=(6, 9)))
    network = Inverter()
    names = [f"{number:02}.jpg" for number in range(20)]
    results = enhance_files(names, enhancer=lambda: network)
    next(results)
    assert "00_enhanced.jpg" in files_in(folder)
    assert network.calls < 5
    results.close()
    assert "19_enhanced.jpg" not in files_in(folder)


def test_the_model_is_loaded_once(folder: Path) -> None:
    loaded: list[Inverter] = []

    def load() -> Inverter:
        loaded.append(Inverter())
        return loaded[-1]

    list(enhance_files(["a.jpg", "b.jpg", "c.jpg"], enhancer=load))
    assert len(loaded) == 1


def test_a_model_that_cannot_be_loaded_is_told_even_where_no_picture_can_be_read() -> None:
    def load() -> Inverter:
        raise WeightsError("not-found", "nano")

    with pytest.raises(WeightsError):
        next(enhance_files(["missing.jpg"], enhancer=load))


def test_seconds_do_not_count_the_loading_of_the_model(folder: Path) -> None:
    def load() -> Inverter:
        time.sleep(0.5)
        return Inverter()

    assert only(list(enhance_files(["a.jpg"], enhancer=load))).seconds < 0.5


@pytest.mark.parametrize("bad", ["missing.jpg", "text.jpg", "empty.jpg"])
def test_a_bad_input_in_the_middle_stops_nothing(folder: Path, bad: str) -> None:
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.jpg").touch()
    results = list(enhance_files(["a.jpg", bad, "b.jpg"], enhancer=Inverter))
    assert [r.input for r in results if r.error is None] == ["a.jpg", "b.jpg"]
    assert isinstance(results[1].error, PictureError)
    assert str(results[1].error).startswith(f"{bad}: ")
    assert enhanced(folder / "b_enhanced.jpg")


@pytest.mark.parametrize(
    ("raised", "reported"),
    [
        (PictureError("not-found", "the picture"), PictureError),
        (ResourceError("out-of-memory", "the picture"), ResourceError),
        (MemoryError(), ResourceError),
    ],
)
def test_what_the_network_cannot_do_is_said_about_the_file_and_the_next_follows(
    folder: Path, raised: Exception, reported: type[LlenhanceError]
) -> None:
    network = Inverter(raised)
    if reported is ResourceError:  # beside others it is tried once more, alone
        network.failures += [None, raised]
    first, second = enhance_files(["a.jpg", "b.jpg"], enhancer=lambda: network)
    assert isinstance(first.error, reported)
    assert first.error.name == "a.jpg"
    assert second.error is None
    assert "a_enhanced.jpg" not in files_in(folder)


@pytest.mark.parametrize(
    "raised",
    [
        WeightsError("not-found", "flow"),
        UsageError("contradiction", "brightness"),
        ZeroDivisionError("a bug"),
    ],
)
def test_what_would_fail_for_every_picture_and_bugs_are_raised(
    folder: Path, raised: Exception
) -> None:
    network, names = Inverter(raised), [f"{number}.jpg" for number in range(9)]
    for name in names:
        (folder / name).write_bytes(photograph_file())
    with pytest.raises(type(raised)):
        list(enhance_files(names, enhancer=lambda: network))
    assert network.calls < 9  # some are at work already


def test_weights_that_cannot_be_loaded_leave_no_trace(folder: Path) -> None:
    def load() -> Inverter:
        raise WeightsError("not-found", "nano")

    with pytest.raises(WeightsError):
        list(enhance_files(["a.jpg", "b.jpg"], enhancer=load, output="out/"))
    assert {path.name for path in folder.iterdir()} == {"a.jpg", "b.jpg", "c.jpg"}


def test_an_existing_file_is_refused_before_anything_is_computed(folder: Path) -> None:
    (folder / "a_enhanced.jpg").write_text("precious")
    result = only(list(enhance_files(["a.jpg"], enhancer=idle)))
    assert isinstance(result.error, PictureError)
    assert result.error.code == "exists"
    assert (folder / "a_enhanced.jpg").read_text() == "precious"


def test_an_existing_file_is_replaced_on_request(folder: Path) -> None:
    (folder / "a_enhanced.jpg").write_text("not precious")
    assert only(list(enhance_files(["a.jpg"], enhancer=Inverter, overwrite=True))).error is None
    assert enhanced(folder / "a_enhanced.jpg")


def test_the_folders_of_an_output_are_made(folder: Path) -> None:
    result = only(list(enhance_files(["a.jpg"], enhancer=Inverter, output="new/too/bright.jpg")))
    assert result.error is None
    assert enhanced(folder / "new/too/bright.jpg")


def test_an_output_with_too_long_a_name_is_refused_before_anything_is_computed(
    folder: Path,
) -> None:
    name = f"{'x' * 250}.jpg"  # 254 bytes of the 255 that a name may have: no room for _enhanced
    (folder / "a.jpg").rename(name)
    assert isinstance(only(list(enhance_files([name], enhancer=idle))).error, PictureError)


def test_a_folder_is_made_for_the_output(folder: Path) -> None:
    list(enhance_files(["a.jpg", "b.jpg"], enhancer=Inverter, output="new/folder"))
    assert enhanced(folder / "new/folder/a.jpg")
    assert enhanced(folder / "new/folder/b.jpg")


@pytest.mark.parametrize("name", ["WEBP", "WebP", "webp", ".webp"])
def test_a_request_may_call_a_format_by_any_of_its_names(name: str, folder: Path) -> None:
    data = (folder / "a.jpg").read_bytes()
    made = enhance_bytes(data, name="a", enhancer=Inverter(), request=Request(format=name))
    assert (made.format, made.media_type) == ("WEBP", "image/webp")
    assert made.data[8:12] == b"WEBP"


def test_the_format_of_the_input_stays(folder: Path) -> None:
    """Sixteen bits and transparency survive without being asked for."""
    values = np.arange(6 * 9 * 4, dtype=np.uint16).reshape(6, 9, 4) * 200
    data = encode(Picture.from_array(values), format="PNG", name="a")
    (folder / "a.png").write_bytes(data)
    jpeg, png = enhance_files(["a.jpg", "a.png"], enhancer=Inverter)
    assert (jpeg.output, png.output) == ("a_enhanced.jpg", "a_enhanced.png")
    kept = decode((folder / "a_enhanced.png").read_bytes(), name="a")
    assert kept.depth == 16
    np.testing.assert_array_equal(kept.alpha, values[..., 3])
    assert png.notes == ()


def test_a_format_that_cannot_be_written_is_replaced_and_told(folder: Path) -> None:
    Image.new("RGB", (8, 8), (9, 9, 9)).save(folder / "old.gif")
    result = only(list(enhance_files(["old.gif"], enhancer=Inverter)))
    assert result.output == "old_enhanced.png"
    assert [note.code for note in result.notes] == ["format-not-written"]


def test_the_format_decides_the_extension(folder: Path) -> None:
    result = only(list(enhance_files(["a.jpg"], enhancer=Inverter, file_format="png")))
    assert result.output == "a_enhanced.png"
    assert (folder / "a_enhanced.png").read_bytes().startswith(b"\x89PNG")


def test_the_extension_decides_the_format(folder: Path) -> None:
    list(enhance_files(["a.jpg"], enhancer=Inverter, output="bright.webp"))
    assert (folder / "bright.webp").read_bytes()[8:12] == b"WEBP"


def test_quality_decides_the_size(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    data = encode(Picture.from_array(noise), format="PNG", name="noise")
    (folder / "noise.png").write_bytes(data)
    for quality in (10, 90):
        output = f"{quality}.jpg"
        list(enhance_files(["noise.png"], enhancer=Inverter, output=output, quality=quality))
    assert (folder / "10.jpg").stat().st_size < (folder / "90.jpg").stat().st_size / 2


def test_what_the_format_cannot_hold_is_noted(folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file("PNG", alpha=True))
    result = only(list(enhance_files(["glass.png"], enhancer=Inverter, output="glass.jpg")))
    assert [str(note) for note in result.notes] == ["JPEG cannot hold transparency"]


def test_progress_names_the_picture_and_counts_tiles(folder: Path) -> None:
    seen: list[tuple[str, int, int]] = []

    def note(name: str, done: int, tiles: int) -> None:
        seen.append((name, done, tiles))

    names = ["a.jpg", "b.jpg"]
    list(enhance_files(names, enhancer=Inverter, progress=note))
    for one in names:  # of different pictures at the same time
        assert [step[1:] for step in seen if step[0] == one] == [(0, 0), (1, 2), (2, 2)]


def test_standard_input_goes_to_standard_output_in_its_own_format(
    folder: Path, stdin: Callable[[bytes], None]
) -> None:
    stdin(photograph_file("PNG"))
    result = only(list(enhance_files(["-"], enhancer=Inverter)))
    assert (result.input, result.output) == ("-", "-")
    assert result.data is not None
    assert result.data.startswith(b"\x89PNG")
    assert files_in(folder) == {"a.jpg", "b.jpg", "c.jpg"}


def test_standard_output_takes_another_format_on_request(folder: Path) -> None:
    result = only(list(enhance_files(["a.jpg"], enhancer=Inverter, output="-", file_format="webp")))
    assert result.data is not None
    assert result.data[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("output", "written"), [("out/", "out/stdin.jpg"), ("bright.png", "bright.png")]
)
def test_standard_input_can_go_to_a_file(
    folder: Path, stdin: Callable[[bytes], None], output: str, written: str
) -> None:
    stdin(photograph_file("JPEG"))
    assert only(list(enhance_files(["-"], enhancer=Inverter, output=output))).data is None
    assert enhanced(folder / written)


def test_standard_input_in_a_folder_keeps_its_format(
    folder: Path, stdin: Callable[[bytes], None]
) -> None:
    stdin(photograph_file("PNG"))
    results = list(enhance_files(["-", "a.jpg"], enhancer=Inverter, output="out"))
    assert [result.output for result in results] == ["out/stdin.png", "out/a.jpg"]
    assert enhanced(folder / "out/stdin.png")


def test_standard_input_that_is_no_picture_is_called_by_its_name(
    folder: Path, stdin: Callable[[bytes], None]
) -> None:
    stdin(b"")
    result = only(list(enhance_files(["-"], enhancer=idle)))
    assert result.error is not None
    assert result.error.name == "standard input"


def test_a_closed_standard_input_fails_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    first, second = enhance_files(["-", "a.jpg"], enhancer=Inverter, output="out")
    assert first.error is not None
    assert (first.error.code, first.error.name) == ("stdin-closed", "standard input")
    assert (second.error, second.output) == (None, "out/a.jpg")


def test_standard_input_that_is_open_for_writing_only_is_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "written").open("w") as written:
        monkeypatch.setattr(sys, "stdin", written)
        error = only(list(enhance_files(["-"], enhancer=idle))).error
    assert error is not None
    assert error.code == "stdin-closed"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device that never ends")
@pytest.mark.parametrize("output", [None, "out/"])
def test_standard_input_that_is_no_picture_is_not_read_to_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch, output: str | None
) -> None:
    with Path("/dev/zero").open() as zeros:
        monkeypatch.setattr(sys, "stdin", zeros)
        error = only(list(enhance_files(["-"], enhancer=idle, output=output))).error
    assert error is not None
    assert (error.code, error.name) == ("format-not-known", "standard input")


@pytest.mark.parametrize(
    ("inputs", "output", "file_format"),
    [
        (["-", "-"], "out/", None),
        (["-", "a.jpg"], None, None),
        (["a.jpg", "b.jpg"], "-", None),
        (["a.jpg", "b.jpg"], "bright.jpg", None),
        (["a.jpg", "b.jpg"], "c.jpg", None),
        (["a.jpg"], "a.jpg", None),
        (["a.jpg", "b.jpg"], ".", None),
        (["a.jpg"], "bright.gif", None),
        (["a.jpg"], "bright.jpg", "png"),
        (["a.jpg"], None, "gif"),
    ],
)
def test_contradictions_are_refused_before_anything_is_read_or_computed(
    folder: Path, inputs: list[str], output: str | None, file_format: str | None
) -> None:
    with pytest.raises(UsageError):
        next(enhance_files(inputs, enhancer=never, output=output, file_format=file_format))
    assert files_in(folder) == {"a.jpg", "b.jpg", "c.jpg"}


@pytest.mark.parametrize(
    ("inputs", "output", "expected"),
    [
        (["-"], None, True),
        (["a.jpg"], "-", True),
        (["-"], "-", True),
        (["a.jpg"], None, False),
        (["-"], "bright.jpg", False),
        (["-", "a.jpg"], None, False),
    ],
)
def test_it_is_known_beforehand_whether_standard_output_is_needed(
    inputs: list[str], output: str | None, expected: bool
) -> None:
    assert writes_to_stdout(inputs, output=output) is expected


@pytest.mark.parametrize("brightness", [-0.4, 0.0, 0.4])
def test_the_range_of_the_paper_needs_no_warning(brightness: float) -> None:
    assert unusual_brightness(brightness) is None


@pytest.mark.parametrize("brightness", [-1.0, -0.41, 0.41, 1.0])
def test_brightness_beyond_the_paper_is_warned_of(brightness: float) -> None:
    warning = unusual_brightness(brightness)
    assert warning is not None
    assert warning.facts["value"] == brightness


# --- Doubtful names ---------------------------------------------------------------------------


def outcomes(results: Iterable[Result]) -> list[tuple[str, str | None]]:
    """Return the output of each result, or the code of its error or its first note."""
    return [
        (one.input, one.error.code if one.error else one.output or one.notes[0].code)
        for one in results
    ]


@pytest.mark.parametrize("dry_run", [False, True])
def test_of_two_pictures_for_one_name_both_are_done(folder: Path, dry_run: bool) -> None:
    (folder / "a.png").write_bytes(photograph_file("PNG"))
    inputs = ["a.jpg", "a.png", "b.jpg"]
    options: dict[str, Any] = {"file_format": "webp", "dry_run": dry_run}
    results = list(enhance_files(inputs, enhancer=Inverter, **options))
    assert outcomes(results) == [
        ("a.jpg", "a_enhanced.webp"),
        ("a.png", "a-png_enhanced.webp"),
        ("b.jpg", "b_enhanced.webp"),
    ]
    assert [[note.code for note in one.notes] for one in results] == [[], ["renamed"], []]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_second_picture_for_a_name_never_replaces_the_first(
    folder: Path, overwrite: bool
) -> None:
    (folder / "a.png").write_bytes(photograph_file("PNG", size=(3, 3)))
    options: dict[str, Any] = {"file_format": "webp", "overwrite": overwrite}
    list(enhance_files(["a.jpg", "a.png"], enhancer=Inverter, **options))
    assert decode((folder / "a_enhanced.webp").read_bytes(), name="a").width == 9


def test_what_names_alone_refuse_is_told_before_the_model_is_loaded(folder: Path) -> None:
    (folder / "a_enhanced.jpg").write_bytes(b"of somebody else")
    (folder / "c_enhanced.jpg").write_bytes(b"of somebody else")
    assert outcomes(enhance_files(["a.jpg", "c.jpg"], enhancer=never)) == [
        ("a.jpg", "exists"),
        ("c.jpg", "exists"),
    ]
    assert outcomes(enhance_files(["a.jpg", "b.jpg", "c.jpg"], enhancer=Inverter)) == [
        ("a.jpg", "exists"),
        ("c.jpg", "exists"),
        ("b.jpg", "b_enhanced.jpg"),
    ]


def test_a_second_run_does_what_is_new(folder: Path) -> None:
    list(enhance_files(["a.jpg"], enhancer=Inverter))
    first = (folder / "a_enhanced.jpg").read_bytes()
    inputs = ["a.jpg", "a_enhanced.jpg", "b.jpg"]
    assert outcomes(enhance_files(inputs, enhancer=Inverter)) == [
        ("a.jpg", "exists"),
        ("a_enhanced.jpg", "earlier-result"),
        ("b.jpg", "b_enhanced.jpg"),
    ]
    assert (folder / "a_enhanced.jpg").read_bytes() == first


def test_a_second_run_may_replace_the_results_of_the_first(folder: Path) -> None:
    (folder / "a_enhanced.jpg").write_bytes(b"an earlier result")
    inputs = ["a.jpg", "a_enhanced.jpg"]
    results = list(enhance_files(inputs, enhancer=Inverter, overwrite=True))
    assert [result.error for result in results] == [None, None]
    assert enhanced(folder / "a_enhanced.jpg")


def test_a_picture_whose_result_would_replace_an_input_fails_alone(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "b.jpg").write_bytes((folder / "b.jpg").read_bytes())
    before = (folder / "sub" / "b.jpg").read_bytes()
    inputs = ["a.jpg", "b.jpg", "sub/b.jpg"]
    results = enhance_files(inputs, enhancer=Inverter, output="sub", overwrite=True)
    assert outcomes(results) == [
        ("b.jpg", "output-replaces-input"),
        ("sub/b.jpg", "output-is-input"),
        ("a.jpg", "sub/a.jpg"),
    ]
    assert (folder / "sub" / "b.jpg").read_bytes() == before


def test_a_file_that_is_named_twice_is_enhanced_once_and_that_is_said(folder: Path) -> None:
    network = Inverter()
    inputs = ["a.jpg", "./a.jpg", "../" + folder.name + "/a.jpg", "b.jpg"]
    results = list(enhance_files(inputs, enhancer=lambda: network))
    assert outcomes(results) == [
        ("a.jpg", "a_enhanced.jpg"),
        ("b.jpg", "b_enhanced.jpg"),
        ("./a.jpg", "named-twice"),
        ("../" + folder.name + "/a.jpg", "named-twice"),
    ]
    assert network.calls == 2


def test_a_file_that_is_named_twice_may_have_a_name_for_its_result(folder: Path) -> None:
    results = enhance_files(["a.jpg", "a.jpg"], enhancer=Inverter, output="bright.png")
    assert outcomes(results) == [("a.jpg", "bright.png"), ("a.jpg", "named-twice")]


def test_links_to_one_file_are_pictures_of_their_own(folder: Path) -> None:
    (folder / "link.jpg").symlink_to("a.jpg")
    results = enhance_files(["a.jpg", "link.jpg"], enhancer=Inverter)
    assert [output for _, output in outcomes(results)] == ["a_enhanced.jpg", "link_enhanced.jpg"]


# --- What would be done -------------------------------------------------------------------------


def test_dry_run_writes_nothing_and_enhances_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    inverter = Inverter()
    (result,) = enhance_files(["a.jpg"], enhancer=lambda: inverter, dry_run=True)
    assert (inverter.calls, sorted(folder.iterdir())) == (0, before)
    assert (result.output, result.error) == ("a_enhanced.jpg", None)


def test_dry_run_tells_what_a_picture_will_take(folder: Path) -> None:
    (result,) = enhance_files(["a.jpg"], enhancer=Inverter, dry_run=True)
    assert result.width is not None
    assert result.height is not None
    assert result.estimate == (result.width / 10, result.height * 1e6)


def test_dry_run_finds_what_would_fail(folder: Path) -> None:
    (folder / "a_enhanced.jpg").write_bytes(b"taken")
    (folder / "broken.png").write_bytes(b"no picture")
    results = list(enhance_files(["a.jpg", "broken.png"], enhancer=Inverter, dry_run=True))
    assert [type(result.error) for result in results] == [PictureError, PictureError]


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("name", "most"), [("w.webp", 16383), ("w.jpg", 65500)])
def test_a_picture_too_wide_for_its_format_is_refused_before_the_work(
    folder: Path, name: str, most: int, dry_run: bool
) -> None:
    pixels = np.zeros((1, most + 1, 3), np.uint8)
    data = encode(Picture(pixels=pixels), format="PNG", name="wide")
    (folder / "wide.png").write_bytes(data)
    results = enhance_files(["wide.png"], enhancer=idle, output=name, dry_run=dry_run)
    error = only(list(results)).error
    assert error is not None
    assert error.code == "too-large-for-format"


def test_dry_run_tells_what_the_format_cannot_hold(folder: Path) -> None:
    (folder / "glass.png").write_bytes(photograph_file("PNG", alpha=True))
    result = only(list(enhance_files(["glass.png"], enhancer=idle, output="g.jpg", dry_run=True)))
    assert [note.code for note in result.notes] == ["transparency-lost"]


# --- What takes long ----------------------------------------------------------------------------


def saying(said: list[tuple[Note, str]]) -> Callable[[Note, str], None]:
    return lambda note, about: said.append((note, about))


@pytest.fixture
def large(folder: Path) -> None:
    """Two pictures of more than three megapixels."""
    pixels = np.zeros((1600, 2000, 3), np.uint8)
    for name in ("a.png", "b.png"):
        data = encode(Picture(pixels=pixels), format="PNG", name=name)
        (folder / name).write_bytes(data)


@pytest.mark.usefixtures("large")
def test_fast_is_suggested_once_before_what_takes_long() -> None:
    said: list[tuple[Note, str]] = []
    results = list(enhance_files(["a.png", "b.png"], enhancer=Inverter, advise=saying(said)))
    assert [result.error for result in results] == [None, None]
    assert said == [(Note("takes-long", seconds=200), "a.png")]


@pytest.mark.usefixtures("large")
def test_fast_is_not_suggested_to_who_has_it() -> None:
    said: list[tuple[Note, str]] = []
    inverter = Inverter()
    inverter.fast = True
    (result,) = enhance_files(["a.png"], enhancer=lambda: inverter, advise=saying(said))
    assert (said, result.fast) == ([], True)


def test_fast_is_not_suggested_for_what_is_soon_done(folder: Path) -> None:
    said: list[tuple[Note, str]] = []
    list(enhance_files(["a.jpg"], enhancer=Inverter, advise=saying(said)))
    assert said == []
