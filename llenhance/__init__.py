"""Brighten low-light photographs with a conditional normalizing flow (LLFlow, AAAI 2022).

Start at `enhancer.py`, the public class. From there: `picture.py` (files to pixels),
`conditioning.py` (pixels to network input), `model/` (the paper), `cli/` (the command).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer
    from llenhance.enhancing.wish import Enhanced, Wish
    from llenhance.errors import LlenhanceError, PictureError, ResourceError, WeightsError
    from llenhance.files.pictures import read_picture, write_picture
    from llenhance.model.architecture import Architecture
    from llenhance.pictures.picture import Picture

__all__ = [
    "Architecture",
    "Enhanced",
    "Enhancer",
    "LlenhanceError",
    "Picture",
    "PictureError",
    "ResourceError",
    "WeightsError",
    "Wish",
    "__version__",
    "read_picture",
    "write_picture",
]

__version__ = "0.1.0"

_HOMES = {
    "Architecture": "model.architecture",
    "Enhanced": "enhancing.wish",
    "Enhancer": "enhancer",
    "LlenhanceError": "errors",
    "Picture": "pictures.picture",
    "PictureError": "errors",
    "ResourceError": "errors",
    "WeightsError": "errors",
    "Wish": "enhancing.wish",
    "read_picture": "files.pictures",
    "write_picture": "files.pictures",
}


def __getattr__(name: str) -> object:  # torch takes seconds to import; `--help` shall not wait
    if name in _HOMES:
        return getattr(import_module(f"llenhance.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
