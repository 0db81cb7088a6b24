"""What RAW files say beside their pixels, and how they are told from other files.

Most are TIFF files by another name; the others hold TIFF structures in places of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from llenhance.pictures import tiff_exif

_TIFF: Final = (b"II*\0", b"MM\0*")
_LIKE_TIFF: Final = (b"IIU\0", b"IIRO", b"IIRS", b"MMOR")  # Panasonic, Olympus
_FUJI: Final = b"FUJIFILMCCD-RAW"
_OTHERS: Final = (_FUJI, b"FOVb", b"\0MRM", *_LIKE_TIFF)  # Sigma, Minolta
_KIND, _COMPRESSION, _COLOR, _MAKE, _XMP, _DIRECTORIES, _DNG = 254, 259, 262, 271, 700, 330, 50706
_SENSOR: Final = (32803, 34892)  # colors: a mosaic; what a sensor saw, put together
_OF_MAKERS: Final = (32767, 32769, 32770, 34713, 65000, 65535)  # compressions
_MOST: Final = 64  # directories that are looked at
_CANON_BOXES: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_BOX: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


class Parts(NamedTuple):
    """EXIF data and an XMP packet; b"" is none."""

    exif: bytes
    xmp: bytes


def is_raw(data: bytes) -> bool:
    """Tell from the first bytes of a file whether it is what a camera's sensor saw."""
    if data.startswith(_OTHERS) or data[4:12] == b"ftypcrx " or data[6:14] == b"HEAPCCDR":
        return True
    if not data.startswith(_TIFF):
        return False
    if data[8:10] == b"CR":  # Canon's CR2
        return True
    directories = list(_directories(data))
    if not directories:
        return False
    first = directories[0]
    if _DNG in first or (first.get(_KIND, 0) & 1 and {_MAKE, _DIRECTORIES} <= first.keys()):
        return True  # a preview comes first
    return any(
        found.get(_COLOR) in _SENSOR or found.get(_COMPRESSION) in _OF_MAKERS
        for found in directories
    )


def _directories(data: bytes) -> Iterator[dict[int, int]]:
    """Yield the tags of each directory within these bytes, with the first value or its place."""
    order = "<" if data[:2] == b"II" else ">"
    waiting, seen = [int(struct.unpack_from(f"{order}I", data.ljust(8, b"\0"), 4)[0])], set[int]()
    while waiting and len(seen) < _MOST:
        start = waiting.pop(0)
        if start in seen or not 8 <= start <= len(data) - 2:
            continue
        seen.add(start)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        end = start + 2 + 12 * count
        found: dict[int, int] = {}
        for at in range(start + 2, min(end, len(data) - 11), 12):
            tag, kind, number = struct.unpack_from(f"{order}HHI", data, at)
            letter = "H" if kind == 3 and number < 3 else "I"
            (found[tag],) = struct.unpack_from(f"{order}{letter}", data, at + 8)
            if tag == _DIRECTORIES and number == 1:
                waiting.append(found[tag])
            elif tag == _DIRECTORIES and found[tag] + 4 * number <= len(data):
                places = struct.unpack_from(f"{order}{min(number, _MOST)}I", data, found[tag])
                waiting += places
        if end + 4 <= len(data):
            waiting += struct.unpack_from(f"{order}I", data, end)
        yield found


def parts_in(data: bytes) -> Parts:
    """Return what a RAW file says; nothing where it is damaged or in an unknown place."""
    try:
        if data.startswith(_FUJI):
            return _of_preview(data)
        if data[4:12] == b"ftypcrx ":
            return _of_boxes(data)
        if data.startswith((*_TIFF, *_LIKE_TIFF)):
            return Parts(tiff_exif.exif_in(data), tiff_exif.entry_in(data, _XMP))
    except (ValueError, LookupError, struct.error):
        return Parts(b"", b"")
    return Parts(b"", b"")


def _of_preview(data: bytes) -> Parts:
    """Return what the JPEG file within a RAF file says: it is all that Fuji tells."""
    start, size = struct.unpack_from(">2I", data, 84)
    jpeg = data[start : start + size]
    exif = xmp = b""
    at = 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1] not in (0xD9, 0xDA):
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        body = jpeg[at + 4 : at + 2 + length]
        if body.startswith(b"Exif\0\0"):
            exif = exif or body[6:]
        elif body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
            xmp = xmp or body[29:]
        at += 2 + length
    return Parts(exif, xmp)


def _of_boxes(data: bytes) -> Parts:
    """Return what the boxes of a CR3 file say: each holds one directory as a TIFF file."""
    found: dict[bytes, bytes] = {}
    xmp = b""
    for kind, begin, end in _boxes(data, 0, len(data)):
        if kind == b"uuid" and data[begin : begin + 16] == _XMP_BOX:
            xmp = data[begin + 16 : end]
        if kind != b"moov":
            continue
        for inner, start, stop in _boxes(data, begin, end):
            if inner == b"uuid" and data[start : start + 16] == _CANON_BOXES:
                found = {k: data[b:e] for k, b, e in _boxes(data, start + 16, stop)}
    exif = tiff_exif.joined(found[b"CMT1"], exif=found.get(b"CMT2"), gps=found.get(b"CMT4"))
    return Parts(exif, xmp)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind, begin and end of the content of each box."""
    for _ in range(_MOST):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        size = size or end - at
        if size < head or at + size > end:
            return
        yield kind, at + head, at + size
        at += size
