"""The entries of the first directory of a TIFF file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PIL import TiffTags

from llenhance.pictures.credentials import TAG_OF_TIFF, credentials
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.tiff_exif import DESCRIPTIVE

# What says how the pixels are stored, what is carried along, and what has a note of its own.
_KNOWN: Final = DESCRIPTIVE | {
    *range(254, 260), *range(262, 269), 273, 274, *range(277, 285), *range(288, 294), 296, 297,
    317, 320, 321, *range(322, 326), 332, 334, 336, 338, 339, 340, 341, 347, *range(512, 522),
    529, 530, 531, 532, 700, 32995, 32996, 32997, 32998, 33723, 34377, 34675, 50674,
}  # fmt: skip
_NAMES: Final = {
    330: "pictures within the picture (SubIFDs)",
    37724: "Photoshop's layers (ImageSourceData)",
}


def others(data: bytes) -> Iterator[str]:
    """Name the parts that are left behind without another note."""
    directory = first_directory(data)
    entries = directory.entries
    if TAG_OF_TIFF in entries:
        yield credentials(entries[TAG_OF_TIFF].content)
    for tag in sorted(entries.keys() - _KNOWN - {TAG_OF_TIFF}):
        yield _named(tag)
    for tag in sorted(directory.repeated):
        yield f"another {_named(tag)}"


def _named(tag: int) -> str:
    name = TiffTags.lookup(tag).name
    return _NAMES.get(tag, name if name and name != "unknown" else f"tag {tag}")
