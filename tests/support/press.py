"""A press photograph as agencies send it: everything that people and programs write into files.

ExifTool writes it, which has no part in llenhance; where it is not installed, the tests skip.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from PIL import Image

from support.encoded import ICC, saved
from support.photographs import dark_photograph

EXIFTOOL: Final = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed")

PRESS_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
CAPTION: Final = "Abendlicht über dem Büro, 日本"

TAGS: Final = (
    "-EXIF:Artist=Ada Dämmer",
    "-EXIF:Copyright=(c) 2024 Ada Dämmer / Dusk Press",
    "-EXIF:ImageDescription=" + CAPTION,
    "-EXIF:DateTimeOriginal=2024:12:31 23:59:59",
    "-EXIF:OffsetTimeOriginal=+01:00",
    "-EXIF:SubSecTimeOriginal=042",
    "-EXIF:ExposureTime=1/15",
    "-EXIF:FNumber=1.8",
    "-EXIF:ISO=6400",
    "-EXIF:LensModel=Dusk 35mm f/1.8",
    "-EXIF:UserComment=taken by hand",
    "-GPSLatitude=52.516",
    "-GPSLatitudeRef=N",
    "-GPSLongitude=13.377",
    "-GPSLongitudeRef=E",
    "-GPSAltitude=34",
    "-GPSDateStamp=2024:12:31",
    "-GPSImgDirection=117.5",
    "-XMP-exif:GPSLatitude=52.516",
    "-XMP-exif:GPSLongitude=13.377",
    "-IPTC:CodedCharacterSet=UTF8",
    "-IPTC:Headline=Blackout",
    "-IPTC:Caption-Abstract=" + CAPTION,
    "-IPTC:By-line=Ada Dämmer",
    "-IPTC:Credit=Dusk Press",
    "-IPTC:Keywords=night",
    "-IPTC:Keywords=city",
    "-IPTC:City=Berlin",
    "-IPTC:DateCreated=2024:12:31",
    "-IPTC:SpecialInstructions=Embargo until 06:00",
    "-Photoshop:CopyrightFlag=1",
    "-Photoshop:URL=https://example.com/license",
    "-XMP-dc:Title=Blackout",
    "-XMP-dc:Subject=night",
    "-XMP-dc:Subject=city",
    "-XMP-dc:Description=" + CAPTION,
    "-XMP-dc:Rights=(c) Dusk Press",
    "-XMP-xmp:Rating=4",
    "-XMP-xmp:Label=Red",
    "-XMP-photoshop:Credit=Dusk Press",
    "-XMP-xmpRights:UsageTerms=Editorial only",
    "-XMP-iptcCore:CreatorWorkEmail=ada@example.com",
    "-XMP-iptcExt:PersonInImage=Bo Nacht",
    "-XMP-plus:ImageCreatorName=Ada Dämmer",
    "-XMP-lr:HierarchicalSubject=place|Berlin",
    "-XMP-crs:Exposure2012=+0.35",
)


def exiftool(*arguments: str | Path) -> bytes:
    """Run ExifTool and return what it prints."""
    assert EXIFTOOL is not None
    done = subprocess.run(
        [EXIFTOOL, "-charset", "filename=utf8", *map(str, arguments)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def tags_in(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Return the tags of files as ExifTool tells them, by group and name, in one call.

    Args:
        files: the content of each by its name, whose extension is that of its format.
    """
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        # All tags, also unknown ones and several of a name, by family 1; binary ones in base64.
        printed = exiftool("-json", "-a", "-u", "-b", "-G1", "-n", "-r", folder)
    found: dict[str, dict[str, Any]] = {}
    for document in json.loads(printed):
        name = Path(document.pop("SourceFile")).name
        found[name] = {
            tag: value
            for tag, value in document.items()
            if tag.partition(":")[0] not in ("System", "ExifTool") or tag.endswith(":Warning")
        }
    return found


def canon_exif() -> bytes:
    """EXIF data of a camera with a maker's note that ExifTool understands.

    Its values lie at offsets that count from the beginning of the EXIF data.
    """
    texts = {6: b"Canon EOS R7\0\0", 7: b"Firmware Version 1.0.3\0\0", 9: b"Ada\0\0\0"}
    numbers = {12: 4711, 16: 0x80000465}
    first, within = 8 + 2 + 12 * 3 + 4, 2 + 12 * 1 + 4
    model = b"Canon EOS R7\0\0"
    exif_at = first + len(model) + 6
    note_at = exif_at + within
    behind = note_at + 2 + 12 * (len(texts) + len(numbers)) + 4
    lines, values = b"", b""
    for tag in sorted(texts | numbers):
        if tag in numbers:
            lines += struct.pack("<HHII", tag, 4, 1, numbers[tag])
        else:
            lines += struct.pack("<HHII", tag, 2, len(texts[tag]), behind + len(values))
            values += texts[tag]
    note = struct.pack("<H", len(texts) + len(numbers)) + lines + bytes(4) + values
    return b"".join(
        [
            b"II*\0" + struct.pack("<IH", 8, 3),
            struct.pack("<HHII", 271, 2, 6, first),
            struct.pack("<HHII", 272, 2, len(model), first + 6),
            struct.pack("<HHII", 34665, 4, 1, exif_at) + bytes(4),
            b"Canon\0" + model,
            struct.pack("<HHHII", 1, 37500, 7, len(note), note_at) + bytes(4),
            note,
        ]
    )


@cache
def press_photographs(orientation: int = 1) -> Mapping[str, bytes]:
    """A dark photograph in five formats, with all of `TAGS`, a thumbnail, a profile, a comment."""
    image = Image.fromarray(dark_photograph(48, 64))
    turned = Image.Exif()  # AVIF is turned by its boxes, which Pillow makes of EXIF data
    turned[274] = orientation
    quietly = ("-q", "-q", "-m", "-overwrite_original", "-codedcharacterset=utf8")
    with TemporaryDirectory() as folder:
        files = {format: Path(folder) / f"press.{format.lower()}" for format in PRESS_FORMATS}
        small = Path(folder) / "small.jpg"
        small.write_bytes(saved(image.resize((16, 12)), "JPEG"))
        first, *others = files.values()
        dpi = (300, 300)
        image.save(first, exif=b"Exif\0\0" + canon_exif(), icc_profile=ICC, dpi=dpi)
        image.save(files["PNG"], icc_profile=ICC, dpi=dpi)
        image.save(files["WEBP"], icc_profile=ICC)
        image.save(files["TIFF"], icc_profile=ICC, dpi=dpi)
        image.save(files["AVIF"], icc_profile=ICC, exif=turned)
        more = (f"-EXIF:Orientation#={orientation}", "-Comment=kept by hand")
        exiftool(*quietly, *TAGS, *more, f"-ThumbnailImage<={small}", first)
        copied = ("-all:all", "-unsafe", "-makernotes", "-EXIF:all", "-XMP:all", "-IPTC:all")
        exiftool(*quietly, "-tagsfromfile", first, *copied, "-comment", *others)
        return {format: file.read_bytes() for format, file in files.items()}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what tags became of those that are not as they were, by their names."""
    return {
        tag: (before.get(tag), after.get(tag))
        for tag in sorted(before.keys() | after.keys())
        if before.get(tag) != after.get(tag)
    }
