"""The chunks of a PNG file, and what follows its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures.credentials import CHUNK_OF_PNG, credentials
from llenhance.pictures.leftovers import behind

_KNOWN: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS iCCP sRGB gAMA cHRM cICP pHYs eXIf tEXt zTXt iTXt acTL fcTL fdAT "
    b"sBIT hIST sPLT iDOT".split()
)
_NAMES: Final = {b"tIME": "the time of changing (tIME)"}


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length] if kind == CHUNK_OF_PNG else b""
        at += 12 + length
        if kind == b"IEND":
            yield from behind(data[at:])
            return
        if kind == CHUNK_OF_PNG:
            yield credentials(content)
        elif kind not in _KNOWN and kind.isalpha():
            yield _NAMES.get(kind, kind.decode("ascii"))
