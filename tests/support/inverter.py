"""An enhancer for tests that counts what it is asked, and fails on request."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from llenhance.enhancing.confidence import Confidence
from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.estimate import Estimate
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.jobs.enhancers import AnyLook
from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence


class Inverter:
    """Makes a negative of every picture in two tiles, or raises what stands in its list."""

    model_name, device, precision, fast = "inverter", "cpu", "fp32", False
    model_sha256, tile, usual_tile = "0" * 64, 512, 512

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.calls = 0
        self.wish: Wish | None = None
        self.notes: tuple[Note, ...] = ()

    def enhance_picture(
        self,
        picture: Picture,
        wish: Wish = AUTOMATIC,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Enhanced:
        self.calls += 1
        self.wish = wish
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        if progress is not None:
            progress(1, 2)
            progress(2, 2)
        negative = picture.with_pixels(np.iinfo(picture.pixels.dtype).max - picture.pixels)
        return Enhanced(picture=negative, brightness=0.1, mean_grey=0.9, notes=self.notes)

    def look_at_all(
        self, pictures: PictureSequence, wish: Wish = AUTOMATIC, *, frames: bool = False
    ) -> AnyLook:
        raise NotImplementedError  # no test of batches has an animation

    def estimate(self, *, width: int, height: int) -> Estimate:
        return Estimate(seconds=width / 10, memory=height * 1e6)

    def confidence_of(self, picture: Picture, wish: Wish = AUTOMATIC) -> Confidence:
        """Return the same spread everywhere."""
        return Confidence(spread=np.full((picture.height, picture.width), 0.1, np.float32))
