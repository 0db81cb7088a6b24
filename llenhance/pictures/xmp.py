"""XMP packets that stay true: of an upright picture that stands alone in its file.

The packet is text that programs read by its names, so it is changed in place: everything else keeps
its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from llenhance.messages.note import Note
from llenhance.pictures.credentials import PROVENANCE, credentials_at
from llenhance.pictures.pixels import TURNS


class Names(NamedTuple):
    """Properties by their names as they are written.

    Attributes:
        attribute: finds one that is an attribute, with the white space before it.
        opening: finds the opening tag of one that is an element; its first group is the name.
    """

    attribute: re.Pattern[bytes]
    opening: re.Pattern[bytes]


def names(pattern: bytes) -> Names:
    """Return what finds properties whose names match a pattern, in any case."""
    name = rb"(?:" + pattern + rb")(?=[\s=/>])"
    value = rb"""\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
    return Names(
        re.compile(rb"\s(?=\w)" + name + value, re.IGNORECASE),
        re.compile(rb"<(" + name + rb")[^<>]*>", re.IGNORECASE),
    )


# What points to data outside of the packet, or shows the dark picture: none of that is kept.
_OF_OTHERS: Final = (
    rb"(?:hdrgm|HDRGainMap|GDepth|GImage|GAudio|OpCamera|MiCamera):\w+|xmpNote:HasExtendedXMP"
    rb"|(?:xmp|xap):Thumbnails"
)
_OF_VIDEO: Final = rb"G?Camera:(?:MotionPhoto|MicroVideo)\w*|G?Container:Directory"
_CREDENTIALS: Final = names(PROVENANCE)
_WITH_VIDEO: Final = names(_OF_OTHERS)
_ALONE: Final = names(_OF_OTHERS + rb"|" + _OF_VIDEO)
_ORIENTATION: Final = rb"""(tiff:Orientation(?:=["']|>))([1-8])"""
_PAIRS: Final = (
    (b"tiff:ImageWidth", b"tiff:ImageLength"),
    (b"tiff:XResolution", b"tiff:YResolution"),
    (b"exif:PixelXDimension", b"exif:PixelYDimension"),
)
_REGIONS: Final = names(rb"mwg-rs:Regions")
_AREA: Final = names(rb"mwg-rs:Area")
_FOREIGN_REGIONS: Final = names(rb"Iptc4xmpExt:ImageRegion|acdsee-rs:Regions|exif:SubjectArea")

Size = tuple[float, float]


def is_hostile(xmp: bytes) -> bool:
    """Tell whether a packet is none at all, or declares entities, which no honest one does.

    A few entities that stand for each other become gigabytes in programs that read the packet.
    """
    letters = xmp.replace(b"\0", b"")  # of UTF-16 and UTF-32 as well
    return b"<" not in letters or b"<!DOCTYPE" in letters or b"<!ENTITY" in letters


def orientation_in(xmp: bytes) -> int:
    """Return the orientation that the packet tells; 0 if it tells none."""
    found = re.search(_ORIENTATION, xmp)
    return int(found[2]) if found else 0


def upright(xmp: bytes, orientation: int, size: tuple[int, int], notes: list[Note]) -> bytes:
    """Return the packet of an upright picture.

    Args:
        xmp: as the file has it.
        orientation: how the picture lay in the file, 1 to 8.
        size: width and height of the upright picture.
        notes: gets a note if marked regions could not be turned.
    """
    xmp = re.sub(_ORIENTATION, rb"\g<1>1", xmp)
    return xmp if orientation == 1 else _turned(xmp, orientation, size, notes)


def without_promises(xmp: bytes, *, video: bool = False) -> bytes:
    """Return the packet without what refers to a gain map, a depth map, a video or an extension.

    Args:
        xmp: the packet.
        video: whether the video stays, and with it what refers to it.
    """
    if credentials_at(xmp):
        xmp = without(xmp, _CREDENTIALS)
    return without(xmp, _WITH_VIDEO if video else _ALONE)


def without(xmp: bytes, gone: Names) -> bytes:
    """Return the packet without properties; an element without an end stays, and all behind it."""
    return changed(gone.attribute.sub(b"", xmp), gone, lambda _: b"")


def changed(xmp: bytes, wanted: Names, change: Callable[[bytes], bytes]) -> bytes:
    """Return the packet with elements replaced by what becomes of them."""
    kept, at = bytearray(), 0
    for begin, end in elements(xmp, wanted):
        kept += xmp[at:begin] + change(xmp[begin:end])
        at = end
    return bytes(kept) + xmp[at:]


def elements(xmp: bytes, wanted: Names) -> list[tuple[int, int]]:
    """Return where elements begin and end; of those that lie in one another, the outermost."""
    places: list[tuple[int, int]] = []
    at = 0
    while (tag := wanted.opening.search(xmp, at)) is not None:
        end = tag.end()
        if not tag[0].endswith(b"/>"):
            closing = b"</" + tag[1] + b">"
            close = xmp.find(closing, end)
            if close < 0:
                break
            end = close + len(closing)
        places.append((tag.start(), end))
        at = end
    return places


def _turned(xmp: bytes, orientation: int, size: tuple[int, int], notes: list[Note]) -> bytes:
    if TURNS[orientation][0]:
        for across, down in _PAIRS:
            xmp = _swapped(xmp, across, down)
            one, other = _value(xmp, across), _value(xmp, down)
            alone = None if one and other else one or other  # one was told alone
            old, new = size[::-1] if one else size
            if alone and alone[1] == b"%d" % old:
                xmp = xmp[: alone.start(1)] + b"%d" % new + xmp[alone.end(1) :]

    def of_block(block: bytes) -> bytes:
        told = _number(block, b"stDim:w"), _number(block, b"stDim:h")
        swaps = TURNS[orientation][0]
        width, height = size[::-1] if swaps else size  # as stored
        whole = (told[0], told[1]) if told[0] and told[1] else (float(width), float(height))
        if swaps and width != height and (whole[0] > whole[1]) != (width > height):
            return block  # marked in the upright picture already
        block = changed(block, _AREA, lambda area: _area(area, orientation, whole))
        return _swapped(block, b"stDim:w", b"stDim:h") if swaps else block

    xmp = changed(xmp, _REGIONS, of_block)
    xmp = re.sub(
        rb"""(MPReg:Rectangle(?:=["']|>))([^"'<]*)""",
        lambda found: found[1] + _rectangle(found[2], orientation),
        xmp,
    )
    less = without(xmp, _FOREIGN_REGIONS)
    if less != xmp:
        notes.append(Note("regions-left-behind"))
    return less


def _value(xmp: bytes, name: bytes) -> re.Match[bytes] | None:
    return re.search(rb"\b" + name + rb"""(?:\s*=\s*["']|>)([^"'<]*)""", xmp)


def _number(xmp: bytes, name: bytes) -> float:
    found = _value(xmp, name)
    try:
        return float(found[1]) if found else 0.0
    except ValueError:
        return 0.0


def _swapped(xmp: bytes, first: bytes, second: bytes) -> bytes:
    one, other = _value(xmp, first), _value(xmp, second)
    if one is None or other is None:
        return xmp
    (a, b), (left, right) = (one, other), (one[1], other[1])
    if a.start(1) > b.start(1):
        a, b, left, right = b, a, right, left
    return xmp[: a.start(1)] + right + xmp[a.end(1) : b.start(1)] + left + xmp[b.end(1) :]


def _area(area: bytes, orientation: int, whole: Size) -> bytes:
    """Return an area, of which x and y are the middle, turned."""
    unit = _value(area, b"stArea:unit")
    full = whole if unit and unit[1] == b"pixel" else (1.0, 1.0)
    places = {key: _value(area, b"stArea:" + key) for key in (b"x", b"y")}
    if None in places.values():
        return area
    x, y = _point((_number(area, b"stArea:x"), _number(area, b"stArea:y")), orientation, full)
    for key, value in ((b"stArea:x", x), (b"stArea:y", y)):
        found = _value(area, key)
        if found:
            area = area[: found.start(1)] + b"%.6g" % value + area[found.end(1) :]
    return _swapped(area, b"stArea:w", b"stArea:h") if TURNS[orientation][0] else area


def _rectangle(value: bytes, orientation: int) -> bytes:
    """Return 'left, top, width, height', 0..1, turned."""
    try:
        left, top, width, height = (float(part) for part in value.split(b","))
    except ValueError:
        return value
    middle = _point((left + width / 2, top + height / 2), orientation, (1.0, 1.0))
    width, height = (height, width) if TURNS[orientation][0] else (width, height)
    numbers = (middle[0] - width / 2, middle[1] - height / 2, width, height)
    return b", ".join(b"%.6g" % number for number in numbers)


def _point(point: Size, orientation: int, full: Size) -> Size:
    swap, rows, columns = TURNS[orientation]
    x, y = point[::-1] if swap else point
    width, height = full[::-1] if swap else full
    return width - x if columns else x, height - y if rows else y
