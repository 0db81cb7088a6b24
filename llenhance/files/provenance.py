"""What made a picture, read from its file without its pixels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from llenhance.errors import PictureError, UsageError
from llenhance.files.reading import read_bytes
from llenhance.pictures import guard, metadata
from llenhance.pictures.decode import decode
from llenhance.pictures.formats import FORMATS, format_in
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.provenance import Provenance, record_in

_QUICK: Final = ("JPEG", "PNG", "WEBP", "AVIF")  # whose packets Pillow reads
_TIFF_PACKET: Final = 700  # a tag
_PNG_PACKET: Final = b"XML:com.adobe.xmp"


def read_provenance(path: str | Path) -> Provenance | None:
    """Return what made a picture, as its file says; None if it does not.

        record = read_provenance("photo_enhanced.jpg")
        record.version, record.model, record.brightness, record.source_name

    Args:
        path: a file.

    Raises:
        UsageError: no path.
        PictureError: the file cannot be read, is no picture, or its record is damaged.
        ResourceError: there is not enough memory.
    """
    if not isinstance(path, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError("no-path", "the path", given=type(path).__name__)
    return provenance_in(read_bytes(Path(path)), name=str(path))


def provenance_in(data: bytes, *, name: str) -> Provenance | None:
    """Return what made the picture in the content of a file; None if it does not say so.

    Args:
        data: the whole content.
        name: what error messages call it.

    Raises:
        PictureError: it is no picture, or its record is damaged.
        ResourceError: there is not enough memory.
    """
    try:
        return record_in(_packet_in(data, name=name))
    except ValueError as reason:
        raise PictureError("record-damaged", name) from reason


def record_in_file(path: Path, data: bytes) -> Provenance | None:
    """Return what made the picture in a file, as it says; None if it does not, or is none.

    Args:
        path: the file.
        data: its content.
    """
    try:
        return provenance_in(data, name=str(path))
    except PictureError:
        return None


def _packet_in(data: bytes, *, name: str) -> bytes | None:
    format = format_in(data)
    if format is None:
        raise PictureError("format-not-known" if data else "empty-file", name)
    with guard.reading(name=name, format=FORMATS[format].title, data=data):
        if format == "TIFF":  # Pillow opens none of several 16-bit channels
            entry = first_directory(data).entries.get(_TIFF_PACKET)
            return None if entry is None else entry.content
        if format in _QUICK:
            return _packet_of(Image.open(BytesIO(data), formats=(format,)), data)
    return decode(data, name=name).xmp


def _packet_of(image: Image.Image, data: bytes) -> bytes:
    if "xmp" not in image.info and _PNG_PACKET in data:
        image.load()  # it follows the pixels
    return metadata.xmp_of(image)
