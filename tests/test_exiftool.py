"""ExifTool, which has no part in llenhance, judges what is left of a press photograph."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from PIL import Image
from support.encoded import ICC, smooth_pixels
from support.heif_file import box, golden, heif
from support.press import PRESS_FORMATS, changes, needs_exiftool, press_photographs, tags_in
from support.stand_in import StandIn

from llenhance.jobs.request import Request
from llenhance.jobs.task import enhance_bytes
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.policy import Metadata

pytestmark = needs_exiftool

GROUPS = ("IFD0", "ExifIFD", "GPS", "Canon", "IPTC", "Photoshop", "XMP-", "ICC", "")

MAY_CHANGE: Mapping[str, str] = {
    r"IFD1:\w+": "the thumbnail shows the dark picture",
    r"IFD0:(Compression|Predictor|RowsPerStrip|Strip\w+|PlanarConfiguration)": "pixels of TIFF",
    r"QuickTime:MediaData(Offset|Size)?": "pixels of AVIF",
    r"PNG:ProfileName": "a word in front of the profile, which no program uses",
}
"""Tags that do not stay as they are, and why. All others do."""

CARRIED = ("ExifIFD:", "GPS:", "Canon:", "XMP-", "ICC")
"""Groups that go from any format to any other that holds metadata."""

SIGNED: Mapping[str, str] = {
    r"XMP-llenhance:\w+": "what made the result",
    r"XMP-iptcExt:DigitalSourceType": "the result is not what the camera saw",
    r"XMP-xmpMM:History\w+": "the result says what was done to it",
}
"""Tags that a result has in addition."""

TURNED: Mapping[str, str] = {
    r"IFD0:Orientation": "the picture is upright",
    r"(File|PNG|RIFF|IFD0):Image(Width|Height)": "width and height change places",
    r"(Composite:ImageSize|QuickTime:ImageSpatialExtent)": "width and height change places",
    r"QuickTime:(Rotation|Mirror\w*)": "the picture is upright",
}
"""Tags that also change if a picture was stored on its side."""


def extension(format: str) -> str:
    return FORMATS[format].extensions[0]


@cache
def all_judged() -> dict[str, dict[str, Any]]:
    """The tags of the photographs, upright and on their sides, and of their results."""
    files: dict[str, bytes] = {}
    for orientation in (1, 6):
        for format, dark in press_photographs(orientation).items():
            bright = enhance_bytes(dark, name="press", enhancer=StandIn(2)).data
            files[f"dark{orientation}{extension(format)}"] = dark
            files[f"bright{orientation}{extension(format)}"] = bright
    return tags_in(files)


def judged(format: str, orientation: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tags of the photograph in this format, and of its result."""
    found, end = all_judged(), f"{orientation}{extension(format)}"
    return found[f"dark{end}"], found[f"bright{end}"]


def unexpected(
    found: Mapping[str, tuple[Any, Any]], *allowed: Mapping[str, str]
) -> dict[str, tuple[Any, Any]]:
    patterns = [re.compile(pattern) for table in allowed for pattern in table]
    return {
        tag: values
        for tag, values in found.items()
        if not any(pattern.fullmatch(tag) for pattern in patterns)
    }


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("format", PRESS_FORMATS)
def test_only_what_must_change_has_changed(format: str, group: str) -> None:
    before, after = judged(format)
    found = {tag: pair for tag, pair in changes(before, after).items() if tag.startswith(group)}
    assert unexpected(found, MAY_CHANGE, SIGNED) == {}


@pytest.mark.parametrize("format", PRESS_FORMATS)
def test_of_a_picture_on_its_side_only_sizes_and_orientation_change_too(format: str) -> None:
    before, after = judged(format, 6)
    assert unexpected(changes(before, after), MAY_CHANGE, SIGNED, TURNED) == {}
    assert after["IFD0:Orientation"] == 1
    assert after["Composite:ImageSize"] == "48 64"


@pytest.mark.parametrize("format", PRESS_FORMATS)
def test_the_photograph_has_what_press_photographs_have(format: str) -> None:
    before, _ = judged(format)
    assert before["Canon:CanonFirmwareVersion"] == "Firmware Version 1.0.3"
    assert before["XMP-dc:Subject"] == ["night", "city"]
    assert before["GPS:GPSLatitude"] == pytest.approx(52.516)
    assert "ICC_Profile:ProfileDescription" in before or "ICC-header:ProfileClass" in before
    assert not any(tag.endswith(":Warning") for tag in before)


@cache
def converted() -> dict[str, dict[str, Any]]:
    """The tags of the photograph in each format, written in each other one."""
    files: dict[str, bytes] = {}
    for first in PRESS_FORMATS:
        dark = press_photographs()[first]
        for second in PRESS_FORMATS:
            request = Request(format=second)
            outcome = enhance_bytes(dark, name="press", enhancer=StandIn(2), request=request)
            files[f"{first}{extension(second)}"] = outcome.data
    return tags_in(files)


@pytest.mark.parametrize("second", PRESS_FORMATS)
@pytest.mark.parametrize("first", PRESS_FORMATS)
def test_what_it_says_goes_from_every_format_to_every_other(first: str, second: str) -> None:
    dark, bright = judged(first)[0], converted()[f"{first}{extension(second)}"]
    lost = {
        tag: (value, bright.get(tag))
        for tag, value in dark.items()
        if tag.startswith(CARRIED) and bright.get(tag) != value
    }
    assert lost == {}


@cache
def stripped(metadata: Metadata) -> dict[str, dict[str, Any]]:
    """The tags of the results of a policy."""
    request = Request(metadata=metadata)
    files = {
        f"bright{extension(format)}": enhance_bytes(
            press_photographs()[format], name="press", enhancer=StandIn(2), request=request
        ).data
        for format in PRESS_FORMATS
    }
    return tags_in(files)


@pytest.mark.parametrize("format", PRESS_FORMATS)
def test_a_position_that_shall_go_is_nowhere_and_all_else_stays(format: str) -> None:
    before, _ = judged(format)
    after = stripped("strip-gps")[f"bright{extension(format)}"]
    position = re.compile(r".*(GPS|Latitude|Longitude).*")
    assert any(position.fullmatch(tag) for tag in before)
    assert [tag for tag in after if position.fullmatch(tag)] == []
    gone = {tag: "a position" for tag in before if position.fullmatch(tag)}
    assert unexpected(changes(before, after), MAY_CHANGE, SIGNED, gone) == {}


@pytest.mark.parametrize("format", PRESS_FORMATS)
def test_metadata_that_shall_go_is_nowhere(format: str) -> None:
    after = stripped("strip")[f"bright{extension(format)}"]
    names = ("IFD1", "ExifIFD", "GPS", "Canon", "IPTC", "Photoshop", "XMP-", "File:Comment")
    assert [tag for tag in after if tag.startswith(names)] == []
    assert not {"IFD0:Artist", "IFD0:Make", "IFD0:ImageDescription", "PNG:Comment"} & set(after)
    assert any(tag.startswith("ICC") for tag in after)


def from_heic(exif: bytes, xmp: bytes) -> bytes:
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    profile = box(b"colr", b"prof", ICC)
    return heif(golden("dusk.heic"), exif=exif, xmp=xmp, properties=[profile])


def from_jxl(exif: bytes, xmp: bytes) -> bytes:
    codec: Any = pytest.importorskip("pylibjxl", reason="the extra jxl is not installed")
    coded = codec.encode(smooth_pixels(), lossless=True, icc=ICC, exif=exif)
    pixels = box(b"jxlc", coded[coded.index(b"jxlc") + 4 : coded.index(b"brob") - 4])
    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    # Plain boxes: ExifTool reads the compressed ones with another module alone.
    return head + pixels + box(b"Exif", bytes(4), exif) + box(b"xml ", xmp)


@pytest.mark.parametrize(("name", "made"), [("dark.heic", from_heic), ("dark.jxl", from_jxl)])
def test_what_it_says_goes_on_from_formats_that_are_only_read(
    name: str, made: Callable[[bytes, bytes], bytes]
) -> None:
    press = Image.open(io.BytesIO(press_photographs()["JPEG"]))
    dark = made(press.info["exif"].removeprefix(b"Exif\0\0"), press.info["xmp"])
    outcome = enhance_bytes(dark, name="press", enhancer=StandIn(2))
    bright = f"bright{extension(outcome.format)}"
    found = tags_in({name: dark, bright: outcome.data})
    told = {tag: value for tag, value in found[name].items() if tag.startswith(CARRIED)}
    assert told["Canon:CanonFirmwareVersion"] == "Firmware Version 1.0.3"
    assert told["XMP-dc:Title"] == "Blackout"
    assert {tag: found[bright].get(tag) for tag in told} == told
