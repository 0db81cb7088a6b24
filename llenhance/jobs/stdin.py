"""Standard input: what comes from it, and the name that it would have as a file."""

from __future__ import annotations

import sys
from io import UnsupportedOperation
from pathlib import Path

from llenhance.errors import PictureError
from llenhance.files.reading import read_stream
from llenhance.pictures.formats import FORMATS, format_in
from llenhance.system import system_errors


def read_stdin() -> bytes:
    """Return what comes from standard input: all of it, or its beginning if that is no picture.

    Raises:
        PictureError: It is closed or cannot be read.
        ResourceError: There is not enough memory.
    """
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed: <&-
        raise PictureError("stdin-closed", "standard input")
    with system_errors("standard input"):
        try:
            return read_stream(sys.stdin.buffer.read, name="standard input")
        except UnsupportedOperation as reason:  # it is open for writing only
            raise PictureError("stdin-closed", "standard input") from reason


def stdin_as_file(data: bytes | None) -> Path:
    """Return the name that standard input would have as a file."""
    format = format_in(data) if data else None
    return Path(f"stdin{FORMATS[format].extensions[0]}" if format else "stdin")
