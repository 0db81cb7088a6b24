"""RAW files: DNG and those of the makers of cameras, developed by LibRaw to 16 bits.

They are read, not written. The result is a plain picture on the curve of sRGB, which is what
networks have learned: the camera's white balance, no brightening (that is llenhance's work), no
tone curve.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import PictureError
from llenhance.memory import is_short
from llenhance.messages.note import Note
from llenhance.pictures import guard, native, optional, raw_parts, whole
from llenhance.pictures.exif import as_developed
from llenhance.pictures.formats.format import Format
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels

_EXTENSIONS: Final = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ".x3f",
)  # fmt: skip
_CURVE: Final = (2.4, 12.92)  # of sRGB, as LibRaw takes it: a power, and the slope near black
_ORIENTATIONS: Final = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
"""Of EXIF, by LibRaw's bits: mirrored across, mirrored down, rows and columns exchanged."""

_EACH_PIXEL: Final = 24  # bytes of memory that developing takes; measured: 20
_DENSITY: Final = 64  # pixels for a byte of the file, more than any camera stores
_SMALL: Final = 2**24  # pixels that may be stored in any way
# What a RAW converter was told, which was not done: programs would do it to the result.
_SETTINGS: Final = (
    re.compile(rb"\s+crs:\w+\s*=\s*(?:\"[^\"]*\"|'[^']*')"),
    re.compile(rb"<(crs:\w+)\b[^<>]*(?:/>|>.*?</\1\s*>)\s*", re.DOTALL),
)


def _read(data: bytes) -> Picture:
    library = cast("Any", optional.library("rawpy", extra="raw", format="RAW"))
    notes: list[Note] = []
    with native.overheard() as heard:
        values, orientation = _developed(library, data)
    if heard.count:
        notes.append(Note("damaged-data-used", complaint=heard.lines[0], count=heard.count))
    gray = values.shape[2] == 1
    pixels = np.ascontiguousarray(np.repeat(values, 3, axis=2) if gray else values)
    parts = raw_parts.parts_in(data)
    xmp = parts.xmp
    for settings in _SETTINGS:
        xmp = settings.sub(b"", xmp)
    if xmp != parts.xmp:
        notes.append(Note("raw-settings-left-behind"))
    stored = pixels.shape[1::-1] if orientation < 5 else pixels.shape[:2]
    return whole.upright_picture(
        cast("Pixels", pixels),
        None,
        gray=gray,
        icc_profile=None,
        exif=as_developed(parts.exif, (stored[0], stored[1])),
        xmp=xmp,
        orientation=orientation,
        notes=notes,
    )


def _developed(library: Any, data: bytes) -> tuple[NDArray[np.uint16], int]:
    """Return upright values (H, W, 1 or 3) on the curve of sRGB, and how the picture lay.

    Raises:
        PictureError: too many pixels, or a kind of RAW that LibRaw does not read.
        ValueError: the data is damaged.
        MemoryError: there is not enough of it.
    """
    try:
        with library.RawPy() as raw:
            raw.open_buffer(BytesIO(data))
            sizes = raw.sizes
            guard.check_size(sizes.raw_width, sizes.raw_height)
            pixels = sizes.raw_width * sizes.raw_height
            if pixels > max(_SMALL, _DENSITY * len(data)):
                raise ValueError("more pixels than the file can hold")
            if is_short(_EACH_PIXEL * pixels):
                raise MemoryError
            raw.unpack()
            values = raw.postprocess(
                use_camera_wb=True,
                output_color=library.ColorSpace.sRGB,
                gamma=_CURVE,
                no_auto_bright=True,
                output_bps=16,
            )
            return cast("NDArray[np.uint16]", values), _ORIENTATIONS[sizes.flip & 7]
    except library.LibRawFileUnsupportedError as reason:
        raise PictureError("camera-raw", "picture") from reason
    except (library.LibRawUnsufficientMemoryError, library.LibRawTooBigError) as reason:
        raise MemoryError from reason
    except (library.LibRawError, library.NotSupportedError) as reason:
        raise ValueError(str(reason)) from reason


def _others(data: bytes) -> Iterator[str]:
    """Name what is not carried along of what the camera says; all else is there for the pixels."""
    if not raw_parts.parts_in(data).exif:
        yield "what the camera says in its own way"
    elif b"CMT3" in data[:65536] and data[4:12] == b"ftypcrx ":
        yield "the maker's note (CMT3)"


FORMAT: Final = Format(
    title="RAW",
    extensions=(".dng",),
    more_extensions=_EXTENSIONS,
    mime="image/x-dcraw",
    begins=raw_parts.is_raw,
    read=_read,
    others=_others,
    substitute="TIFF",
)
