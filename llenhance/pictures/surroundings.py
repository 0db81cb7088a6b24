"""What surrounds the picture, or the pictures, in a file: frames in frames, grounds, corners.

The finders look at pixels; here is in which order they are asked, and what is made of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.circle import outside_of_circle
from llenhance.pictures.corners import outside_of_corners
from llenhance.pictures.even import even_areas
from llenhance.pictures.frame import Frame, frame_around
from llenhance.pictures.mounted import mounted_photographs
from llenhance.pictures.pixels import Array, Pixels

Mask = NDArray[np.bool_]

_NONE: Final = Frame(0, 0, 0, 0)
_DEEPEST: Final = 4  # frames in each other: a table, a polaroid, its picture
_SMALLEST: Final = 8  # pixels a side that a picture in a frame has at least
_GROUND: Final = 0.05  # share of a picture that a ground with the color of its frame has at least
_DRAWN: Final = 0.5  # share of even areas from which a picture is a graphic


class Surroundings(NamedTuple):
    """What is no picture.

    Attributes:
        frame: The frames around the picture, together.
        outside: Which pixels within the frame are no picture either, ``(h, w)``; None if all are.
    """

    frame: Frame
    outside: Mask | None


def surroundings(pixels: Pixels) -> Surroundings:
    """Return what surrounds the picture in a file, or several pictures.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
    """
    frame = _NONE
    for _ in range(_DEEPEST):
        part = within(pixels, frame)
        mounted = mounted_photographs(part)
        if len(mounted) > 1:
            return _several(part, frame, mounted)
        inner = mounted[0] if mounted else frame_around(part)
        if not any(inner) or not _is_kept(part, inner):
            break
        frame = _added(frame, inner)
    if any(frame) and _is_drawn(within(pixels, frame)):  # a bar of a window, say
        frame = _NONE
    part = within(pixels, frame)
    outside = outside_of_circle(part)
    return Surroundings(frame, outside_of_corners(part) if outside is None else outside)


def within(pixels: Array, frame: Frame) -> Array:
    """Return the view of what lies within a frame, of ``(H, W, ...)`` values."""
    height, width = pixels.shape[:2]
    return cast(
        "Array", pixels[frame.top : height - frame.bottom, frame.left : width - frame.right]
    )


def _is_drawn(pixels: Pixels) -> bool:
    """Tell whether a picture is a graphic, which is one with its bars and borders."""
    areas = even_areas(pixels)
    return areas is not None and sum(even.share for even in areas.colors) > _DRAWN


def _added(outer: Frame, inner: Frame) -> Frame:
    return Frame(*(a + b for a, b in zip(outer, inner, strict=True)))


def _several(part: Pixels, frame: Frame, mounted: list[Frame]) -> Surroundings:
    """Return the frame around all of some pictures, and what lies between them."""
    around = Frame(*(min(sides) for sides in zip(*mounted, strict=True)))
    outside = np.ones(part.shape[:2], bool)
    for picture in mounted:
        within(outside, picture)[:] = False
    return Surroundings(_added(frame, around), within(outside, around))


def _is_kept(pixels: Pixels, frame: Frame) -> bool:
    """Tell whether a frame is one: it leaves something, and is not a ground that goes on in it."""
    part = within(pixels, frame)
    if min(part.shape[:2]) < _SMALLEST:
        return False
    areas = even_areas(part)
    if areas is None:
        return True
    near = 2 * (257 if pixels.dtype == np.uint16 else 1)
    lines = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    sides = [line for line, depth in zip(lines, frame, strict=True) if depth]
    colors = np.array([np.median(side, axis=0) for side in sides])
    return not any(
        bool((np.abs(colors - even.color.astype(np.float64)).max(axis=1) <= near).any())
        for even in areas.colors
        if even.share >= _GROUND
    )
