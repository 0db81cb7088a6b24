"""The extensions of a GIF file, and what follows its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llenhance.pictures.credentials import EXTENSION_OF_GIF, credentials
from llenhance.pictures.leftovers import behind, name_of

_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_END: Final = 0x3B


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    for label, at in _extensions(data):
        if label == _END:
            yield from behind(data[at:])
        elif label == 0xFF and (content := data[at + 1 : at + 12]) not in _LOOPS:
            if content.startswith(EXTENSION_OF_GIF):
                yield credentials(_joined(data, at))
            else:
                yield f"{name_of(content, default='an application')} (application data)"
        elif label == 0x01:
            yield "plain text"


def comments(data: bytes) -> Iterator[bytes]:
    """Yield the comments of the file."""
    for label, at in _extensions(data):
        if label == 0xFE:
            yield _joined(data, at)


def _joined(data: bytes, at: int) -> bytes:
    """Return the content of an extension, which is stored in pieces."""
    parts: list[bytes] = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


def _extensions(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the label of each extension and where its content begins, and at last the end."""
    if len(data) < 13:
        return
    at = 13 + _table(data[10])
    while at < len(data):
        introducer = data[at]
        if introducer == _END:
            yield _END, at + 1
            return
        if introducer == 0x2C and at + 9 < len(data):
            at += 10 + _table(data[at + 9]) + 1
        elif introducer == 0x21 and at + 1 < len(data):
            at += 2
            yield data[at - 1], at
        else:
            return
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1


def _table(flags: int) -> int:
    """Return the length of a color table in bytes."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
