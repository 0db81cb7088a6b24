"""A small copy of a picture that is rendered again and again, as somebody moves sliders.

The plan is of the whole picture, so the copy looks as the result will. The network sees an even
smaller copy, whose effect is lifted to the small one (`enhancing/fast.py`); and it is asked again
only when brightness or variant change: strength, noise and protection are a finish of what it made.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from io import BytesIO
from threading import Lock
from typing import Final

import numpy as np
from PIL import Image

from llenhance.engine.engine import Engine
from llenhance.enhancing.fast import copy_size, lift, reduced
from llenhance.enhancing.finish import finished
from llenhance.enhancing.plan import Plan, look
from llenhance.enhancing.render import render
from llenhance.enhancing.sample import Sample
from llenhance.enhancing.seen import seen_in
from llenhance.enhancing.wish import Wish
from llenhance.memory import lack_of_memory_told
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.visible import visible_part

SHOWN: Final = 0.3
"""Size of the copy that is shown, in millions of pixels."""

COMPUTED: Final = 0.05
"""Size of the copy that the network sees, in millions of pixels."""

_KEPT: Final = 8  # results of the network: of brightness as it moves, and of variants
_QUALITY: Final = 90  # of the JPEG files that a page shows
_PAPER: Final = 255  # what is seen through a transparent picture: white

_FULL: Final = np.float32(65535)
_FULL_OF_8: Final = 257  # what a step of 8 bits is in 16


class LivePicture:
    """A small copy of one picture; threads may share it.

    Args:
        engine: Runs the network.
        picture: Of any size; it is not kept.

    Attributes:
        width: Of the whole picture.
        height: Of the whole picture.
    """

    def __init__(self, engine: Engine, picture: Picture) -> None:
        self.width, self.height = picture.width, picture.height
        self._engine = engine
        self._lock = Lock()
        self._latest = 0
        with lack_of_memory_told():
            seen = seen_in(picture)
            self._plan: Plan = look(seen.pixels, engine, weights=seen.visible.weights)
            self._whole = _small(seen.srgb)
            cover = picture.alpha
            self._alpha = None if cover is None else _small(np.repeat(cover[..., None], 3, 2))
        alpha = None if self._alpha is None else np.ascontiguousarray(self._alpha[..., 0])
        self._visible = visible_part(self._whole, alpha)
        self._dark = self._visible.cut(self._whole)
        height, width = copy_size(*self._dark.shape[:2], megapixels=COMPUTED)
        self._tiny_light = reduced(self._dark, height, width) / _FULL
        self._tiny = np.rint(self._tiny_light * _FULL).astype(np.uint16)
        self._bright: OrderedDict[tuple[float, Sample | None], Pixels] = OrderedDict()

    def before(self) -> bytes:
        """Return the copy as it is, a JPEG file."""
        return self._shown(self._whole)

    def turn(self) -> int:
        """Return the turn of a request, which overtakes those before it."""
        self._latest += 1
        return self._latest

    def after(self, wish: Wish, *, turn: int) -> bytes | None:
        """Return the copy as it would look, a JPEG file; None if a later turn has come by now.

        Args:
            wish: How it should look, without a target.
            turn: From `turn`.

        Raises:
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        with self._lock:
            if turn < self._latest:
                return None
            made = finished(self._dark, self._enhanced(wish), wish.finish)
            return self._shown(self._visible.placed(self._whole, made))

    def close(self) -> None:
        """Let what was computed go."""
        with self._lock:
            self._bright.clear()

    def _enhanced(self, wish: Wish) -> Pixels:
        """Return what the network makes of the copy, computed or remembered."""
        key = (wish.constant, wish.sample)
        if key not in self._bright:
            plan = self._plan.at(self._plan.predicted + wish.constant, self._engine)
            plan = replace(plan, keeps_light=not wish.may_darken, sample=wish.sample)
            bright = render(self._engine, self._tiny, plan)
            if bright.shape != self._dark.shape:
                bright = lift(self._dark, self._tiny_light, bright.astype(np.float32) / _FULL)
            self._bright[key] = bright
            while len(self._bright) > _KEPT:
                self._bright.popitem(last=False)
        self._bright.move_to_end(key)
        return self._bright[key]

    def _shown(self, pixels: Pixels) -> bytes:
        shown = pixels.astype(np.float32) / _FULL_OF_8
        if self._alpha is not None:
            shown = _PAPER + (shown - _PAPER) * (self._alpha.astype(np.float32) / _FULL)
        file = BytesIO()
        Image.fromarray(np.rint(shown).astype(np.uint8)).save(file, "JPEG", quality=_QUALITY)
        return file.getvalue()


def _small(pixels: Pixels) -> Pixels:
    """Return a copy of 16 bits: averages of dark pixels lie between the steps of 8 bits."""
    deep = _FULL_OF_8 if pixels.dtype == np.uint8 else 1
    size = copy_size(*pixels.shape[:2], megapixels=SHOWN)
    if size == pixels.shape[:2]:
        return (pixels.astype(np.uint16) * deep).astype(np.uint16)
    return np.rint(reduced(pixels, *size) * deep).astype(np.uint16)
