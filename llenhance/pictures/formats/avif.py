"""AVIF. Pillow reads and writes 8 bits per channel, OpenCV 10 and 12."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from llenhance.memory import is_short
from llenhance.messages.note import Note
from llenhance.pictures import cicp, heif, native, pillow
from llenhance.pictures.coding import UNKNOWN, Coding
from llenhance.pictures.depth import to_16_bits, to_fewer_bits
from llenhance.pictures.exif import ORIENTATION, directory
from llenhance.pictures.formats.avif_frames import plays_in, with_plays
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.parts import avif as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.pillow_frames import Reel, frames_in
from llenhance.pictures.pixels import Pixels, upright
from llenhance.pictures.sequence import PictureSequence, Timing

_BITS: Final = 10  # of deep pictures from elsewhere: not every program shows 12
_CODEC: Final = (
    20_000_000  # bytes of memory that writing takes; measured: 5 MB, and 20 to 30 a pixel
)
_EACH_PIXEL: Final = 45
_EACH_MOVING: Final = 250  # measured: 245 with 24 frames, of which the encoder sees many at once
_FINE: Final = 90  # from this quality on, color keeps its full size
_UNUSED: Final = 0xFFF1  # a tag that means nothing to anybody


def _begins(data: bytes) -> bool:
    brands = data[8 : int.from_bytes(data[:4], "big")]
    return data[4:8] == b"ftyp" and (b"avif" in brands or b"avis" in brands)


def _read(data: bytes) -> Picture:
    return _picture_at(pillow.open_file(data, "AVIF"), data, still=True)


def _sequence(data: bytes) -> PictureSequence | None:
    return frames_in(
        lambda: pillow.open_file(data, "AVIF"),
        lambda image: _picture_at(image, data, still=False),
        plays=lambda _: plays_in(data),
    )


def _picture_at(image: ImageFile.ImageFile, data: bytes, *, still: bool) -> Picture:
    """Return the picture that an image of a file is at; of animations, 8 bits are read."""
    orientation = image.getexif().get(ORIENTATION, 1)  # of the boxes, which alone count
    try:
        boxes = heif.boxes_in(data)
    except (ValueError, LookupError, struct.error):  # a sequence may have none: as Pillow says
        boxes = heif.Boxes(b"", None)
    notes: list[Note] = []
    told = _colors(image, boxes.numbers, notes)
    if told is not None:
        image.info["icc_profile"] = told.profile(gray=image.mode[:1] == "L")
    deep = partial(_deep, data, image, boxes.bits) if boxes.bits > 8 and still else None
    if boxes.bits > 8 and not still:
        notes.append(Note("read-with-8-bits"))
    frames = None if still else 1
    picture = pillow.first_frame(
        image, deep=deep, orientation=orientation, exif=boxes.exif or None, frames=frames
    )
    if boxes.numbers is not None and "icc_profile" in image.info:
        cicp.end_at_white(picture.pixels, boxes.numbers[1], notes)
    coding = Coding(bits=boxes.bits, subsampling=boxes.subsampling) if boxes.bits else None
    return replace(picture, coding=coding, notes=(*picture.notes, *notes))


def _deep(
    data: bytes, image: ImageFile.ImageFile, bits: int, orientation: int
) -> tuple[Pixels, Pixels | None]:
    """Return upright pixels and alpha of 10 or 12 bits, spread over 16.

    Raises:
        ValueError: OpenCV finds something else in the file than Pillow.
    """
    with native.overheard():  # Pillow has told what is wrong with it
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.shape[:2] != image.size[::-1]:
        raise ValueError("OpenCV reads this picture differently from Pillow")
    stored = to_16_bits(cast("NDArray[np.uint16]", decoded), bits=bits)
    stored = upright(stored if stored.ndim == 3 else stored[..., None], orientation)
    pixels = np.empty((*stored.shape[:2], 3), np.uint16)
    pixels[:] = stored[..., 2::-1] if stored.shape[2] > 2 else stored[..., :1]
    alpha = np.ascontiguousarray(stored[..., -1]) if stored.shape[2] in (2, 4) else None
    return pixels, alpha


def _colors(
    image: ImageFile.ImageFile, numbers: tuple[int, int] | None, notes: list[Note]
) -> cicp.Told | None:
    """Return what the numbers say, if no profile says more."""
    if numbers is None or (image.info.get("icc_profile") and numbers[1] not in cicp.HDR):
        return None
    return cicp.told_by(*numbers, notes)


def _write(picture: Picture, quality: int | None) -> bytes:
    if is_short(_CODEC + _EACH_PIXEL * picture.width * picture.height):
        raise MemoryError  # libaom does not notice that it gets none, and ends the process
    if picture.depth == 16:
        return _write_deep(picture, quality)
    hidden = _without_orientation(picture.exif)
    data = pillow.save(replace(picture, exif=hidden), "AVIF", **_options(quality))
    return _with_exif(data, picture.exif, hidden)


def _write_frames(pictures: Iterable[Picture], timing: Timing, quality: int | None) -> bytes:
    following = iter(pictures)
    first = next(following)
    if is_short(_CODEC + _EACH_MOVING * first.width * first.height):
        raise MemoryError  # as above
    hidden = _without_orientation(first.exif)
    data = pillow.save(
        replace(first, exif=hidden),
        "AVIF",
        image=Reel(chain([first], following)),
        save_all=True,
        duration=timing.whole(),
        **_options(quality),
    )
    return with_plays(_with_exif(data, first.exif, hidden), timing.plays)


def _options(quality: int | None) -> dict[str, Any]:
    fine = quality is not None and quality >= _FINE
    return {"quality": quality, "subsampling": "4:4:4" if fine else "4:2:0"}


def _with_exif(data: bytes, exif: bytes | None, hidden: bytes | None) -> bytes:
    """Return a file with EXIF data in place of what Pillow has written."""
    if exif is None or hidden is None or hidden == exif:
        return data
    if data.count(hidden) != 1:
        raise ValueError("the EXIF data was not written as it is")
    return data.replace(hidden, exif)


def _write_deep(picture: Picture, quality: int | None) -> bytes:
    """Return a file of as many bits as the picture's own had, or `_BITS`."""
    bits = (picture.coding or UNKNOWN).bits or _BITS
    bits = bits if bits > 8 else _BITS
    pixels = to_fewer_bits(picture.pixels, bits=bits)
    if picture.alpha is not None:
        cover = to_fewer_bits(picture.alpha, bits=bits)
        stored = np.dstack([pixels[..., ::-1], cover])
    else:
        stored = pixels[..., 0] if picture.is_gray else pixels[..., ::-1]
    beside = {
        cv2.IMAGE_METADATA_EXIF: picture.exif,
        cv2.IMAGE_METADATA_XMP: picture.xmp,
        cv2.IMAGE_METADATA_ICCP: picture.icc_profile,
    }
    told = {kind: block for kind, block in beside.items() if block}
    options = [cv2.IMWRITE_AVIF_DEPTH, bits]
    if quality is not None:
        options += [cv2.IMWRITE_AVIF_QUALITY, quality]
    done, coded = cv2.imencodeWithMetadata(
        ".avif",
        np.ascontiguousarray(stored),
        list(told),
        [np.frombuffer(block, np.uint8)[None] for block in told.values()],
        options,
    )
    if not done:
        raise ValueError("OpenCV could not write the AVIF")
    return coded.tobytes()


def _without_orientation(exif: bytes | None) -> bytes | None:
    """Return EXIF data in which Pillow finds no orientation: otherwise it writes all of it anew."""
    if exif is None:
        return None
    order, entries, _ = directory(exif)
    at = entries.get(ORIENTATION)
    if at is None:
        return exif
    return exif[:at] + struct.pack(f"{order}H", _UNUSED) + exif[at + 2 :]


FORMAT: Final = Format(
    title="AVIF",
    extensions=(".avif",),
    mime="image/avif",
    begins=_begins,
    read=_read,
    sequence=_sequence,
    others=parts.others,
    writer=Writer(
        write=_write,
        frames=_write_frames,
        deep_frames=False,
        side=65536,
        quality=85,
        bits=_BITS,
        deep=True,
        dpi=None,
    ),
)
