"""The blocks that Photoshop puts into JPEG files: captions and copyright (IPTC) among them."""

from __future__ import annotations

import struct
from typing import Final

HEADER: Final = b"Photoshop 3.0\0"
# IPTC, copyright mark, address, digest of IPTC: what says something about the photograph.
_DESCRIPTIVE: Final = frozenset({0x0404, 0x040A, 0x040B, 0x0425})


def descriptive(blocks: bytes) -> tuple[bytes, bool]:
    """Return the blocks that describe the photograph, byte for byte, and whether there are others.

    Thumbnails, paths and settings of the dark file are others; so is what is damaged.

    Args:
        blocks: what follows `HEADER`, of all segments together.
    """
    kept, at, others = b"", 0, False
    while at + 12 <= len(blocks):
        if blocks[at : at + 4] not in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR"):
            return kept, True
        (kind,) = struct.unpack_from(">H", blocks, at + 4)
        name = 1 + blocks[at + 6]
        place = at + 6 + name + name % 2
        if place + 4 > len(blocks):
            return kept, True
        (size,) = struct.unpack_from(">I", blocks, place)
        end = place + 4 + size
        if end > len(blocks):
            return kept, True
        end += size % 2
        if kind in _DESCRIPTIVE:
            kept += blocks[at:end].ljust(end - at, b"\0")
        else:
            others = True
        at = end
    return kept, others
