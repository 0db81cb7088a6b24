"""Content credentials (C2PA) hold for one file alone: a result has none, and a note says so."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest
import tifffile
from PIL import Image
from support.encoded import chunk, codes, png, saved, smooth_pixels
from support.stand_in import StandIn

from llenhance.jobs.task import enhance_bytes
from llenhance.pictures.decode import decode

PIXELS = smooth_pixels()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def described(label: bytes) -> bytes:
    """The box that describes a JUMBF box."""
    return box(
        b"jumd", label[:4] + bytes.fromhex("00110010800000aa00389b71") + b"\3" + label + b"\0"
    )


CLAIM = b"\xa1\x6fclaim_generator\x75Dusk Camera/1.0 c2paX"
STORE = box(b"jumb", described(b"c2pa") + box(b"cbor", CLAIM + bytes(70_000)))


def image(format: str) -> bytes:
    return saved(Image.fromarray(PIXELS), format)


def jpeg() -> bytes:
    """Each segment repeats the head of the box, and none holds more than 64 KB."""
    data, parts, body = image("JPEG"), b"", STORE[8:]
    for number, start in enumerate(range(0, len(body), 60_000), start=1):
        content = b"JP" + struct.pack(">HI", 1, number) + STORE[:8] + body[start : start + 60_000]
        parts += b"\xff\xeb" + struct.pack(">H", 2 + len(content)) + content
    return data[:2] + parts + data[2:]


def webp() -> bytes:
    data = saved(Image.fromarray(PIXELS), "WEBP", xmp=b"<x/>")
    data += b"C2PA" + struct.pack("<I", len(STORE)) + STORE + bytes(len(STORE) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def tiff() -> bytes:
    file = io.BytesIO()
    extra = [(52545, 7, len(STORE), STORE, True)]
    tifffile.imwrite(file, PIXELS, photometric="rgb", metadata=None, extratags=extra)
    return file.getvalue()


def gif() -> bytes:
    data = saved(Image.fromarray(PIXELS).quantize(8), "GIF")
    pieces = b"".join(
        bytes([len(STORE[at : at + 255])]) + STORE[at : at + 255]
        for at in range(0, len(STORE), 255)
    )
    at = 13 + (3 << ((data[10] & 7) + 1))
    return data[:at] + b"\x21\xff\x0bC2PA_GIF\1\0\0" + pieces + b"\0" + data[at:]


def avif() -> bytes:
    kind = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
    return image("AVIF") + box(b"uuid", kind + bytes(4) + b"manifest\0" + bytes(8) + STORE)


FILES: dict[str, Callable[[], bytes]] = {
    "JPEG": jpeg,
    "PNG": lambda: png(PIXELS, colour=2, extra=chunk(b"caBX", STORE)),
    "WEBP": webp,
    "TIFF": tiff,
    "GIF": gif,
    "AVIF": avif,
}


@pytest.mark.parametrize("format", FILES)
def test_they_are_left_behind_with_a_note_of_who_made_them(format: str) -> None:
    outcome = enhance_bytes(FILES[format](), name="p", enhancer=StandIn())
    (note,) = (note for note in outcome.notes if note.code == "credentials-left-behind")
    assert "C2PA, made by Dusk Camera/1.0" in str(note)
    assert "parts-left-behind" not in codes(outcome.notes)
    assert b"jumb" not in outcome.data
    assert b"claim_generator" not in outcome.data


def test_who_made_them_need_not_be_known() -> None:
    data = png(PIXELS, colour=2, extra=chunk(b"caBX", b"x"))
    (note,) = decode(data, name="p").notes
    assert str(note).startswith("its content credentials (C2PA) are left behind")


def test_a_box_of_another_program_is_none() -> None:
    data = image("AVIF") + box(b"uuid", bytes(16) + b"c2pa")
    assert codes(decode(data, name="p").notes) == ("parts-left-behind",)


PACKET = b'<rdf:Description dc:source="Dusk"%s>%s</rdf:Description>'
ADDRESSES = [
    (PACKET % (b' dcterms:provenance="https://example.com/a.c2pa"', b""), True),
    (PACKET % (b"", b"<dcterms:provenance>https://example.com/a</dcterms:provenance>"), True),
    (PACKET % (b"", b'<dcterms:provenance rdf:resource="urn:c2pa:1"/>'), True),
    (PACKET % (b' dcterms:provenance="self#jumbf=/c2pa/urn:uuid:1"', b""), False),
]


@pytest.mark.parametrize(("packet", "elsewhere"), ADDRESSES)
def test_what_points_to_them_goes_too(packet: bytes, elsewhere: bool) -> None:
    picture = decode(saved(Image.fromarray(PIXELS), "JPEG", xmp=packet), name="p")
    assert picture.xmp == PACKET % (b"", b"")
    assert codes(picture.notes) == ("address-of-credentials-left-behind",) * elsewhere


def test_words_about_where_a_picture_comes_from_stay() -> None:
    packet = PACKET % (b' dcterms:provenance="From the estate of Ada"', b"")
    picture = decode(saved(Image.fromarray(PIXELS), "JPEG", xmp=packet), name="p")
    assert (picture.xmp, picture.notes) == (packet, ())
