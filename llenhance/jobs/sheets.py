"""Several results of a picture side by side, small, each with what it is underneath."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.wish import Wish
from llenhance.pictures.picture import Picture
from llenhance.pictures.shown import shown

PANEL: Final = 480
"""Pixels of the longer side of a panel; smaller pictures stay as they are."""

_NARROWEST: Final = 168  # pixels of a cell: its words are legible
_SHAPE: Final = 1.5  # width to height of a sheet, about
_GAP: Final = 8
_WORDS: Final = 17  # pixels of the larger letters, at the usual size of a cell
_PAPER: Final = (24, 24, 24)
_INK: Final = (240, 240, 240)
_FAINT: Final = (176, 176, 176)
_KEPT: Final = 64  # small results of a run: less than 50 MB


@dataclass(frozen=True, slots=True)
class Small:
    """A result, small, and how bright it is.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 in sRGB, at most `PANEL` pixels a side.
        brightness: The constant that made the result, relative to the predicted one.
        mean_grey: Mean gray of the result, 0..1.
    """

    pixels: NDArray[np.uint8]
    brightness: float
    mean_grey: float


class Smalls:
    """Small results that a later sheet of the same run may need. Threads may share it.

    It holds the latest ones alone; what is gone is made again.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Wish], Small] = OrderedDict()
        self._lock = Lock()

    def keep(self, source_sha256: str, wish: Wish, small: Small) -> None:
        """Keep what a wish made of a picture."""
        with self._lock:
            self._kept[source_sha256, wish] = small
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def take(self, source_sha256: str, wish: Wish) -> Small | None:
        """Return what a wish made of a picture, if it is known, and forget it."""
        with self._lock:
            return self._kept.pop((source_sha256, wish), None)


def small_of(enhanced: Enhanced) -> Small:
    """Return a result as it is shown on a sheet."""
    return Small(shown(enhanced.picture, PANEL), enhanced.brightness, enhanced.mean_grey)


def sheet_of(
    smalls: Sequence[Small], titles: Sequence[str], *, columns: int | None = None
) -> Picture:
    """Return a sheet of small results of one picture.

    Args:
        smalls: At least one, all of one size.
        titles: What each of them is called; nothing for its brightness.
        columns: Panels beside each other; None gives the sheet about the shape of a screen.
    """
    from PIL import Image, ImageDraw, ImageFont

    height, width = smalls[0].pixels.shape[:2]
    cell = max(width, _NARROWEST)
    scale = max(1.0, cell / 320)
    large, fine = (ImageFont.load_default(size=_WORDS * scale * part) for part in (1.0, 0.8))
    words = round(_WORDS * scale * 2.6)
    across, down = cell + _GAP, height + words + _GAP
    if columns is None:
        columns = min(len(smalls), max(1, round(math.sqrt(_SHAPE * len(smalls) * down / across))))
    rows = -(-len(smalls) // columns)
    sheet = Image.new("RGB", (columns * across + _GAP, rows * down + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (small, title) in enumerate(zip(smalls, titles, strict=True)):
        left, top = number % columns * across + _GAP, number // columns * down + _GAP
        sheet.paste(Image.fromarray(small.pixels), (left + (cell - width) // 2, top))
        middle, below = left + cell / 2, top + height + words * 0.1
        gray = f"gray {small.mean_grey:.2f}"
        told = f"brightness {_signed(small.brightness)}, {gray}" if title else gray
        title = title or _signed(small.brightness)
        draw.text((middle, below), title, _INK, font=large, anchor="ma")
        draw.text((middle, below + words * 0.5), told, _FAINT, font=fine, anchor="ma")
    return Picture.from_pil(sheet)


def _signed(brightness: float) -> str:
    return f"{brightness:+.3g}" if abs(brightness) >= 0.0005 else "0"
