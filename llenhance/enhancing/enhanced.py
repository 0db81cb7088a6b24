"""What `Enhancer.enhance_picture` returns."""

from __future__ import annotations

from dataclasses import dataclass

from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """An enhanced picture, and how bright it became.

    Attributes:
        picture: The enhanced picture.
        brightness: The constant that made it, relative to the predicted one.
        mean_grey: Mean gray of its pixels, 0..1.
        notes: Why a target was missed, or that memory was short.
        predicted: The brightness b that the model predicted; None if it predicts none.
    """

    picture: Picture
    brightness: float
    mean_grey: float
    notes: tuple[Note, ...] = ()
    predicted: float | None = None
