"""The frames of animations that Pillow composes as a viewer shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import cast

import numpy as np
from PIL import Image, ImageFile

from llenhance.pictures import guard
from llenhance.pictures.picture import Picture
from llenhance.pictures.pillow import to_pillow
from llenhance.pictures.pixels import equal_channels
from llenhance.pictures.sequence import PictureSequence, Timing

Open = Callable[[], ImageFile.ImageFile]
"""Opens the file anew: two who go through the frames do not disturb each other."""

Read = Callable[[ImageFile.ImageFile], Picture]
"""Returns the picture that an image is at."""


def frames_in(
    opened: Open, read: Read, *, plays: Callable[[int | None], int]
) -> PictureSequence | None:
    """Return the frames of an animation; None if the file has one picture.

    All frames are decoded once, and none of them is kept: some formats tell how long a frame is
    shown, and whether it is transparent, only together with its pixels.

    Args:
        opened: opens the file.
        read: returns the picture that an image is at; the first one says what is true of all.
        plays: from the number that the file tells, or None, to how often the frames are shown.

    Raises:
        PictureError: the frames have more pixels together than can be meant.
    """
    image = opened()
    count = cast("int", getattr(image, "n_frames", 1))
    if count < 2:
        return None
    guard.check_all(count, count * image.width * image.height, kind="frames")
    milliseconds: list[float] = []
    clear, gray = False, True
    for picture in _pictures(image, count, read):
        # Of some formats, the time is known when the frame is loaded.
        milliseconds.append(max(0.0, float(image.info.get("duration") or 0)))
        clear |= picture.alpha is not None and bool(picture.alpha.min() < 255)
        gray &= picture.gray or equal_channels(picture.pixels)
    told = image.info.get("loop")
    return PictureSequence(
        kind="frames",
        count=count,
        read=lambda: _alike(_pictures(opened(), count, read), clear=clear, gray=gray),
        timing=Timing(
            milliseconds=tuple(milliseconds),
            plays=plays(told if isinstance(told, int) else None),
        ),
    )


def _pictures(image: ImageFile.ImageFile, count: int, read: Read) -> Iterator[Picture]:
    for frame in range(count):
        image.seek(frame)
        yield read(image)


def _alike(pictures: Iterable[Picture], *, clear: bool, gray: bool) -> Iterator[Picture]:
    """Yield frames that say the same; all of them have alpha if one is transparent somewhere."""
    first: Picture | None = None
    for picture in pictures:
        first = picture if first is None else first
        alpha = picture.alpha if clear else None
        if clear and alpha is None:
            full = np.iinfo(picture.pixels.dtype).max
            alpha = np.full(picture.pixels.shape[:2], full, picture.pixels.dtype)
        yield replace(first, pixels=picture.pixels, alpha=alpha, gray=first.gray and gray)


class Reel(Image.Image):
    """Pictures that Pillow takes one by one while it writes an animation.

    It asks for the first frame several times, and for each of the others once, in their order.
    """

    is_animated = True

    def __init__(self, pictures: Iterable[Picture]) -> None:
        super().__init__()
        self._pictures = iter(pictures)
        self._at = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        if frame <= self._at:
            return
        picture = next(self._pictures, None)
        if picture is None:
            raise EOFError
        image = to_pillow(picture.pixels, picture.alpha)
        self.im, self._mode, self._size = image.im, image.mode, image.size
        self._at = frame

    def tell(self) -> int:
        return max(0, self._at)
