"""What of a file's pixels is picture: not its frame, and not what transparency hides.

Tables, thumbnail, brightness and mean gray are of the picture alone; what is no picture stays as it
is in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.messages.note import Note
from llenhance.pictures.circle import outside_of_circle
from llenhance.pictures.even import even_areas
from llenhance.pictures.frame import Frame, frame_around
from llenhance.pictures.pixels import Pixels

Weights = NDArray[np.float32]
"""``(H, W)``, 0..1: how much each pixel counts."""

_SMALLEST: Final = 8  # pixels a side that a picture in a frame has at least
_GROUND: Final = 0.05  # share of a picture that a ground with the color of its frame has at least


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visible:
    """The part of a file's pixels that is picture.

    Attributes:
        size: Height and width of the file's pixels.
        frame: The uniform frame around the picture.
        weights: Of the pixels within the frame, ``(h, w)``; None if all count alike. Pixels of
            weight 0 are not seen: they are hidden by transparency, or lie around a round picture.
        is_round: Whether the weights are those of a round picture.
    """

    size: tuple[int, int]
    frame: Frame
    weights: Weights | None = None
    is_round: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether every pixel is picture, and counts alike."""
        return not any(self.frame) and self.weights is None

    def note(self) -> Note | None:
        """Return what is to be said of a frame or of a round picture; None if there is none."""
        if any(self.frame):
            return Note("frame-kept", **self.frame._asdict())
        return Note("surroundings-kept") if self.is_round else None

    def with_alpha(self, alpha: Pixels | None) -> Visible:
        """Return what is visible of another picture in the same surroundings."""
        if alpha is None:
            return self
        return replace(self, weights=_cover(self.part(alpha)), is_round=False)

    def cut(self, pixels: Pixels) -> Pixels:
        """Return the picture within the frame; what is not seen is filled from its neighbors."""
        part = np.ascontiguousarray(self.part(pixels))
        if self.weights is None:
            return part
        return _filled(part, np.asarray(self.weights > 0))

    def placed(self, pixels: Pixels, enhanced: Pixels) -> Pixels:
        """Return the file's pixels with the enhanced picture in its place."""
        if self.is_everything:
            return enhanced
        result = pixels.copy()
        part = self.part(result)
        if self.weights is None:
            part[:] = enhanced
        else:
            np.copyto(part, enhanced, where=(self.weights > 0)[..., None])
        return result

    def part(self, pixels: Pixels) -> Pixels:
        """Return the view of what lies within the frame."""
        height, width = pixels.shape[:2]
        top, bottom, left, right = self.frame
        return pixels[top : height - bottom, left : width - right]


def visible_part(pixels: Pixels, alpha: Pixels | None = None) -> Visible:
    """Find out what of a file's pixels is picture.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
        alpha: ``(H, W)`` of the same type, or None.
    """
    height, width = pixels.shape[:2]
    frame = frame_around(pixels)
    inner = height - frame.top - frame.bottom, width - frame.left - frame.right
    if min(inner) < _SMALLEST or _goes_on(pixels, frame):
        frame = Frame(0, 0, 0, 0)
    part = pixels[frame.top : height - frame.bottom, frame.left : width - frame.right]
    weights: Weights | None = None
    if alpha is not None:
        weights = _cover(alpha[frame.top : height - frame.bottom, frame.left : width - frame.right])
    if weights is None:
        outside = outside_of_circle(part)
        weights = None if outside is None else (~outside).astype(np.float32)
    is_round = alpha is None and weights is not None
    return Visible(size=(height, width), frame=frame, weights=weights, is_round=is_round)


def visible_in_all(frames: Iterable[Pixels]) -> Visible:
    """Find out what is picture in all frames of an animation, which share one frame around it.

    Args:
        frames: ``(H, W, 3)`` each, of one size and type; at least one.
    """
    total, count, kind = np.zeros((1, 1, 3), np.float32), 0, np.dtype(np.uint8)
    for pixels in frames:
        total = total + pixels.astype(np.float32)
        count, kind = count + 1, pixels.dtype
    # Bars are as even in the mean as in each frame; one that is black all over has none to be seen.
    return visible_part(np.rint(total / max(1, count)).astype(kind))


def _cover(alpha: Pixels) -> Weights | None:
    """Return how much each pixel counts; None if all do, or none does."""
    top = np.iinfo(alpha.dtype).max
    if alpha.min() == top or not alpha.any():
        return None
    return (alpha / np.float32(top)).astype(np.float32)


def _goes_on(pixels: Pixels, frame: Frame) -> bool:
    """Tell whether a frame is the ground of a graphic, which goes on within it."""
    height, width = pixels.shape[:2]
    top, bottom, left, right = frame
    if not any(frame):
        return False
    areas = even_areas(pixels[top : height - bottom, left : width - right])
    if areas is None:
        return False
    near = 2 * (257 if pixels.dtype == np.uint16 else 1)
    sides = [
        side
        for side, depth in zip(
            (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]), frame, strict=True
        )
        if depth
    ]
    colors = np.array([np.median(side, axis=0) for side in sides])
    return any(
        bool((np.abs(colors - even.color.astype(np.float64)).max(axis=1) <= near).any())
        for even in areas.colors
        if even.share >= _GROUND
    )


def _filled(pixels: Pixels, seen: NDArray[np.bool_]) -> Pixels:
    """Fill what is not seen with the average of what is seen around it, coarser farther away."""
    if seen.all():
        return pixels
    values = pixels.astype(np.float32)
    known = seen.astype(np.float32)
    filled = _pushed_and_pulled(values * known[..., None], known)
    result = pixels.copy()
    np.copyto(result, np.rint(filled).astype(pixels.dtype), where=~seen[..., None])
    return result


def _pushed_and_pulled(sums: Weights, known: Weights) -> Weights:
    """Return averages everywhere, from sums of values and weights: halve, fill, enlarge again."""
    average = (sums / np.maximum(known, 1e-6)[..., None]).astype(np.float32)
    height, width = known.shape
    if known.min() > 0 or max(height, width) == 1:
        return average
    size = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    fewer = cast("Any", cv2.resize(sums, size, interpolation=cv2.INTER_AREA))
    weights = cast("Any", cv2.resize(known, size, interpolation=cv2.INTER_AREA))
    coarse = _pushed_and_pulled(fewer, weights)
    around = cast("Any", cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.where(known[..., None] > 0, average, around).astype(np.float32)
