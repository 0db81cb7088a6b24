"""What of a file's pixels is picture: not its frame, and not what transparency hides.

Tables, thumbnail, brightness and mean gray are of the picture alone; what is no picture stays as it
is in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.messages.note import Note
from llenhance.pictures.frame import Frame
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.surroundings import surroundings, within

Weights = NDArray[np.float32]
"""``(H, W)``, 0..1: how much each pixel counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visible:
    """The part of a file's pixels that is picture.

    Attributes:
        size: Height and width of the file's pixels.
        frame: The uniform frame around the picture.
        weights: Of the pixels within the frame, ``(h, w)``; None if all count alike. Pixels of
            weight 0 are not seen: they are hidden by transparency, or lie around a round picture,
            in rounded corners or between several pictures.
        is_alone: Whether the weights tell what surrounds a picture, and not transparency.
    """

    size: tuple[int, int]
    frame: Frame
    weights: Weights | None = None
    is_alone: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether every pixel is picture, and counts alike."""
        return not any(self.frame) and self.weights is None

    def note(self) -> Note | None:
        """Return what is to be said of a frame or other surroundings; None if there is none."""
        if any(self.frame):
            return Note("frame-kept", **self.frame._asdict())
        return Note("surroundings-kept") if self.is_alone else None

    def with_alpha(self, alpha: Pixels | None) -> Visible:
        """Return what is visible of another picture in the same surroundings."""
        cover = None if alpha is None else _cover(self.part(alpha))
        return self if cover is None else replace(self, weights=cover, is_alone=False)

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

    def placed_in_nothing(self, values: Weights) -> Weights:
        """Return values of the picture, ``(h, w)``, in its place; 0 is where nothing is seen."""
        if self.is_everything:
            return values
        result = np.zeros(self.size, np.float32)
        seen = values if self.weights is None else np.where(self.weights > 0, values, 0)
        within(result, self.frame)[:] = seen
        return result

    def part(self, pixels: Pixels) -> Pixels:
        """Return the view of what lies within the frame."""
        return within(pixels, self.frame)


def visible_part(pixels: Pixels, alpha: Pixels | None = None) -> Visible:
    """Find out what of a file's pixels is picture.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
        alpha: ``(H, W)`` of the same type, or None.
    """
    frame, outside = surroundings(pixels)
    weights = None if alpha is None else _cover(within(alpha, frame))
    is_alone = weights is None and outside is not None
    if weights is None and outside is not None:
        weights = (~outside).astype(np.float32)
    return Visible(size=pixels.shape[:2], frame=frame, weights=weights, is_alone=is_alone)


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
