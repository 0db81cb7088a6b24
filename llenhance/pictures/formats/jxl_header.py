"""The header of a JPEG XL picture: its size, depth and colors (ISO/IEC 18181-1, annexes D and E).

Decoders return an ICC profile where the file holds one. Most files tell their colors in a few bits
instead, which they keep to themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from llenhance.pictures import icc
from llenhance.pictures.boxes import boxes
from llenhance.pictures.cicp import Told, told_by
from llenhance.pictures.icc import Point

CONTAINER: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
CODESTREAM: Final = b"\xff\x0a"

_HEADER: Final = 4096  # bytes: it is far shorter, unless it has thousands of channels
_RATIOS: Final = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_SIDES: Final = ((1, 9), (1, 13), (1, 18), (1, 30))
_ENUM: Final = ((0, 0), (1, 0), (2, 4), (18, 6))
_COORDINATE: Final = ((0, 19), (524288, 19), (1048576, 20), (2097152, 21))
_ALPHA, _SPOT, _CFA = 0, 2, 5  # kinds of channels
_GRAY, _XYB, _UNKNOWN = 1, 2, 3  # spaces
_CUSTOM, _DCI = 2, 17
_WHITES: Final = {1: icc.D65, 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
_NUMBERS: Final = {1: 1, 9: 9, 11: 12}  # primaries: H.273 has one number for P3 with each white


class Header(NamedTuple):
    """What the header tells.

    Attributes:
        size: width and height as they are stored.
        bits: per channel.
        is_float: whether the values are floating-point numbers.
        orientation: of EXIF, 1 to 8; decoders apply it.
        moves: whether the picture is an animation.
        told: what numbers tell of the colors; None leaves it to a profile, or to sRGB.
        transfer: the curve by H.273; 0 if it is none of these.
    """

    size: tuple[int, int]
    bits: int = 8
    is_float: bool = False
    orientation: int = 1
    moves: bool = False
    told: Told | None = None
    transfer: int = 13


def header_of(data: bytes) -> Header:
    """Return what the header of a file tells.

    Raises:
        ValueError, struct.error: it is damaged.
    """
    bits = _Bits(_beginning(data))
    size = _size(bits)
    if bits.flag():  # all as usual: 8 bits, sRGB
        return Header(size)
    orientation, moves = 1, False
    if bits.flag():
        orientation = 1 + bits.number(3)
        if bits.flag():
            _size(bits)
        if bits.flag():
            _skip_preview(bits)
        if moves := bits.flag():
            _skip_timing(bits)
    depth, is_float = _depth(bits)
    bits.flag()  # whether 16 bits are enough for computing
    for _ in range(bits.either((0, 0), (1, 0), (2, 4), (1, 12))):
        _skip_channel(bits)
    bits.flag()  # XYB: lossy
    header = Header(size, depth, is_float, orientation, moves)
    if bits.flag():
        return header
    return _with_colors(header, bits)


class _Bits:
    """Numbers of any length, the lowest bit first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def number(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the file ends within its header")
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return found

    def flag(self) -> bool:
        return self.number(1) == 1

    def either(self, *ways: tuple[int, int]) -> int:
        """Return a number that is stored in one of four ways: an offset, and some bits."""
        offset, count = ways[self.number(2)]
        return offset + self.number(count)


def _beginning(data: bytes) -> bytes:
    """Return the first bytes of the picture, behind its mark, wherever the boxes have them."""
    found = data if data.startswith(CODESTREAM) else b"".join(_parts(data))
    if not found.startswith(CODESTREAM):
        raise ValueError("no picture is in the file")
    return found[2:_HEADER]


def _parts(data: bytes) -> Iterator[bytes]:
    for kind, (begin, end) in boxes(data, 0, len(data), cut=True):
        if kind in (b"jxlc", b"jxlp"):
            yield data[begin + 4 * (kind == b"jxlp") : min(end, begin + _HEADER)]


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.flag()

    def side() -> int:
        return 8 * (1 + bits.number(5)) if small else bits.either(*_SIDES)

    height = side()
    ratio = bits.number(3)
    if not ratio:
        return side(), height
    across, down = _RATIOS[ratio]
    return height * across // down, height


def _skip_preview(bits: _Bits) -> None:
    eighths = bits.flag()
    ways = (
        ((16, 0), (32, 0), (1, 5), (33, 9)) if eighths else ((1, 6), (65, 8), (321, 10), (1345, 12))
    )
    bits.either(*ways)
    if not bits.number(3):
        bits.either(*ways)


def _skip_timing(bits: _Bits) -> None:
    bits.either((100, 0), (1000, 0), (1, 10), (1, 30))
    bits.either((1, 0), (1001, 0), (1, 8), (1, 10))
    bits.either((0, 0), (0, 3), (0, 16), (0, 32))
    bits.flag()


def _depth(bits: _Bits) -> tuple[int, bool]:
    is_float = bits.flag()
    if not is_float:
        return bits.either((8, 0), (10, 0), (12, 0), (1, 6)), False
    depth = bits.either((32, 0), (16, 0), (24, 0), (1, 6))
    bits.number(4)
    return depth, True


def _skip_channel(bits: _Bits) -> None:
    if bits.flag():  # alpha of 8 bits
        return
    kind = bits.either(*_ENUM)
    _depth(bits)
    bits.either((0, 0), (3, 0), (4, 0), (1, 3))
    bits.number(8 * bits.either((0, 0), (0, 4), (16, 5), (48, 10)))
    if kind == _ALPHA:
        bits.flag()
    elif kind == _SPOT:
        bits.number(4 * 16)
    elif kind == _CFA:
        bits.either((1, 0), (0, 2), (3, 4), (19, 8))


def _with_colors(header: Header, bits: _Bits) -> Header:
    has_profile = bits.flag()
    space = bits.either(*_ENUM)
    if has_profile or space in (_XYB, _UNKNOWN):
        return header
    kind = bits.either(*_ENUM)
    white = _point(bits) if kind == _CUSTOM else _WHITES[kind]
    told = Told(white=white)
    if space != _GRAY:
        kind = bits.either(*_ENUM)
        if kind == _CUSTOM:
            told = told._replace(primaries=(_point(bits), _point(bits), _point(bits)))
        elif (named := told_by(_NUMBERS[kind], 13, [])) is not None:
            told = named if white == named.white else told._replace(primaries=named.primaries)
    if bits.flag():
        power = 1e7 / max(bits.number(24), 1)
        return header._replace(told=told._replace(curve=(power,)), transfer=0)
    transfer = bits.either(*_ENUM)
    if transfer == _DCI:
        return header._replace(told=told._replace(curve=(2.6,)), transfer=0)
    curve = told_by(1, transfer, [])
    if curve is None:
        raise ValueError("a curve of an unknown kind")
    return header._replace(told=told._replace(curve=curve.curve), transfer=transfer)


def _point(bits: _Bits) -> Point:
    x, y = (bits.either(*_COORDINATE) for _ in range(2))
    return tuple((value >> 1 ^ -(value & 1)) / 1e6 for value in (x, y))  # pyright: ignore
