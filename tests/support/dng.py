"""DNG files as a camera with the colors of sRGB would write them."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.color import srgb_to_linear

# XYZ to linear sRGB, times 10000: the camera sees what a screen shows (IEC 61966-2-1).
_MATRIX = (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570)
_NEUTRAL = (1.0, 1.0, 1.0)

Entry = tuple[int, int, bytes]


def shorts(*values: int) -> Entry:
    return 3, len(values), struct.pack(f"<{len(values)}H", *values)


def longs(*values: int) -> Entry:
    return 4, len(values), struct.pack(f"<{len(values)}I", *values)


def text(value: str) -> Entry:
    return 2, len(value) + 1, value.encode() + b"\0"


def fractions(*values: float, kind: int = 5) -> Entry:
    letter = "I" if kind == 5 else "i"
    parts = (part for value in values for part in (round(value * 10000), 10000))
    return kind, len(values), struct.pack(f"<{2 * len(values)}{letter}", *parts)


def dng(
    seen: NDArray[np.float64],
    *,
    orientation: int = 1,
    neutral: tuple[float, float, float] = _NEUTRAL,
    more: Mapping[int, Entry] | None = None,
    exif: Mapping[int, Entry] | None = None,
) -> bytes:
    """A file of 16 bits without compression, red first (RGGB).

    Args:
        seen: (H, W, 3), what a picture of it shows: 0 to 1 on the curve of sRGB.
        orientation: how it lies in the file.
        neutral: what the sensor gave for white.
        more: further entries of the first directory.
        exif: entries of the EXIF directory.
    """
    light = srgb_to_linear(seen) * np.array(neutral)
    mosaic = light[..., 1].copy()
    mosaic[::2, ::2] = light[::2, ::2, 0]
    mosaic[1::2, 1::2] = light[1::2, 1::2, 2]
    pixels = np.rint(mosaic * 65535).astype("<u2").tobytes()
    height, width = mosaic.shape
    entries: dict[int, Entry] = {
        254: longs(0), 256: longs(width), 257: longs(height), 258: shorts(16), 259: shorts(1),
        262: shorts(32803), 271: text("Dusk"), 272: text("Dusk One"), 273: longs(0),
        274: shorts(orientation), 277: shorts(1), 278: longs(height), 279: longs(len(pixels)),
        33421: shorts(2, 2), 33422: (1, 4, bytes((0, 1, 1, 2))),
        50706: (1, 4, bytes((1, 4, 0, 0))), 50708: text("Dusk One"), 50717: longs(65535),
        50721: (10, 9, struct.pack("<18i", *(v for n in _MATRIX for v in (n, 10000)))),
        50728: fractions(*neutral), 50778: shorts(21), **(more or {}),
    }  # fmt: skip
    if exif:
        entries[34665] = longs(0)
    start = 8 + _length(entries)
    behind = _table(exif, start) if exif else b""
    if exif:
        entries[34665] = longs(start)
    entries[273] = longs(start + len(behind))
    return b"II*\0" + struct.pack("<I", 8) + _table(entries, 8) + behind + pixels


def _length(entries: Mapping[int, Entry]) -> int:
    return len(_table(entries, 0))


def _table(entries: Mapping[int, Entry], start: int) -> bytes:
    table, behind = struct.pack("<H", len(entries)), b""
    at = start + 2 + 12 * len(entries) + 4
    for tag, (kind, count, content) in sorted(entries.items()):
        field = content.ljust(4, b"\0")
        if len(content) > 4:
            field = struct.pack("<I", at + len(behind))
            behind += content + b"\0" * (len(content) % 2)
        table += struct.pack("<HHI", tag, kind, count) + field
    return table + b"\0" * 4 + behind
