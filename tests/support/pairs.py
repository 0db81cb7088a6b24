"""Folders of dark pictures and their well-lit references, as `llenhance evaluate` takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture
from support.photographs import photograph

FORMATS = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP"}


def save(path: Path, values: NDArray[Any], *, exif: bytes | None = None) -> None:
    """Write pixels into a file whose extension says the format."""
    path.parent.mkdir(exist_ok=True)
    picture = Picture(pixels=Picture.from_array(values).pixels, exif=exif)
    data = encode(picture, format=FORMATS[path.suffix[1:]], name=path.name)
    path.write_bytes(data)


def save_pairs(folder: Path) -> None:
    """Write pairs 2, 10 and dusk into `low` and `high`, their files of different formats."""
    for seed, stem in enumerate(("2", "10", "dusk")):
        save(folder / "low" / f"{stem}.png", photograph(seed=seed) // 6)
        save(folder / "high" / f"{stem}.bmp", photograph(seed=seed))
