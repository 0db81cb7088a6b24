"""Small pictures with everything that files can hold, and files written by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from llenhance.messages.note import Note
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture

LOSSLESS = ("PNG", "TIFF", "BMP")
WITH_METADATA = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF")
DEEP = ("PNG", "TIFF")
# PGM holds grays alone, and what is written as PNM is called PPM or PGM when it is read.
WRITABLE = [key for key, format in FORMATS.items() if format.writer and key not in ("PGM", "PNM")]

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
    b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:tiff='
    b'"http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" tiff:Make="Dusk"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def exif_with(
    orientation: int | None = None, *, big: bool = False, thumbnail: bytes = b""
) -> bytes:
    """EXIF data of a camera: make, date, maker's note and position, built entry by entry."""
    order = ">" if big else "<"
    exif_ifd = [
        (36867, 2, 20, b"2024:12:31 23:59:59\0"),
        (37500, 7, 32, b"MakerNote!" + b"\x55" * 22),
    ]
    gps_ifd = [(1, 2, 2, b"N\0"), (2, 5, 3, struct.pack(f"{order}6I", 52, 1, 31, 1, 0, 1))]
    first: list[tuple[int, int, int, bytes]] = [(271, 2, 5, b"Dusk\0")]
    if orientation is not None:
        first.append((274, 3, 1, struct.pack(f"{order}H", orientation)))
    first += [
        (282, 5, 1, struct.pack(f"{order}2I", 300, 1)),
        (283, 5, 1, struct.pack(f"{order}2I", 300, 1)),
        (296, 3, 1, struct.pack(f"{order}H", 2)),
        (34665, 4, 1, b""),
        (34853, 4, 1, b""),
    ]

    def table(entries: list[tuple[int, int, int, bytes]], start: int, following: int) -> bytes:
        behind, lines = b"", b""
        at = start + 2 + 12 * len(entries) + 4
        for tag, kind, count, value in entries:
            field = value.ljust(4, b"\0")
            if len(value) > 4:
                field = struct.pack(f"{order}I", at + len(behind))
                behind += value + b"\0" * (len(value) % 2)
            lines += struct.pack(f"{order}HHI", tag, kind, count) + field
        head = struct.pack(f"{order}H", len(entries))
        return head + lines + struct.pack(f"{order}I", following) + behind

    size = len(table(first, 0, 0))
    exif_at = 8 + size
    gps_at = exif_at + len(table(exif_ifd, 0, 0))
    thumbnail_at = gps_at + len(table(gps_ifd, 0, 0))
    first[-2] = (34665, 4, 1, struct.pack(f"{order}I", exif_at))
    first[-1] = (34853, 4, 1, struct.pack(f"{order}I", gps_at))
    exif = b"MM\0*" if big else b"II*\0"
    exif += struct.pack(f"{order}I", 8) + table(first, 8, thumbnail_at if thumbnail else 0)
    exif += table(exif_ifd, exif_at, 0) + table(gps_ifd, gps_at, 0)
    if thumbnail:
        begins = thumbnail_at + 2 + 24 + 4
        places = [
            (513, 4, 1, struct.pack(f"{order}I", begins)),
            (514, 4, 1, struct.pack(f"{order}I", len(thumbnail))),
        ]
        exif += table(places, thumbnail_at, 0) + thumbnail
    return exif


def random_pixels(shape: tuple[int, ...], *, depth: int = 8, seed: int = 0) -> NDArray[Any]:
    high = 2**depth
    dtype = np.uint8 if depth == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, high, shape, dtype=dtype)


def smooth_pixels(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Colours without edges, which JPEG, WebP and AVIF keep within a few steps."""
    down, across = np.mgrid[0:height, 0:width]
    channels = [down * 4, across * 3, 255 - down * 2 - across]
    return np.stack(channels, axis=-1).astype(np.uint8)


def said(notes: tuple[Note, ...]) -> tuple[str, ...]:
    return tuple(map(str, notes))


def codes(notes: tuple[Note, ...]) -> tuple[str, ...]:
    return tuple(note.code for note in notes)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values: NDArray[Any], *, colour: int, extra: bytes = b"") -> bytes:
    """A PNG written by hand, of the kinds that no library here writes."""
    height, width = values.shape[:2]
    bits = 8 * values.itemsize
    rows = b"".join(b"\0" + row.astype(f">u{values.itemsize}").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")


def full_picture(depth: int = 8) -> Picture:
    """A picture with everything that a file can hold beside its pixels."""
    pixels: NDArray[Any] = smooth_pixels()
    if depth == 16:
        pixels = pixels.astype(np.uint16) * 257 + random_pixels(pixels.shape, seed=1)
        pixels = np.minimum(pixels, 65535).astype(np.uint16)
    alpha = pixels[..., 0].copy()
    return Picture(
        pixels=pixels,
        alpha=alpha,
        icc_profile=ICC,
        exif=exif_with(1),
        xmp=XMP.replace(b'Orientation="6"', b'Orientation="1"'),
        dpi=(300.0, 240.0),
    )


def through(picture: Picture, *formats: str) -> Picture:
    for format in formats:
        picture = decode(encode(picture, format=format, name="p"), name="p")
    return picture


def turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """What Pillow makes of the orientation, for comparison; by channel, as it turns any mode."""
    channels: list[NDArray[Any]] = []
    for channel in np.moveaxis(pixels, -1, 0):
        image = Image.fromarray(channel.astype(np.int32))
        image.getexif()[274] = orientation
        channels.append(np.asarray(ImageOps.exif_transpose(image)).astype(pixels.dtype))
    return np.stack(channels, axis=-1)


def pnm(kind: int, values: NDArray[Any], white: int) -> bytes:
    height, width = values.shape[:2]
    header = f"P{kind} # dusk\n{width} {height}\n{white}\n".encode()
    if kind < 4:
        return header + b" ".join(str(value).encode() for value in values.ravel().tolist())
    return header + values.astype(">u2" if white > 255 else np.uint8).tobytes()


RAMP = np.arange(256, dtype=np.uint8).reshape(8, 32)
