"""GIF, which is only read: its 256 colors are too few for an enhanced photograph.

An animation becomes an animated PNG, as a still GIF becomes a PNG: nothing of its colors is lost,
and where the result goes does not depend on what is in the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PIL import ImageFile

from llenhance.pictures import pillow, texts
from llenhance.pictures.formats.format import Format
from llenhance.pictures.parts import gif as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pillow_frames import frames_in
from llenhance.pictures.sequence import PictureSequence


def _begins(data: bytes) -> bool:
    return data.startswith((b"GIF87a", b"GIF89a"))


def _read(data: bytes) -> Picture:
    image = pillow.open_file(data, "GIF")
    frames: int = getattr(image, "n_frames", 1)
    image.info.pop("comment", None)  # one of perhaps several
    picture = pillow.first_frame(image, frames=frames)
    return replace(picture, texts=_comments(data))


def _sequence(data: bytes) -> PictureSequence | None:
    comments = _comments(data)

    def read(image: ImageFile.ImageFile) -> Picture:
        image.load()
        image.info.pop("comment", None)
        return replace(pillow.first_frame(image, frames=1), texts=comments)

    return frames_in(lambda: pillow.open_file(data, "GIF"), read, plays=_plays)


def _plays(told: int | None) -> int:
    """Return how often the frames are shown: what is told is how often they are shown *again*.

    So browsers and libwebp have it. A file that tells nothing is shown once.
    """
    return told + 1 if told else int(told is None)


def _comments(data: bytes) -> tuple[texts.Text, ...]:
    return tuple(texts.comment(one, form="GIF") for one in parts.comments(data))


FORMAT: Final = Format(
    title="GIF",
    extensions=(".gif",),
    mime="image/gif",
    begins=_begins,
    read=_read,
    sequence=_sequence,
    others=parts.others,
)
