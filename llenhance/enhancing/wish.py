"""How bright a result shall be, as it is asked for; and a result with how bright it became.

`exposure.py` turns a wish for a mean grey into the constant that fulfils it. Nothing here needs
torch, so that a wrong wish is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llenhance.errors import PictureError, UsageError
from llenhance.files.pictures import read_picture
from llenhance.model.architecture import USUAL_BRIGHTNESS
from llenhance.pictures.picture import Picture
from llenhance.scoring.metrics import mean_grey

LARGEST_BRIGHTNESS: Final = 1.0
"""Beyond it, pictures are only white or black."""

LARGEST_EXPOSURE: Final = 5.0
"""Stops: 1/32 to 32 times the light. Beyond it, pictures are only white or black."""


def _refuse_several(brightness: float, **others: object) -> None:
    given = ["brightness"] * (brightness != 0) + [n for n, v in others.items() if v is not None]
    if len(given) > 1:
        names = " and ".join(given).replace("_", " ")
        raise UsageError(names, "they contradict each other", "Give one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How bright a result shall be: as the model predicts, unless one of these says otherwise.

    Attributes:
        brightness: constant added to the predicted one, -1..1; the paper's range is -0.4..0.4.
        exposure: stops, -5..5: as bright as the predicted result exposed 2^EV times as long.
        target_mean: mean grey of the result, luma of BT.601, 0..1.

    Raises:
        UsageError: out of range, or several of them.
    """

    brightness: float = 0.0
    exposure: float | None = None
    target_mean: float | None = None

    def __post_init__(self) -> None:
        _refuse_several(self.brightness, exposure=self.exposure, target_mean=self.target_mean)
        if not abs(self.brightness) <= LARGEST_BRIGHTNESS:  # refuses NaN as well
            raise UsageError(
                f"brightness {self.brightness}",
                f"is beyond +-{LARGEST_BRIGHTNESS:g}",
                f"Use a value from -{USUAL_BRIGHTNESS} to {USUAL_BRIGHTNESS}",
            )
        if self.exposure is not None and not abs(self.exposure) <= LARGEST_EXPOSURE:
            raise UsageError(
                f"exposure {self.exposure}",
                f"is beyond +-{LARGEST_EXPOSURE:g} stops",
                "Use 1 for twice the light, -1 for half of it",
            )
        if self.target_mean is not None and not 0 <= self.target_mean <= 1:
            raise UsageError(
                f"target mean {self.target_mean}", "is beyond 0 to 1", "0.45 is a usual mean grey"
            )

    @property
    def is_target(self) -> bool:
        """Whether the constant has to be searched for; 0 stops are what is predicted."""
        return self.target_mean is not None or bool(self.exposure)


AUTOMATIC: Final = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """A result, and how bright it became.

    Attributes:
        picture: the well-lit picture.
        brightness: the constant that made it, relative to the predicted one.
        mean_grey: of its pixels, 0..1.
        note: why the wish was not fulfilled, a clause; None if it was.
    """

    picture: Picture
    brightness: float
    mean_grey: float
    note: str | None = None


def wish_for(
    *,
    brightness: float = 0.0,
    exposure: float | None = None,
    target_mean: float | None = None,
    match: str | Path | Picture | None = None,
) -> Wish:
    """Return the wish that options make; ``match`` is the mean grey of a picture or its file.

    Raises:
        UsageError: out of range, several of them, or a picture to match that cannot be read.
        ResourceError: the picture to match does not fit into memory.
    """
    _refuse_several(brightness, exposure=exposure, target_mean=target_mean, match=match)
    if match is not None:
        try:
            reference = match if isinstance(match, Picture) else read_picture(match)
        except PictureError as error:  # it concerns every picture, not one of many
            raise UsageError(error.name, error.problem, error.remedy) from error
        target_mean = mean_grey(reference.pixels)
    return Wish(brightness=brightness, exposure=exposure, target_mean=target_mean)
