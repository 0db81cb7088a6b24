"""RAW files: the scene that the sensor saw, on the curve of sRGB, with what the camera says."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.dng import dng, fractions, longs, shorts, text
from support.encoded import codes, exif_with, saved
from support.heif_file import box

from llenhance.errors import PictureError
from llenhance.files.naming import plan_output
from llenhance.jobs.task import open_bytes
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.exif import directory
from llenhance.pictures.formats import format_in, format_named, readable_extensions
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import upright
from llenhance.pictures.raw_parts import is_raw, parts_in

pytest.importorskip("rawpy", reason="the extra raw is not installed")

_Y, _X = np.mgrid[0:64, 0:96]
SCENE = np.dstack([_X / 95, _Y / 63, (_X + _Y) / 158]) * 0.7
INSIDE = slice(4, -4)  # without the borders, where a mosaic has fewer neighbors
CLOSE = 2e-4  # measured: 7.5e-5, mean


def away(picture: Picture, scene: np.ndarray) -> float:
    off = np.abs(picture.pixels / 65535 - scene)
    return float(off[INSIDE, INSIDE].mean())


def numbers(exif: bytes, *, within: int | None = None) -> dict[int, int]:
    """Values of the entries of the first directory, or of another one, that are single numbers."""
    order, entries, _ = directory(exif)
    if within is not None:
        (start,) = struct.unpack_from(f"{order}I", exif, entries[within] + 8)
        _, entries, _ = directory(exif, start)
    found: dict[int, int] = {}
    for tag, at in entries.items():
        letter = "H" if struct.unpack_from(f"{order}H", exif, at + 2)[0] == 3 else "I"
        (found[tag],) = struct.unpack_from(f"{order}{letter}", exif, at + 8)
    return found


def test_the_scene_comes_out_as_the_sensor_saw_it() -> None:
    picture = decode(dng(SCENE), name="p")
    assert (picture.source_format, picture.depth, picture.notes) == ("RAW", 16, ())
    assert picture.icc_profile is None
    assert away(picture, SCENE) < CLOSE


@pytest.mark.parametrize("scale", [0.5, 0.1])
def test_a_dark_picture_stays_dark(scale: float) -> None:
    assert away(decode(dng(SCENE * scale), name="p"), SCENE * scale) < CLOSE


def test_the_white_balance_is_that_of_the_camera() -> None:
    picture = decode(dng(SCENE, neutral=(0.5, 1.0, 0.7)), name="p")
    assert away(picture, SCENE) < CLOSE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_once(orientation: int) -> None:
    picture = decode(dng(SCENE, orientation=orientation), name="p")
    assert picture.pixels.shape == upright(SCENE, orientation).shape
    assert away(picture, upright(SCENE, orientation)) < CLOSE
    assert picture.exif is not None
    assert numbers(picture.exif)[274] == 1


def test_exif_data_is_kept_and_speaks_of_the_picture_that_was_made() -> None:
    exif = {
        33434: fractions(0.01), 36867: text("2024:12:31 23:59:59"), 37500: (7, 32, b"note" * 8),
        40961: shorts(2), 40962: longs(4000), 40963: longs(3000),
    }  # fmt: skip
    data = dng(SCENE, orientation=6, exif=exif, more={315: text("J. Dusk")})
    picture = decode(data, name="p")
    assert picture.exif is not None
    for kept in (b"2024:12:31 23:59:59\0", b"J. Dusk\0", b"Dusk One\0", b"note" * 8):
        assert kept in picture.exif
    told = numbers(picture.exif, within=34665)
    assert (told[40962], told[40963]) == (64, 96)  # turned
    assert told[40961] == 1  # sRGB
    assert picture.icc_profile is None
    assert not {50706, 50721, 273} & numbers(picture.exif).keys()


def test_settings_of_a_converter_are_left_behind_with_a_note() -> None:
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf'
        b'-syntax-ns#"><rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
        b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" crs:Exposure2012="+1.50" '
        b"crs:HasSettings='True'><crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq>"
        b"</crs:ToneCurve></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    picture = decode(dng(SCENE, more={700: (1, len(xmp), xmp)}), name="p")
    assert codes(picture.notes) == ("raw-settings-left-behind",)
    assert picture.xmp is not None
    assert b'xmp:Rating="4"' in picture.xmp
    assert not re.search(rb"crs:(?!=)\w+\s*=|<crs:", picture.xmp)


def test_the_result_is_a_tiff_of_16_bits(tmp_path: Path) -> None:
    data = dng(SCENE)
    opened = open_bytes(data, name="p")
    assert opened.format == "TIFF"
    assert codes(opened.notes) == ("format-not-written",)
    (tmp_path / "night.dng").write_bytes(data)
    assert plan_output(tmp_path / "night.dng", output=None).target.name == "night_enhanced.tif"
    again = decode(encode(opened.picture, format="TIFF", name="p"), name="p")
    assert again.source_format == "TIFF"
    np.testing.assert_array_equal(again.pixels, opened.picture.pixels)


@pytest.mark.parametrize("length", [100, 400, 900, 5000])
def test_a_file_that_ends_early_is_refused_and_nothing_is_printed(
    length: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(dng(SCENE)[:length], name="p")
    assert capfd.readouterr() == ("", "")


def test_pixels_that_the_file_cannot_hold_are_refused_at_once() -> None:
    data = dng(SCENE)
    for tag, value in ((256, 12000), (257, 12000), (278, 12000)):
        entry = struct.pack("<HHI", tag, 4, 1)
        at = data.index(entry) + len(entry)
        data = data[:at] + struct.pack("<I", value) + data[at + 4 :]
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(data, name="p")


def test_more_pixels_than_allowed_are_refused() -> None:
    with pytest.raises(PictureError, match="too large"):
        decode(dng(SCENE), name="p", max_megapixels=0.001)


def test_without_the_library_the_file_fails_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(PictureError) as refused:
        decode(dng(SCENE), name="night.dng")
    assert str(refused.value) == (
        "night.dng: RAW files need a decoder that is not installed. "
        "Run: pip install 'llenhance[raw]'."
    )


def preview_first(make: str) -> bytes:
    """How many makers begin: a small picture, and the sensor's in a directory further behind."""
    entries = struct.pack("<H", 3) + struct.pack("<HHII", 254, 4, 1, 1)
    entries += struct.pack("<HHII", 271, 2, 6, 60) + struct.pack("<HHII", 330, 4, 1, 10**6)
    return (b"II*\0\x08\0\0\0" + entries + b"\0" * 4).ljust(60, b"\0") + make.encode() + b"\0"


@pytest.mark.parametrize(
    ("head", "which"),
    [
        (b"II*\0\x10\0\0\0CR\2\0", "CR2"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "CR3"),
        (b"IIRO\x08\0\0\0", "ORF"),
        (b"IIU\0\x18\0\0\0", "RW2"),
        (b"FUJIFILMCCD-RAW 0201", "RAF"),
        (b"\0MRM\0\1\2\3", "MRW"),
        (preview_first("NIKON"), "NEF, ARW"),
        (dng(SCENE)[:600], "DNG"),
        (dng(SCENE, more={50706: shorts(1)}).replace(struct.pack("<H", 50706), b"\xff\xff"), "PEF"),
    ],
)
def test_raw_files_of_makers_are_told_from_tiff_files(head: bytes, which: str) -> None:
    assert is_raw(head), which
    assert format_in(head) == "RAW"


def test_a_tiff_is_no_raw_file() -> None:
    for data in (
        saved(Image.new("RGB", (40, 30)), "TIFF"),
        encode(Picture.from_array(SCENE), format="TIFF", name="p"),
    ):
        assert format_in(data) == format_in(data[:64]) == "TIFF"


def test_fuji_tells_its_exif_data_in_its_preview() -> None:
    exif = exif_with(1)
    jpeg = b"\xff\xd8\xff\xe1" + struct.pack(">H", 8 + len(exif)) + b"Exif\0\0" + exif + b"\xff\xd9"
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">2I", 100, len(jpeg))
    assert parts_in(head.ljust(100, b"\0") + jpeg).exif == exif


def test_canon_tells_its_exif_data_in_boxes() -> None:
    def alone(tag: int, value: str) -> bytes:
        coded = value.encode() + b"\0"
        entry = struct.pack("<HHII", tag, 2, len(coded), 26)
        return b"II*\0\x08\0\0\0\1\0" + entry + b"\0" * 4 + coded

    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    boxes = box(b"CMT1", alone(271, "Canon")) + box(b"CMT2", alone(36867, "2024:12:31 23:59:59"))
    xmp = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<x:xmpmeta/>"
    data = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon + boxes))
    found = parts_in(data + box(b"uuid", xmp))
    assert b"Canon\0" in found.exif
    assert b"2024:12:31 23:59:59\0" in found.exif
    assert 36867 in numbers(found.exif, within=34665)
    assert found.xmp == b"<x:xmpmeta/>"


@pytest.mark.parametrize("extension", [".dng", ".cr2", ".CR3", ".nef", ".arw", ".orf", ".raf"])
def test_the_extensions_are_known(extension: str) -> None:
    assert extension.lower() in readable_extensions()
    assert format_named(".dng") == "RAW"
