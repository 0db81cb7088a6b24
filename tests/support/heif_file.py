"""HEIF files laid out by hand around the pixels of another one: any boxes, items and turns.

No encoder is needed: `golden/dusk*.heic` hold 128x64 pixels, blue from left to right, green from
top to bottom, red along the diagonal, as `heif-enc -q 95 -p chroma=444` of libheif 1.15 coded them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GOLDEN = Path(__file__).parents[1] / "golden"
SIZE = (64, 128)


def dusk(full: int) -> NDArray[np.float64]:
    """The pixels (64, 128, 3) that the golden files were made of, up to this value."""
    y, x = np.mgrid[0:64, 0:128]
    return np.dstack([(x + y) / 190, x / 127, y / 63]) * full


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def turns(*, quarters: int = 0, mirror: int | None = None) -> list[bytes]:
    """Boxes that turn counterclockwise, then exchange top and bottom (0) or left and right (1)."""
    rotated = [box(b"irot", bytes([quarters]))] if quarters else []
    return rotated + ([] if mirror is None else [box(b"imir", bytes([mirror]))])


def nclx(primaries: int, transfer: int) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">3HB", primaries, transfer, 6, 0x80))


def heif(
    coded: bytes,
    *,
    properties: Sequence[bytes] = (),
    exif: bytes | None = None,
    xmp: bytes | None = None,
    kind: bytes = b"hvc1",
    more: Sequence[tuple[bytes, bytes]] = (),
    auxiliary: bytes | None = None,
    pictures: int = 1,
) -> bytes:
    """A file with the pixels of another one.

    Args:
        coded: a file of one picture.
        properties: boxes of the picture beside its size and how it is coded, in their order.
        exif: goes in with the offset of four bytes that the format wants.
        xmp: goes in as an item of type mime.
        kind: of the picture's item.
        more: kinds and contents of further items.
        auxiliary: the kind of a second picture that belongs to the first.
        pictures: how many times the picture is in the file; the last one is the main one.
    """
    at = coded.index(b"hvcC") - 4
    configuration = coded[at : at + int.from_bytes(coded[at : at + 4], "big")]
    at = coded.index(b"mdat")
    pixels = coded[at + 4 : at - 4 + int.from_bytes(coded[at - 4 : at], "big")]
    extent = full_box(b"ispe", struct.pack(">2I", SIZE[1], SIZE[0]))

    boxes = [configuration, extent, *properties]
    usual = list(range(1, len(boxes) + 1))
    items = [(kind, b"", pixels)] * pictures
    owned = dict.fromkeys(range(1, pictures + 1), usual)
    references = b""
    if exif is not None:
        items.append((b"Exif", b"", struct.pack(">I", 0) + exif))
        references += box(b"cdsc", struct.pack(">3H", len(items), 1, pictures))
    if xmp is not None:
        items.append((b"mime", b"application/rdf+xml\0", xmp))
        references += box(b"cdsc", struct.pack(">3H", len(items), 1, pictures))
    if auxiliary is not None:
        items.append((kind, b"", pixels))
        boxes.append(full_box(b"auxC", auxiliary + b"\0"))
        owned[len(items)] = [1, 2, len(boxes)]
        references += box(b"auxl", struct.pack(">3H", len(items), 1, pictures))
    items += [(kind, b"", content) for kind, content in more]

    entries = [
        full_box(b"infe", struct.pack(">2H", n, 0), kind, b"\0", told, version=2)
        for n, (kind, told, _) in enumerate(items, start=1)
    ]
    linked = b"".join(
        struct.pack(">HB", n, len(found)) + bytes(found) for n, found in owned.items()
    )

    def meta(start: int) -> bytes:
        places = b""
        for n, (_, _, content) in enumerate(items, start=1):
            places += struct.pack(">3H2I", n, 0, 1, start, len(content))
            start += len(content)
        return full_box(
            b"meta",
            full_box(b"hdlr", b"\0" * 4, b"pict", b"\0" * 13),
            full_box(b"pitm", struct.pack(">H", pictures)),
            full_box(b"iloc", b"\x44\0", struct.pack(">H", len(items)), places),
            full_box(b"iinf", struct.pack(">H", len(items)), *entries),
            full_box(b"iref", references) if references else b"",
            box(
                b"iprp",
                box(b"ipco", *boxes),
                full_box(b"ipma", struct.pack(">I", len(owned)), linked),
            ),
        )

    head = box(b"ftyp", b"heic", b"\0" * 4, b"mif1heic")
    return b"".join(
        (
            head,
            meta(len(head) + len(meta(0)) + 8),
            box(b"mdat", *(content for _, _, content in items)),
        )
    )
