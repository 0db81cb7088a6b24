"""Rows of pictures in, one HTML file out: whole, or not at all.

Rows are looked at one by one. Their previews, which are nearly all of the page, wait in a temporary
file, so that memory does not grow with them, and the table can come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from llenhance.compare.looking import Seen, SeenRow, look_at
from llenhance.compare.matching import Matched
from llenhance.compare.page import ENDING, GENERATOR, beginning, stored
from llenhance.compare.table import Heading
from llenhance.errors import LlenhanceError
from llenhance.files.whole import write_whole
from llenhance.system import system_errors

SIDES: Final = ((40, 1600), (200, 1200), (600, 900))
"""Up to how many pictures previews have how many pixels a side, so that pages stay small."""

SMALLEST_SIDE: Final = 720
"""What previews have if there are more pictures."""

_CHUNK: Final = 2**20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A page that was written.

    Attributes:
        path: Its file.
        size: Of the file, in bytes.
        preview: Pixels of the longer side of previews, at most.
        labels: What the columns are called.
        rows: What was seen; without the pictures.
        problems: Everything that could not be compared, and why.
    """

    path: Path
    size: int
    preview: int
    labels: tuple[str, ...]
    rows: tuple[SeenRow, ...]
    problems: tuple[LlenhanceError, ...]


def write_report(
    path: Path,
    matched: Matched,
    *,
    title: str,
    overwrite: bool,
    preview: int | None = None,
    lpips: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Write a page that compares pictures.

    Args:
        path: In a folder that exists.
        matched: What is compared.
        title: What the page is about.
        overwrite: Replace the file if it exists.
        preview: Pixels of the longer side of previews, at most; None chooses by their number.
        lpips: Weights for `load_lpips`.
        progress: Called with the rows done and all of them.

    Raises:
        PictureError: The file cannot be written.
        ResourceError: The disk is full.
        WeightsError: LPIPS cannot be loaded.
        MissingExtraError: scikit-image is not installed, and there are references.
    """
    side = preview or _side_for(sum(len(row.cells) for row in matched.rows))
    problems: list[LlenhanceError] = [*matched.refused, *matched.unpaired]
    rows: list[SeenRow] = []
    with system_errors(path), TemporaryFile(dir=path.resolve().parent) as previews:
        for seen in look_at(matched, preview=side, lpips=lpips):
            rows.append(_put_aside(seen, len(rows), previews))
            problems += _problems_of(seen)
            if progress is not None:
                progress(len(rows), len(matched.rows))
        size = previews.tell()
        heading = Heading(
            title=title, labels=matched.labels, has_reference=matched.has_reference, preview=side
        )
        opening = beginning(heading, rows, problems).encode()
        previews.seek(0)
        private = _most_private(matched)
        write_whole(path, _pieces(opening, previews), overwrite=overwrite, like=private)
    return Report(
        path=path,
        size=len(opening) + size + len(ENDING),
        preview=side,
        labels=matched.labels,
        rows=tuple(rows),
        problems=tuple(problems),
    )


def is_report(path: Path) -> bool:
    """Tell whether a file is a page that was made here."""
    try:
        with path.open("rb") as file:
            return GENERATOR.encode() in file.read(1000)
    except (OSError, ValueError):
        return False


def _side_for(pictures: int) -> int:
    return next((side for most, side in SIDES if pictures <= most), SMALLEST_SIDE)


def _most_private(matched: Matched) -> Path | None:
    """Return the picture that the fewest people may read: the page shows it, too."""
    paths = [cell for row in matched.rows for cell in row.cells if isinstance(cell, Path)]

    def readers(path: Path) -> int:
        try:
            return (path.stat().st_mode & 0o044).bit_count()
        except (OSError, ValueError):
            return 2  # it is not shown

    return min(paths, key=readers, default=None)


def _put_aside(seen: SeenRow, number: int, previews: IO[bytes]) -> SeenRow:
    """Write the previews of a row to a file, and return it without them."""
    cells: list[Seen | LlenhanceError | None] = []
    for column, cell in enumerate(seen.cells):
        if isinstance(cell, Seen):
            previews.write(stored(number, column, cell.preview))
            cells.append(replace(cell, preview=b""))
        else:
            cells.append(cell)
    return replace(seen, cells=tuple(cells))


def _problems_of(seen: SeenRow) -> Iterator[LlenhanceError]:
    """Yield what is wrong with the pictures of a row, each problem once."""
    told: set[str] = set()
    for cell in seen.cells:
        problem = cell.problem if isinstance(cell, Seen) else cell
        if problem is not None and str(problem) not in told:
            told.add(str(problem))
            yield problem


def _pieces(opening: bytes, previews: IO[bytes]) -> Iterator[bytes]:
    yield opening
    while piece := previews.read(_CHUNK):
        yield piece
    yield ENDING.encode()
