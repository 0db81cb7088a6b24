"""Motion photos: a video that a phone put behind a JPEG picture, and that can stay there.

What tells where it is counts from the end of the file: XMP properties of Google, or a directory of
Samsung that is the last thing in the file. So video and claims can be kept as they are.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from llenhance.pictures import xmp as packets
from llenhance.pictures.formats.jpeg_structure import Structure

_XMP_SEGMENT: Final = (0xE1, b"http://ns.adobe.com/xap/1.0/\0")
_OFFSET: Final = re.compile(rb"""\bG?Camera:MicroVideoOffset(?:\s*=\s*["']|>)(\d{1,12})""")
_DIRECTORY: Final = packets.names(rb"G?Container:Directory")
_ITEM: Final = packets.names(rb"rdf:li")

# Blocks of Samsung's data that say nothing about the pixels; others hold pictures of their own, or
# what is needed to undo an edit.
_HARMLESS: Final = frozenset(
    {b"MotionPhoto_Data", b"MotionPhoto_Version", b"MotionPhoto_AutoPlay", b"Image_UTC_Data",
     b"MCC_Data", b"Camera_Capture_Mode_Info", b"Camera_Scene_Info", b"Color_Display_P3"}
)  # fmt: skip
_SAMSUNG_VIDEO: Final = b"MotionPhoto_Data"


def kept_behind(data: bytes, found: Structure) -> bytes | None:
    """Return what can stay behind the picture as it is: a video, last in the file.

    Args:
        data: the whole JPEG file.
        found: its structure.

    Returns:
        The last bytes of the file; None if there is no video, or something that is said of it would
        not be true of a new picture.
    """
    if found.end is None or len(data) - found.end < 16:
        return None
    marker, head = _XMP_SEGMENT
    packets = (part for mark, part in found.segments if mark == marker and part.startswith(head))
    length = _told_length(next(packets, b""))
    if data.endswith(b"SEFT"):
        return _samsungs(data, found.end, length)
    if length is None or length > len(data) - found.end or not _is_video(data, len(data) - length):
        return None
    return data[-length:]


def with_directory_of_video(xmp: bytes) -> bytes:
    """Return an XMP packet whose directory of the file lists the picture and the video alone."""
    return packets.changed(xmp, _DIRECTORY, _of_video)


def _of_video(directory: bytes) -> bytes:
    for first, last in reversed(packets.elements(directory, _ITEM)):
        if _semantic(directory[first:last]) not in (b"Primary", b"MotionPhoto"):
            directory = directory[:first].rstrip() + directory[last:]
    # Between the picture and the video nothing is written.
    return re.sub(rb"""(\bItem:Padding(?:\s*=\s*["']|>))\d+""", rb"\g<1>0", directory)


def _told_length(xmp: bytes) -> int | None:
    """Return how many bytes the video has, as XMP tells; None if that is not one number."""
    lengths = {int(found) for found in _OFFSET.findall(xmp)}
    for begin, end in packets.elements(xmp, _DIRECTORY):
        directory = xmp[begin:end]
        for item in (directory[first:last] for first, last in packets.elements(directory, _ITEM)):
            if _semantic(item) == b"MotionPhoto":
                told = _told(item, b"Length")
                lengths.add(int(told) if told.isdigit() else 0)
    return lengths.pop() or None if len(lengths) == 1 else None


def _semantic(item: bytes) -> bytes:
    return _told(item, b"Semantic")


def _told(item: bytes, name: bytes) -> bytes:
    found = re.search(rb"\bItem:" + name + rb"""(?:\s*=\s*["']|>)([^"'<]{1,40})""", item)
    return found[1] if found else b""


def _is_video(data: bytes, at: int) -> bool:
    return data[at + 4 : at + 8] == b"ftyp"


def _samsungs(data: bytes, end: int, length: int | None) -> bytes | None:
    """Return Samsung's blocks if they hold a video and nothing that depends on the picture.

    Args:
        data: the whole file.
        end: where the picture ends.
        length: what XMP tells of the video; it must be the same one.
    """
    try:
        (size,) = struct.unpack_from("<I", data, len(data) - 8)
        directory = len(data) - 8 - size
        mark, count = struct.unpack_from("<4s4xI", data, directory)
        if mark != b"SEFH" or size != 12 + 12 * count:
            return None
        begin, video = directory, None
        for number in range(count):
            place, block_size = struct.unpack_from("<4xII", data, directory + 12 + 12 * number)
            at = directory - place
            (named,) = struct.unpack_from("<4xI", data, at)
            name = data[at + 8 : at + 8 + named]
            if at < end or at + block_size > directory or name not in _HARMLESS:
                return None
            begin = min(begin, at)
            video = at + 8 + named if name == _SAMSUNG_VIDEO else video
    except struct.error:
        return None
    if video is None or not _is_video(data, video):
        return None
    if length is not None and len(data) - length != video:
        return None
    return data[begin:]
