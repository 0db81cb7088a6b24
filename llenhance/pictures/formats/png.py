"""PNG. OpenCV writes the pixels; the chunks with everything else are added here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from llenhance.messages.note import Note
from llenhance.pictures import cicp, guard, icc, metadata, opencv, photoshop, pillow, texts
from llenhance.pictures.formats import png_chunks, png_frames, png_rows
from llenhance.pictures.formats.format import Format, Writer
from llenhance.pictures.formats.png_chunks import SIGNATURE, chunk, chunk_of
from llenhance.pictures.formats.png_gray_alpha import gray_alpha_png
from llenhance.pictures.parts import png as parts
from llenhance.pictures.picture import Picture
from llenhance.pictures.raw_profiles import raw_profile, raw_profiles, used_texts
from llenhance.pictures.sequence import PictureSequence, Timing
from llenhance.pictures.texts import Text

_HEADER: Final = len(SIGNATURE) + 25  # with the IHDR chunk, which is always first
_BITS_AT: Final = 24  # where the IHDR chunk tells the bits per channel
_KIND_AT, _GRAYS = 25, (0, 4)  # the kind of color: gray, gray with alpha
_COMPRESSION: Final = 4  # within 3 % of level 6 on photographs, in half of the time
_METER: Final = 0.0254  # of an inch
_XMP: Final = "XML:com.adobe.xmp"  # keyword of its text
_ALIKE: Final = 0.002  # numbers that mean the same, rounded by different programs
_SRGB_POINTS: Final = (*icc.D65, *(value for point in icc.SRGB_PRIMARIES for value in point))


def _begins(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def _sequence(data: bytes) -> PictureSequence | None:
    return png_frames.frames_in(data, read=_turned)


def _write_frames(pictures: Iterable[Picture], timing: Timing, quality: int | None) -> bytes:
    return png_frames.write_frames(pictures, timing, write=lambda part: _write(part, quality))


def _read(data: bytes) -> Picture:
    return _turned(data)[0]


def _turned(data: bytes) -> tuple[Picture, int]:
    """Return the picture in a file, and how it lay there, 1 to 8."""
    data, found, damaged = png_chunks.taken(data)
    image = pillow.open_file(data, "PNG")
    frames: int = getattr(image, "n_frames", 1)
    is_deep = data[_BITS_AT] == 16 and not image.mode.startswith("I;16")
    deep = partial(
        opencv.deep_pixels, data, (image.height, image.width), image.has_transparency_data
    )
    words, stored = _load(image, found)
    png_rows.refuse_incomplete(data, image)
    notes = list(damaged)
    numbers = _numbers(data)
    told = _colors(image, numbers, notes)
    if told is not None:
        image.info["icc_profile"] = told.profile(gray=data[_KIND_AT] in _GRAYS)
    gray = data[_KIND_AT] in _GRAYS or None  # Pillow calls 16 bits of gray with alpha RGBA
    picture = pillow.first_frame(image, deep=deep if is_deep else None, frames=frames, gray=gray)
    if numbers is not None:
        cicp.end_at_white(picture.pixels, numbers[1], notes)
    way = metadata.orientation_of(image, metadata.exif_of(image, []))
    iptc, lost = photoshop.true_of_result(stored.get("iptc", b""), turned=way != 1)
    if lost:
        notes.append(Note("photoshop-left-behind"))
    used = used_texts(words)
    kept = texts.true_of_result(text for text in found if text.keyword not in used)
    notes = (*picture.notes, *notes)
    return replace(picture, iptc=iptc or None, texts=kept, notes=notes), way


def _load(
    image: ImageFile.ImageFile, found: Sequence[Text]
) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """Load an image, and give it what texts say of it; return texts, and what some hold inside."""
    image.load()  # EXIF data may follow the pixels
    words = {text.keyword: text.value for text in found}
    for text in found:
        if text.keyword == _XMP:
            coding = "utf-8" if text.form == "iTXt" else "latin-1"
            image.info["xmp"] = text.value.encode(coding, "surrogateescape")
    stored = raw_profiles(words)
    for key in ("exif", "xmp", "icc_profile"):
        if key in stored:
            image.info.setdefault(key, stored[key])
    return words, stored


def _numbers(data: bytes) -> tuple[int, int] | None:
    """Return the primaries and the transfer of H.273 that a chunk tells, or None."""
    for kind, start, end in png_chunks.chunks(data):
        body = slice(start + 8, end - 4)
        if kind == b"cICP" and body.stop - body.start == 4:
            primaries, transfer, matrix, full = data[body]
            return (primaries, transfer) if (matrix, full) == (0, 1) else (-1, -1)
        if kind in (b"PLTE", b"IDAT"):  # it stands before them
            return None
    return None


def _colors(
    image: ImageFile.ImageFile, numbers: tuple[int, int] | None, notes: list[Note]
) -> cicp.Told | None:
    """Return what the chunk that counts most tells; None leaves it to the profile, or to sRGB."""
    if numbers is not None and (told := cicp.told_by(*numbers, notes)) is not None:
        return told
    if image.info.get("icc_profile") or "srgb" in image.info:
        return None
    gamma: float | None = image.info.get("gamma")
    points: tuple[float, ...] | None = image.info.get("chromaticity")
    if gamma is None and points is None:
        return None
    told = cicp.Told()
    if points is not None and any(
        abs(a - b) > _ALIKE for a, b in zip(points, _SRGB_POINTS, strict=True)
    ):
        white, *primaries = zip(points[::2], points[1::2], strict=True)
        told = told._replace(white=white, primaries=tuple(primaries))
    # Files that mean sRGB tell a gamma of 1 / 2.2 beside its primaries, or none.
    usual = gamma is None or (abs(gamma - 1 / 2.2) < _ALIKE and told == cicp.Told())
    told = told if usual or gamma is None or gamma <= 0 else told._replace(curve=(1 / gamma,))
    try:
        told.profile()
    except (ValueError, struct.error):
        notes.append(Note("color-description-unknown", numbers="cHRM, gAMA"))
        return None
    return told


def _write(picture: Picture, quality: int | None) -> bytes:
    pixels, alpha = picture.pixels, picture.alpha
    gray = picture.is_gray and not _is_of_color(picture.icc_profile)
    if gray and alpha is not None:
        coded = gray_alpha_png(np.ascontiguousarray(pixels[..., 0]), alpha)
    elif gray:
        coded = _coded(np.ascontiguousarray(pixels[..., 0]))
    elif alpha is None:
        coded = _coded(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    else:
        coded = _coded(np.dstack([pixels[..., 2], pixels[..., 1], pixels[..., 0], alpha]))
    view = memoryview(coded)
    return b"".join((view[:_HEADER], _chunks(picture), view[_HEADER:]))


def _coded(stored: NDArray[Any]) -> bytes | memoryview:
    done, coded = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not done:
        raise ValueError("OpenCV could not write the PNG")
    return coded.data


def _is_of_color(profile: bytes | None) -> bool:
    """Tell whether a profile must not stand in a PNG of one channel; JPEG has no such rule."""
    return profile is not None and icc.space_of(profile) != "GRAY"


def _chunks(picture: Picture) -> bytes:
    """Return the chunks that stand between the header and the pixels."""
    parts: list[bytes] = []
    if picture.icc_profile is not None:
        profile = b"ICC profile\0\0" + zlib.compress(picture.icc_profile)
        parts.append(chunk(b"iCCP", profile))
    if picture.dpi is not None:
        across, down = (round(value / _METER) for value in picture.dpi)
        parts.append(chunk(b"pHYs", struct.pack(">IIB", across, down, 1)))
    if picture.exif is not None:
        parts.append(chunk(b"eXIf", picture.exif))
    if picture.xmp is not None:
        parts.append(chunk(b"iTXt", _XMP.encode() + b"\0" * 5 + picture.xmp))  # not compressed
    if picture.iptc is not None:  # as ImageMagick and exiftool have it
        profile = zlib.compress(raw_profile("iptc", picture.iptc))
        parts.append(chunk(b"zTXt", b"Raw profile type iptc\0\0" + profile))
    return b"".join((*parts, *filter(None, map(chunk_of, picture.texts))))


FORMAT: Final = Format(
    title="PNG",
    extensions=(".png",),
    mime="image/png",
    begins=_begins,
    read=_read,
    sequence=_sequence,
    others=parts.others,
    writer=Writer(
        write=_write,
        frames=_write_frames,
        side=1_000_000,  # a limit of libpng
        deep=True,
        gray=True,
        icc_profile=guard.CHUNK_LIMIT,
        iptc=guard.CHUNK_LIMIT // 3,  # as a text of hexadecimal numbers
        texts="all",
    ),
)
