"""Words and XMP packets that tell where a photograph was taken, and what is left without that.

`exif_position.py` does the same for EXIF data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from llenhance.pictures import xmp as packets

# Names of properties: exif:GPSLatitude, drone-dji:GpsLongtitude, geo:lat. None is longer.
_GPS: Final = r"(?:gps\w{0,60}|\w{0,60}?(?:latitude|longi?tude|longtitude|altitude)\w{0,60})"
_QUALIFIED: Final = rf"(?:[\w.-]{{1,60}}:{_GPS}|geo:(?:lat|long?|alt|lat_long))"
_NAME: Final = re.compile(rf"{_QUALIFIED}|{_GPS}", re.IGNORECASE)
_PROPERTIES: Final = packets.names(_QUALIFIED.encode())
_LEFT: Final = re.compile(rb"[</\s](?:" + _QUALIFIED.encode() + rb")(?=[\s=/>])", re.IGNORECASE)
_TEXT: Final = re.compile(rb">([^<>]+)<")
_VALUE: Final = re.compile(rb"""(=\s*)(?:"([^"<]*)"|'([^'<]*)')""")

# What texts say: keywords such as geo:lat=48.1, coordinates in degrees, those of ISO 6709.
_NUMBER: Final = r"[-+]?\d{1,3}[.,]\d{3,}"
_SAID: Final = re.compile(
    rf"""
    \bgeo:\s*(?:lat|lon|long)\b | \bgeo:{_NUMBER},{_NUMBER}
    | \b(?:gps|lat|lon|lng|(?:gps\s?)?(?:latitude|longitude))
      \W{{0,8}}[NSEW]?\W{{0,3}}\d{{1,3}}[.,°º]\s?\d
    | \b\d{{1,3}}\s?[°º]\s?\d{{1,2}}\s?['\u2032\u2019] | \b{_NUMBER}\s?[°º]
    | \b{_NUMBER}\s?[NS]\b | \b[NS]\s?{_NUMBER}
    | (?<![\d.])[-+]\d{{2,6}}(?:\.\d+)?[-+]\d{{3,7}}(?:\.\d+)?(?:[-+]\d+(?:\.\d+)?)?/
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAIR: Final = re.compile(
    r"(?<![\d.])([-+]?\d{1,2}\.\d{4,})\s?[,;/ ]\s?([-+]?\d{1,3}\.\d{4,})(?![\d.])"
)
_LONGEST: Final = 10_000  # characters of a text that are looked at: more is no caption


def is_position(name: str) -> bool:
    """Tell whether a property of this name, such as 'exif:GPSLatitude', tells a position."""
    return _NAME.fullmatch(name) is not None


def tells_position(text: str) -> bool:
    """Tell whether a text has coordinates in it, in any usual way of writing them.

    Two decimal fractions count if they could be degrees; both below 1 are places in a picture.
    """
    text = text[:_LONGEST]
    if _SAID.search(text):
        return True
    return any(
        abs(float(north)) <= 90
        and abs(float(east)) <= 180
        and max(abs(float(north)), abs(float(east))) >= 1
        for north, east in _PAIR.findall(text)
    )


def without_position(xmp: bytes, tells: Callable[[str], bool] = tells_position) -> bytes | None:
    """Return an XMP packet without properties and texts that tell a position.

    Everything else keeps its bytes. None means that this cannot be done: it is coded otherwise
    than as ASCII or UTF-8, or properties of such names do not end where they should.

    Args:
        xmp: the packet.
        tells: tells whether a text does.
    """

    def blank(found: re.Match[bytes]) -> bytes:
        return b"><" if tells(found[1].decode("utf-8", "replace")) else found[0]

    def emptied(found: re.Match[bytes]) -> bytes:
        value = (found[2] or found[3] or b"").decode("utf-8", "replace")
        return found[1] + b'""' if tells(value) else found[0]

    if b"\0" in xmp.rstrip(b"\0"):
        return None
    xmp = packets.without(xmp, _PROPERTIES)
    if _LEFT.search(xmp):
        return None
    return _VALUE.sub(emptied, _TEXT.sub(blank, xmp))
