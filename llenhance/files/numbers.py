"""Which number a picture has in the name of its result, the same in every run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path

from llenhance.files.called import Naming
from llenhance.files.naming import Source


class Numbers:
    """Gives each picture the number that it had, or else the next one that is free.

    Args:
        naming: What results are called.
    """

    def __init__(self, naming: Naming) -> None:
        self._pattern = naming.pattern() if naming.counts else None
        self._numbers: dict[tuple[str, str], int] = {}
        self._used: set[int] = set()

    @property
    def matter(self) -> bool:
        """Whether results have numbers."""
        return self._pattern is not None

    def remember(self, made: Mapping[str, str]) -> None:
        """Keep the numbers of an earlier run.

        Args:
            made: Names of results, with `/` between folders, to those of their pictures.
        """
        for result, picture in made.items():
            if self._pattern is not None and (found := self._pattern.search(result)):
                part = found.groupdict().get("variant", "")
                number = self._numbers[str(Path(picture)), part] = int(found["counter"])
                self._used.add(number)

    def of(self, source: Source, *, usual: int) -> int:
        """Return the number of a picture.

        Args:
            source: The picture, and which of its results is meant.
            usual: Its number if no other picture has that.
        """
        if not self.matter:
            return usual
        key = str(source.path), source.part
        if key not in self._numbers:
            self._numbers[key] = next(one for one in count(usual) if one not in self._used)
            self._used.add(self._numbers[key])
        return self._numbers[key]
