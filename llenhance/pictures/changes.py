"""What changes from one frame of an animation to the next one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.picture import Picture


def same(picture: Picture, other: Picture) -> bool:
    """Tell whether two frames show the same."""
    covers = (picture.alpha, other.alpha)
    alike = all(cover is None for cover in covers) or (
        covers[0] is not None and covers[1] is not None and np.array_equal(covers[0], covers[1])
    )
    return alike and np.array_equal(picture.pixels, other.pixels)


def changed_part(
    picture: Picture, before: Picture | None, *, step: int = 1
) -> tuple[int, int, Picture]:
    """Return the top, the left and the pixels of what is new in a frame, without metadata.

    What has not changed is not drawn again, so it cannot flicker either.

    Args:
        picture: the frame.
        before: the one before, of the same size; None for the first: then all is new.
        step: the top and the left are multiples of it.
    """
    if before is None:
        return 0, 0, picture
    new = (picture.pixels != before.pixels).any(axis=2)
    if picture.alpha is not None and before.alpha is not None:
        new |= picture.alpha != before.alpha
    rows, columns = _span(new.any(axis=1), step), _span(new.any(axis=0), step)
    part = np.ascontiguousarray(picture.pixels[rows, columns])
    cover = None if picture.alpha is None else picture.alpha[rows, columns].copy()
    bare = replace(
        picture, pixels=part, alpha=cover, exif=None, xmp=None, iptc=None, dpi=None, texts=()
    )
    return rows.start, columns.start, bare


def _span(new: NDArray[np.bool_], step: int) -> slice:
    """Return from the first to the last that is new, one at least."""
    places = np.flatnonzero(new)
    if not len(places):
        return slice(0, 1)
    return slice(int(places[0]) // step * step, int(places[-1]) + 1)
