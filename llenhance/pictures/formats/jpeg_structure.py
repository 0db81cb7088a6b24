"""What a JPEG file consists of, told from its markers, and whether all of it can be decoded.

Pillow reads what is damaged without a word: libjpeg tells only its standard error about it. OpenCV
lets that through, so it decodes a small gray copy here, for its complaints alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import native

END: Final = b"\xff\xd9"
_END, _SCAN = 0xD9, 0xDA
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_BEHIND_SCAN: Final = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROCESSES: Final = {
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "lossless JPEG"),
    **dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE), "hierarchical JPEG"),
}
_USUAL_SCANS: Final = 30
_SCANNED_AT_MOST: Final = 4 * 10**8  # pixels times scans: a few seconds
_EXTRANEOUS: Final = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What lies between the first marker and the end.

    Attributes:
        segments: the last byte of the marker, and what the segment holds.
        process: the last byte of the marker of the frame, 0xC0 and on; None if there is none.
        bits: of a value.
        pixels: how many there are.
        scans: how many times data of pixels comes.
        complete: whether scans brought all coefficients of all components to their last bit.
        end: the position behind the end marker; None if that is missing.
    """

    segments: tuple[tuple[int, bytes], ...]
    process: int | None
    bits: int
    pixels: int
    scans: int
    complete: bool
    end: int | None


def structure_of(data: bytes) -> Structure:
    """Return what the markers of a JPEG file tell, as far as they make sense."""
    segments: list[tuple[int, bytes]] = []
    process, bits, pixels, scans, end = None, 8, 0, 0, None
    missing: set[tuple[int, int]] = set()
    for marker, start, stop in _markers(data):
        if marker == _END:
            end = stop
        elif marker == _SCAN:
            scans += 1
            missing -= _brought(data[start:stop])
        elif marker in _FRAMES and process is None and stop - start >= 5:
            process, bits = marker, data[start]
            pixels = int.from_bytes(data[start + 1 : start + 3], "big")
            pixels *= int.from_bytes(data[start + 3 : start + 5], "big")
            components = data[start + 6 : stop : 3]
            missing = {(component, at) for component in components for at in range(64)}
        else:
            segments.append((marker, data[start:stop]))
    return Structure(
        segments=tuple(segments),
        process=process,
        bits=bits,
        pixels=pixels,
        scans=scans,
        complete=not missing,
        end=end,
    )


def _brought(header: bytes) -> set[tuple[int, int]]:
    """Return the components and coefficients that a scan brings to their last bit."""
    count = header[0] if header else 0
    if len(header) < 4 + 2 * count or header[3 + 2 * count] & 0x0F:
        return set()
    first, last = header[1 + 2 * count], min(header[2 + 2 * count], 63)
    components = header[1 : 1 + 2 * count : 2]
    return {(component, at) for component in components for at in range(first, last + 1)}


def _markers(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the last byte of each marker, and where its segment begins and ends."""
    at = 2
    while at + 1 < len(data):
        if data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
            at += 1  # padding, or something that decoders skip
            continue
        marker = data[at + 1]
        at += 2
        if marker == _END:
            yield marker, at, at
            return
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            return
        yield marker, at + 2, at + length
        at += length
        if marker == _SCAN:
            found = _BEHIND_SCAN.search(data, at)
            if found is None:
                return
            at = found.end() - 2


def refuse_unreadable(found: Structure) -> None:
    """Raise for what no decoder here can read, and for what would take minutes."""
    if found.process in _PROCESSES:
        kind = _PROCESSES[found.process]
        raise PictureError("compression-not-readable", "picture", compression=kind)
    if found.bits != 8:
        raise PictureError("unusual-depth", "picture", bits=found.bits)
    if found.scans > _USUAL_SCANS and found.scans * found.pixels > _SCANNED_AT_MOST:
        raise PictureError("too-many-scans", "picture", scans=found.scans)


def with_end(data: bytes, found: Structure) -> bytes:
    """Return the file with an end marker, so that Pillow reads it; `complaints` are to follow."""
    return data if found.end is not None else data + END


def complaints(data: bytes, found: Structure) -> list[Note]:
    """Return what is wrong with the data of the pixels.

    Args:
        data: with an end marker.
        found: in it, before one was added.

    Raises:
        ValueError: the file ends in the middle.
    """
    with native.overheard() as heard:
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    lines = [line for line in heard.lines if not _is_padding(line, data, found)]
    if found.end is None:
        if not found.complete or any("premature end" in line.lower() for line in lines):
            raise ValueError("the file ends in the middle")
        return [Note("end-marker-missing")]
    if not lines:
        return []
    return [Note("damaged-data-used", complaint=lines[0], count=len(lines))]


def _is_padding(line: str, data: bytes, found: Structure) -> bool:
    """Tell whether what precedes the end marker is nothing but zeros, as some cameras write."""
    told = _EXTRANEOUS.match(line)
    if told is None or found.end is None:
        return False
    behind = data[max(0, found.end - 2 - int(told[1])) : found.end - 2]
    return not behind.strip(b"\0\xff")
