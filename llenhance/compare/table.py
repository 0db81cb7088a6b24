"""What was seen of rows of pictures in, the table of the page out: thumbnails, figures, means."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from llenhance.compare.figures import Figure, best_of, value_of
from llenhance.compare.looking import Seen, SeenRow
from llenhance.compare.markup import text
from llenhance.errors import LlenhanceError

_SIGNS: Final = {"rises": " \N{UPWARDS ARROW}", "falls": " \N{DOWNWARDS ARROW}", "": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a page is about.

    Attributes:
        title: In a few words.
        labels: What the columns are called.
        has_reference: Whether the last column has the references.
        preview: Pixels of the longer side of previews, at most.
    """

    title: str
    labels: tuple[str, ...]
    has_reference: bool
    preview: int

    def columns(self, figure: Figure) -> range:
        """Return the numbers of the columns that have a figure: references have no scores."""
        is_score = self.has_reference and figure.group
        return range(len(self.labels) - 1 if is_score else len(self.labels))


def table(heading: Heading, rows: Sequence[SeenRow], figures: Sequence[Figure]) -> Iterable[str]:
    """Yield the parts of the table."""
    yield '<p class="dim">Choose a name or a picture to see it large, with a slider between any '
    yield "two columns. Choose a heading to sort by it.</p>\n"
    yield '<p class="dim" role="status" id="said"></p>\n'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Table of pictures">\n'
    yield '<table id="pictures">\n<caption>Pictures and their figures</caption>\n<thead>\n'
    yield '<tr><th scope="col" rowspan="2" class="name" aria-sort="ascending" data-sorts="name" '
    yield 'data-title="name"><button type="button">Name</button></th>'
    yield f'<th scope="colgroup" colspan="{len(heading.labels)}">Pictures</th>'
    for one in figures:
        span, hidden = len(heading.columns(one)), _hidden(one)
        yield f'<th scope="colgroup" colspan="{span}" class="first" data-group="{one.id}"{hidden}>'
        yield f"{text(one.title)}{_SIGNS[one.best]}</th>"
    yield "</tr>\n<tr>"
    for label in heading.labels:
        yield f'<th scope="col" class="thumb"><bdi>{text(label)}</bdi></th>'
    for one in figures:
        begins = "ascending" if one.best == "falls" else "descending"
        for place, column in enumerate(heading.columns(one)):
            label = heading.labels[column]
            yield f'<th scope="col"{_first(place)} aria-sort="none" data-sorts="{one.id}-{column}" '
            yield f'data-begins="{begins}" data-title="{text(f"{one.title}, {label}")}" '
            yield f'data-group="{one.id}"{_hidden(one)}>'
            yield f'<button type="button" title="{text(label)}">'
            yield f"<bdi>{text(label)}</bdi></button></th>"
    yield "</tr>\n</thead>\n<tbody>\n"
    for number, row in enumerate(rows):
        yield from _row(heading, number, row, figures)
    yield "</tbody>\n"
    yield from _means(heading, rows, figures)
    yield "</table>\n</div>\n"


def _row(heading: Heading, number: int, seen: SeenRow, figures: Sequence[Figure]) -> Iterable[str]:
    name = seen.row.name
    yield f'<tr data-row="{number}"><th scope="row" class="name" data-at="name" '
    yield f'data-value="{number}"><button type="button"><bdi>{text(name)}</bdi></button>'
    if seen.row.remark:
        yield f'<span class="dim">{text(seen.row.remark)}</span>'
    yield "</th>"
    for column, cell in enumerate(seen.cells):
        yield f'<td class="thumb" data-column="{column}">'
        yield f"{_thumbnail(name, heading.labels[column], cell)}</td>"
    for one in figures:
        values = {column: value_of(one, seen.cells[column]) for column in heading.columns(one)}
        best = best_of(one, values.values())
        for place, (column, value) in enumerate(values.items()):
            at = f'data-at="{one.id}-{column}" data-group="{one.id}"{_hidden(one)}'
            if value is None:
                yield f'<td{_first(place)} {at}><span aria-label="none">\N{EN DASH}</span></td>'
                continue
            shown = one.written(value)
            shown = f"<strong>{shown}</strong>" if value == best else shown
            yield f'<td{_first(place)} {at} data-value="{value:.6g}">{shown}</td>'
    yield "</tr>\n"


def _thumbnail(name: str, label: str, cell: Seen | LlenhanceError | None) -> str:
    if cell is None:
        return '<span class="dim">none</span>'
    if isinstance(cell, LlenhanceError):
        return f'<span class="wrong">failed: {text(cell.problem)}</span>'
    width, height = cell.thumbnail_size
    source = f"data:image/jpeg;base64,{b64encode(cell.thumbnail).decode()}"
    alt = text(f"{name}, {label}")
    image = f'<img alt="{alt}" width="{width}" height="{height}" loading="lazy" src="{source}">'
    if cell.problem is None:
        return image
    return f'{image}<span class="wrong">not scored: {text(cell.problem.problem)}</span>'


def _means(heading: Heading, rows: Sequence[SeenRow], figures: Sequence[Figure]) -> Iterable[str]:
    """Yield the means of each figure, of the pictures that have it in every column."""
    if len(rows) < 2 or not figures:
        return
    yield '<tfoot>\n<tr><th scope="row" class="name">Mean</th>'
    yield f'<td colspan="{len(heading.labels)}" class="thumb dim">of rows without gaps</td>'
    for one in figures:
        columns = heading.columns(one)
        values = [[value_of(one, row.cells[column]) for column in columns] for row in rows]
        whole = [each for each in values if None not in each]
        means = [fmean(v for v in of if v is not None) for of in zip(*whole, strict=True)]
        best = best_of(one, means)
        for place, _ in enumerate(columns):
            shown = one.written(means[place]) if means else "\N{EN DASH}"
            shown = f"<strong>{shown}</strong>" if means and means[place] == best else shown
            yield f'<td{_first(place)} data-group="{one.id}"{_hidden(one)}>{shown}</td>'
    yield "</tr>\n</tfoot>\n"


def _hidden(figure: Figure) -> str:
    return "" if figure.shown else " hidden"


def _first(place: int) -> str:
    return "" if place else ' class="first"'
