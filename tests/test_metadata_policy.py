"""What of a file's metadata goes into its result is what was asked for: all, nothing, no place."""

from __future__ import annotations

import io
import json
import os
import re
import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from support.encoded import codes, exif_with, full_picture, saved, smooth_pixels
from support.press import changes, exiftool, needs_exiftool, press_photographs, tags_in
from support.runners import Command
from support.stand_in import StandIn

from llenhance.errors import UsageError
from llenhance.jobs.request import Request
from llenhance.jobs.task import enhance_bytes
from llenhance.pictures import position
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.exif_position import without_position
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.picture import Picture
from llenhance.pictures.policy import Metadata, policy

WITH_TAGS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
PLACES = (
    "-XMP-exif:GPSLatitude=52.516",
    "-XMP-exif:GPSLongitude=13.377",
    "-XMP-iptcExt:LocationCreatedGPSLatitude=52.516",
    "-XMP-iptcExt:LocationCreatedGPSLongitude=13.377",
    "-XMP-iptcExt:LocationCreatedCity=Berlin",
    "-XMP-iptcExt:LocationShownGPSLatitude=52.516",
    "-XMP-iptcExt:LocationShownCity=Berlin",
    "-XMP-dc:Subject+=geo:lat=52.516",
    "-IPTC:Keywords+=geo:lat=52.516",
)
HERE = re.compile(rb"52\.516|13\.377|52,30\.96")


def result(data: bytes, metadata: Metadata, *, format: str | None = None) -> bytes:
    request = Request(metadata=metadata, provenance=False, format=format)
    return enhance_bytes(data, name="p", enhancer=StandIn(), request=request).data


@cache
def placed() -> bytes:
    """The press photograph with positions in XMP and IPTC data as well."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "press.jpg"
        path.write_bytes(press_photographs()["JPEG"])
        exiftool("-q", "-q", "-m", "-overwrite_original", *PLACES, path)
        return path.read_bytes()


@cache
def told() -> dict[str, dict[str, Any]]:
    """What ExifTool finds in the results of both policies, and without one."""
    files: dict[str, bytes] = {}
    for format in WITH_TAGS:
        for way in ("keep", "strip", "strip-gps"):
            name = f"{format}-{way}{FORMATS[format].extensions[0]}"
            files[name] = result(placed(), way, format=format)
    return {name.partition(".")[0]: tags for name, tags in tags_in(files).items()}


@needs_exiftool
@pytest.mark.parametrize("format", WITH_TAGS)
def test_exiftool_finds_no_position(format: str) -> None:
    before, after = (told()[f"{format}-{way}"] for way in ("keep", "strip-gps"))
    assert len([tag for tag in before if "GPS" in tag]) > 12
    assert [tag for tag in after if "GPS" in tag] == []
    assert HERE.search(json.dumps(after).encode()) is None
    assert HERE.search(result(placed(), "strip-gps", format=format)) is None


@needs_exiftool
@pytest.mark.parametrize("format", WITH_TAGS)
def test_everything_but_positions_stays(format: str) -> None:
    before, after = (told()[f"{format}-{way}"] for way in ("keep", "strip-gps"))
    found = {
        tag: pair
        for tag, pair in changes(before, after).items()
        if "GPS" not in tag and not re.match(r"(QuickTime:MediaData|IFD0:Strip|File:FileSize)", tag)
    }
    lists = {"XMP-dc:Subject", "IPTC:Keywords"}
    assert found.keys() <= lists | {"Photoshop:IPTCDigest", "File:CurrentIPTCDigest"}
    for tag in found.keys() & lists:
        assert [word for word in found[tag][1] if word] == ["night", "city"]
    assert after["Canon:CanonFirmwareVersion"] == "Firmware Version 1.0.3"
    assert after["XMP-iptcExt:LocationCreatedCity"] == "Berlin"


STAYS = re.compile(
    r"SourceFile|File:\w+|Composite:(ImageSize|Megapixels)|ICC[-_]\w+:\w+|PNG:\w+|PNG-pHYs:\w+"
    r"|JFIF:\w+|RIFF:\w+|Adobe:\w+|QuickTime:\w+|Meta:\w+|(IFD0:(Image(Width|Height)|BitsPerSample"
    r"|Compression|PhotometricInterpretation|Strip\w+|Orientation|SamplesPerPixel|RowsPerStrip"
    r"|[XY]Resolution|PlanarConfiguration|ResolutionUnit|Predictor))"
)


@needs_exiftool
@pytest.mark.parametrize("format", WITH_TAGS)
def test_nothing_is_left_where_all_is_stripped(format: str) -> None:
    after = told()[f"{format}-strip"]
    assert [tag for tag in after if not STAYS.fullmatch(tag)] == []
    data = result(placed(), "strip", format=format)
    for word in (b"Dusk", b"Berlin", b"xmpmeta", b"kept by hand", b"Canon"):
        assert word not in data


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "AVIF"])
def test_what_the_picture_needs_stays_where_all_is_stripped(format: str) -> None:
    depth = 16 if format in ("PNG", "TIFF") else 8
    data = encode(full_picture(depth), format=format, name="p")
    there, again = (decode(one, name="p") for one in (data, result(data, "strip")))
    assert (again.depth, again.icc_profile) == (there.depth, there.icc_profile)
    assert again.icc_profile is not None
    assert again.alpha is not None
    assert (again.exif, again.xmp, again.iptc, again.texts) == (None, None, None, ())
    holds = FORMATS[format].writer
    assert holds is not None
    assert again.dpi == (there.dpi if holds.dpi else None)


def test_a_stripped_result_does_not_say_what_made_it() -> None:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG")
    for metadata, signed in (("keep", True), ("strip", False), ("strip-gps", True)):
        request = Request(metadata=metadata)  # type: ignore[arg-type]
        made = enhance_bytes(data, name="p", enhancer=StandIn(), request=request)
        assert (b"llenhance" in made.data) == signed


def test_what_was_not_to_be_kept_is_not_missed() -> None:
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + b"II*\0\xff\xff\0\0")
    there = decode(data, name="p")
    assert "damaged-exif-left-behind" in codes(there.notes)
    assert "damaged-exif-left-behind" not in codes(policy("strip")(there).notes)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(UsageError, match="keep, strip, strip-gps"):
        policy("GPS")


# --- EXIF ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True], ids=["II", "MM"])
def test_exif_keeps_its_length_and_every_other_byte(big: bool) -> None:
    exif = exif_with(1, big=big)
    order = ">" if big else "<"
    latitude = struct.pack(f"{order}6I", 52, 1, 31, 1, 0, 1)
    assert latitude in exif
    bare = without_position(exif, position.tells_position)
    assert len(bare) == len(exif)
    assert latitude not in bare
    before, after = first_directory(exif).entries, first_directory(bare).entries
    assert after == {tag: entry for tag, entry in before.items() if tag != 34853}
    note = exif.index(b"MakerNote!")
    assert bare[note : note + 32] == exif[note : note + 32]


def test_a_position_that_shares_its_bytes_with_something_else_leaves_that_alone() -> None:
    exif = bytearray(exif_with(1))
    shared = exif.index(b"2024:12:31 23:59:59\0")
    at = exif.index(struct.pack("<HHI", 2, 5, 3))
    struct.pack_into("<I", exif, at + 8, shared)
    assert b"2024:12:31 23:59:59\0" in without_position(bytes(exif), position.tells_position)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (270, b"Sunset at 48.13743, 11.57549\0"),
        (40092, "GPS: 48.1374".encode("utf-16-le") + b"\0\0"),
        (37510, b"ASCII\0\0\0lat=48.1374 lon=11.5755"),
        (37510, b"UNICODE\0" + "geo:48.1374,11.5755".encode("utf-16-be")),
    ],
)
def test_texts_of_exif_that_tell_a_position_are_gone(tag: int, text: bytes) -> None:
    kind = 2 if tag == 270 else 7 if tag == 37510 else 1
    exif = b"II*\0" + struct.pack("<IHHHII", 8, 1, tag, kind, len(text), 26) + bytes(4) + text
    bare = without_position(exif, position.tells_position)
    assert first_directory(bare).entries == {}
    assert not bare[26:].strip(b"\0")


def test_the_keys_of_a_map_are_gone() -> None:
    exif = b"II*\0" + struct.pack("<IH", 8, 2)
    exif += struct.pack("<HHII", 271, 2, 4, int.from_bytes(b"Map\0", "little"))
    exif += struct.pack("<HHII", 33922, 12, 6, 38) + bytes(4) + struct.pack("<6d", *[691000.0] * 6)
    data = encode(Picture(pixels=smooth_pixels(), exif=exif), format="TIFF", name="p")
    assert 33922 in first_directory(data).entries
    bare = result(data, "strip-gps")
    assert 33922 not in first_directory(bare).entries
    assert struct.pack("<d", 691000.0) not in bare
    assert first_directory(bare).entries[271].content == b"Map\0"


# --- texts and XMP ------------------------------------------------------------------------------

PLACED = [
    "geo:lat=48.13", "48.13743, 11.57549", "N 48.1374 E 11.5755", "GPS: 48.1374",
    "48° 8' 14\"", "+48.1374+011.5755/", "48.1374N 11.575E", "Latitude 48.1374", "48,13743° N",
    "geo:48.1374,11.5755", "1.28967 103.85007", "GPSLatitude=48.1",
]  # fmt: skip
UNPLACED = [
    "f/2.8 1/60 s", "2024:12:31 23:59:59", "Taken with a GPS unit", "0.21345, 0.33456",
    "Adobe Photoshop 25.11 (Windows)", "123.4567, 45.678", "5.4 N", "Long exposure 30.5 s",
    "2024-12-31T23:59:59+01:00", "90° left", "+1.5 -0.7/",
]  # fmt: skip


@pytest.mark.parametrize("text", PLACED)
def test_coordinates_in_a_text_are_found(text: str) -> None:
    assert position.tells_position(text)


@pytest.mark.parametrize("text", UNPLACED)
def test_other_numbers_are_no_coordinates(text: str) -> None:
    assert not position.tells_position(text)


@pytest.mark.parametrize(
    ("packet", "left"),
    [
        (b"""<a exif:GPSLatitude="48,8.2N" b:c='d'/>""", b"<a b:c='d'/>"),
        (b"<a><exif:GPSLatitude>48,8.2N</exif:GPSLatitude><x>y</x></a>", b"<a><x>y</x></a>"),
        (b'<a drone-dji:GpsLongtitude = "11" geo:long="11"/>', b"<a/>"),
        (b"<a><b:GPSTimeStamp\n/><rdf:Alt/></a>", b"<a><rdf:Alt/></a>"),
        (
            b"<rdf:li>geo:lat=48.1</rdf:li><rdf:li>dog</rdf:li>",
            b"<rdf:li></rdf:li><rdf:li>dog</rdf:li>",
        ),
        (b'<a dc:title="48.13743, 11.57549"/>', b'<a dc:title=""/>'),
        (b"<a:GPSLatitude>48", None),
        ('<a exif:GPSLatitude="48"/>'.encode("utf-16-le"), None),
    ],
)
def test_positions_in_xmp_are_gone_or_the_packet_is(packet: bytes, left: bytes | None) -> None:
    assert position.without_position(packet) == left


def test_a_packet_that_cannot_be_cleaned_is_left_behind_with_a_note() -> None:
    picture = Picture(pixels=smooth_pixels(), xmp=b"<a:GPSLatitude>48")
    bare = policy("strip-gps")(picture)
    assert (bare.xmp, codes(bare.notes)) == (None, ("xmp-may-tell-position",))


def test_texts_of_png_that_tell_a_position_are_gone() -> None:
    texts = PngImagePlugin.PngInfo()
    for key, value in (
        ("exif:GPSLatitude", "48/1, 8/1, 0/1"),
        ("Comment", "taken at 48.13743, 11.57549"),
        ("Author", "Ada"),
    ):
        texts.add_text(key, value)
    data = saved(Image.fromarray(smooth_pixels()), "PNG", pnginfo=texts)
    image = Image.open(io.BytesIO(result(data, "strip-gps")))
    image.load()
    assert getattr(image, "text", {}) == {"Author": "Ada"}


def test_a_comment_of_jpeg_that_tells_a_position_is_gone() -> None:
    for text, stays in ((b"lat=48.1374", False), (b"by Ada", True)):
        data = saved(Image.fromarray(smooth_pixels()), "JPEG", comment=text)
        assert (text in result(data, "strip-gps")) == stays


@pytest.mark.parametrize(
    "part", [b' a:GPSLatitude="', b"<a:GPSLatitude", b"<a:GPSLatitude>", b'="', b" x:latitude"]
)
def test_packets_that_repeat_themselves_take_no_time(part: bytes) -> None:
    position.without_position(part * 20_000)  # hangs, if the work grows with the square


# --- the command --------------------------------------------------------------------------------


def test_the_command_strips(llenhance_: Command, folder: Path) -> None:
    Path("placed.jpg").write_bytes(
        saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + exif_with(1))
    )
    for way, tags in (("keep", {271, 34853}), ("strip-gps", {271}), ("strip", set[int]())):
        done = llenhance_("placed.jpg", "-o", f"{way}.jpg", "--metadata", way)
        assert done.code == 0, done.stderr
        assert ("maker is kept" in done.stderr) == (way == "strip-gps")
        with Image.open(f"{way}.jpg") as image:
            assert {271, 34853} & set(image.getexif()) == tags


def test_a_result_gets_the_time_of_its_input(llenhance_: Command, folder: Path) -> None:
    moment = 1_234_567_890_123_456_789
    os.utime("dark.jpg", ns=(moment, moment))
    assert llenhance_("dark.jpg", "-o", "kept.jpg", "--preserve-time").code == 0
    assert Path("kept.jpg").stat().st_mtime_ns == moment
    assert llenhance_("dark.jpg", "-o", "new.jpg").code == 0
    assert Path("new.jpg").stat().st_mtime_ns > moment


def test_a_time_that_cannot_be_set_is_a_note(
    llenhance_: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    done = llenhance_("dark.jpg", "-o", "kept.jpg", "--preserve-time", "--json")
    assert done.code == 0
    (document,) = done.lines
    assert [told["code"] for told in document["messages"]] == ["time-not-set"]
