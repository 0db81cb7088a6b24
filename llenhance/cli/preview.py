"""`--preview`: before and after, side by side in the terminal.

textual-image asks the terminal what it can show: pictures (kitty's protocol, or sixel, which iTerm2
and many others know), else colored half blocks. What people read goes to standard error, and so do
these.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from llenhance.cli.terminal import Terminal, is_terminal
from llenhance.errors import LlenhanceError, UsageError, require

if TYPE_CHECKING:
    from PIL.Image import Image

    from llenhance.jobs.results import Result

_SIDE: Final = 720  # pixels of the longer side of each picture, at most
_GAP: Final = 8  # pixels between the two
_BETWEEN: Final = 128  # their gray
_ROWS_FOR_WORDS: Final = 4  # rows of the terminal that stay free
_CELL: Final = 2  # a cell of a terminal is about twice as high as wide


class Shown:
    """Shows pictures in the terminal. Make it before any bar: it may ask the terminal questions.

    Args:
        terminal: Where they are shown.

    Raises:
        UsageError: Standard error is no terminal, or one that cannot show colors.
        MissingExtraError: textual-image is not installed.
    """

    def __init__(self, terminal: Terminal) -> None:
        console = terminal.console
        if not console.is_terminal or console.is_dumb_terminal or not _has_size():
            raise UsageError("preview-needs-terminal", "standard error")
        logging.getLogger("textual_image").addHandler(logging.NullHandler())
        if _can_be_asked():
            kind = require("textual_image.renderable", extra="preview").Image
        else:
            kind = require("textual_image.renderable.halfcell", extra="preview").Image
        if console.no_color and kind.__module__.endswith("halfcell"):
            raise UsageError("preview-needs-color", "standard error")
        self._terminal, self._kind = terminal, kind

    def show(self, result: Result) -> None:
        """Show a picture and its result, if one was written: of several in a file, the first."""
        if result.status != "written" or result.output is None:
            return
        try:
            picture = side_by_side(Path(result.input), Path(result.output))
        except LlenhanceError as error:  # the file has just been read or written
            self._terminal.fail(error)
            return
        console = self._terminal.console
        rows = max(2, console.height - _ROWS_FOR_WORDS)
        width = min(console.width, round(rows * _CELL * picture.width / picture.height))
        console.print(self._kind(picture, width=max(2, width), height="auto"))
        half = max(2, width) // 2
        self._terminal.say(f"{'before':<{half}} {'after'}" if half > len("before") else "")


def side_by_side(before: Path, after: Path) -> Image:
    """Return small copies of two pictures of a size, beside each other.

    Args:
        before: A picture file.
        after: Another.

    Raises:
        PictureError: One of them cannot be read.
        ResourceError: There is not enough memory.
    """
    from PIL import Image

    from llenhance.files.pictures import read_picture
    from llenhance.pictures.shown import shown

    left, right = (shown(read_picture(path), _SIDE) for path in (before, after))
    between = np.full((left.shape[0], _GAP, 3), _BETWEEN, np.uint8)
    return Image.fromarray(np.hstack([left, between, right]))


def _has_size() -> bool:
    """Tell whether the terminal knows its size: one that says 0 columns can be drawn in by nobody.

    Without a terminal on standard output, nobody asks.
    """
    if sys.__stdout__ is None or not is_terminal(sys.__stdout__):
        return True
    return min(os.get_terminal_size(sys.__stdout__.fileno())) > 0


def _can_be_asked() -> bool:
    """Tell whether a question to the terminal would be answered: it goes through both streams."""
    return (
        os.name == "posix"
        and all(is_terminal(stream) for stream in (sys.__stdin__, sys.__stdout__))
        and os.environ.get("TERM") not in (None, "", "dumb")
    )
