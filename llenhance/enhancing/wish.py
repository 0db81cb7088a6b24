"""How bright the result should be, as the user asks for it.

`target.py` turns a wish for a mean gray into the constant that fulfills it. Nothing here needs
torch, so a wrong wish is refused at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llenhance.enhancing.finish import AS_IT_IS, Finish
from llenhance.enhancing.numbers import number
from llenhance.enhancing.sample import Sample
from llenhance.errors import PictureError, UsageError, expect
from llenhance.files.inputs import opened
from llenhance.model.architecture import USUAL_BRIGHTNESS
from llenhance.pictures.limits import MEGAPIXELS
from llenhance.pictures.spaces import as_srgb
from llenhance.pictures.visible import visible_part
from llenhance.scoring.metrics import mean_grey

LARGEST_BRIGHTNESS: Final = 1.0
"""Beyond this constant, pictures are only white or black."""

LARGEST_EXPOSURE: Final = 5.0
"""In stops: 1/32 to 32 times the light. Beyond it, pictures are only white or black."""


def gray_level(value: object, *, name: str) -> float:
    """Return a mean gray of any kind of number as Python's own.

    Args:
        value: that somebody gave.
        name: of the value.

    Raises:
        UsageError: It is no number from 0 to 1.
    """
    level = number(value, name=name)
    if not 0 <= level <= 1:  # refuses NaN as well
        raise UsageError("target-mean-out-of-range", name, value=level)
    return level


def _refuse_several(brightness: float, **others: object) -> None:
    given = ["brightness"] * bool(brightness) + [n for n, v in others.items() if v is not None]
    if len(given) > 1:
        raise UsageError("contradiction", " and ".join(given).replace("_", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How bright a result should be: as the model predicts, unless one of these says otherwise.

    Attributes:
        brightness: Constant that is added to the predicted one, -1..1; the paper uses -0.4..0.4.
        exposure: Stops, -5..5, relative to the predicted result: 1 is as bright as that result
            would be if it were exposed twice as long.
        target_mean: Mean gray of the result (luma of BT.601), 0..1.
        finish: What is done with the network's result.
        sample: Which of the plausible results; None is the usual one, as is the first. Others
            are as bright as they are, so there can be no exposure or mean gray.

    Raises:
        UsageError: A value is out of range, or several of the first three are given, or a sample
            and one of the second and third.

    Example:
        ``Wish(target_mean=0.45)``
    """

    brightness: float = 0.0
    exposure: float | None = None
    target_mean: float | None = None
    finish: Finish = AS_IT_IS
    sample: Sample | None = None

    def __post_init__(self) -> None:
        for name in ("brightness", "exposure", "target_mean"):  # numpy's numbers are welcome
            value: object = getattr(self, name)
            if value is not None or name == "brightness":
                object.__setattr__(self, name, number(value, name=name.replace("_", " ")))
        _refuse_several(self.brightness, exposure=self.exposure, target_mean=self.target_mean)
        if not abs(self.brightness) <= LARGEST_BRIGHTNESS:  # refuses NaN as well
            raise UsageError(
                "brightness-out-of-range",
                "brightness",
                value=self.brightness,
                most=LARGEST_BRIGHTNESS,
                usual=USUAL_BRIGHTNESS,
            )
        if self.exposure is not None and not abs(self.exposure) <= LARGEST_EXPOSURE:
            raise UsageError(
                "exposure-out-of-range", "exposure", value=self.exposure, most=LARGEST_EXPOSURE
            )
        if self.target_mean is not None:
            gray_level(self.target_mean, name="target mean")
        expect(self.finish, Finish, name="the finish")
        if self.sample is not None:
            expect(self.sample, Sample, name="the sample")
            if self.exposure is not None or self.target_mean is not None:
                raise UsageError("target-of-variants", "the target")

    @property
    def may_darken(self) -> bool:
        """Whether the user asked for something that can make a picture darker."""
        return self.is_target or self.constant < 0

    @property
    def constant(self) -> float:
        """What is added to the predicted brightness, unless it is searched for."""
        return self.brightness + (0.0 if self.sample is None else self.sample.brightness)

    @property
    def is_target(self) -> bool:
        """Whether the constant has to be searched for; 0 stops is what is predicted anyway."""
        return self.target_mean is not None or bool(self.exposure)


AUTOMATIC: Final = Wish()


def wish_for(
    *,
    brightness: float = 0.0,
    exposure: float | None = None,
    target_mean: float | None = None,
    match: object = None,
    finish: Finish = AS_IT_IS,
    max_megapixels: float = MEGAPIXELS,
) -> Wish:
    """Return the wish that options make.

    Args:
        brightness: As `Wish` takes it.
        exposure: As `Wish` takes it.
        target_mean: As `Wish` takes it.
        match: A picture whose mean gray the result should have: a path or anything else that
            `Enhancer.enhance` takes.
        finish: What is done with the network's result.
        max_megapixels: How many million pixels its file may have, more than 0.

    Raises:
        UsageError: A value is out of range, several are given, or the picture to match cannot be
            read.
        ResourceError: The picture to match does not fit into memory.
    """
    brightness = number(brightness, name="brightness")
    _refuse_several(brightness, exposure=exposure, target_mean=target_mean, match=match)
    if match is not None:
        try:
            reference = opened(match, max_megapixels=max_megapixels)
        except PictureError as error:  # it concerns every picture, not one of many
            raise UsageError(error.code, error.name, **error.facts) from error
        pixels = as_srgb(reference)
        visible = visible_part(pixels, reference.alpha)
        target_mean = mean_grey(visible.part(pixels), visible.weights)
    return Wish(brightness=brightness, exposure=exposure, target_mean=target_mean, finish=finish)
