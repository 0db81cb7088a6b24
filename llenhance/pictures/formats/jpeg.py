"""JPEG, and what some phones write instead: several JPEG pictures in one file (MPO)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from llenhance.messages.note import Note
from llenhance.pictures import pillow
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.picture import Picture

_SEGMENT: Final = 65533  # bytes that a segment of the file holds
_FINE: Final = 90  # from this quality on, color keeps its full size


def _begins(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _read(data: bytes) -> Picture:
    image = pillow.open_file(data, "JPEG", "MPO")
    picture = pillow.first_frame(image)
    segments = cast("list[tuple[str, bytes]]", getattr(image, "applist", []))
    if any(part.startswith(b"http://ns.adobe.com/xmp/extension/") for _, part in segments):
        return replace(picture, notes=(*picture.notes, Note("extended-xmp-left-behind")))
    return picture


def _write(picture: Picture, quality: int | None) -> bytes:
    return pillow.save(
        picture,
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if quality is not None and quality >= _FINE else "4:2:0",
        dpi=picture.dpi or (0, 0),  # 0 means "not told"; Pillow's default is 96
    )


FORMAT: Final = Format(
    title="JPEG",
    extensions=(".jpg", ".jpeg", ".jpe", ".jfif"),
    more_extensions=(".mpo",),
    mime="image/jpeg",
    begins=_begins,
    read=_read,
    writer=Writer(
        write=_write,
        side=65500,  # of libjpeg; the format itself counts to 65535
        quality=95,
        alpha=False,
        icc_profile=255 * (_SEGMENT - 14),
        exif=_SEGMENT - 6,
        xmp=_SEGMENT - 29,
        dpi=(1, 65535),
    ),
)
