"""Find photographs on even ground: slides, albums, collages, polaroids, film strips, phone screens.

What is not ground falls into blobs. Those that are large rectangles with straight, sharp edges
(`frame.py` judges them) are photographs; all else, such as words, belongs to the surroundings. On
973 photographs without drawn surroundings, nights and dark rooms among them, nothing is found.
"""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.channels import largest_channel
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.even import even_areas
from llenhance.pictures.frame import Frame, frame_around
from llenhance.pictures.pixels import Pixels, Pixels8

Mask = NDArray[np.uint8]

_SIDE: Final = 512  # pixels of the longer side of the copy in which blobs are found
# 8-bit levels that neighbors on even ground may differ: first as in paper and in the shadows of
# photographs, then as in a JPEG, then not at all, for what is dark as its ground.
_EVEN: Final = (16, 6, 0)
_GROUND: Final = 0.01  # share of the copy that an even area at the border is, to be ground
_LEAST: Final = 0.2  # of the longer side: a photograph's shorter side
_AREA: Final = 0.1  # of the file: all photographs together
_WORDS: Final = 0.05  # of the longer side: what is no larger is no photograph
_FULL: Final = 0.9  # share of its rectangle that a photograph fills: corners may be round
_DOUBTFUL: Final = 0.02  # share of the file, from which what is no rectangle puts all in doubt
_BLACK: Final = 16  # 8-bit levels of a ground on which a dark photograph may be lost
_BAND: Final = 4  # pixels of ground around a photograph at which its edges are judged
_GROUND_COLOR: Final = 10  # 8-bit levels from the color of the ground that are another color
_SOLID: Final = 0.15  # share of a photograph, at least, that squares of other colors are
_JUMP: Final = 6  # 8-bit levels from shaded ground to a photograph
_SHADED: Final = 12  # 8-bit levels that shaded ground may differ along a side
_ALONG: Final = 0.85  # share of a side that is so
_DRAWN: Final = 0.3  # share of even areas, from which a rectangle is no photograph


def mounted_photographs(pixels: Pixels) -> list[Frame]:
    """Return the photographs on even ground, each as the frame around it; none if there are none.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16.
    """
    height, width = pixels.shape[:2]
    step = _step(pixels)
    small = to_8_bits(pixels[::step, ::step])
    least = int(_LEAST * max(small.shape[:2]))
    if min(small.shape[:2]) < max(least, 32):
        return []
    change = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    largest = largest_channel(cast("NDArray[np.uint8]", change))
    for even in _EVEN:
        ground = _ground(largest <= even)
        if ground is None:  # and none where less is even
            return []
        found = _rectangles(pixels, small, ground, least)
        if _area(found, height, width) >= _AREA * height * width:
            return found
    return []


def _step(pixels: Pixels) -> int:
    """Return how many pixels one of the small copy stands for, down and across."""
    return max(1, round(max(pixels.shape[:2]) / _SIDE))


def _area(found: list[Frame], height: int, width: int) -> int:
    """Return the pixels within frames."""
    return sum(
        (height - top - bottom) * (width - left - right) for top, bottom, left, right in found
    )


def _rectangles(pixels: Pixels, small: Pixels8, ground: Mask, least: int) -> list[Frame]:
    """Return the rectangles that the ground leaves and that are photographs."""
    step = _step(pixels)
    words = max(3, int(_WORDS * max(ground.shape)))
    blobs = cv2.morphologyEx(1 - ground, cv2.MORPH_OPEN, np.ones((words, words), np.uint8))
    stats = cast("NDArray[np.int32]", cv2.connectedComponentsWithStats(blobs, connectivity=4)[2])
    large: list[list[int]] = [blob for blob in stats[1:].tolist() if max(blob[2:4]) >= least]
    full = [_is_full(ground, blob, least) for blob in large]
    if not any(full):  # most photographs are done with here
        return []
    color = _median(small, ground)
    found: list[Frame] = []
    for (left, top, across, down, area), is_full in zip(large, full, strict=True):
        part = small[top : top + down, left : left + across]
        if _is_written(part, color, words) or _is_drawn(part):
            continue
        rows = top * step, (top + down) * step
        columns = left * step, (left + across) * step
        frame = _judged(pixels, rows, columns, step) if is_full else None
        if frame is not None:
            found.append(frame)
        elif area >= _DOUBTFUL * ground.size:
            return []  # perhaps it is a photograph too, and must not be left dark
    # On black a further photograph may be too dark to be seen.
    return [] if len(found) > 1 and color.max() <= _BLACK else found


def _is_full(ground: Mask, blob: list[int], least: int) -> bool:
    """Tell whether a blob fills its rectangle, which is large enough for a photograph."""
    left, top, across, down, _ = blob
    share = 1 - float(ground[top : top + down, left : left + across].mean())
    return min(across, down) >= least and share >= _FULL


def _median(small: Pixels8, ground: Mask) -> NDArray[np.float64]:
    """Return the median color of the ground."""
    counts = [cv2.calcHist([small], [channel], ground, [256], [0, 256]) for channel in range(3)]
    levels = [np.searchsorted(np.cumsum(count), float(np.sum(count)) / 2) for count in counts]
    return np.array(levels, np.float64)


def _ground(even: NDArray[np.bool_]) -> Mask | None:
    """Return where the even areas are that reach the border."""
    found = cv2.connectedComponents(even.astype(np.uint8), connectivity=4)
    labels = cast("NDArray[np.int32]", found[1])
    areas = np.bincount(labels.reshape(-1))  # in half the time of OpenCV's statistics
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    there = np.zeros(len(areas), bool)
    there[border] = True
    there &= areas >= _GROUND * labels.size
    there[0] = False
    if not there.any():
        return None
    ground = there.astype(np.uint8)[labels]
    # A change is seen a pixel away from it.
    return cast("Mask", cv2.dilate(ground, np.ones((3, 3), np.uint8)))


def _is_written(part: Pixels8, color: NDArray[np.float64], words: int) -> bool:
    """Tell whether a rectangle is a block of words: the ground is seen all over it."""
    levels = cv2.absdiff(part, np.append(color, 0.0))  # a color has four values for OpenCV
    other = (largest_channel(cast("NDArray[np.uint8]", levels)) > _GROUND_COLOR).astype(np.uint8)
    size = max(3, words // 2)
    squares = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    return float(np.asarray(squares).mean()) < _SOLID


def _is_drawn(part: Pixels8) -> bool:
    """Tell whether a rectangle is a card or a button, of even colors."""
    areas = even_areas(part)
    return areas is not None and sum(even.share for even in areas.colors) > _DRAWN


def _judged(
    pixels: Pixels, rows: tuple[int, int], columns: tuple[int, int], step: int
) -> Frame | None:
    """Return the exact frame around a rectangle if it is a photograph with sharp edges."""
    height, width = pixels.shape[:2]
    near = _BAND + 2 * step
    top, bottom = max(0, rows[0] - near), max(0, height - rows[1] - near)
    left, right = max(0, columns[0] - near), max(0, width - columns[1] - near)
    around = pixels[top : height - bottom, left : width - right]
    edges = frame_around(around, guess=False)
    beyond = (top, bottom, left, right)
    if any(not edge and out for edge, out in zip(edges, beyond, strict=True)):
        views = (around, around[::-1], around.swapaxes(0, 1), around[:, ::-1].swapaxes(0, 1))
        edges = Frame(
            *(
                _jump(view, near, 2 + 2 * step) if out else 0
                for view, out in zip(views, beyond, strict=True)
            )
        )
    if (
        any(not edge and out for edge, out in zip(edges, beyond, strict=True))
        or sum(edge > 0 for edge in edges) < 2
    ):
        return None
    return Frame(top + edges.top, bottom + edges.bottom, left + edges.left, right + edges.right)


def _jump(lines: Pixels, near: int, reach: int) -> int:
    """Return where a photograph begins all along a side, whatever shades the ground; 0 if nowhere.

    Args:
        lines: Rows from the outside inward.
        near: The row where it should begin.
        reach: How many rows it may begin before or after that one.
    """
    first, last = max(2, near - reach), min(len(lines) - 1, near + reach)
    ends = lines.shape[1] // 10  # a shadow begins and ends there
    rows = to_8_bits(lines[first - 2 : last + 1, ends : lines.shape[1] - ends])
    luma = cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_RGB2GRAY).astype(np.int16)
    steps = np.abs(np.diff(luma, axis=0))
    at = 1 + int(np.median(steps[1:], axis=1).argmax())
    jumps = steps[at] > np.maximum(_JUMP, 2 * steps[at - 1])
    outside = luma[at]
    flat = np.abs(outside - np.median(outside)) <= _SHADED
    return first - 1 + at if jumps.mean() >= _ALONG and flat.mean() >= _ALONG else 0
