"""Which of the plausible results: what is added to the latent mean before it is decoded.

The flow gives every latent a picture; the usual result is that of the latent mean. A `Sample` is
another latent near it: darker or brighter, in warmer or cooler light, lit from elsewhere. All of
that is smooth over the picture; noise that is not gives grain, and no other picture
(`docs/decisions/0024-variants.md`). It is a function of the place in the whole picture, so tiles
agree, a small copy agrees with the picture, and a window takes no more than its own latent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from llenhance.enhancing.numbers import number as number_in
from llenhance.errors import UsageError, expect
from llenhance.model.architecture import STRIDE

if TYPE_CHECKING:  # it imports torch, and a wrong sample is refused at once
    from llenhance.model.context import Extent

MOST_VARIANTS: Final = 16
"""Numbers of samples go from 1 to this."""

HOTTEST: Final = 2.0
"""Largest temperature: twice as far from the usual result as a tenth of the references are."""

LARGEST_SEED: Final = 2**32 - 1

_BRIGHTNESS: Final = 0.08
"""Of 83 validation pairs, a tenth are darker than predicted by 0.077 of b, a tenth brighter by
0.074: benchmarks/spread.py."""

_WARMTH: Final = 0.4
"""Of the red third of the latent, and less of the blue one. By eye, a warm or a cool evening: the
references differ by 0.02 there (standard deviation), which nobody sees."""

_LIGHTING: Final = 0.18
"""Standard deviation over the picture of where the light falls. By eye."""

_ANGLES: Final = {2: math.pi, 3: 0.0, 4: math.pi / 2, 5: -math.pi / 2}
_GOLDEN: Final = math.pi * (3 - math.sqrt(5))  # no two multiples of it point in one direction
_WAVES: Final = 3  # cosines of 0, 1/2 and 1 periods along each axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of the plausible results. Each one depends on these numbers alone, on no other sample.

    1 is the usual result, 2 is darker, 3 brighter, 4 in warmer light, 5 in cooler light. From 6 on,
    the seed says how bright and how warm each one is, and where its light falls.

    Attributes:
        number: 1..16.
        temperature: Above 0, up to 2: how far from the usual result. At 1, the darker and the
            brighter one are where a tenth of references lie beyond.
        seed: 0..2^32-1; of the samples from 6 on.

    Raises:
        UsageError: A value is out of range.
    """

    number: int = 1
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("number", 1, MOST_VARIANTS), ("seed", 0, LARGEST_SEED)):
            value: Any = getattr(self, name)
            expect(value, int, name=name)
            whole = int(value)  # numpy's are welcome
            if not least <= whole <= most:
                raise UsageError("sample-out-of-range", name, value=whole, least=least, most=most)
            object.__setattr__(self, name, whole)
        temperature = number_in(self.temperature, name="temperature")
        if not 0 < temperature <= HOTTEST:  # refuses NaN as well
            raise UsageError("temperature-out-of-range", "temperature", most=HOTTEST)
        object.__setattr__(self, "temperature", temperature)

    @property
    def is_usual(self) -> bool:
        """Whether it is the result that is made without one: its number says all."""
        return self.number == 1

    @property
    def brightness(self) -> float:
        """Constant that is added to the user's."""
        return 0.0 if self.is_usual else self.temperature * _BRIGHTNESS * _cos(self._angle)

    @property
    def warmth(self) -> float:
        """What the red third of the latent gets more, and the blue third less."""
        return 0.0 if self.is_usual else self.temperature * _WARMTH * _sin(self._angle)

    @property
    def _angle(self) -> float:
        """Direction between brightness and warmth: all samples are equally far from the mean."""
        if self.number in _ANGLES:
            return _ANGLES[self.number]
        first = float(np.random.default_rng(self.seed).uniform(0, 2 * math.pi))
        return first + _GOLDEN * (self.number - 6)

    def added_to_latent(self, rows: Extent, columns: Extent) -> NDArray[np.float32] | None:
        """Return what is added to the latent mean of a window, apart from `brightness`.

        Args:
            rows: The window's extent from top to bottom; start and length are multiples of 8.
            columns: The window's extent from left to right, likewise.

        Returns:
            ``(1, 192, 1, 1)`` or ``(1, 192, H/8, W/8)``; None for nothing.
        """
        if self.is_usual or self.number in (2, 3):
            return None
        thirds = np.array([self.warmth, 0.0, -self.warmth], np.float32)
        added = thirds.repeat(STRIDE**2).reshape(1, -1, 1, 1)
        return added if self.number in _ANGLES else added + self._lighting(rows, columns)

    def _lighting(self, rows: Extent, columns: Extent) -> NDArray[np.float32]:
        """Return a smooth random field, ``(1, 1, H/8, W/8)``, of mean 0 over the whole picture."""
        random = np.random.default_rng([self.seed, self.number])
        gains = random.standard_normal((_WAVES, _WAVES))
        gains[0, 0] = 0.0
        halves = np.where(np.arange(_WAVES) == 0, 1.0, 0.5)  # mean squares of the cosines
        gains *= self.temperature * _LIGHTING / math.sqrt(float(halves @ gains**2 @ halves))
        field = _waves(rows) @ gains @ _waves(columns).T
        return field.astype(np.float32)[None, None]


def _waves(extent: Extent) -> NDArray[np.float64]:
    """Return cosines along an axis of the whole picture, ``(places, waves)``."""
    centers = extent.start + STRIDE * (np.arange(extent.length // STRIDE) + 0.5)
    return np.cos(np.pi * (centers / extent.whole)[:, None] * np.arange(_WAVES))


def _cos(angle: float) -> float:
    return round(math.cos(angle), 12)  # the 0 of a right angle is one


def _sin(angle: float) -> float:
    return round(math.sin(angle), 12)
