"""EXIF data: a TIFF structure whose bytes are changed in place and never rewritten.

Makers' notes hold offsets that would break if anything moved.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from typing import Final, cast

from llenhance.pictures.pixels import TURNS

BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
TIFF_KINDS: Final = {
    BYTE: (1, "B"), SHORT: (2, "H"), LONG: (4, "I"), RATIONAL: (8, "I"), UNDEFINED: (1, "B")
}  # fmt: skip
"""Value types of TIFF directories: bytes per value, and letter of `struct`."""

ORIENTATION: Final = 274
_EXIF, _INTEROPERABILITY = 34665, 40965  # point to further directories
_COLOR_SPACE, _INTEROPERABILITY_INDEX = 40961, 1
# What is told of the width, and of the height, in each directory.
_PAIRS: Final = {
    0: ((256, 257), (282, 283)),  # sizes in pixels, resolution
    _EXIF: ((40962, 40963), (41486, 41487)),  # sizes in pixels, resolution of the sensor
    _INTEROPERABILITY: ((4097, 4098),),  # sizes of a related picture
}
_JPEG: Final = b"\xff\xd8\xff"
# A JPEG picture: its begin, a table of quantization or a segment, and, later, its end.
_PREVIEW: Final = re.compile(
    _JPEG + rb"(?:\xdb\0[\x43\x84]|[\xe0\xe1]..(?:JFIF|Exif)\0)", re.DOTALL
)
_SUBJECTS: Final = (37396, 41492)  # x, y, and perhaps a size, in pixels


def directory(exif: bytes | bytearray, start: int | None = None) -> tuple[str, dict[int, int], int]:
    """Return the byte order, the position of each tag's entry, and of the next directory's offset.

    Args:
        exif: EXIF data.
        start: where the directory begins; None is the first one.

    Raises:
        ValueError, LookupError, struct.error: the data is damaged.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}[bytes(exif[:4])]
    if start is None:
        start = cast("int", struct.unpack_from(f"{order}I", exif, 4)[0])
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    end = start + 2 + 12 * count
    if end > len(exif):
        raise ValueError("the directory is longer than the data")
    positions = range(start + 2, end, 12)
    return (order, {struct.unpack_from(f"{order}H", exif, at)[0]: at for at in positions}, end)


def turn(exif: bytearray, orientation: int, size: tuple[int, int]) -> None:
    """Let sizes and places in pixels be those of the turned picture.

    Args:
        exif: changed in place. What is damaged in it stays as it is.
        orientation: how it was turned, 1 to 8.
        size: width and height of the turned picture.
    """
    for name, (order, entries) in _directories(exif).items():
        if TURNS[orientation][0]:
            for across, down in _PAIRS[name]:
                if across in entries and down in entries:
                    _swap(exif, order, entries[across], entries[down])
                for tag, old, new in ((across, *size[::-1]), (down, *size)):
                    if (across in entries) != (down in entries):  # one was told alone
                        _correct(exif, order, entries.get(tag), old, new)
        if name == _EXIF:
            for tag in _SUBJECTS:
                _turn_place(exif, order, entries.get(tag), orientation, size)


def as_developed(exif: bytes, size: tuple[int, int]) -> bytes:
    """Return EXIF data of a camera's RAW file for the sRGB picture that was made of it.

    Args:
        exif: of the file.
        size: width and height of the picture as it lies in the file.
    """
    changed = bytearray(exif)
    found = _directories(changed)
    if _EXIF in found:
        order, entries = found[_EXIF]
        told = {**dict(zip(_PAIRS[_EXIF][0], size, strict=True)), _COLOR_SPACE: 1}
        for tag, value in told.items():
            if tag in entries:
                _set(changed, order, entries[tag], value)
    if _INTEROPERABILITY in found:
        at = found[_INTEROPERABILITY][1].get(_INTEROPERABILITY_INDEX)
        if at is not None and changed.startswith(b"R03", at + 8):  # Adobe RGB
            changed[at + 8 : at + 11] = b"R98"
    return bytes(changed)


def tells_adobe_rgb(exif: bytes) -> bool:
    """Tell whether a camera says that its colors are those of Adobe RGB (DCF 2.0)."""
    found = _directories(exif)
    if _EXIF in found:
        order, entries = found[_EXIF]
        at = entries.get(_COLOR_SPACE)
        if at is not None and _numbers(exif, order, at) == [2]:
            return True
    if _INTEROPERABILITY not in found:
        return False
    at = found[_INTEROPERABILITY][1].get(_INTEROPERABILITY_INDEX)
    return at is not None and exif[at + 8 : at + 11] == b"R03"


def _directories(exif: bytes | bytearray) -> dict[int, tuple[str, dict[int, int]]]:
    """Return byte order and entries of the directories that are not damaged, by their pointers."""
    found: dict[int, tuple[str, dict[int, int]]] = {}
    try:
        order, entries, _ = directory(exif)
        found[0] = order, entries
        for name in (_EXIF, _INTEROPERABILITY):
            (start,) = _numbers(exif, order, entries[name])
            order, entries, _ = directory(exif, start)
            found[name] = order, entries
    except (struct.error, LookupError, ValueError):
        pass  # there are no more: most data has no third one
    return found


def _place(exif: bytes | bytearray, order: str, at: int) -> tuple[int, int, int]:
    """Return type and number of an entry's values, and where they are."""
    kind, count = struct.unpack_from(f"{order}HI", exif, at + 2)
    long = TIFF_KINDS.get(kind, (1, ""))[0] * count > 4
    return (kind, count, struct.unpack_from(f"{order}I", exif, at + 8)[0] if long else at + 8)


def _numbers(exif: bytes | bytearray, order: str, at: int) -> list[int]:
    """Return the whole numbers of an entry, four at most; none for other types."""
    _, count, _ = _place(exif, order, at)
    return [] if count > 4 else list(_all_numbers(exif, order, at))


def _swap(exif: bytearray, order: str, first: int, second: int) -> None:
    """Swap the values of two entries: sizes in pixels, or resolutions."""
    try:
        places = [_place(exif, order, at) for at in (first, second)]
    except struct.error:
        return  # the values lie outside of the data: nobody can read them
    kinds, counts = {kind for kind, _, _ in places}, {count for _, count, _ in places}
    if counts != {1}:
        return
    if kinds == {RATIONAL}:
        length, (one, other) = 8, (place for _, _, place in places)
    elif kinds <= {SHORT, LONG}:  # the types change places too, and not the values alone
        length, one, other = 10, first + 2, second + 2
    else:
        return
    if max(one, other) + length <= len(exif):
        kept = exif[one : one + length]
        exif[one : one + length] = exif[other : other + length]
        exif[other : other + length] = kept


def _correct(exif: bytearray, order: str, at: int | None, old: int, new: int) -> None:
    """Replace a number by another, if it is the one that was expected."""
    with suppress(struct.error):  # as above
        if at is not None and _numbers(exif, order, at) == [old]:
            kind, _, place = _place(exif, order, at)
            struct.pack_into(f"{order}{TIFF_KINDS[kind][1]}", exif, place, new)


def _set(exif: bytearray, order: str, at: int, value: int) -> None:
    """Replace a single number."""
    kind, count, place = _place(exif, order, at)
    if count == 1 and (kind == LONG or (kind == SHORT and value < 2**16)):
        struct.pack_into(f"{order}{TIFF_KINDS[kind][1]}", exif, place, value)


def _turn_place(
    exif: bytearray, order: str, at: int | None, orientation: int, size: tuple[int, int]
) -> None:
    if at is None:
        return
    try:
        values = _numbers(exif, order, at)
        if len(values) < 2:
            return
        swap, rows, columns = TURNS[orientation]
        x, y, *extent = values
        x, y = (y, x) if swap else (x, y)
        x = max(0, size[0] - 1 - x) if columns else x
        y = max(0, size[1] - 1 - y) if rows else y
        extent = extent[::-1] if swap else extent
        kind, count, place = _place(exif, order, at)
        struct.pack_into(f"{order}{count}{TIFF_KINDS[kind][1]}", exif, place, x, y, *extent)
    except struct.error:
        return  # as above


def erase_thumbnail(exif: bytearray, start: int) -> None:
    """Blank the thumbnail that the directory at `start` points to; cut it off if it is the end."""
    if not start:
        return
    try:
        order, entries, _ = directory(exif, start)
        for offset_tag, length_tag in ((513, 514), (273, 279)):  # JPEG, uncompressed
            if offset_tag in entries and length_tag in entries:
                offsets, lengths = (
                    _all_numbers(exif, order, entries[tag]) for tag in (offset_tag, length_tag)
                )
                for offset, length in zip(offsets, lengths, strict=False):
                    _blank(exif, offset, length, start)
    except (struct.error, LookupError, ValueError):
        return  # nothing refers to that directory any more: there is no thumbnail to be seen


def _all_numbers(exif: bytes | bytearray, order: str, at: int) -> tuple[int, ...]:
    """Return all whole numbers of an entry: an uncompressed thumbnail may lie in many strips."""
    kind, count, place = _place(exif, order, at)
    if kind not in (SHORT, LONG):
        return ()
    return struct.unpack_from(f"{order}{count}{TIFF_KINDS[kind][1]}", exif, place)


def _blank(exif: bytearray, offset: int, length: int, start: int) -> None:
    """Blank a part of a thumbnail whose directory is at `start`."""
    if offset + length >= len(exif) > offset > start:
        del exif[offset:]
    elif len(exif) > offset > start:  # it lies behind its directory, as writers place it
        exif[offset : offset + length] = bytes(length)
    elif exif.startswith(_JPEG, offset):  # some place it before
        end = min(offset + length, start)
        exif[offset:end] = bytes(max(0, end - offset))


def holds_picture(exif: bytes | bytearray) -> bool:
    """Tell whether there is a picture in EXIF data: some makers' notes hold a preview."""
    return _PREVIEW.search(exif) is not None
