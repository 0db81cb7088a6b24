"""Several pictures that are enhanced alike: looked at together, with one plan for all of them.

Frames of an animation need it, or each of them would get a brightness of its own and flicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from llenhance.engine.engine import Engine
from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.plan import Plan
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.target import Aim, Part
from llenhance.enhancing.wish import Wish
from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture


class Several(Protocol):
    """Pictures that can be gone through more than once, such as a list or a `PictureSequence`."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Picture]: ...


Render = Callable[[Picture, Plan, Progress | None], Enhanced]


class Together:
    """Pictures that were looked at together.

        together = enhancer.look_at_all(pictures)
        for picture in pictures:
            together.enhance(picture)  # an `Enhanced`

    Args:
        plan: Of all of them.
        render: Enhances a picture as planned.
        aim: The search for the target, if there is one.

    Attributes:
        plan: As above; `Enhancer.render` takes it.
    """

    def __init__(self, plan: Plan, render: Render, aim: Aim | None = None) -> None:
        self.plan, self._render, self._aim = plan, render, aim

    def enhance(self, picture: Picture, *, progress: Progress | None = None) -> Enhanced:
        """Return a picture enhanced as all of them are.

        Args:
            picture: One that was looked at, or one like them. It stays as it is.
            progress: Called with the tiles done and all tiles, after each tile.

        Raises:
            UsageError: It has 8 bits, and the plan is for 16.
            PictureError: The network computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        return self._render(picture, self.plan, progress)

    def correct(self, mean_grey: float) -> bool:
        """Aim again, and return whether all pictures should be enhanced once more.

        Args:
            mean_grey: Of all enhanced pictures, 0..1. Without a target it does not matter.
        """
        if self._aim is None or not self._aim.correct(mean_grey):
            return False
        self.plan = self._aim.plan
        return True

    def note(self, mean_grey: float) -> Note | None:
        """Return why the mean gray of all pictures is not what was asked for; None if it is."""
        return self._aim.note(mean_grey) if self._aim else None


def aimed(
    engine: Engine, plan: Plan, parts: list[Part], wish: Wish, render: Render, *, tile: int
) -> Together:
    """Return pictures with a plan, which is aimed at the target if the wish has one.

    Args:
        engine: Runs the network.
        plan: Of all pictures.
        parts: Of each picture, if there is a target, what the search needs.
        wish: How bright the results should be, in the mean.
        render: Enhances a picture as planned.
        tile: Largest side in pixels that the network may see at once, 0 for any.

    Raises:
        PictureError: The network's result is not finite.
    """
    if not wish.is_target:
        return Together(plan, render)
    aim = Aim(engine, parts, plan, wish, tile=tile)
    return Together(aim.plan, render, aim)
