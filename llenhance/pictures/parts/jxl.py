"""The boxes of a JPEG XL file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures.boxes import boxes
from llenhance.pictures.credentials import credentials, is_credentials
from llenhance.pictures.leftovers import name_of

_KNOWN: Final = frozenset(
    {b"JXL ", b"ftyp", b"jxll", b"jxli", b"jxlc", b"jxlp", b"Exif", b"xml ", b"free", b"skip"}
    | {b"jbrd"}  # how the JPEG file was laid out that it was made of: the pixels are others now
)
_NAMES: Final = {b"jhgm": "the HDR gain map", b"jumb": "data of a program (JUMBF)"}


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    if data[4:8] != b"JXL ":  # no boxes
        return
    for told, (begin, end) in boxes(data, 0, len(data), cut=True):
        kind = data[begin : begin + 4] if told == b"brob" else told  # compressed
        content = data[begin:end]
        if kind == b"jumb" and is_credentials(content):
            yield credentials(content)
        elif kind not in _KNOWN:
            yield _NAMES.get(kind, name_of(kind, default="a box without a name"))
