"""The boxes that HEIC, AVIF and JPEG XL files consist of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

MOST: Final = 10_000
"""How many boxes of a place, or items, are looked at."""

Span = tuple[int, int]
"""Where the content of a box begins and ends."""


def boxes(
    data: bytes, at: int, end: int, *, most: int = MOST, cut: bool = False
) -> Iterator[tuple[bytes, Span]]:
    """Yield the kind and the place of the content of each box.

    Args:
        data: the content of a file.
        at: where in it the first box begins.
        end: where the boxes end.
        most: how many are looked at.
        cut: whether the last one may be longer than there is room.

    Raises:
        struct.error: the file ends within the head of a box.
    """
    for _ in range(most):
        if at + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        size = size or end - at
        if size < head or (at + size > end and not cut):
            return
        yield kind, (at + head, at + size)
        at += size
