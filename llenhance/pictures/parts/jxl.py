"""The boxes of a JPEG XL file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures.credentials import credentials, is_credentials
from llenhance.pictures.leftovers import name_of

_KNOWN: Final = frozenset(
    {b"JXL ", b"ftyp", b"jxll", b"jxli", b"jxlc", b"jxlp", b"Exif", b"xml ", b"free", b"skip"}
    | {b"jbrd"}  # how the JPEG file was laid out that it was made of: the pixels are others now
)
_NAMES: Final = {b"jhgm": "the HDR gain map", b"jumb": "data of a program (JUMBF)"}
_MOST: Final = 10_000  # boxes that are looked at


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    if data[4:8] != b"JXL ":  # no boxes
        return
    at = 0
    for _ in range(_MOST):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < head or at + head > len(data):
            return
        kind = data[at + head : at + head + 4] if kind == b"brob" else kind  # compressed
        content = data[at + head : at + size]
        if kind == b"jumb" and is_credentials(content):
            yield credentials(content)
        elif kind not in _KNOWN:
            yield _NAMES.get(kind, name_of(kind, default="a box without a name"))
        at += size
