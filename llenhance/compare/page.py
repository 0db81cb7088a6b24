"""What was seen of rows of pictures in, the parts of an HTML page out.

The page needs nothing but itself: styles, script and pictures are inside, and its policy forbids it
to load anything.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from llenhance.compare.figures import Figure, figures_of
from llenhance.compare.looking import BINS, Seen, SeenRow
from llenhance.compare.markup import asset, digest, legible, text
from llenhance.compare.table import Heading, table
from llenhance.errors import LlenhanceError
from llenhance.version import __version__

GENERATOR: Final = '<meta name="generator" content="llenhance'
"""What is near the beginning of every page that was made here."""

_FEW: Final = 12
"""Problems that are shown at once."""


def beginning(heading: Heading, rows: Sequence[SeenRow], problems: Sequence[LlenhanceError]) -> str:
    """Return the page up to the end of its table, and the script that makes it work."""
    figures = figures_of(rows)
    script, style = asset("slider.js") + asset("report.js"), asset("slider.css")
    style += asset("report.css")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{digest(style)}'; "
        f"script-src '{digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'{GENERATOR} {__version__}">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n',
            f"<title>{text(heading.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
            f"<header>\n<h1>{text(heading.title)}</h1>\n",
            f"<p>{_counts(rows, problems)}</p>\n",
            "<noscript><p>Without JavaScript, the pictures cannot be enlarged, and the table "
            "cannot be sorted.</p></noscript>\n</header>\n<main>\n",
            *_problems(problems),
            *_choice(figures),
            *table(heading, rows, figures),
            *_explained(heading, figures),
            "</main>\n",
            asset("view.html"),
            f'<script type="application/json" id="data">{_data(heading, rows, figures)}</script>\n',
            f"<script>{script}</script>\n",
        )
    )


def stored(row: int, column: int, preview: bytes) -> bytes:
    """Return a preview as the page holds it: as text that nobody reads until it is wanted."""
    opening = f'<script type="text/plain" id="p{row}-{column}">'.encode()
    return opening + b64encode(preview) + b"</script>\n"


ENDING: Final = "</body>\n</html>\n"
"""What follows the previews."""


def _counts(rows: Sequence[SeenRow], problems: Sequence[object]) -> str:
    pictures = "1 picture" if len(rows) == 1 else f"{len(rows)} pictures"
    wrong = "" if not problems else f", {len(problems)} problem{'s' * (len(problems) > 1)}"
    return pictures + wrong


def _problems(problems: Sequence[LlenhanceError]) -> Iterable[str]:
    if not problems:
        return
    opened = " open" if len(problems) <= _FEW else ""
    yield '<section aria-labelledby="wrong">\n<h2 id="wrong">Problems</h2>\n'
    yield f"<details{opened}>\n<summary>{len(problems)} to look at</summary>\n"
    yield '<div class="scroll" tabindex="0" role="region" aria-labelledby="wrong">\n'
    yield '<table class="failures">\n<thead><tr><th scope="col">File</th>'
    yield '<th scope="col">Problem</th><th scope="col">What to do</th></tr></thead>\n<tbody>\n'
    for error in problems:
        yield f'<tr><th scope="row"><bdi>{text(error.name)}</bdi></th>'
        yield f'<td class="wrong">{text(error.problem)}</td><td>{text(error.remedy)}</td></tr>\n'
    yield "</tbody>\n</table>\n</div>\n</details>\n</section>\n"


def _choice(figures: Sequence[Figure]) -> Iterable[str]:
    if not figures:
        return
    yield "<fieldset>\n<legend>Figures in the table</legend>\n"
    for one in figures:
        checked = " checked" if one.shown else ""
        yield f'<label><input type="checkbox" data-shows="{one.id}"{checked} autocomplete="off"> '
        yield f"{text(one.title)}</label>\n"
    yield "</fieldset>\n"


def _explained(heading: Heading, figures: Sequence[Figure]) -> Iterable[str]:
    yield "<details>\n<summary>What the figures mean</summary>\n<dl>\n"
    for one in figures:
        yield f"<dt>{text(one.title)}</dt><dd>{text(one.means)}</dd>\n"
    yield "</dl>\n<p>Of the scores of a row, the best one is in bold. Figures, scores and "
    yield "histograms are of whole pictures in sRGB; the heights of histograms are square roots of "
    yield "counts.</p>\n</details>\n"
    yield f'<p class="dim">Previews have {heading.preview} pixels a side at most. '
    yield f"Made by llenhance {__version__}; this page loads nothing from anywhere.</p>\n"


def _data(heading: Heading, rows: Sequence[SeenRow], figures: Sequence[Figure]) -> str:
    """Return what the script needs to know, as JSON that cannot end a script element."""
    whole = {
        "columns": [legible(label) for label in heading.labels],
        "reference": heading.has_reference,
        "bins": BINS,
        "rows": [
            {"name": legible(row.row.name), "cells": [_cell(cell, figures) for cell in row.cells]}
            for row in rows
        ],
    }
    return json.dumps(whole, separators=(",", ":")).replace("<", "\\u003c")


def _cell(cell: Seen | LlenhanceError | None, figures: Sequence[Figure]) -> Mapping[str, Any]:
    if cell is None:
        return {}
    if isinstance(cell, LlenhanceError):
        return {"problem": legible(cell.problem)}
    values = ((one, one.of(cell)) for one in figures)
    return {
        "width": cell.width,
        "height": cell.height,
        "histogram": cell.histogram.hex(),
        "figures": [f"{one.title} {one.written(v)}" for one, v in values if v is not None],
        "problem": None if cell.problem is None else legible(cell.problem.problem),
    }
