"""Folders of pictures: the pictures in them by stem, and their 8-bit pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import UsageError
from llenhance.files.pictures import read_picture
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.formats import readable_extensions
from llenhance.pictures.spaces import as_srgb
from llenhance.system import system_errors


def pictures_in(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by stem (the name without extension), sorted by name.

    Raises:
        UsageError: it is not a folder, cannot be read, has no pictures, or has two with the same
            stem.
    """
    known = readable_extensions()
    with system_errors(folder, UsageError):
        if not folder.is_dir():
            raise UsageError("not-a-folder", str(folder))
        paths = sorted(folder.iterdir())
    found: dict[str, Path] = {}
    for path in paths:
        if path.suffix.lower() in known and not path.name.startswith("."):
            if path.stem in found:
                raise UsageError("same-stem-twice", str(folder), stem=path.stem)
            found[path.stem] = path
    if not found:
        raise UsageError("no-pictures-in-folder", str(folder))
    return found


def natural_order(stem: str) -> tuple[int, int, str]:
    """Return the key that sorts stems: numbers by value first, then names."""
    return (0, int(stem), stem) if stem.isdecimal() else (1, 0, stem)


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """Return the upright pixels ``(H, W, 3)`` of a picture file, in sRGB of 8 bits.

    Raises:
        PictureError: the file cannot be read, or holds no picture in a format that can be read.
        ResourceError: there is not enough memory.
    """
    return to_8_bits(as_srgb(read_picture(path)))
