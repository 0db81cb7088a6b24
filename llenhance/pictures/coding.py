"""How a file was coded: what a result of the same format takes over, so that it is as good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """What a file tells of the way in which its pixels were compressed.

    Attributes:
        quality: 1 to 100, on the scale of the format's usual encoder; None if that cannot be told.
        subsampling: how finely color is stored, such as '4:4:4' (as finely as light) or '4:2:0'
            (half as finely, across and down); None if it cannot be told, or there is no color.
        progressive: whether the pixels come in passes, each finer than the one before.
        lossless: whether every value was kept, in a format that has both.
        bits: per channel, where the format has other depths than those of pixels: 10 or 12.
    """

    quality: int | None = None
    subsampling: str | None = None
    progressive: bool = False
    lossless: bool = False
    bits: int | None = None


UNKNOWN: Final = Coding()


def coding_for_result(
    source: Coding | None, *, asked: int | None, least: int, usual: int | None
) -> Coding:
    """Return how a result is coded.

    Args:
        source: of the picture's file, if that has the format of the result.
        asked: the quality that was asked for. It makes a lossless picture lossy.
        least: the quality that a result has at least, unless another was asked for.
        usual: quality of the format where nothing else is known; None if it is lossless.

    Returns:
        The coding; its quality is None if nothing gets lost.
    """
    coding = source or UNKNOWN
    if asked is not None:
        return replace(coding, quality=asked, lossless=False)
    if coding.lossless:
        return coding
    if coding.quality is None:
        return replace(coding, quality=usual)
    return replace(coding, quality=max(coding.quality, least))
