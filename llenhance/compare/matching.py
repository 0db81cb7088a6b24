"""Folders or pictures in, what belongs together out: rows of pictures that have the same name.

The folders may be from any programs, so extensions may differ, and `photo_enhanced.jpg` is the
partner of `photo.png` too. What has no partner is told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final
from unicodedata import normalize

from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.called import ENHANCED
from llenhance.files.tree import look_into
from llenhance.system import system_errors

Cell = Path | LlenhanceError | None
"""A picture of a row; or why there is none; or nothing, if nobody has made one of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Pictures that belong together.

    Attributes:
        name: What people call them: that of the first one, within its folder.
        cells: One for each column.
        remark: What else is to be said of them; may be empty.
    """

    name: str
    cells: tuple[Cell, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What is to be compared.

    Attributes:
        labels: What the columns are called, all different; the references' is the last, if any.
        rows: In the order of their names.
        has_reference: Whether the last column has the references.
        unpaired: An error for each picture without a partner.
        refused: An error for each thing in the folders that cannot be looked at.
    """

    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    has_reference: bool = False
    unpaired: tuple[PictureError, ...] = ()
    refused: tuple[LlenhanceError, ...] = ()


REFERENCE: Final = "Reference"
"""What the column of references is called."""


def match(
    places: Sequence[Path], *, reference: Path | None = None, labels: Sequence[str] = ()
) -> Matched:
    """Find what belongs together.

    Args:
        places: Folders, each with those in it, or pictures: these are one row, whatever their
            names are.
        reference: Another folder, or another picture.
        labels: One for each place; without them, the columns are called like their places.

    Raises:
        UsageError: There are fewer than two columns, or both folders and pictures; a folder has no
            pictures, or none has a partner; or there are not as many labels as places.
    """
    columns = [*places] if reference is None else [*places, reference]
    if len(columns) < 2:
        raise UsageError("nothing-to-compare-with", str(columns[0]))
    if labels and len(labels) != len(places):
        raise UsageError("labels-unmatched", "the labels", labels=len(labels), places=len(places))
    kinds = [_is_folder(place) for place in columns]
    if any(kinds) and not all(kinds):
        folder, picture = columns[kinds.index(True)], columns[kinds.index(False)]
        raise UsageError("folders-beside-pictures", str(picture), folder=str(folder))
    called = tuple(labels) or _labels(places)
    called = called if reference is None else (*called, REFERENCE)
    if len(set(called)) < len(called):
        twice = next(label for label in called if called.count(label) > 1)
        raise UsageError("label-twice", twice)
    if not any(kinds):
        row = Row(name=columns[0].name, cells=tuple(columns))
        return Matched(labels=called, rows=(row,), has_reference=reference is not None)
    return _of_folders(columns, called, has_reference=reference is not None)


@dataclass(slots=True)
class _Group:
    """Pictures that belong together, by column, as paths within its folder."""

    members: dict[int, PurePath] = field(default_factory=dict[int, PurePath])

    @property
    def name(self) -> PurePath:
        return self.members[min(self.members)]


def _of_folders(
    columns: Sequence[Path], labels: tuple[str, ...], *, has_reference: bool
) -> Matched:
    groups: list[_Group] = []
    refused: list[LlenhanceError] = []
    for number, folder in enumerate(columns):
        tree = look_into(folder, without=[other for other in columns if other != folder])
        refused += tree.refused
        if not tree.pictures:
            raise UsageError("no-pictures-in-folder", str(folder))
        _add(groups, number, tree.pictures)
    groups.sort(key=lambda group: natural(group.name))
    last = len(columns) - 1
    rows: list[Row] = []
    unpaired: list[PictureError] = []
    for group in groups:
        paths = {number: columns[number] / path for number, path in group.members.items()}
        if len(paths) > 1:
            cells = tuple(paths.get(number) for number in range(len(columns)))
            rows.append(Row(name=str(group.name), cells=cells))
        if len(paths) == 1 or (has_reference and last not in paths):
            (number, path), *_ = paths.items()
            lacking = last if has_reference and number != last else 1 if number == 0 else 0
            unpaired.append(PictureError("no-partner", str(path), folder=str(columns[lacking])))
    if not rows:
        raise UsageError("no-pairs", str(columns[0]), references=str(columns[1]))
    return Matched(
        labels=labels,
        rows=tuple(rows),
        has_reference=has_reference,
        unpaired=tuple(unpaired),
        refused=tuple(refused),
    )


def _add(groups: list[_Group], number: int, pictures: Sequence[PurePath]) -> None:
    """Add the pictures of a folder to the groups that they belong to, the surest first."""
    rest = [*pictures]
    for key in _KEYS:
        mine: dict[str, list[PurePath]] = defaultdict(list)
        for path in rest:
            mine[key(path)].append(path)
        theirs: dict[str, list[_Group]] = defaultdict(list)
        for group in groups:
            if number not in group.members:
                theirs[key(group.name)].append(group)
        for same, paths in mine.items():
            found = theirs.get(same, [])
            if len(paths) == len(found) == 1:  # else nobody knows which is which
                found[0].members[number] = paths[0]
                rest.remove(paths[0])
    groups += [_Group({number: path}) for path in rest]


def _stem(path: PurePath) -> str:
    return path.with_suffix("").as_posix()


def _folded(path: PurePath) -> str:
    """Return a stem without what file systems change: case, and how accents are written."""
    return normalize("NFC", _stem(path)).casefold()


def _source(path: PurePath) -> str:
    """Return the stem of the picture that a file is the result of, by its name."""
    return _folded(path).removesuffix(ENHANCED)


_KEYS: Final[tuple[Callable[[PurePath], str], ...]] = (PurePath.as_posix, _stem, _folded, _source)
"""What pictures that belong together have in common, the surest first."""


def natural(path: PurePath) -> list[tuple[bool, int, str]]:
    """Return the key that sorts names as people do: numbers in them by value."""
    parts = re.split(r"([0-9]+)", path.as_posix())
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _labels(places: Sequence[Path]) -> tuple[str, ...]:
    """Return names for columns: as much of the end of each path as tells them apart."""
    parts = [place.resolve().parts if place.name in ("", "..") else place.parts for place in places]
    for depth in range(1, max(map(len, parts)) + 1):
        names = tuple("/".join(one[-depth:]) for one in parts)
        if len(set(names)) == len(names):
            return names
    return tuple(f"{number}: {place}" for number, place in enumerate(places, start=1))


def _is_folder(place: Path) -> bool:
    with system_errors(place, UsageError):
        if not place.exists():
            raise UsageError("not-found", str(place))
        return place.is_dir()
