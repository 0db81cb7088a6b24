"""Libraries that only some formats need: imported when such a file is read, not before."""

from __future__ import annotations

from types import ModuleType

from llenhance.errors import MissingExtraError, PictureError, require


def library(module: str, *, extra: str, format: str) -> ModuleType:
    """Import a module that reads files of a format.

    Args:
        module: its name.
        extra: of llenhance, that brings it.
        format: what the files are called.

    Raises:
        PictureError: it is not installed. Other pictures can do without it.
    """
    try:
        return require(module, extra=extra)
    except MissingExtraError as missing:
        raise PictureError("decoder-missing", "picture", format=format, extra=extra) from missing
