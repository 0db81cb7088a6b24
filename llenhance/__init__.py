"""Brighten low-light photographs with a conditional normalizing flow (LLFlow, AAAI 2022).

Start at `enhancer.py`, the public class. From there: `picture.py` (files to pixels),
`conditioning.py` (pixels to network input), `model/` (the paper), `cli/` (the command).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llenhance.architecture import Architecture
    from llenhance.enhancer import Enhancer
    from llenhance.errors import LlenhanceError, PictureError, ResourceError, WeightsError
    from llenhance.files import read_picture, write_picture
    from llenhance.picture import Picture
    from llenhance.wish import Enhanced, Wish

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
    "Architecture": "architecture",
    "Enhanced": "wish",
    "Enhancer": "enhancer",
    "LlenhanceError": "errors",
    "Picture": "picture",
    "PictureError": "errors",
    "ResourceError": "errors",
    "WeightsError": "errors",
    "Wish": "wish",
    "read_picture": "files",
    "write_picture": "files",
}


def __getattr__(name: str) -> object:  # torch takes seconds to import; `--help` shall not wait
    if name in _HOMES:
        return getattr(import_module(f"llenhance.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
