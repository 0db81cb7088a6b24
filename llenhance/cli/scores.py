"""Scores as text: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from llenhance.cli.terminal import printable

if TYPE_CHECKING:
    from llenhance.errors import PictureError
    from llenhance.evaluation import Failure, Scored, Summary

_HEADINGS: Final = {
    "produced": "as produced",
    "scaled": "scaled to the reference's mean grey",
    "true_b": "true b given",
}
_TITLES: Final = {
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "ssim_rgb": "SSIM RGB",
    "lpips": "LPIPS",
    "mean_grey": "mean grey",
    "reference_mean_grey": "reference's",
    "clip_black": "clipped black",
    "clip_white": "clipped white",
    "noise": "noise (8-bit steps)",
}
_DIGITS: Final = {"psnr": 2, "noise": 2, "ssim": 3, "ssim_rgb": 3}  # else 4
_SHARES: Final = {"p90": "90 %"}


def as_table(rows: Sequence[Scored], summary: Summary) -> str:
    """Return aligned columns, a row a picture and one of means, as wide as they need to be."""
    every = [*rows, summary.mean]
    blocks = [_as_wide(["", "", *(printable(row.name) for row in every)])]
    for group in summary.mean.compared:
        blocks.append(_block(_HEADINGS[group], [row.compared[group] for row in every]))
    blocks.append(_block("", [row.alone for row in every]))
    lines = [" | ".join(parts).rstrip(" |") for parts in zip(*blocks, strict=True)]
    if error := summary.brightness_error:
        figures = ", ".join(f"{_SHARES.get(key, key)} {value:.4f}" for key, value in error.items())
        lines += [f"|mean grey - reference's|: {figures}"]
    return "\n".join(line for line in lines if line)  # without references there are no headings


def _block(heading: str, rows: Sequence[Mapping[str, float]]) -> list[str]:
    """Return lines of the same width: a heading over columns, their titles, their figures."""
    columns: list[list[str]] = []
    for key in rows[0]:
        cells = [_TITLES[key], *(f"{row[key]:.{_DIGITS.get(key, 4)}f}" for row in rows)]
        columns.append([cell.rjust(max(map(len, cells))) for cell in cells])
    return _as_wide([heading, *("  ".join(cells) for cells in zip(*columns, strict=True))])


def _as_wide(lines: Sequence[str]) -> list[str]:
    """Pad lines to the width of the widest."""
    from rich.cells import cell_len  # names may have letters of double width

    widest = max(map(cell_len, lines))
    return [line + " " * (widest - cell_len(line)) for line in lines]


def as_json(
    rows: Sequence[Scored],
    summary: Summary | None,
    *,
    model: str | None,
    unpaired: Sequence[PictureError],
    failed: Sequence[Failure],
) -> str:
    """Return one JSON object; without any scored picture its means are null."""
    whole: dict[str, Any] = {
        "model": model,
        "pictures": [{"name": row.name, **row.compared, **row.alone} for row in rows],
        "mean": summary and {**summary.mean.compared, **summary.mean.alone},
        "brightness_error": summary and summary.brightness_error,
        "unpaired": [error.name for error in unpaired],
        "failed": [{"name": failure.name, "error": str(failure.error)} for failure in failed],
    }
    return json.dumps(whole, indent=1, allow_nan=False)


def as_csv(rows: Sequence[Scored], summary: Summary) -> bytes:
    """Return a header, a row a picture and a row `mean`; figures as produced have plain names."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    table = [_flat(row) for row in (*rows, summary.mean)]
    writer.writerow(table[0])
    writer.writerows(row.values() for row in table)
    return text.getvalue().encode(errors="surrogateescape")  # names need not be text


def _flat(row: Scored) -> dict[str, object]:
    figures: dict[str, object] = {"name": row.name, **row.alone}
    for group, compared in row.compared.items():
        ending = "" if group == "produced" else f"_{group}"
        figures |= {f"{key}{ending}": value for key, value in compared.items()}
    return figures
