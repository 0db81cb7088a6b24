"""What enhances the pictures of a job, as jobs see it: `llenhance.Enhancer` is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.jobs.signing import Described
from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence

if TYPE_CHECKING:  # they import torch
    from llenhance.enhancing.confidence import Confidence
    from llenhance.enhancing.estimate import Estimate


class AnyEnhancer(Described, Protocol):
    """What enhances pictures: `llenhance.Enhancer`, or something that behaves like it."""

    def enhance_picture(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced: ...

    def look_at_all(
        self, pictures: PictureSequence, wish: Wish = AUTOMATIC, *, frames: bool = False
    ) -> AnyLook: ...


class AnyLook(Protocol):
    """What has looked at all frames of an animation: `llenhance.enhancing.together.Together`."""

    def enhance(self, picture: Picture, *, progress: Progress | None = None) -> Enhanced: ...

    def correct(self, mean_grey: float) -> bool: ...

    def note(self, mean_grey: float) -> Note | None: ...


class LoadedEnhancer(AnyEnhancer, Protocol):
    """An enhancer that says what a picture will take, and how sure it is."""

    def estimate(self, *, width: int, height: int) -> Estimate: ...

    def confidence_of(self, picture: Picture, wish: Wish = AUTOMATIC) -> Confidence: ...
