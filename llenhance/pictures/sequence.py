"""Several pictures in one file: the pages of a document, or the frames of an animation.

Only one of them is in memory at a time. A file with one picture is a sequence of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture

Kind = Literal["pages", "frames"]
"""Pages are pictures of their own. Frames are one picture that moves: all have the same size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How an animation is shown.

    Attributes:
        milliseconds: how long each frame is shown, 0 or more.
        plays: how often all of them are shown; 0 is for ever.
    """

    milliseconds: tuple[float, ...]
    plays: int = 0

    def ends(self) -> list[int]:
        """Return when each frame ends, in whole milliseconds: rounding does not add up."""
        total, ends = 0.0, list[int]()
        for shown in self.milliseconds:
            total += shown
            ends.append(round(total))
        return ends

    def whole(self) -> list[int]:
        """Return how long each frame is shown, in whole milliseconds."""
        ends = self.ends()
        return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureSequence:
    """The pictures of one file.

        for picture in sequence:  # decoded one by one, anew each time
            ...

    Attributes:
        kind: what its pictures are.
        count: how many there are, 1 or more.
        read: decodes them, from the first on. Frames are composed as a viewer shows them; either
            all have alpha, or none has.
        timing: of frames; None for pages.
        notes: what was left behind of the file, apart from the notes of each picture.
    """

    kind: Kind
    count: int
    read: Callable[[], Iterator[Picture]]
    timing: Timing | None = None
    notes: tuple[Note, ...] = ()

    def __iter__(self) -> Iterator[Picture]:
        return self.read()

    def __len__(self) -> int:
        return self.count

    def evenly(self, most: int) -> PictureSequence:
        """Return a sequence of some of these pictures, spread evenly, with the first and last."""
        if self.count <= most:
            return self
        wanted = {round(n * (self.count - 1) / (most - 1)) for n in range(most)}

        def read() -> Iterator[Picture]:
            return (picture for at, picture in enumerate(self.read()) if at in wanted)

        return replace(self, count=len(wanted), read=read, timing=None)

    def changed(self, change: Callable[[Picture], Picture]) -> PictureSequence:
        """Return the sequence of what a function makes of each picture."""
        return replace(self, read=lambda: map(change, self.read()))


def one(picture: Picture) -> PictureSequence:
    """Return a sequence of one picture that is decoded already."""
    return PictureSequence(kind="pages", count=1, read=lambda: iter([picture]))
