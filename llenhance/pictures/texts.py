"""Texts of a file: comments, and what PNG files say under keywords.

In a file of their own format they keep their bytes. Formats have comments in common: a JPEG's, a
GIF's, and a PNG's text of the keyword 'Comment'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["JPEG", "GIF", "Netpbm", "tEXt", "zTXt", "iTXt"]
"""Where a text comes from: a comment of JPEG, GIF or Netpbm's formats, or a chunk of PNG."""

Place = Literal["none", "comments", "all"]
"""Which texts files of a format hold."""

_NAMED: Final = 6
_LONGEST: Final = 65533  # bytes that a comment of a JPEG file holds
_COMMENT: Final = "Comment"
# Dates, sizes, orientation and checksums of the file that was read, under the names that the
# standard of thumbnails and ImageMagick give them, and XMP data, which has its own place.
_OF_THE_FILE: Final = re.compile(
    r"Thumb::.*|(?:date|file|icc|jpeg|png):.*|signature|XML:com\.adobe\.xmp"
    r"|exif:(?:thumbnail:.*|Orientation|(?:Exif)?Image(?:Width|Length)|Pixel[XY]Dimension"
    r"|\w*Offset|GPSInfo|JPEGInterchangeFormat\w*)"
    r"|tiff:(?:alpha|endian|photometric|rows-per-strip|subfiletype|timestamp|orientation)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a file.

    Attributes:
        form: where it comes from.
        keyword: what it is about, such as 'Author'; 'Comment' where files have no keywords.
        value: the words.
        stored: the bytes in its file: of a comment, or of a chunk.
    """

    form: Form
    keyword: str
    value: str
    stored: bytes

    @property
    def is_comment(self) -> bool:
        """Whether other formats have a place for it."""
        return self.keyword.casefold() == _COMMENT.casefold()  # ImageMagick writes a small c


def comment(stored: bytes, *, form: Literal["JPEG", "GIF", "Netpbm"]) -> Text:
    """Return a comment. Nothing tells how its words are coded: UTF-8 where that makes sense."""
    try:
        value = stored.decode("utf-8")
    except UnicodeDecodeError:
        value = stored.decode("latin-1")
    return Text(form=form, keyword=_COMMENT, value=value, stored=stored)


def true_of_result(texts: Iterable[Text]) -> tuple[Text, ...]:
    """Return the texts without those about the file that was read, not about the picture."""
    return tuple(text for text in texts if not _OF_THE_FILE.fullmatch(text.keyword))


def as_comment(text: Text) -> bytes | None:
    """Return the bytes of a comment without a keyword; None if there is no place for the text."""
    if text.form in ("JPEG", "GIF", "Netpbm"):
        return text.stored
    return text.value.encode("utf-8", "replace") if text.is_comment else None


def without_place(texts: Iterable[Text], place: Place) -> list[Text]:
    """Return the texts that files of a format have no place for."""
    if place == "all":
        return []
    return [
        text
        for text in texts
        if place == "none" or not text.is_comment or len(as_comment(text) or b"") > _LONGEST
    ]


def names_of(texts: Iterable[Text]) -> str:
    """Return what texts are about, for a message."""
    names = list(dict.fromkeys(text.keyword[:40] for text in texts))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
