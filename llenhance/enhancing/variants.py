"""Several plausible results of one picture: what `Enhancer.variants` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from llenhance.enhancing.progress import Progress
from llenhance.enhancing.sample import Sample

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Generic[Kind]):
    """One of the plausible results of a picture.

    Attributes:
        picture: The result, of the kind that was given.
        brightness: The constant that made it, relative to the predicted one.
        mean_grey: Mean gray of its pixels, 0..1.
        sample: Which one it is; `Wish` takes it, to make it again.
    """

    picture: Kind
    brightness: float
    mean_grey: float
    sample: Sample

    @property
    def number(self) -> int:
        """1 for the usual result, and so on."""
        return self.sample.number


def counting(progress: Progress | None, *, before: int, count: int) -> Progress | None:
    """Return a progress that counts the tiles of one of several results among those of all.

    Args:
        progress: Of all of them.
        before: How many results are done.
        count: How many there will be.
    """
    if progress is None:
        return None
    return lambda done, tiles: progress(before * tiles + done, count * tiles)
