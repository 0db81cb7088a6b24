"""Results get names that keep the format of the input, and never replace an input."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from llenhance.errors import PictureError, UsageError
from llenhance.files import whole as files
from llenhance.files.naming import Output, Source, plan_output
from llenhance.files.planning import Known, NoOutput, plan_each, plan_outputs
from llenhance.files.preflight import check_output
from llenhance.files.reading import read_bytes
from llenhance.files.whole import make_folder, write_whole
from llenhance.messages.note import Note
from llenhance.pictures.formats import format_of


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
        ("b.png", False, "WEBP", "its extension contradicts the format WebP"),
        ("b.gif", False, None, "GIF files can be read, but not written"),
        ("b.gif", False, "PNG", "its extension contradicts the format PNG"),
        ("b.gif", True, None, "it names one picture, but there are several results"),
        ("b.jpg", True, None, "it names one picture, but there are several results"),
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
    with pytest.raises(UsageError, match=r"both a.x\.jpg and .* have this name"):
        plan_outputs([Path(name) for name in pair], output=tmp_path, many=True, format=None)


def test_two_inputs_of_one_stem_have_results_of_their_own() -> None:
    plan = plan_outputs([Path("a.jpg"), Path("a.png")], output=None, many=True)
    assert [one.target.name for one in plan] == ["a_enhanced.jpg", "a_enhanced.png"]


def test_two_inputs_of_one_stem_are_refused_for_one_format() -> None:
    with pytest.raises(UsageError, match="have this name"):
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
        with pytest.raises(UsageError, match="have this name"):
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


# --- Each for itself ----------------------------------------------------------------------------


def targets(plan: list[Output | NoOutput]) -> list[str]:
    """Return the names of results, and the codes of why there is none."""
    return [one.target.name if isinstance(one, Output) else one.why.code for one in plan]


def test_only_the_picture_whose_result_would_replace_an_input_gets_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    sources = [tmp_path / "a" / "x.jpg", tmp_path / "a" / "y.jpg", tmp_path / "x.jpg"]
    for source in sources:
        source.touch()
    plan = plan_each([Source(one) for one in sources], output=tmp_path, many=True)
    assert targets(plan) == ["output-replaces-input", "y.jpg", "output-is-input"]


def test_where_no_picture_gets_a_result_it_is_wrong_usage(tmp_path: Path) -> None:
    sources = [tmp_path / "x.jpg", tmp_path / "y.jpg"]
    with pytest.raises(UsageError, match="inputs are never modified"):
        plan_each([Source(one) for one in sources], output=tmp_path, many=True)


@pytest.mark.parametrize("suffix", [".jpg", ".png"], ids=["same format", "another format"])
def test_the_result_of_an_earlier_run_is_not_enhanced_again(suffix: str) -> None:
    plan = plan_each(
        [Source(Path("x.jpg")), Source(Path(f"x_enhanced{suffix}"))], output=None, many=True
    )
    assert targets(plan) == ["x_enhanced.jpg", "earlier-result"]


def test_a_result_of_a_result_is_not_enhanced_again_either() -> None:
    names = ["x_enhanced_enhanced.jpg", "x_enhanced.jpg", "x.jpg"]
    plan = plan_each([Source(Path(name)) for name in names], output=None, many=True)
    assert targets(plan) == ["earlier-result", "earlier-result", "x_enhanced.jpg"]


@pytest.mark.parametrize(
    "names",
    [
        ["x_enhanced.jpg"],
        ["y.jpg", "x_enhanced.jpg"],
        ["other/x.jpg", "x_enhanced.jpg"],
        ["x.xmp", "x_enhanced.jpg"],
    ],
    ids=["alone", "of another", "of another folder", "beside notes"],
)
def test_what_is_called_enhanced_without_its_picture_is_a_picture(names: list[str]) -> None:
    plan = plan_each([Source(Path(name)) for name in names], output=None, many=len(names) > 1)
    assert targets(plan)[-1] == "x_enhanced_enhanced.jpg"


def test_with_a_folder_for_results_every_input_is_a_picture(tmp_path: Path) -> None:
    plan = plan_each(
        [Source(Path("x.jpg")), Source(Path("x_enhanced.jpg"))], output=tmp_path, many=True
    )
    assert targets(plan) == ["x.jpg", "x_enhanced.jpg"]


def test_names_that_come_one_by_one_stay_apart_when_results_are_written(tmp_path: Path) -> None:
    """A file that is written has another identity than its name alone."""
    known, outputs = Known(), list[str]()
    for name in ("a/x.jpg", "b/x.jpg", "c/x.jpg"):
        (one,) = plan_each([Source(Path(name))], output=tmp_path, many=True, known=known)
        assert isinstance(one, Output)
        one.target.write_bytes(b"bright")
        outputs.append(one.target.name)
    assert outputs == ["x.jpg", "x-jpg.jpg", "x-2.jpg"]


def test_a_result_that_comes_as_a_picture_after_it_was_written_is_a_result(tmp_path: Path) -> None:
    known = Known()
    (one,) = plan_each([Source(Path("a/x.jpg"))], output=tmp_path, many=True, known=known)
    assert isinstance(one, Output)
    one.target.write_bytes(b"bright")
    (again,) = plan_each([Source(one.target)], output=tmp_path / "more", many=True, known=known)
    assert targets([again]) == ["earlier-result"]
