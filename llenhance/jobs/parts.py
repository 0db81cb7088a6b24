"""What a run makes of each picture in place of one result: variants of it, and sheets of several.

Each of them is a job of its own, with a name and a request of its own: `photo_v2.jpg`,
`photo_sheet.jpg`, `photo_series.jpg`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan
from typing import Final

from llenhance.enhancing.sample import MOST_VARIANTS, Sample
from llenhance.enhancing.wish import LARGEST_BRIGHTNESS, Wish
from llenhance.errors import UsageError, expect
from llenhance.jobs.request import Panel, Request

USUAL_COUNT: Final = 4
"""Variants on a sheet: the usual one, darker, brighter, warmer."""

MOST_VALUES: Final = 32
"""Panels of a series: more of them are too narrow to be looked at."""

_SHEET: Final = "sheet"
_SERIES: Final = "series"
_WORDS: Final = {1: "usual", 2: "darker", 3: "brighter", 4: "warmer", 5: "cooler"}
_EXACT: Final = 9  # decimals, so that 0.1 + 0.2 is 0.3

NAMES: Final = (*(f"v{number}" for number in range(1, MOST_VARIANTS + 1)), _SHEET, _SERIES)
"""What parts can be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the files that are made of each picture.

    Attributes:
        name: One of `NAMES`, which its file has behind that of the picture.
        wish: How bright it should be, and which sample; of a sheet that of all panels.
        panels: What is on a sheet; none if it is no sheet.
    """

    name: str
    wish: Wish
    panels: tuple[Panel, ...] = ()

    def of(self, request: Request) -> Request:
        """Return what is to be made, where all but the wish is as this request says."""
        return replace(request, wish=self.wish, panels=self.panels)


def parts_for(
    wish: Wish,
    *,
    variants: int | None = None,
    pick: int | None = None,
    sheet: bool = False,
    series: str | None = None,
    temperature: float = 1.0,
    seed: int = 0,
) -> tuple[Part, ...]:
    """Return what is made of each picture; nothing if that is one usual result.

    Args:
        wish: Of all of it.
        variants: How many variants to write, 1..16.
        pick: The number of the only variant to write.
        sheet: Whether to write a sheet of the variants; alone, without them.
        series: Brightness values of a strip, as FROM:TO:STEP.
        temperature: How far variants are from the usual result.
        seed: Of the variants from 6 on.

    Raises:
        UsageError: A value is out of range, or the wish is for a mean gray.
    """
    if not (variants is not None or pick is not None or sheet or series is not None):
        return ()
    if wish.exposure is not None or wish.target_mean is not None:
        raise UsageError("target-of-variants", "the target")
    if series is not None:
        panels = tuple(
            Panel(title="", wish=replace(wish, brightness=value)) for value in values_of(series)
        )
        return (Part(name=_SERIES, wish=wish, panels=panels),)

    def wish_of(number: int) -> Wish:
        return replace(wish, sample=Sample(number=number, temperature=temperature, seed=seed))

    if pick is not None:
        return (Part(name=f"v{pick}", wish=wish_of(pick)),)
    count = USUAL_COUNT if variants is None else variants
    expect(count, int, name="the number of variants")
    wishes = {number: wish_of(number) for number in range(1, count + 1)}
    wish_of(count)  # refuses 0 as well
    found = [Part(name=f"v{number}", wish=one) for number, one in wishes.items()]
    panels = tuple(
        Panel(title=f"v{number} {_WORDS.get(number, '')}".strip(), wish=one)
        for number, one in wishes.items()
    )
    sheets = [Part(name=_SHEET, wish=wish, panels=panels)] if sheet else []
    return (*([] if variants is None else found), *sheets)


def values_of(series: str) -> list[float]:
    """Return the brightness values that FROM:TO:STEP means; the last one is not beyond TO.

    Raises:
        UsageError: It is no such text, leads nowhere, has no step or too many values, or leaves
            -1..1.
    """
    try:
        first, last, step = (float(part) for part in series.split(":"))
    except ValueError as reason:
        raise UsageError("series-not-read", "series") from reason
    if any(map(isnan, (first, last, step))):
        raise UsageError("series-not-read", "series")
    if not (abs(first) <= LARGEST_BRIGHTNESS and abs(last) <= LARGEST_BRIGHTNESS):
        raise UsageError("series-out-of-range", "series", most=LARGEST_BRIGHTNESS)
    if step == 0:
        raise UsageError("series-without-step", "series")
    if not (last - first) * step > 0:
        raise UsageError("series-leads-nowhere", "series")
    count = int((last - first) / step + 1e-6) + 1 if abs(step) > 1e-6 else MOST_VALUES + 1
    if count > MOST_VALUES:
        raise UsageError("series-too-long", "series", most=MOST_VALUES)
    return [round(first + number * step, _EXACT) + 0.0 for number in range(count)]
