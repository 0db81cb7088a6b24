"""Where the pixels of a TIFF lie, in strips or tiles, and whether there are as many as it takes.

libtiff and Pillow leave black what no strip holds, without a word.
"""

from __future__ import annotations

from typing import Final

from llenhance.pictures.formats.tiff_directory import Directory

_WIDTH, _HEIGHT, _STRIPS, _SAMPLES, _ROWS, _PLANES, _TILE_WIDTH, _TILE_HEIGHT, _TILES = (
    256, 257, 273, 277, 278, 284, 322, 323, 324,
)  # fmt: skip
_SEPARATE: Final = 2


def refuse_incomplete(directory: Directory) -> None:
    """Raise if there are fewer strips or tiles than the picture has.

    Raises:
        ValueError: there are.
    """
    width, height = directory.number(_WIDTH), directory.number(_HEIGHT)
    if _TILES in directory.entries:
        across, down = directory.number(_TILE_WIDTH), directory.number(_TILE_HEIGHT)
        if not across or not down:
            raise ValueError("its tiles have no size")
        found, each = directory.numbers(_TILES), -(-width // across) * -(-height // down)
    else:
        rows = max(1, directory.number(_ROWS, height))
        found, each = directory.numbers(_STRIPS), -(-height // rows)
    separate = directory.number(_PLANES, 1) == _SEPARATE
    if len(found) < each * (directory.number(_SAMPLES, 1) if separate else 1):
        raise ValueError("the file ends in the middle")
