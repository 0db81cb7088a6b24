"""What is kept of metadata is true of the result: turned with it, and without broken promises."""

from __future__ import annotations

import re
import struct

import pytest
from PIL import Image
from support.encoded import chunk, codes, exif_with, png, saved, smooth_pixels

from llenhance.pictures import xmp as packets
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.exif import directory
from llenhance.pictures.picture import Picture

SIDEWAYS = (5, 6, 7, 8)


def entries_of(exif: bytes, pointer: int | None = None) -> tuple[str, dict[int, int]]:
    order, entries, _ = directory(exif)
    if pointer is not None:
        (start,) = struct.unpack_from(f"{order}I", exif, entries[pointer] + 8)
        order, entries, _ = directory(exif, start)
    return order, entries


def sized_exif(orientation: int, *, order: str = "<", alone: bool = False) -> bytes:
    """EXIF data with the sizes 64 x 48 and a subject at 10, 20 of 6 x 4 pixels."""
    values: list[tuple[int, int, int, bytes]] = [
        (40962, 4, 1, struct.pack(f"{order}I", 64)),
        (40963, 3, 1, struct.pack(f"{order}HH", 48, 0)),
        (37396, 3, 4, b""),
    ]
    values = values[:1] + values[2:] if alone else values
    first = 8 + 2 + 12 * 2 + 4
    places = first + 2 + 12 * len(values) + 4
    exif = b"II*\0" if order == "<" else b"MM\0*"
    exif += struct.pack(f"{order}IH", 8, 2)
    exif += struct.pack(f"{order}HHIHH", 274, 3, 1, orientation, 0)
    exif += struct.pack(f"{order}HHII", 34665, 4, 1, first) + bytes(4)
    exif += struct.pack(f"{order}H", len(values))
    for tag, kind, count, value in sorted(values):
        content = value or struct.pack(f"{order}I", places)
        exif += struct.pack(f"{order}HHI", tag, kind, count) + content
    return exif + bytes(4) + struct.pack(f"{order}4H", 10, 20, 6, 4)


def seen(exif: bytes, *, xmp: bytes | None = None) -> Picture:
    options = {} if xmp is None else {"xmp": xmp}
    data = saved(Image.fromarray(smooth_pixels()), "JPEG", exif=b"Exif\0\0" + exif, **options)
    return decode(data, name="p")


def number(exif: bytes, tag: int) -> int:
    order, entries = entries_of(exif, 34665)
    kind = struct.unpack_from(f"{order}H", exif, entries[tag] + 2)[0]
    value: int = struct.unpack_from(f"{order}{'I' if kind == 4 else 'H'}", exif, entries[tag] + 8)[
        0
    ]
    return value


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_in_exif_are_those_of_the_upright_picture(orientation: int, order: str) -> None:
    picture = seen(sized_exif(orientation, order=order))
    assert picture.exif is not None
    sizes = number(picture.exif, 40962), number(picture.exif, 40963)
    assert sizes == (picture.width, picture.height)


def test_a_width_without_a_height_is_right_too() -> None:
    picture = seen(sized_exif(6, alone=True))
    assert picture.exif is not None
    assert number(picture.exif, 40962) == picture.width == 48


SUBJECTS = {
    1: (10, 20, 6, 4), 2: (53, 20, 6, 4), 3: (53, 27, 6, 4), 4: (10, 27, 6, 4),
    5: (20, 10, 4, 6), 6: (27, 10, 4, 6), 7: (27, 53, 4, 6), 8: (20, 53, 4, 6),
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_subject_in_exif_is_turned(orientation: int) -> None:
    picture = seen(sized_exif(orientation))
    assert picture.exif is not None
    order, entries = entries_of(picture.exif, 34665)
    (place,) = struct.unpack_from(f"{order}I", picture.exif, entries[37396] + 8)
    assert struct.unpack_from(f"{order}4H", picture.exif, place) == SUBJECTS[orientation]


@pytest.mark.parametrize("cut", range(38, len(sized_exif(6)), 7))
def test_sizes_that_are_cut_off_cost_no_picture(cut: int) -> None:
    assert seen(sized_exif(6)[:cut]).width == 48


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_resolution_is_turned(orientation: int) -> None:
    exif = bytearray(exif_with(orientation))
    _, entries = entries_of(bytes(exif))
    (place,) = struct.unpack_from("<I", exif, entries[283] + 8)
    struct.pack_into("<2I", exif, place, 150, 1)  # 300 across, 150 down
    picture = seen(bytes(exif))
    expected = (300, 150) if orientation == 1 else (150, 300)
    assert picture.dpi == expected
    assert picture.exif is not None
    order, entries = entries_of(picture.exif)
    (place,) = struct.unpack_from(f"{order}I", picture.exif, entries[282] + 8)
    assert struct.unpack_from("<2I", picture.exif, place) == (expected[0], 1)


ATTRIBUTES = b"""<rdf:Description tiff:Orientation="%d" tiff:ImageWidth="64" tiff:ImageLength="48"
 exif:PixelXDimension="64" exif:PixelYDimension="48"><mwg-rs:Regions><rdf:Description>
 <mwg-rs:AppliedToDimensions stDim:w="64" stDim:h="48" stDim:unit="pixel"/>
 <mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Type="Face">
 <mwg-rs:Area stArea:x="0.25" stArea:y="0.4" stArea:w="0.1" stArea:h="0.2"
 stArea:unit="normalized"/>
 </rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></rdf:Description></mwg-rs:Regions>
 <MPRI:Regions><rdf:li MPReg:Rectangle="0.2, 0.3, 0.1, 0.2"/></MPRI:Regions></rdf:Description>"""
ELEMENTS = b"""<rdf:Description><tiff:Orientation>%d</tiff:Orientation>
 <tiff:ImageWidth>64</tiff:ImageWidth><tiff:ImageLength>48</tiff:ImageLength>
 <exif:PixelXDimension>64</exif:PixelXDimension><exif:PixelYDimension>48</exif:PixelYDimension>
 <mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource">
 <stDim:h>48</stDim:h><stDim:w>64</stDim:w></mwg-rs:AppliedToDimensions><mwg-rs:RegionList><rdf:Bag>
 <rdf:li rdf:parseType="Resource"><mwg-rs:Area rdf:parseType="Resource"><stArea:h>0.2</stArea:h>
 <stArea:w>0.1</stArea:w><stArea:x>0.25</stArea:x><stArea:y>0.4</stArea:y></mwg-rs:Area></rdf:li>
 </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
 <MPReg:Rectangle>0.2, 0.3, 0.1, 0.2</MPReg:Rectangle></rdf:Description>"""
# Middle of a face at 0.25, 0.4 that is 0.1 wide and 0.2 high, upright.
FACES = {
    1: (0.25, 0.4), 2: (0.75, 0.4), 3: (0.75, 0.6), 4: (0.25, 0.6),
    5: (0.4, 0.25), 6: (0.6, 0.25), 7: (0.6, 0.75), 8: (0.4, 0.75),
}  # fmt: skip


def told(xmp: bytes, name: str) -> list[float]:
    found = re.search(rf"""{name}(?:="|>)([^"<]*)""".encode(), xmp)
    assert found is not None
    return [float(part) for part in found[1].split(b",")]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("packet", [ATTRIBUTES, ELEMENTS], ids=["attributes", "elements"])
def test_sizes_and_faces_in_xmp_are_turned(packet: bytes, orientation: int) -> None:
    xmp = seen(exif_with(orientation), xmp=packet % orientation).xmp
    assert xmp is not None
    sideways = orientation in SIDEWAYS
    size = [48.0, 64.0] if sideways else [64.0, 48.0]
    for across, down in (
        ("tiff:ImageWidth", "tiff:ImageLength"),
        ("exif:PixelXDimension", "exif:PixelYDimension"),
        ("stDim:w", "stDim:h"),
    ):
        assert told(xmp, across) + told(xmp, down) == size
    x, y = FACES[orientation]
    extent = [0.2, 0.1] if sideways else [0.1, 0.2]
    assert told(xmp, "stArea:x") + told(xmp, "stArea:y") == pytest.approx([x, y])
    assert told(xmp, "stArea:w") + told(xmp, "stArea:h") == extent
    corner = [x - extent[0] / 2, y - extent[1] / 2]
    assert told(xmp, "MPReg:Rectangle") == pytest.approx([*corner, *extent])


def test_a_packet_of_an_upright_picture_keeps_every_byte() -> None:
    assert seen(exif_with(1), xmp=ATTRIBUTES % 1).xmp == ATTRIBUTES % 1


def test_faces_that_were_marked_upright_stay() -> None:
    packet = (ATTRIBUTES % 6).replace(b'stDim:w="64" stDim:h="48"', b'stDim:w="48" stDim:h="64"')
    xmp = seen(exif_with(6), xmp=packet).xmp
    assert xmp is not None
    assert told(xmp, "stArea:x") == [0.25]
    assert told(xmp, "stDim:w") == [48]


def test_a_width_without_a_height_is_right_in_xmp_too() -> None:
    packet = b"<rdf:Description><tiff:ImageWidth>64</tiff:ImageWidth></rdf:Description>"
    xmp = seen(exif_with(6), xmp=packet).xmp
    assert xmp == packet.replace(b"64", b"48")


def test_regions_that_cannot_be_turned_are_left_behind_with_a_note() -> None:
    region = b"<Iptc4xmpExt:ImageRegion><rdf:Bag>here</rdf:Bag></Iptc4xmpExt:ImageRegion>"
    packet = b"<rdf:Description>" + region + b"</rdf:Description>"
    picture = seen(exif_with(6), xmp=packet)
    assert picture.xmp == b"<rdf:Description></rdf:Description>"
    assert codes(picture.notes) == ("regions-left-behind",)
    assert seen(exif_with(1), xmp=packet).xmp == packet


PROMISES = [
    b'hdrgm:Version="1.0"',
    b'hdrgm:GainMapMax="2.3"',
    b"GCamera:MotionPhoto='1'",
    b'GCamera:MotionPhotoPresentationTimestampUs="968644"',
    b'GCamera:MicroVideoOffset="4122802"',
    b'xmpNote:HasExtendedXMP="0123456789ABCDEF0123456789ABCDEF"',
    b'HDRGainMap:HDRGainMapVersion="65536"',
    b'GDepth:Near="1.5"',
]


@pytest.mark.parametrize("promise", PROMISES)
def test_what_is_gone_is_not_promised(promise: bytes) -> None:
    packet = b'<rdf:Description xmp:Rating="4" %s dc:format="image/jpeg"/>' % promise
    kept = packets.without_promises(packet)
    assert kept == b'<rdf:Description xmp:Rating="4" dc:format="image/jpeg"/>'


@pytest.mark.parametrize(
    "element",
    [
        b'<Container:Directory><rdf:li Item:Semantic="GainMap"/></Container:Directory>',
        b"<GCamera:MotionPhoto>1</GCamera:MotionPhoto>",
        b'<hdrgm:GainMapMin rdf:resource="x"/>',
        b"<xmp:Thumbnails><rdf:Alt>small and dark</rdf:Alt></xmp:Thumbnails>",
    ],
)
def test_elements_that_promise_go_whole(element: bytes) -> None:
    packet = b"<rdf:Description><dc:title>T</dc:title>%s<dc:x/></rdf:Description>" % element
    kept = packets.without_promises(packet)
    assert kept == b"<rdf:Description><dc:title>T</dc:title><dc:x/></rdf:Description>"


def test_an_element_that_does_not_end_stays() -> None:
    packet = b"<rdf:Description><GDepth:Data>" * 2000
    assert packets.without_promises(packet) == packet


def test_the_packet_that_is_written_promises_nothing() -> None:
    packet = b'<rdf:Description hdrgm:Version="1.0" xmp:Rating="4"/>'
    data = png(
        smooth_pixels(),
        colour=2,
        extra=chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + packet),
    )
    picture = decode(data, name="p")
    assert codes(picture.notes) == ("gain-map-left-behind",)
    assert b"hdrgm" not in encode(picture, format="WEBP", name="p")
