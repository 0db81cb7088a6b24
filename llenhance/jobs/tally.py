"""What came of all pictures of one file: how far they are, how bright, and what is to be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.progress import Progress
from llenhance.messages.note import Note
from llenhance.pictures.picture import Picture


class Tally:
    """Counts the pictures of one file while they are made.

    Args:
        pictures: How many there are.
        progress: Called with the tiles done and all tiles. Before a picture has begun, it counts as
            much as the one before.

    Attributes:
        notes: Of all of them.
        tiles: That were computed; enhancing again takes more.
        seconds: Spent on making them, and not on encoding.
    """

    def __init__(self, pictures: int, progress: Progress | None) -> None:
        self._pictures, self._progress = pictures, progress
        self.notes: list[Note] = []
        self.tiles, self.seconds = 0, 0.0
        self._earlier = 0  # passes over all of them
        self.begin_again()

    def begin_again(self) -> None:
        """Forget how bright the pictures became: all of them are made once more."""
        self._earlier = self.tiles
        self._done = self._of_this = 0
        self._first: Picture | None = None
        self._pixels, self._mean, self._constants = 0, 0.0, 0.0

    def count(self, done: int, tiles: int) -> None:
        """Note that some of the tiles of the picture that is being made are done."""
        self._of_this = tiles
        if self._progress is not None:
            following = (self._pictures - self._done - 1) * tiles
            self._progress(self.tiles + done, self.tiles + tiles + following)

    def add(self, made: Enhanced) -> Picture:
        """Add a picture that is finished, and return it."""
        self.tiles += self._of_this
        self._of_this = 0
        self._done += 1
        self._first = made.picture if self._first is None else self._first
        pixels = made.picture.width * made.picture.height
        self._pixels += pixels
        self._mean += pixels * made.mean_grey
        self._constants += made.brightness
        self.notes += (note for note in made.notes if note not in self.notes)
        return made.picture

    def told(self) -> tuple[Note, ...]:
        """Return what is to be said of all of them."""
        return each_kind_once(self.notes) if self._pictures > 1 else tuple(self.notes)

    def timed(self, made: Iterator[Picture]) -> Iterator[Picture]:
        """Yield the pictures, and count the seconds that they take."""
        while True:
            started = perf_counter()
            picture = next(made, None)
            self.seconds += perf_counter() - started
            if picture is None:
                return
            yield picture

    @property
    def first(self) -> Picture:
        """The first picture."""
        if self._first is None:
            raise AssertionError("a file without a picture was refused")
        return self._first

    @property
    def mean_grey(self) -> float:
        """Mean gray of all pixels, 0..1."""
        return self._mean / self._pixels

    @property
    def brightness(self) -> float:
        """Mean of the constants."""
        return self._constants / self._done


def each_kind_once(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return the first note of each code, and one that says how many more there were."""
    first = {note.code: note for note in reversed(notes)}
    more = len(set(notes)) - len(first)
    kept = tuple(sorted(first.values(), key=notes.index))
    return (*kept, Note("notes-of-more-pages", count=more)) if more else kept
