"""The boxes of an AVIF or HEIC file: the outermost ones, and the kinds of its items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llenhance.pictures.credentials import BOX_OF_BMFF, credentials
from llenhance.pictures.leftovers import name_of

_KNOWN: Final = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"wide", b"styp"})
_ITEMS: Final = frozenset(
    {b"av01", b"grid", b"Exif", b"mime", b"iovl", b"iden", b"hvc1", b"hev1", b"jpeg"}
)  # JPEG: thumbnails
_ITEM: Final = re.compile(rb"infe[\x02\x03]...(?:..|....)\0\0([ -~]{4})", re.DOTALL)
_AUXILIARY: Final = re.compile(rb"auxC\0...([ -~]+)\0", re.DOTALL)
_NAMES: Final = {b"tmap": "the HDR gain map (tmap)", b"uuid": "data of a program (uuid)"}


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    at, head = 0, b""
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        size = size or len(data) - at
        if size < 8:
            break
        if kind == b"meta":
            head = data[at : at + size]
        if kind == b"uuid" and data[at + 8 : at + 24] == BOX_OF_BMFF:
            yield credentials(data[at + 24 : at + size])
        elif kind not in _KNOWN:
            yield _NAMES.get(kind, name_of(kind, default="a box without a name"))
        at += size
    for found in _ITEM.finditer(head):
        if found[1] not in _ITEMS:
            yield _NAMES.get(found[1], name_of(found[1], default="an item"))
    for found in _AUXILIARY.finditer(head):
        if not found[1].endswith((b":alpha", b"auxid:1")):
            yield _beside(found[1])


def _beside(kind: bytes) -> str:
    """Return what a picture is that belongs to the picture."""
    if b"hdrgainmap" in kind.lower():
        return "the HDR gain map"
    if kind.endswith((b":depth", b"auxid:2")):
        return "the depth map"
    return f"a picture beside the picture ({kind.decode('ascii')})"
