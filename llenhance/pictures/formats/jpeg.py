"""JPEG, and what some phones write instead: several JPEG pictures in one file (MPO)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from llenhance.messages.note import Note
from llenhance.pictures import photoshop, pillow
from llenhance.pictures.formats import jpeg_structure
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import jpeg as parts
from llenhance.pictures.picture import Picture

_SEGMENT: Final = 65533  # bytes that a segment of the file holds
_FINE: Final = 90  # from this quality on, color keeps its full size
_EXIF: Final = b"Exif\0\0"
_APP0, _APP1, _APP13 = b"\xff\xe0", b"\xff\xe1", b"\xff\xed"


def _begins(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _read(data: bytes) -> Picture:
    found = jpeg_structure.structure_of(data)
    jpeg_structure.refuse_unreadable(found)
    data = jpeg_structure.with_end(data, found)
    image = pillow.open_file(data, "JPEG", "MPO")
    image.info.pop("photoshop", None)  # of its first segment only
    picture = pillow.first_frame(image)
    segments = cast("list[tuple[str, bytes]]", getattr(image, "applist", []))
    notes = [*picture.notes, *jpeg_structure.complaints(data, found)]
    blocks = b"".join(
        part.removeprefix(photoshop.HEADER)
        for name, part in segments
        if name == "APP13" and part.startswith(photoshop.HEADER)
    )
    iptc, others = photoshop.descriptive(blocks)
    if others:
        notes.append(Note("photoshop-left-behind"))
    if any(part.startswith(b"http://ns.adobe.com/xmp/extension/") for _, part in segments):
        notes.append(Note("extended-xmp-left-behind"))
    return replace(picture, iptc=iptc or None, notes=tuple(notes))


def _write(picture: Picture, quality: int | None) -> bytes:
    data = pillow.save(
        replace(picture, exif=None),
        "JPEG",
        quality=quality,
        subsampling="4:4:4" if quality is not None and quality >= _FINE else "4:2:0",
        dpi=picture.dpi or (0, 0),  # 0 means "not told"; Pillow's default is 96
    )
    at = 2  # behind the mark of the beginning, and the JFIF segment where there is one
    if data[at : at + 2] == _APP0:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    parts = _segments(_APP1, _EXIF, picture.exif) + _segments(
        _APP13, photoshop.HEADER, picture.iptc
    )
    return data[:at] + parts + data[at:]


def _segments(marker: bytes, header: bytes, content: bytes | None) -> bytes:
    """Return content as one segment, or as several that begin alike, which readers put together."""
    parts: list[bytes] = []
    room = _SEGMENT - len(header)
    for start in range(0, len(content or b""), room):
        body = header + (content or b"")[start : start + room]
        parts.append(marker + (2 + len(body)).to_bytes(2, "big") + body)
    return b"".join(parts)


FORMAT: Final = Format(
    title="JPEG",
    extensions=(".jpg", ".jpeg", ".jpe", ".jfif"),
    more_extensions=(".mpo",),
    mime="image/jpeg",
    begins=_begins,
    read=_read,
    others=parts.others,
    writer=Writer(
        write=_write,
        side=65500,  # of libjpeg; the format itself counts to 65535
        quality=95,
        alpha=False,
        icc_profile=255 * (_SEGMENT - 14),
        exif=255 * (_SEGMENT - len(_EXIF)),  # no reader is known to count further
        xmp=_SEGMENT - 29,
        iptc=255 * (_SEGMENT - len(photoshop.HEADER)),
        dpi=(1, 65535),
    ),
)
