"""`llenhance info` says what a picture file is and holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import (
    ICC,
    WITH_METADATA,
    chunk,
    exif_with,
    full_picture,
    png,
    saved,
    smooth_pixels,
)
from support.runners import Command, imported_by

from llenhance.pictures.about import About, about
from llenhance.pictures.encode import encode
from llenhance.pictures.icc import ADOBE_RGB_PRIMARIES, D65, rgb_profile


def seen(data: bytes) -> About:
    return about(data, name="p")


@pytest.mark.parametrize("format", WITH_METADATA)
def test_what_a_file_holds_is_told(format: str) -> None:
    there = full_picture()
    found = seen(encode(there, format=format, name="p"))
    assert (found.format, found.width, found.height, found.pictures) == (format, 64, 48, 1)
    assert (found.depth, found.gray, found.alpha) == (8, False, format != "JPEG")
    assert found.color_source == "ICC profile"
    assert there.exif is not None
    assert there.xmp is not None
    sizes = {"XMP": len(there.xmp), "ICC profile": len(ICC)}
    assert found.blocks.items() >= sizes.items()
    assert found.taken == "2024:12:31 23:59:59"
    assert found.camera == "Dusk"
    assert found.record is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_is_told_as_it_is_stored(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(smooth_pixels()), format, exif=exif)
    found = seen(data)
    assert found.orientation == orientation
    lies = (found.width, found.height)
    assert lies == ((48, 64) if orientation > 4 else (64, 48))


def with_chunks(*chunks: bytes) -> bytes:
    return png(smooth_pixels(), colour=2, extra=b"".join(chunks))


GAMMA = chunk(b"gAMA", (100000).to_bytes(4, "big"))
POINTS = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
CHROMATICITIES = chunk(b"cHRM", b"".join(value.to_bytes(4, "big") for value in POINTS))
DISPLAY_P3 = chunk(b"cICP", bytes([12, 13, 0, 1]))
ADOBE_EXIF = Image.Exif()
ADOBE_EXIF.get_ifd(34665)[40961] = 65535
ADOBE_EXIF.get_ifd(40965)[1] = "R03"

COLORS: dict[str, tuple[bytes, str | None, str]] = {
    "nothing": (with_chunks(), None, "sRGB"),
    "sRGB": (with_chunks(chunk(b"sRGB", b"\0")), "sRGB chunk", "sRGB"),
    "gamma": (with_chunks(GAMMA), "gAMA", "the colors of the file"),
    "both": (with_chunks(GAMMA, CHROMATICITIES), "gAMA and cHRM", "the colors of the file"),
    "numbers": (with_chunks(DISPLAY_P3, GAMMA), "cICP", "Display P3"),
    "AVIF": (saved(Image.fromarray(smooth_pixels()), "AVIF"), "nclx", "sRGB"),
    "profile": (
        saved(Image.fromarray(smooth_pixels()), "JPEG", icc_profile=ICC),
        "ICC profile",
        "sRGB built-in",
    ),
    "named profile": (
        saved(
            Image.fromarray(smooth_pixels()),
            "WEBP",
            icc_profile=rgb_profile("Mine", curve=(2.2,), primaries=ADOBE_RGB_PRIMARIES, white=D65),
        ),
        "ICC profile",
        "Mine",
    ),
}


@pytest.mark.parametrize(("data", "source", "space"), COLORS.values(), ids=COLORS.keys())
def test_the_color_space_and_what_tells_it(data: bytes, source: str | None, space: str) -> None:
    found = seen(data)
    assert (found.color_space, found.color_source) == (space, source)


def test_16_bits_and_grays_are_told() -> None:
    found = seen(png(np.arange(300, dtype=np.uint16).reshape(15, 20), colour=0))
    assert (found.depth, found.gray, found.alpha) == (16, True, False)


def test_a_damaged_record_is_told_and_the_rest_as_well() -> None:
    there = replace(
        full_picture(),
        xmp=b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:l="https://pypi.org/project/llenhance/xmp/1.0/" l:Version="1"/></rdf:RDF>',
    )
    found = seen(encode(there, format="PNG", name="p"))
    assert (found.record, found.width) == (None, 64)
    assert "record-not-readable" in [note.code for note in found.notes]


@pytest.mark.parametrize(
    "exif", [exif_with(1)[:60], b"II*\0" + b"\xff" * 40, b"MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_exif_data_costs_neither_date_nor_picture(exif: bytes) -> None:
    found = seen(saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + exif))
    assert found.taken is None


@pytest.fixture
def result(llenhance_: Command, folder: Path) -> str:
    assert llenhance_("dark.jpg", "--brightness", "0.1", "-o", "bright.jpg").code == 0
    return "bright.jpg"


def rows(text: str) -> dict[str, str]:
    lines = [line.strip().split("  ", 1) for line in text.splitlines() if line.startswith("  ")]
    return {title: value.strip() for title, value in lines}


def test_a_table_says_what_made_a_result(result: str, run: Command) -> None:
    shown = run("info", result)
    assert shown.code == 0
    assert shown.stderr == ""
    made = rows(shown.stdout)["made by"]
    assert made.startswith("llenhance ")
    assert made.endswith("with tiny.safetensors, brightness +0.1, from dark.jpg")


def test_json_says_what_made_a_result(result: str, run: Command) -> None:
    [document] = run("info", result, "--json").lines
    record: dict[str, Any] = document["result"]["record"]
    assert (record["brightness"], record["source_name"]) == (0.1, "dark.jpg")


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["table", "JSON"])
def test_one_bad_file_does_not_stop_the_others(
    json: tuple[str, ...], folder: Path, run: Command
) -> None:
    (folder / "bad.jpg").write_bytes(b"no picture")
    shown = run("info", "bad.jpg", "dark.jpg", "missing.jpg", *json)
    assert shown.code == 1
    if json:
        assert [line["exit_code"] for line in shown.lines] == [1, 0, 1]
    else:
        assert shown.stdout.startswith("dark.jpg\n")
        assert shown.stderr.count("error: ") == 2


def test_texts_do_not_steer_the_terminal(folder: Path, run: Command) -> None:
    image = Image.fromarray(smooth_pixels())
    (folder / "steering.jpg").write_bytes(saved(image, "JPEG", comment=b"red \x1b[31m"))
    shown = run("info", "steering.jpg")
    assert "\x1b" not in shown.stdout
    assert rows(shown.stdout)["text"] == "Comment: red \\x1b[31m"


def test_torch_is_not_loaded(folder: Path) -> None:
    assert "torch" not in imported_by("info", "dark.jpg")
