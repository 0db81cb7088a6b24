"""Folders of pictures: which there are, by the stems of their names, and their 8-bit pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import UsageError
from llenhance.files.pictures import read_picture
from llenhance.files.whole import in_sentences
from llenhance.pictures.picture import FORMATS


def pictures_in(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by stem, sorted by name.

    Raises:
        UsageError: no such folder, none in it, or two with the same stem.
        PictureError: the folder cannot be read.
    """
    known = {extension for format in FORMATS.values() for extension in format.extensions}
    with in_sentences(folder):
        if not folder.is_dir():
            raise UsageError(str(folder), "is not a folder", "Name a folder of pictures")
        paths = sorted(folder.iterdir())
    found: dict[str, Path] = {}
    for path in paths:
        if path.suffix.lower() in known and not path.name.startswith("."):
            if path.stem in found:
                problem = f"has two pictures named {path.stem}"
                raise UsageError(str(folder), problem, "Rename one of them")
            found[path.stem] = path
    if not found:
        raise UsageError(str(folder), "has no pictures", "Name a folder of pictures")
    return found


def natural_order(stem: str) -> tuple[int, int, str]:
    """Return what stems are sorted by: numbers by their value, then names."""
    return (0, int(stem), stem) if stem.isdecimal() else (1, 0, stem)


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """Return the upright pixels ``(H, W, 3)`` of a picture file, in 8 bits.

    Raises:
        PictureError: it cannot be read, or is no picture that is known here.
        ResourceError: it does not fit into memory.
    """
    return eight_bits(read_picture(path).pixels)


def eight_bits(pixels: NDArray[np.uint8 | np.uint16]) -> NDArray[np.uint8]:
    """Return the upper 8 bits of 16, or 8 bits as they are."""
    return (pixels if pixels.dtype == np.uint8 else pixels >> 8).astype(np.uint8, copy=False)
