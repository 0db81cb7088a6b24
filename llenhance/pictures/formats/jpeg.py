"""JPEG, and what some phones write instead: several JPEG pictures in one file (MPO)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, cast

import numpy as np
from PIL import JpegImagePlugin

from llenhance.messages.note import Note
from llenhance.pictures import metadata, motion, photoshop, pillow, texts
from llenhance.pictures.coding import UNKNOWN
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.formats import jpeg_coding, jpeg_structure
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import jpeg as parts
from llenhance.pictures.picture import Picture

_SEGMENT: Final = 65533  # bytes that a segment of the file holds
_QUALITY: Final = 95
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_APP0, _APP1, _APP2, _APP13, _COM = 0xE0, 0xE1, 0xE2, 0xED, 0xFE


def _begins(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def _read(data: bytes) -> Picture:
    found = jpeg_structure.structure_of(data)
    jpeg_structure.refuse_unreadable(found)
    data = jpeg_structure.with_end(data, found)
    image = cast("JpegImagePlugin.JpegImageFile", pillow.open_file(data, "JPEG", "MPO"))
    for told in ("photoshop", "comment"):  # one segment of perhaps several
        image.info.pop(told, None)
    way = metadata.orientation_of(image, metadata.exif_of(image, []))
    coding = jpeg_coding.coding_of(image, orientation=way)
    if (video := motion.kept_behind(data, found)) is not None:
        image.info["video"] = video
    picture = pillow.first_frame(image)
    segments = cast("list[tuple[str, bytes]]", getattr(image, "applist", []))
    notes = [*picture.notes, *jpeg_structure.complaints(data, found)]
    blocks = b"".join(
        part.removeprefix(photoshop.HEADER)
        for name, part in segments
        if name == "APP13" and part.startswith(photoshop.HEADER)
    )
    iptc, lost = photoshop.true_of_result(blocks, turned=way != 1)
    if lost:
        notes.append(Note("photoshop-left-behind"))
    if any(part.startswith(b"http://ns.adobe.com/xmp/extension/") for _, part in segments):
        notes.append(Note("extended-xmp-left-behind"))
    comments = (part for marker, part in found.segments if marker == _COM)
    if video is not None and picture.xmp is not None:
        picture = replace(picture, xmp=motion.with_directory_of_video(picture.xmp))
    return replace(
        picture,
        video=video,
        iptc=iptc or None,
        texts=tuple(texts.comment(one, form="JPEG") for one in comments),
        coding=coding,
        notes=tuple(notes),
    )


def _write(picture: Picture, quality: int | None) -> bytes:
    pixels = to_8_bits(picture.pixels[..., 0] if picture.is_gray else picture.pixels)
    data = jpeg_coding.coded(
        np.ascontiguousarray(pixels),
        quality=_QUALITY if quality is None else quality,
        coding=picture.coding or UNKNOWN,
    )
    across, down = (round(value) for value in picture.dpi or (0, 0))  # 0 means "not told"
    jfif = b"JFIF\0\1\1" + struct.pack(">BHH2x", across > 0, across or 1, down or 1)
    segments = [
        *_segments(_APP0, jfif),
        *_segments(_APP1, picture.exif, head=_EXIF),
        *_segments(_APP1, picture.xmp, head=_XMP),
        *_counted(_APP2, picture.icc_profile, head=_ICC),
        *_segments(_APP13, picture.iptc, head=photoshop.HEADER),
        *(part for one in picture.texts for part in _segments(_COM, texts.as_comment(one))),
    ]
    at = 4 + int.from_bytes(data[4:6], "big")  # behind the JFIF segment of OpenCV
    return b"".join((data[:2], *segments, data[at:], picture.video or b""))


def _segments(marker: int, content: bytes | None, *, head: bytes = b"") -> Iterator[bytes]:
    """Yield content as one segment, or as several that begin alike, which readers put together."""
    room = _SEGMENT - len(head)
    for start in range(0, len(content or b""), room):
        body = head + (content or b"")[start : start + room]
        yield struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body


def _counted(marker: int, content: bytes | None, *, head: bytes) -> Iterator[bytes]:
    """Yield content in segments that say which of how many they are."""
    room = _SEGMENT - len(head) - 2
    starts = range(0, len(content or b""), room)
    for number, start in enumerate(starts, start=1):
        place = head + bytes((number, len(starts)))
        yield from _segments(marker, (content or b"")[start : start + room], head=place)


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
        quality=_QUALITY,
        least=jpeg_coding.LEAST,
        alpha=False,
        gray=True,
        icc_profile=255 * (_SEGMENT - 14),
        exif=255 * (_SEGMENT - len(_EXIF)),  # no reader is known to count further
        xmp=_SEGMENT - 29,
        iptc=255 * (_SEGMENT - len(photoshop.HEADER)),
        texts="comments",
        video=True,
        dpi=(1, 65535),
    ),
)
