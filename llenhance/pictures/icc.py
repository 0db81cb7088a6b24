"""ICC profiles of three primaries and three curves: read into numbers, and made from numbers.

Pillow's color management works with 8 bits, too few for dark pictures; these profiles need no more
than a matrix. Profiles with look-up tables are left to it (`profiles.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]
"""From stored values, 0..1, to linear light."""

D50: Final = np.array([0.9642, 1.0, 0.8249])
"""The white of all profiles (ICC.1, 7.2.16)."""

D65: Final = (0.3127, 0.329)
SRGB_PRIMARIES: Final = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
ADOBE_RGB_PRIMARIES: Final = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)

Point = tuple[float, float]

_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_PARAMETERS: Final = (1, 3, 4, 5, 7)  # of the kinds of curves that are formulas (ICC.1, 10.18)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaper:
    """What a profile of primaries and curves says.

    Attributes:
        to_xyz: (3, 3), linear light of the three channels to XYZ with the white D50.
        curves: one for each channel.
    """

    to_xyz: Floats
    curves: tuple[Curve, Curve, Curve]


def is_profile(data: bytes) -> bool:
    """Tell whether data begins like a color profile: with a header, and a mark in it."""
    return len(data) >= 132 and data[36:40] == b"acsp"


def space_of(profile: bytes) -> str:
    """Return the color space that a profile is for, such as 'RGB' or 'GRAY'."""
    return profile[16:20].strip().decode("ascii", "replace")


def shaper_in(profile: bytes) -> Shaper | None:
    """Return what an RGB profile says; None if it says it with look-up tables.

    Raises:
        ValueError, LookupError, struct.error: the profile is damaged.
    """
    tags = _tags(profile)
    columns, curves = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
    if not tags.keys() >= {*columns, *curves}:
        if b"A2B0" in tags:
            return None
        raise ValueError("the profile has neither primaries nor look-up tables")
    matrix = np.array([struct.unpack_from(">3i", tags[name], 8) for name in columns]).T / 65536
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise ValueError("the primaries of the profile lie in a line")
    red, green, blue = (_curve(tags[name]) for name in curves)
    return Shaper(to_xyz=matrix, curves=(red, green, blue))


def gray_curve_in(profile: bytes) -> Curve | None:
    """Return the curve of a profile for grays; None if it has look-up tables.

    Raises:
        ValueError, LookupError, struct.error: the profile is damaged.
    """
    tags = _tags(profile)
    if b"kTRC" not in tags and b"A2B0" in tags:
        return None
    return _curve(tags[b"kTRC"])


def rgb_profile(
    name: str, *, curve: tuple[float, ...], primaries: tuple[Point, Point, Point], white: Point
) -> bytes:
    """Return a profile of version 4.

    Args:
        name: what programs call it.
        curve: parameters of a formula of ICC.1, 10.18: 1 (a power) or 5 (a power and a line).
        primaries: chromaticities x, y of red, green and blue.
        white: chromaticity of what equal channels show.
    """
    adaptation = _adaptation(_xyz(white))
    columns = adaptation @ to_xyz(primaries, white)
    tags = {b"wtpt": _numbers(b"XYZ ", D50), b"chad": _numbers(b"sf32", adaptation.ravel())}
    for letter, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
        tags[letter + b"XYZ"] = _numbers(b"XYZ ", column)
        tags[letter + b"TRC"] = _formula(curve)
    return _profile(b"RGB ", name, tags)


def gray_profile(name: str, *, curve: tuple[float, ...]) -> bytes:
    """Return a profile for grays, of version 4; the arguments are those of `rgb_profile`."""
    tags = {b"wtpt": _numbers(b"XYZ ", D50), b"kTRC": _formula(curve)}
    return _profile(b"GRAY", name, tags)


def to_xyz(primaries: tuple[Point, Point, Point], white: Point) -> Floats:
    """Return (3, 3), linear light to XYZ with its own white.

    Raises:
        ValueError: there are no such colors.
    """
    try:
        columns = np.stack([_xyz(point) for point in primaries], axis=1)
        scaled = columns * np.linalg.solve(columns, _xyz(white))
    except (np.linalg.LinAlgError, ZeroDivisionError) as reason:
        raise ValueError("these primaries are no colors") from reason
    if not np.isfinite(scaled).all() or np.linalg.cond(scaled) > 1e3:
        raise ValueError("these primaries are no colors")
    return scaled


def _xyz(point: Point) -> Floats:
    x, y = point
    return np.array([x / y, 1, (1 - x - y) / y])


def _adaptation(white: Floats) -> Floats:
    """Return (3, 3), from XYZ with one white to XYZ with the white D50 (Bradford)."""
    cones = (_BRADFORD @ D50) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD


def _tags(profile: bytes) -> Mapping[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > 1000 or 132 + 12 * count > len(profile):
        raise ValueError("the profile is cut off")
    entries = (struct.unpack_from(">4s2I", profile, 132 + 12 * i) for i in range(count))
    return {name: profile[at : at + size] for name, at, size in entries}


def _curve(tag: bytes) -> Curve:
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        values = struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)
        return _power(kind, [value / 65536 for value in values])
    if tag[:4] != b"curv":
        raise ValueError("a curve of an unknown kind")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 1:
        (gamma,) = struct.unpack_from(">H", tag, 12)
        return _power(0, [gamma / 256])
    if count == 0:
        return _power(0, [1.0])
    table = np.frombuffer(tag, ">u2", count, 12) / 65535
    if (np.diff(table) < 0).any() or table[0] == table[-1]:
        raise ValueError("a curve that falls")  # nobody could go back
    return lambda value: np.interp(value, np.linspace(0, 1, count), table)


def _power(kind: int, values: list[float]) -> Curve:
    gamma, a, b, c, d, e, f = values + [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0][len(values) - 1 : 6]
    if not 0 < gamma < 100 or (kind and a <= 0):
        raise ValueError("a curve that falls")
    if kind in (1, 2):  # c is added, above and below
        c, d, e, f = 0.0, -b / a, c if kind == 2 else 0.0, c if kind == 2 else 0.0

    def curve(value: Floats) -> Floats:
        power = np.maximum(a * value + b, 0) ** gamma + e
        return np.clip(power if kind == 0 else np.where(value >= d, power, c * value + f), 0, 1)

    return curve


def _formula(values: tuple[float, ...]) -> bytes:
    kind = {1: 0, 5: 3}[len(values)]
    fixed = (round(value * 65536) for value in values)
    return b"para\0\0\0\0" + struct.pack(f">HH{len(values)}i", kind, 0, *fixed)


def _numbers(kind: bytes, values: Floats) -> bytes:
    return kind + b"\0" * 4 + struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def _text(value: str) -> bytes:
    coded = value.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">2I4s2I", 1, 12, b"enUS", len(coded), 28) + coded


def _profile(space: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(name), b"cprt": _text("No copyright, use freely"), **tags}
    start = 132 + 12 * len(tags)
    table, body = b"", b""
    for key, value in tags.items():
        table += struct.pack(">4s2I", key, start + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    header = struct.pack(">I4x2I4s4s4s", start + len(body), 0x04300000, 0, b"mntr", space, b"XYZ ")
    header = header[:12] + b"mntr" + space + b"XYZ " + struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    header = (header + b"acsp").ljust(68, b"\0") + _numbers(b"", D50)[4:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
