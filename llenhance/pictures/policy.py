"""What of a file's metadata goes into a result: all of it, nothing, or all but positions.

The color profile, the resolution, transparency and depth are no metadata in this sense: without
them the picture would look otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, get_args

from llenhance.errors import UsageError
from llenhance.messages.note import Note
from llenhance.pictures import exif_position, photoshop, position
from llenhance.pictures import xmp as packets
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture
from llenhance.pictures.texts import Text

Metadata = Literal["keep", "strip", "strip-gps"]
"""Keep everything that stays true; nothing of it; everything but positions."""

# What cannot be kept, and is told, is not missed where nothing was to be kept.
_OF_METADATA: Final = frozenset(
    {"damaged-exif-left-behind", "exif-entries-left-behind", "iptc-left-behind",
     "photoshop-left-behind", "regions-left-behind", "extended-xmp-left-behind",
     "comments-left-behind", "maker-preview-kept", "damaged-texts-left-behind",
     "damaged-xmp-left-behind", "address-of-credentials-left-behind"}
)  # fmt: skip


def policy(metadata: str) -> Callable[[Picture], Picture]:
    """Return what makes of a decoded picture the one whose metadata may go into a result.

    Args:
        metadata: one of `Metadata`.

    Raises:
        UsageError: there is no such policy.
    """
    known = {"keep": _kept, "strip": _stripped, "strip-gps": _without_position}
    found = known.get(metadata)
    if found is None:
        known_names = ", ".join(get_args(Metadata))
        raise UsageError("metadata-policy-unknown", str(metadata), known=known_names)
    return found


def _kept(picture: Picture) -> Picture:
    return picture


def _stripped(picture: Picture) -> Picture:
    about = FORMATS.get(picture.source_format)
    # Where files hold a resolution in EXIF data alone, it goes with that.
    in_exif = about is not None and about.writer is not None and about.writer.dpi is None
    return replace(
        picture,
        exif=None,
        xmp=None,
        iptc=None,
        texts=(),
        video=None,
        dpi=None if in_exif else picture.dpi,
        notes=tuple(note for note in picture.notes if note.code not in _OF_METADATA),
    )


def _without_position(picture: Picture) -> Picture:
    notes = list(picture.notes)
    exif, xmp, iptc = picture.exif, picture.xmp, picture.iptc
    said = set[str]()

    def tells(text: str) -> bool:
        if not position.tells_position(text):
            return False
        said.add(text)
        return True

    if exif is not None:
        try:
            exif = exif_position.without_position(exif, tells)
        except (ValueError, LookupError, struct.error):
            exif = None
            notes.append(Note("damaged-exif-left-behind"))
        if exif is not None and exif_position.has_maker_note(exif):
            notes.append(Note("maker-note-may-tell-position"))
    if picture.video is not None:
        xmp = None if xmp is None else packets.without_promises(xmp)
        notes.append(Note("video-may-tell-position", size=len(picture.video)))
    if xmp is not None:
        xmp = position.without_position(xmp, tells)
        if xmp is None:
            notes.append(Note("xmp-may-tell-position"))
    if iptc is not None:
        captions = photoshop.captions_in(iptc)
        kept = photoshop.without_entries(captions, tells)
        if kept != captions:
            rest = photoshop.without_digest(photoshop.without_captions(iptc))
            iptc = photoshop.with_captions(rest, kept) or None
    texts = tuple(text for text in picture.texts if not _is_named(text) and not tells(text.value))
    if said:
        notes.append(Note("texts-with-position-left-behind", count=len(said)))
    return replace(
        picture, exif=exif, xmp=xmp, iptc=iptc, video=None, texts=texts, notes=tuple(notes)
    )


def _is_named(text: Text) -> bool:
    # Profiles as hexadecimal numbers are read by nobody here who could tell.
    return position.is_position(text.keyword) or text.keyword.startswith("Raw profile")
