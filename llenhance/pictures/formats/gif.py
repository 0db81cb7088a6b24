"""GIF, of which the first frame is read. Its 256 colors are too few for an enhanced photograph."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llenhance.pictures import pillow, texts
from llenhance.pictures.formats.format import Format
from llenhance.pictures.parts import gif as parts
from llenhance.pictures.picture import Picture


def _begins(data: bytes) -> bool:
    return data.startswith((b"GIF87a", b"GIF89a"))


def _read(data: bytes) -> Picture:
    image = pillow.open_file(data, "GIF")
    frames: int = getattr(image, "n_frames", 1)
    image.info.pop("comment", None)  # one of perhaps several
    picture = pillow.first_frame(image, frames=frames)
    found = (texts.comment(one, form="GIF") for one in parts.comments(data))
    return replace(picture, texts=tuple(found))


FORMAT: Final = Format(
    title="GIF",
    extensions=(".gif",),
    mime="image/gif",
    begins=_begins,
    read=_read,
    others=parts.others,
)
