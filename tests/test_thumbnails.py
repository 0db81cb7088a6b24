"""No small picture of the dark one is left in a result, and nothing says that there is one."""

from __future__ import annotations

import struct

import pytest
from PIL import Image
from support.encoded import WITH_METADATA, codes, exif_with, saved, smooth_pixels
from support.press import needs_exiftool, tags_in
from support.stand_in import StandIn

from llenhance.jobs.request import Request
from llenhance.jobs.task import enhance_bytes
from llenhance.pictures.decode import decode
from llenhance.pictures.exif import erase_thumbnail
from llenhance.pictures.formats import FORMATS

SMALL = saved(Image.fromarray(smooth_pixels(12, 16)), "JPEG")
CORE = SMALL[-60:-2]  # what no other picture has
GIVEN = b"/9j/4AAQSkZJRg" + b"A" * 40
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
    b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/">'
    b"<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType='Resource'><xmpGImg:image>"
    + GIVEN
    + b"</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description>"
    + b"</rdf:RDF></x:xmpmeta>"
)


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def full_of_thumbnails() -> bytes:
    """A JPEG with small pictures in all places that JPEG files have for them."""
    image = Image.fromarray(smooth_pixels())
    exif = b"Exif\0\0" + exif_with(1, thumbnail=SMALL)
    data = saved(image, "JPEG", exif=exif, xmp=XMP)
    jfif = b"JFIF\0\1\1\0\0\1\0\1\2\2" + CORE[:12]
    jfxx = b"JFXX\0\x10" + SMALL
    block = b"8BIM" + struct.pack(">H2xI", 1036, len(SMALL) + 28) + bytes(28) + SMALL
    parts = segment(0xE0, jfif) + segment(0xE0, jfxx) + segment(0xED, b"Photoshop 3.0\0" + block)
    at = data.index(b"\xff\xe1")
    return data[:2] + parts + data[at:] + SMALL


@pytest.fixture(scope="module")
def results() -> dict[str, bytes]:
    data = full_of_thumbnails()
    assert data.count(CORE) == 4
    return {
        format: enhance_bytes(
            data, name="p", enhancer=StandIn(), request=Request(format=format)
        ).data
        for format in WITH_METADATA
    }


@pytest.mark.parametrize("format", WITH_METADATA)
def test_no_small_picture_is_left(format: str, results: dict[str, bytes]) -> None:
    assert CORE not in results[format]
    assert GIVEN not in results[format]
    for claim in (b"xmp:Thumbnails", b"JFXX", b"MPF\0", b"\x04\x0c\0\0"):
        assert claim not in results[format]


@needs_exiftool
def test_exiftool_finds_none(results: dict[str, bytes]) -> None:
    files = {f"{format}{FORMATS[format].extensions[0]}": data for format, data in results.items()}
    for name, tags in tags_in(files | {"before.jpg": full_of_thumbnails()}).items():
        found = [tag for tag in tags if "Thumbnail" in tag or "Preview" in tag or "IFD1" in tag]
        assert bool(found) == (name == "before.jpg"), (name, found)


def test_a_thumbnail_before_its_directory_is_blanked() -> None:
    start = 8 + len(SMALL)
    entries = struct.pack("<H", 2) + struct.pack("<HHII", 513, 4, 1, 8)
    entries += struct.pack("<HHII", 514, 4, 1, len(SMALL)) + bytes(4)
    exif = bytearray(b"II*\0" + struct.pack("<I", start) + SMALL + entries)
    erase_thumbnail(exif, start)
    assert exif == b"II*\0" + struct.pack("<I", start) + bytes(len(SMALL)) + entries


def test_a_thumbnail_in_strips_is_blanked() -> None:
    strips = [b"first strip ", b"second strip"]
    entries = struct.pack("<H", 2) + struct.pack("<HHII", 273, 4, 2, 38)
    entries += struct.pack("<HHII", 279, 4, 2, 46) + bytes(4)
    places = struct.pack("<4I", 54, 66, 12, 12)
    exif = bytearray(b"II*\0\x08\0\0\0" + entries + places + b"".join(strips) + b"behind")
    erase_thumbnail(exif, 8)
    assert exif[54:] == bytes(24) + b"behind"


def test_a_preview_in_a_makers_note_is_told() -> None:
    note = b"Dusk\0" + SMALL
    exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 37500, 7, len(note), 26) + bytes(4) + note
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + exif)
    picture = decode(data, name="p")
    assert codes(picture.notes) == ("maker-preview-kept",)
    assert picture.exif == exif
    request = Request(metadata="strip")
    outcome = enhance_bytes(data, name="p", enhancer=StandIn(), request=request)
    assert codes(outcome.notes) == ()
    assert note not in outcome.data
