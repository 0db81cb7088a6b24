"""GIF, of which the first frame is read. Its 256 colors are too few for an enhanced photograph."""

from __future__ import annotations

from typing import Final

from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format
from llenhance.pictures.parts import gif as parts
from llenhance.pictures.picture import Picture


def _begins(data: bytes) -> bool:
    return data.startswith((b"GIF87a", b"GIF89a"))


def _read(data: bytes) -> Picture:
    return pillow.first_frame(pillow.open_file(data, "GIF"))


FORMAT: Final = Format(
    title="GIF",
    extensions=(".gif",),
    mime="image/gif",
    begins=_begins,
    read=_read,
    others=parts.others,
)
