"""The chunks of a WebP file, and what follows its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures.credentials import CHUNK_OF_WEBP, credentials
from llenhance.pictures.leftovers import behind, name_of

_KNOWN: Final = frozenset(
    {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"EXIF", b"XMP ", b"ANIM", b"ANMF"}
)


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    size = int.from_bytes(data[4:8], "little")
    end = min(8 + size + size % 2, len(data))
    at = 12
    while at + 8 <= end:
        kind = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + length] if kind == CHUNK_OF_WEBP else b""
        at += 8 + length + length % 2
        if kind == CHUNK_OF_WEBP:
            yield credentials(content)
        elif kind not in _KNOWN:
            yield name_of(kind, default="a chunk without a name")
    yield from behind(data[end:])
