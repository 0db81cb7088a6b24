"""The figures that a page shows of each picture: what they are called, mean, and look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from llenhance.compare.looking import Seen, SeenRow
from llenhance.errors import LlenhanceError
from llenhance.jobs.evaluate import GREY, PRODUCED, SCALED


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that the table shows of each picture.

    Attributes:
        key: Its name in `Seen`.
        group: `PRODUCED`, `SCALED`, or '' for what is said of a picture alone.
        title: What people call it.
        means: What it is, in a sentence.
        digits: After the point.
        percent: Whether a share is shown in percent.
        best: Whether the best one 'rises' or 'falls'; '' if there is none.
        shown: Whether it is shown at first.
    """

    key: str
    group: str = ""
    title: str
    means: str
    digits: int
    percent: bool = False
    best: str = ""
    shown: bool = True

    @property
    def id(self) -> str:
        return f"{self.group}-{self.key}" if self.group else self.key

    def of(self, seen: Seen) -> float | None:
        """Return its value for a picture; None if there is none."""
        figures = seen.compared.get(self.group, {}) if self.group else seen.alone
        return figures.get(self.key)

    def written(self, value: float) -> str:
        """Return a value as the page shows it."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.{self.digits}f}"


def _scores() -> list[Figure]:
    psnr = "Peak signal-to-noise ratio against the reference, over all colors: more is better."
    ssim = "Structural similarity of the gray pictures, at most 1: more is better."
    lpips = "Distance as people see it, by a trained network: less is better."
    scaled = "The same after the picture was scaled to the mean gray of its reference, "
    scaled += "so that brightness does not count."
    found: list[Figure] = []
    for key, title, means, digits, best in (
        ("psnr", "PSNR, dB", psnr, 2, "rises"),
        ("ssim", "SSIM", ssim, 3, "rises"),
        ("lpips", "LPIPS", lpips, 3, "falls"),
    ):
        for group, name, told in ((PRODUCED, title, means), (SCALED, f"{title}, scaled", scaled)):
            one = Figure(key=key, group=group, title=name, means=told, digits=digits, best=best)
            found.append(one)
    return found


_COMPARED: Final = tuple(_scores())
_ALONE: Final = (
    Figure(
        key=GREY,
        title="Mean gray",
        means="Of the visible part of the picture; 0 is black, 1 is white.",
        digits=3,
    ),
    Figure(
        key="clip_black",
        title="Black",
        means="Share of pixels that are wholly black, so that nothing can be seen in them.",
        digits=1,
        percent=True,
        shown=False,
    ),
    Figure(
        key="clip_white",
        title="Burned out",
        means="Share of pixels of which a color is at its maximum.",
        digits=1,
        percent=True,
    ),
    Figure(
        key="noise",
        title="Noise",
        means="Estimated standard deviation of noise in even areas, in 8-bit steps. "
        "What is made brighter has more of it, so compare it at the same mean gray.",
        digits=2,
    ),
)


def figures_of(rows: Sequence[SeenRow]) -> list[Figure]:
    """Return the figures that any picture has."""
    seen = [cell for row in rows for cell in row.cells if isinstance(cell, Seen)]
    return [one for one in (*_COMPARED, *_ALONE) if any(one.of(cell) is not None for cell in seen)]


def value_of(figure: Figure, cell: Seen | LlenhanceError | None) -> float | None:
    """Return the value of a figure for what is in a cell; None if there is none."""
    return figure.of(cell) if isinstance(cell, Seen) else None


def best_of(figure: Figure, values: Iterable[float | None]) -> float | None:
    """Return the best of several values, if there is one."""
    known = [value for value in values if value is not None]
    if not figure.best or len(known) < 2:
        return None
    return max(known) if figure.best == "rises" else min(known)
