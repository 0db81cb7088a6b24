"""An enhancer for tests in which the network does not matter."""

from __future__ import annotations

import numpy as np

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.estimate import Estimate
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence


class StandIn:
    """Multiplies every value; by 1 it leaves pictures as they are."""

    model_name, model_sha256 = "stand-in", "0" * 64
    device, precision, tile, usual_tile, fast = "cpu", "fp32", 512, 512, False

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    def enhance_picture(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced:
        full = np.iinfo(picture.pixels.dtype).max
        bright = np.minimum(picture.pixels.astype(np.uint32) * self.factor, full)
        picture = picture.with_pixels(bright.astype(picture.pixels.dtype))
        mean = float(picture.pixels.mean() / full)
        if progress is not None:
            progress(1, 1)
        return Enhanced(picture=picture, brightness=0.0, mean_grey=mean)

    def look_at_all(
        self, pictures: PictureSequence, wish: Wish = AUTOMATIC, *, frames: bool = False
    ) -> Look:
        return Look(self)

    def estimate(self, *, width: int, height: int) -> Estimate:
        return Estimate(seconds=width / 10, memory=height * 1e6)


class Look:
    """Treats the frames of an animation as pictures."""

    def __init__(self, enhancer: StandIn) -> None:
        self._enhancer = enhancer

    def enhance(self, picture: Picture, *, progress: Progress | None = None) -> Enhanced:
        return self._enhancer.enhance_picture(picture, progress=progress)

    def correct(self, mean_grey: float) -> bool:
        return False

    def note(self, mean_grey: float) -> Note | None:
        return None
