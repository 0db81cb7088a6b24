"""A motion photo stays one where all that is said of its video stays true, and only there."""

from __future__ import annotations

import re
import struct

import pytest
from PIL import Image
from support.encoded import codes, exif_with, saved, smooth_pixels
from support.press import needs_exiftool, tags_in
from support.stand_in import StandIn

from llenhance.jobs.request import Request
from llenhance.jobs.task import Outcome, enhance_bytes
from llenhance.pictures.decode import decode
from llenhance.pictures.policy import Metadata

VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 3
GAIN_MAP = saved(Image.fromarray(smooth_pixels(12, 16)), "JPEG")
CLAIM = re.compile(rb"MotionPhoto|MicroVideo|Container:|hdrgm:|GainMap")


def packet(properties: bytes, inside: bytes = b"") -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
        b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
        b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="Dusk" '
        + properties
        + b">"
        + inside
        + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def item(mime: bytes, semantic: bytes, length: int, padding: int = 0) -> bytes:
    return (
        b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="%s" Item:Semantic="%s" '
        b'Item:Length="%d" Item:Padding="%d"/></rdf:li>' % (mime, semantic, length, padding)
    )


def motion_photo(*, gain_map: bool = False, length: int = len(VIDEO)) -> bytes:
    """As Google's camera writes it; with a gain map between the picture and the video."""
    items = [item(b"image/jpeg", b"Primary", 0, 8)]
    items += [item(b"image/jpeg", b"GainMap", len(GAIN_MAP))] if gain_map else []
    items += [item(b"video/mp4", b"MotionPhoto", length)]
    listed = b"<Container:Directory><rdf:Seq>" + b"".join(items)
    listed += b"</rdf:Seq></Container:Directory>"
    claims = b'GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"'
    claims += b' hdrgm:Version="1.0"' if gain_map else b""
    return picture(packet(claims, listed)) + bytes(8) + (GAIN_MAP if gain_map else b"") + VIDEO


def micro_video() -> bytes:
    claims = b'GCamera:MicroVideo="1" GCamera:MicroVideoVersion="1" GCamera:MicroVideoOffset="%d"'
    return picture(packet(claims % len(VIDEO))) + VIDEO


def blocks(*found: tuple[bytes, bytes]) -> bytes:
    """Samsung's blocks, and the directory that counts backwards to them."""
    body, places = b"", []
    for name, content in found:
        places.append((len(body), 8 + len(name) + len(content)))
        body += struct.pack("<HHI", 0, 0x0A30, len(name)) + name + content
    directory = b"SEFH" + struct.pack("<II", 106, len(places))
    for at, size in places:
        directory += struct.pack("<HHII", 0, 0x0A30, len(body) - at, size)
    return body + directory + struct.pack("<I", len(directory)) + b"SEFT"


TIME = (b"Image_UTC_Data", b"1234567890123")
SAMSUNG = blocks(TIME, (b"MotionPhoto_Data", VIDEO))


def picture(xmp: bytes | None = None, orientation: int = 1) -> bytes:
    options = {} if xmp is None else {"xmp": xmp}
    exif = b"Exif\0\0" + exif_with(orientation)
    return saved(Image.fromarray(smooth_pixels()), "JPEG", exif=exif, **options)


def made(data: bytes, *, format: str | None = None, metadata: Metadata = "keep") -> Outcome:
    request = Request(format=format, metadata=metadata)
    return enhance_bytes(data, name="p", enhancer=StandIn(), request=request)


KEPT = {
    "MotionPhoto": (motion_photo(), VIDEO),
    "MotionPhoto with gain map": (motion_photo(gain_map=True), VIDEO),
    "MicroVideo": (micro_video(), VIDEO),
    "Samsung": (picture() + SAMSUNG, SAMSUNG),
}


@pytest.mark.parametrize(("data", "behind"), KEPT.values(), ids=list(KEPT))
def test_the_last_bytes_are_the_video(data: bytes, behind: bytes) -> None:
    outcome = made(data)
    assert outcome.data.endswith(b"\xff\xd9" + behind)
    assert "parts-left-behind" not in codes(outcome.notes)
    again = made(outcome.data)
    assert again.data.endswith(b"\xff\xd9" + behind)


@pytest.mark.parametrize("gain_map", [False, True])
def test_the_directory_lists_what_is_there(gain_map: bool) -> None:
    outcome = made(motion_photo(gain_map=gain_map))
    xmp = outcome.picture.xmp
    assert xmp is not None
    items = re.findall(rb'Semantic="(\w+)" Item:Length="(\d+)" Item:Padding="(\d+)"', xmp)
    assert items == [(b"Primary", b"0", b"0"), (b"MotionPhoto", b"%d" % len(VIDEO), b"0")]
    assert b'GCamera:MotionPhoto="1"' in xmp
    assert b"hdrgm:Version" not in xmp
    assert ("gain-map-left-behind" in codes(outcome.notes)) == gain_map
    end = outcome.data.index(b"\xff\xd9") + 2
    length = int(items[1][1])
    assert outcome.data[end:] == outcome.data[-length:] == VIDEO


def test_a_video_behind_a_turned_picture_stays() -> None:
    xmp = packet(b'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="%d"' % len(VIDEO))
    assert made(picture(xmp, 6) + VIDEO).data.endswith(VIDEO)


GONE = {
    "another length": motion_photo(length=len(VIDEO) - 3),
    "two lengths": picture(
        packet(
            b'GCamera:MicroVideoOffset="4"',
            b"<Container:Directory><rdf:Seq>%s</rdf:Seq></Container:Directory>"
            % item(b"video/mp4", b"MotionPhoto", len(VIDEO)),
        )
    )
    + VIDEO,
    "no claim": picture() + VIDEO,
    "a picture among Samsung's blocks": picture()
    + blocks((b"SingleShot_Image_Data", GAIN_MAP), (b"MotionPhoto_Data", VIDEO)),
    "Samsung's blocks without a video": picture() + blocks(TIME),
    "a directory of Samsung that lies": picture() + SAMSUNG[:-12] + b"\xff" + SAMSUNG[-11:],
    "more than the file": picture(packet(b'GCamera:MicroVideoOffset="999999999999"')) + VIDEO,
}


@pytest.mark.parametrize("data", GONE.values(), ids=list(GONE))
def test_a_video_about_which_something_is_wrong_goes_with_its_claims(data: bytes) -> None:
    outcome = made(data)
    assert outcome.data.endswith(b"\xff\xd9")
    assert VIDEO not in outcome.data
    assert "parts-left-behind" in codes(outcome.notes)
    assert CLAIM.search((outcome.picture.xmp or b"").partition(b'dc:source="Dusk"')[2]) is None


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_in_another_format_the_video_goes_with_its_claims(format: str) -> None:
    outcome = made(motion_photo(), format=format)
    assert "video-lost" in codes(outcome.notes)
    assert VIDEO not in outcome.data
    xmp = decode(outcome.data, name="p").xmp
    assert xmp is not None
    assert b'dc:source="Dusk"' in xmp
    assert CLAIM.search(xmp.partition(b'dc:source="Dusk"')[2]) is None


@pytest.mark.parametrize("metadata", ["strip", "strip-gps"])
def test_a_video_may_tell_a_position(metadata: Metadata) -> None:
    outcome = made(motion_photo(), metadata=metadata)
    assert VIDEO not in outcome.data
    assert b'GCamera:MotionPhoto="1"' not in outcome.data
    assert ("video-may-tell-position" in codes(outcome.notes)) == (metadata == "strip-gps")


@needs_exiftool
def test_exiftool_finds_the_claims_and_the_video_of_samsung() -> None:
    names = {"google.jpg": "MotionPhoto with gain map", "micro.jpg": "MicroVideo"}
    files = {file: made(KEPT[name][0]).data for file, name in names.items()}
    found = tags_in(files | {"samsung.jpg": made(KEPT["Samsung"][0]).data})
    assert found["google.jpg"]["XMP-GCamera:MotionPhoto"] == 1
    assert not any("hdrgm" in tag or "GainMap" in tag for tag in found["google.jpg"])
    assert found["micro.jpg"]["XMP-GCamera:MicroVideoOffset"] == len(VIDEO)
    assert "Samsung:EmbeddedVideoFile" in found["samsung.jpg"]
