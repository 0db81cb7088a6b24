"""The segments of a JPEG file, and what follows its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures import motion
from llenhance.pictures.credentials import credentials, is_credentials
from llenhance.pictures.formats.jpeg_structure import structure_of
from llenhance.pictures.leftovers import behind, name_of

_OF_PIXELS: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})  # tables, intervals
_COMMENT: Final = 0xFE  # told elsewhere
_JUMBF: Final = (0xEB, b"JP")
_JUMBF_HEAD: Final = 16  # bytes of each segment: mark, number, sequence, size and kind of the box
_GAIN_MAP: Final = b"hdrgm:Version"
_MANY: Final = b"MPF\0"
_KNOWN: Final = {
    0xE0: (b"JFIF\0", b"JFXX\0"),
    0xE1: (b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"),
    0xE2: (b"ICC_PROFILE\0", _MANY),
    0xED: (b"Photoshop 3.0\0",),
    0xEE: (b"Adobe",),
}


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    found = structure_of(data)
    boxes: list[bytes] = []
    for marker, content in found.segments:
        if marker in _OF_PIXELS or marker == _COMMENT:
            continue
        if content.startswith(_KNOWN.get(marker, ())):
            continue
        segment = f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"marker {marker:02X}"
        if (marker, content[:2]) == _JUMBF:
            boxes.append(content)
        else:
            name = name_of(content, default="")
            yield f"{name} ({segment})" if name else segment
    if any(map(is_credentials, boxes)):
        yield credentials(b"".join(box[_JUMBF_HEAD:] for box in boxes))
    elif boxes:
        yield "JUMBF data (APP11)"
    if found.end is not None:
        told = any(_GAIN_MAP in part or part.startswith(_MANY) for _, part in found.segments)
        kept = motion.kept_behind(data, found) or b""
        yield from _trailer(data[found.end : len(data) - len(kept)], told=told)


def _trailer(data: bytes, *, told: bool) -> Iterator[str]:
    """Name what follows the end; pictures there may have been told as frames or a gain map."""
    while (start := data[:4096].find(b"\xff\xd8\xff")) >= 0 and not data[:start].strip(b"\0"):
        end = structure_of(data[start:]).end
        if not told:
            yield "another picture behind the picture"
        if end is None:
            return
        data = data[start + end :]
    yield from behind(data)
