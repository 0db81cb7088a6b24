"""The samples of a TIFF that Pillow does not take whole: 16 bits in color, floats, more channels.

libtiff, in Pillow, unpacks them, whatever the compression: it is shown the same strips or tiles as
a gray picture of single bytes. What the bytes mean is worked out here, band by band.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures.formats.tiff_directory import Directory, Entry
from llenhance.pictures.pixels import Pixels, rows_of_a_band

_TYPES: Final = {(1, 8): "u1", (1, 16): "u2", (3, 16): "f2", (3, 32): "f4", (3, 64): "f8"}
_SAMPLES_AT_MOST: Final = 16  # each costs a pass over the file
_CLIPPED_AT_MOST: Final = 0.1  # of the samples; a scale that is not 0 to 1 clips far more

# Tags of a directory.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOR, _STRIPS, _ORIENTATION, _SAMPLES, _ROWS, _LENGTHS = (
    256, 257, 258, 259, 262, 273, 274, 277, 278, 279,
)  # fmt: skip
_PLANES, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_LENGTHS, _SUBDIRECTORIES = (
    284, 317, 322, 323, 324, 325, 330,
)  # fmt: skip
_EXTRA, _FORMAT, _YCC = 338, 339, (529, 530, 531, 532)


class Layout(NamedTuple):
    """How the samples lie in the file.

    Attributes:
        width: of the picture in pixels.
        height: likewise.
        kind: of a sample, a type of numpy without its byte order.
        samples: of a pixel.
        colors: how many of them are color, 1 or 3.
        alpha: which sample is alpha; None if none is.
        multiplied: whether the colors are multiplied by alpha.
        separate: whether each channel is stored for itself.
        predictor: 1 for none, 2 for differences of numbers, 3 for differences of bytes of floats.
        tile: width and height of a tile; None for strips.
        white_is_0: whether 0 is white.
    """

    width: int
    height: int
    kind: str
    samples: int
    colors: int
    alpha: int | None
    multiplied: bool
    separate: bool
    predictor: int
    tile: tuple[int, int] | None
    white_is_0: bool

    @property
    def for_pillow(self) -> bool:
        """Whether Pillow reads them as they are: 16-bit grays, and most of 8 bits."""
        if self.kind == "u2":
            return self.samples == 1
        gray = self.colors == 1
        usual = self.samples <= (2 if gray else 4) and not (gray and self.separate)
        return self.kind == "u1" and usual

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height with whole tiles."""
        if self.tile is None:
            return self.width, self.height
        across, down = self.tile
        return -(-self.width // across) * across, -(-self.height // down) * down


def layout_in(directory: Directory) -> Layout | None:
    """Return the layout of samples that can be read here; None if they are of other kinds."""
    samples = directory.number(_SAMPLES, 1)
    depths = set(directory.numbers(_BITS, (1,)))
    formats = set(directory.numbers(_FORMAT, (1,)))
    color = directory.number(_COLOR, -1)
    colors = {0: 1, 1: 1, 2: 3}.get(color, 0)
    if len(depths) != 1 or len(formats) != 1 or not colors:
        return None
    if not colors <= samples <= _SAMPLES_AT_MOST:
        return None
    kind = _TYPES.get((formats.pop(), depths.pop()))
    if kind is None:
        return None
    extra = directory.numbers(_EXTRA, (2,) if samples == colors + 1 else ())  # some do not tell
    known = next((at for at, means in enumerate(extra) if means in (1, 2)), None)
    tile = (directory.number(_TILE_WIDTH), directory.number(_TILE_HEIGHT))
    return Layout(
        width=directory.number(_WIDTH),
        height=directory.number(_HEIGHT),
        kind=kind,
        samples=samples,
        colors=colors,
        alpha=colors + known if known is not None and colors + known < samples else None,
        multiplied=known is not None and extra[known] == 1,
        separate=directory.number(_PLANES, 1) == 2 and samples > 1,
        predictor=directory.number(_PREDICTOR, 1),
        tile=tile if _TILES in directory.entries else None,
        white_is_0=color == 0,
    )


def as_bytes(
    data: bytes, directory: Directory, layout: Layout, *, plane: int = 0
) -> TiffImagePlugin.TiffImageFile:
    """Return the picture as a gray one that is as wide as its rows have bytes, opened, not loaded.

    All other entries stay: color profile, EXIF data, texts. It lies upright for Pillow.

    Raises:
        ValueError: the file ends before its pixels do.
    """
    wide = np.dtype(layout.kind).itemsize * (1 if layout.separate else layout.samples)
    order, entries = directory.order, dict(directory.entries)
    for tag in (_PREDICTOR, _SUBDIRECTORIES, _EXTRA, _FORMAT, *_YCC):
        entries.pop(tag, None)
    width, height = layout.stored

    def put(tag: int, *values: int) -> None:
        entries[tag] = Entry(4, len(values), struct.pack(f"{order}{len(values)}I", *values))

    for tag, value in (
        (_WIDTH, width * wide), (_HEIGHT, height), (_BITS, 8), (_COLOR, 1), (_SAMPLES, 1),
        (_PLANES, 1), (_ORIENTATION, 1),
    ):  # fmt: skip
        put(tag, value)
    places, lengths = (_STRIPS, _LENGTHS) if layout.tile is None else (_TILES, _TILE_LENGTHS)
    if layout.tile is not None:
        put(_TILE_WIDTH, layout.tile[0] * wide)
        for tag in (_STRIPS, _LENGTHS, _ROWS):
            entries.pop(tag, None)
    for tag in (places, lengths):
        values = directory.numbers(tag)
        if layout.separate:
            each = len(values) // layout.samples
            values = values[plane * each : (plane + 1) * each]
        put(tag, *values)
    _refuse_cut(data, directory, layout, places, lengths)
    file = BytesIO(_with_directory(data, order, entries))
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # it is no picture of that size
    try:
        return cast("TiffImagePlugin.TiffImageFile", Image.open(file, formats=("TIFF",)))
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _refuse_cut(
    data: bytes, directory: Directory, layout: Layout, places: int, lengths: int
) -> None:
    """Raise if strips or tiles lie behind the end: the new directory would be taken for pixels."""
    starts = directory.numbers(places)
    sizes = list(directory.numbers(lengths, (0,) * len(starts)))
    if directory.number(_COMPRESSION, 1) == 1:  # some writers tell more than there has to be
        wide = np.dtype(layout.kind).itemsize * (1 if layout.separate else layout.samples)
        width, height = layout.stored
        if layout.tile is not None:
            sizes = [wide * layout.tile[0] * layout.tile[1]] * len(starts)
        else:
            rows = max(1, min(directory.number(_ROWS, height), height))
            each = -(-height // rows)
            left = (height - rows * (n % each) for n in range(len(starts)))
            sizes = [wide * width * max(0, min(rows, rest)) for rest in left]
    if any(start + size > len(data) for start, size in zip(starts, sizes, strict=False)):
        raise ValueError("the file ends in the middle")


def _with_directory(data: bytes, order: str, entries: dict[int, Entry]) -> bytes:
    """Return the content of a file with these entries behind it as its only directory."""
    behind = bytearray()
    start = len(data) + len(data) % 2
    table = struct.pack(f"{order}H", len(entries))
    first = start + len(table) + 12 * len(entries) + 4
    for tag, entry in sorted(entries.items()):
        field = entry.content
        if len(field) > 4:
            field = struct.pack(f"{order}I", first + len(behind))
            behind += entry.content + b"\0" * (len(entry.content) % 2)
        table += struct.pack(f"{order}HHI", tag, entry.kind, entry.count) + field.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return b"".join((head, data[8:], b"\0" * (len(data) % 2), table, bytes(4), behind))


def samples_in(
    planes: list[TiffImagePlugin.TiffImageFile], directory: Directory, layout: Layout
) -> tuple[Pixels, Pixels | None, list[Note]]:
    """Return pixels (H, W, 3) as stored, alpha (H, W) if there is some, and notes.

    Args:
        planes: what `as_bytes` opened: one, or one for each channel.
        directory: of the file.
        layout: of it.

    Raises:
        PictureError: floating-point numbers of which too many are above 1.
    """
    height, width = layout.height, layout.width
    dtype, white = (np.uint8, 255) if layout.kind == "u1" else (np.uint16, 65535)
    pixels = np.empty((height, width, 3), dtype)
    alpha = None if layout.alpha is None else np.empty((height, width), dtype)
    outside = 0
    for top, band in _bands(planes, directory.order, layout):
        rows = slice(top, top + len(band))
        if band.dtype.kind == "f":
            colored = band[..., : layout.colors]
            outside += int(np.count_nonzero(~((colored >= 0) & (colored <= 1))))
            scaled = np.nan_to_num(band, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
            band = (scaled.astype(np.float64) * white + 0.5).astype(np.uint16)
        color = band[..., : layout.colors]
        if layout.white_is_0:
            color = white - color
        if alpha is not None and layout.alpha is not None:
            alpha[rows] = band[..., layout.alpha]
            if layout.multiplied:
                full = color * (white / np.maximum(alpha[rows], 1))[..., None]
                color = np.minimum(full + 0.5, white).astype(dtype)
        pixels[rows] = color
    share = outside / (height * width * layout.colors)
    if share > _CLIPPED_AT_MOST:
        raise PictureError("white-undefined", "picture")
    notes: list[Note] = []
    if outside:
        notes.append(Note("values-clipped", percent=max(0.01, round(100 * share, 2))))
    unused = layout.samples - layout.colors - (layout.alpha is not None)
    if unused:
        notes.append(Note("extra-channels-left-behind", channels=unused))
    return cast("Pixels", pixels), cast("Pixels | None", alpha), notes


def _bands(
    planes: list[TiffImagePlugin.TiffImageFile], order: str, layout: Layout
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield rows of samples (rows, W, samples), in the machine's byte order, from top to bottom."""
    wide = layout.stored[0] * np.dtype(layout.kind).itemsize
    rows = rows_of_a_band(layout.width)
    for top in range(0, layout.height, rows):
        bottom = min(top + rows, layout.height)
        if layout.separate:
            parts = [
                _numbers(np.asarray(plane.crop((0, top, wide, bottom))), order, layout, 1)
                for plane in planes
            ]
            yield top, np.concatenate(parts, axis=-1)
        else:
            part = np.asarray(planes[0].crop((0, top, wide * layout.samples, bottom)))
            yield top, _numbers(part, order, layout, layout.samples)


def _numbers(stored: NDArray[np.uint8], order: str, layout: Layout, samples: int) -> NDArray[Any]:
    """Return the samples (rows, W, samples) in rows of bytes (rows, bytes), without differences."""
    across = layout.stored[0] if layout.tile is None else layout.tile[0]
    kind = np.dtype(layout.kind)
    length = across * samples * kind.itemsize
    parts = [
        _without_differences(stored[:, at : at + length], order, layout.predictor, kind, samples)
        for at in range(0, stored.shape[1], length)
    ]
    return np.concatenate(parts, axis=1)[:, : layout.width]


def _without_differences(
    stored: NDArray[np.uint8], order: str, predictor: int, kind: np.dtype[Any], samples: int
) -> NDArray[Any]:
    rows = len(stored)
    if predictor == 3:  # the bytes of one row: all first ones, all second ones ...
        summed = stored.reshape(rows, -1, samples).cumsum(axis=1, dtype=np.uint8)
        planes = summed.reshape(rows, kind.itemsize, -1).swapaxes(1, 2)
        values = np.ascontiguousarray(planes).view(kind.newbyteorder(">"))
        return values.astype(kind).reshape(rows, -1, samples)
    values = np.ascontiguousarray(stored).view(kind.newbyteorder(cast("Any", order))).astype(kind)
    values = values.reshape(rows, -1, samples)
    if predictor == 2:
        whole = np.dtype(f"u{kind.itemsize}")
        return values.view(whole).cumsum(axis=1, dtype=whole).view(kind)
    return values
