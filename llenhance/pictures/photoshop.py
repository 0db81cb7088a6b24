"""The blocks that Photoshop puts into files: captions and copyright (IPTC) among them.

JPEG files hold them in segments, TIFF files in two entries, PNG files in a text. They keep their
bytes; what would not be true of the result is left out or corrected.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

HEADER: Final = b"Photoshop 3.0\0"
"""What stands before the blocks in the segment of a JPEG file."""

_MARKS: Final = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_CAPTIONS, _DIGEST, _RESOLUTION, _ASPECT = 0x0404, 0x0425, 0x03ED, 0x0428
# Thumbnails of the dark picture; copies of the color profile, EXIF and XMP data, which the file has
# in their own places; the quality of the file.
_OF_THE_FILE: Final = frozenset({0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424, 0x0406})
# Masks, paths, guides, slices, counted points: places within the picture as it lay in the file.
_OF_PLACES: Final = frozenset({0x03FE, 0x0401, 0x0408, 0x041A, _ASPECT, 0x0438, *range(2000, 3000)})
_MOST: Final = 4096  # blocks; files have a few dozen
_TAG: Final = b"\x1c"  # begins each entry of IPTC data


class _Block(NamedTuple):
    kind: int
    head: bytes
    content: bytes

    @property
    def whole(self) -> bytes:
        """The block as files hold it: of even length."""
        return self.head + self.content + b"\0" * (len(self.content) % 2)


def true_of_result(blocks: bytes, *, turned: bool) -> tuple[bytes, bool]:
    """Return the blocks that stay true, byte for byte, and whether others had to be left behind.

    Args:
        blocks: what follows `HEADER`, of all segments together.
        turned: whether the picture lies otherwise in the result.
    """
    found, complete = _blocks_in(blocks)
    kinds = {block.kind for block in found}
    gone = _OF_THE_FILE if _CAPTIONS in kinds else _OF_THE_FILE | {_DIGEST}  # which is of captions
    kept = [block for block in found if block.kind not in gone]
    if turned:
        kept = [_across(block) for block in kept if block.kind not in _OF_PLACES]
    lost = turned and bool(kinds & _OF_PLACES)
    return _joined(kept), lost or not complete


def with_resolution(blocks: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Return the blocks, whose resolution says the same as the file; None tells nothing new."""
    if dpi is None:
        return blocks
    across, down = (min(max(round(value * 65536), 1), 2**32 - 1) for value in dpi)
    return _joined(
        block._replace(content=_resolution(block.content, across, down))
        if block.kind == _RESOLUTION
        else block
        for block in _blocks_in(blocks)[0]
    )


def captions_in(blocks: bytes) -> bytes:
    """Return the IPTC data itself; b"" if there is none."""
    return next((block.content for block in _blocks_in(blocks)[0] if block.kind == _CAPTIONS), b"")


def without_captions(blocks: bytes) -> bytes:
    """Return the blocks beside the IPTC data."""
    return _joined(block for block in _blocks_in(blocks)[0] if block.kind != _CAPTIONS)


def with_captions(blocks: bytes, captions: bytes) -> bytes:
    """Return the blocks with this IPTC data in place of theirs.

    Args:
        blocks: of a file, perhaps none.
        captions: as TIFF and PNG files hold them by themselves. Some programs have swapped the
            bytes of each four. What is no IPTC data is not used.
    """
    if captions[3:4] == _TAG and captions[:1] != _TAG:
        rest = len(captions) % 4
        words = struct.iter_unpack("4s", captions[: len(captions) - rest])
        captions = b"".join(word[::-1] for (word,) in words)
    if captions[:1] != _TAG:
        return blocks
    block = _Block(_CAPTIONS, _head(_CAPTIONS, len(captions)), captions)
    return block.whole + without_captions(blocks)


def without_digest(blocks: bytes) -> bytes:
    """Return the blocks without the checksum of the IPTC data, for IPTC data that was changed."""
    return _joined(block for block in _blocks_in(blocks)[0] if block.kind != _DIGEST)


def without_entries(captions: bytes, gone: Callable[[str], bool]) -> bytes:
    """Return IPTC data without the entries whose text is to go; all others keep their bytes.

    Args:
        captions: as `captions_in` returns them.
        gone: tells of a text whether it is to go.
    """
    return b"".join(
        captions[begin:end]
        for begin, start, end in _entries_in(captions)
        if not gone(captions[start:end].decode("utf-8", "replace"))
    )


def _entries_in(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield begin of each entry of IPTC data, begin of its content, and its end."""
    at = 0
    while at + 5 <= len(data) and data[at : at + 1] == _TAG:
        (size,) = struct.unpack_from(">H", data, at + 3)
        start = at + 5
        if size & 0x8000:  # so many bytes tell the size
            start += size & 0x7FFF
            size = int.from_bytes(data[at + 5 : start], "big")
        if start + size > len(data):
            return
        yield at, start, start + size
        at = start + size


def _blocks_in(data: bytes) -> tuple[list[_Block], bool]:
    """Return the blocks up to the first that is damaged, and whether these are all."""
    found: list[_Block] = []
    at = 0
    while at + 12 <= len(data):
        name = 1 + data[at + 6]
        start = at + 6 + name + name % 2 + 4
        if data[at : at + 4] not in _MARKS or start > len(data) or len(found) == _MOST:
            return found, False
        (kind,) = struct.unpack_from(">H", data, at + 4)
        (size,) = struct.unpack_from(">I", data, start - 4)
        if start + size > len(data):
            return found, False
        found.append(_Block(kind, data[at:start], data[start : start + size]))
        at = start + size + size % 2
    return found, True


def _joined(blocks: Iterator[_Block] | list[_Block]) -> bytes:
    return b"".join(block.whole for block in blocks)


def _head(kind: int, size: int) -> bytes:
    return b"8BIM" + struct.pack(">H2xI", kind, size)


def _across(block: _Block) -> _Block:
    """Return a block of a picture that was turned: its two resolutions may change places."""
    if block.kind != _RESOLUTION or len(block.content) < 16:
        return block
    across, down = (struct.unpack_from(">I", block.content, at)[0] for at in (0, 8))
    return block._replace(content=_resolution(block.content, down, across))


def _resolution(content: bytes, across: int, down: int) -> bytes:
    """Return the content of a block with other dots per inch, as multiples of 1 / 65536."""
    if len(content) < 16:
        return content
    return struct.pack(">I", across) + content[4:8] + struct.pack(">I", down) + content[12:]
