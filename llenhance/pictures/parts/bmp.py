"""The color profile that the newest kind of BMP file can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_NEWEST: Final = 124  # bytes of its header
_PROFILES: Final = (b"DEBM", b"KNIL")  # within the file, in another one


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    if int.from_bytes(data[14:18], "little") >= _NEWEST and data[70:74] in _PROFILES:
        yield "the color profile"
