"""Scores: a table for people, JSON and CSV for programs. The table is drawn in `tables.py`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from llenhance.cli.terminal import printable

if TYPE_CHECKING:
    from llenhance.errors import PictureError
    from llenhance.jobs.evaluate import Failure, Scored, Summary
    from llenhance.jobs.sweep import Drop, Point

_HEADINGS: Final = {
    "produced": "as produced",
    "scaled": "scaled to the reference's mean gray",
    "true_b": "true b given",
}
_TITLES: Final = {
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "ssim_rgb": "SSIM RGB",
    "lpips": "LPIPS",
    "mean_gray": "mean gray",
    "reference_mean_gray": "reference's",
    "input_mean_gray": "mean gray",
    "change": "change dB",
    "clip_black": "clipped black",
    "clip_white": "clipped white",
    "noise": "noise (8-bit steps)",
}
_FORMATS: Final = {
    "psnr": ".2f",
    "noise": ".2f",
    "ssim": ".3f",
    "ssim_rgb": ".3f",
    "change": "+.2f",
}  # else .4f
_SHARES: Final = {"p90": "90 %"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """What can be printed of a command's results.

    Attributes:
        scored: pictures that the means are of; where it is 0 there is only JSON.
        as_table: aligned columns, for people.
        as_json: The result of a JSON document; its means are null if nothing was scored.
        as_csv: a header and rows.
    """

    scored: int
    as_table: Callable[[], str]
    as_json: Callable[[], dict[str, Any]]
    as_csv: Callable[[], bytes]


def of_pictures(
    results: Sequence[Scored | Failure], *, model: str | None, unpaired: Sequence[PictureError]
) -> ScoreReport:
    """Report on each picture, and on all of them."""
    from llenhance.jobs.loop import Failed

    rows = [result for result in results if not isinstance(result, Failed)]
    failed = [result for result in results if isinstance(result, Failed)]
    return ScoreReport(
        scored=len(rows),
        as_table=lambda: as_table(rows),
        as_json=lambda: as_json(rows, model=model, unpaired=unpaired, failed=failed),
        as_csv=lambda: as_csv(rows),
    )


def of_sweep(
    points: Sequence[Point], *, model: str | None, unpaired: Sequence[PictureError]
) -> ScoreReport:
    """Report on each exposure, and on the largest drop."""
    from llenhance.jobs.sweep import largest_drop

    drop = largest_drop(points)
    return ScoreReport(
        scored=points[0].pictures,
        as_table=lambda: sweep_as_table(points, drop),
        as_json=lambda: sweep_as_json(points, drop, model=model, unpaired=unpaired),
        as_csv=lambda: sweep_as_csv(points),
    )


def as_table(rows: Sequence[Scored]) -> str:
    """Return aligned columns, a row a picture and one of means, as wide as they need to be."""
    from llenhance.jobs.evaluate import summarise

    summary = summarise(rows)
    every = [*rows, summary.mean]
    blocks = [_as_wide(["", "", *(printable(row.name) for row in every)])]
    for group in summary.mean.compared:
        blocks.append(_block(_HEADINGS[group], [row.compared[group] for row in every]))
    blocks.append(_block("", [row.alone for row in every]))
    lines = _side_by_side(blocks)
    if error := summary.brightness_error:
        figures = ", ".join(f"{_SHARES.get(key, key)} {value:.4f}" for key, value in error.items())
        lines += [f"|mean gray - reference's|: {figures}"]
    return "\n".join(line for line in lines if line)  # without references there are no headings


def sweep_as_table(points: Sequence[Point], drop: Drop | None) -> str:
    """Return a row for each exposure that has means, and below them the largest drop.

    Args:
        points: in the order of the rows, at least one with means.
        drop: None where no exposure loses.
    """
    kept = [
        (point.exposure.name, point.summary.mean, point.change)
        for point in points
        if point.summary is not None and point.change is not None
    ]
    means = [mean for _, mean, _ in kept]
    blocks = [_as_wide(["", "", *(name for name, _, _ in kept)])]
    if "input_mean_gray" in means[0].alone:
        greys = [{"input_mean_gray": mean.alone["input_mean_gray"]} for mean in means]
        blocks.append(_block("inputs", greys))
    for group, figures in means[0].compared.items():
        keys = [key for key in ("psnr", "lpips") if key in figures]
        rows = [{key: mean.compared[group][key] for key in keys} for mean in means]
        blocks.append(_block(_HEADINGS[group], rows))
    blocks.append(_block("as produced", [{"change": change} for _, _, change in kept]))
    largest = f"{drop.db:.2f} dB, {drop.exposure.name}" if drop else "none"
    pictures = points[0].pictures
    of = "1 picture" if pictures == 1 else f"{pictures} pictures"
    ending = f"largest drop of PSNR as produced: {largest} (means of {of})"
    return "\n".join([*_side_by_side(blocks), ending])


def _side_by_side(blocks: Sequence[Sequence[str]]) -> list[str]:
    return [" | ".join(parts).rstrip(" |") for parts in zip(*blocks, strict=True)]


def _block(heading: str, rows: Sequence[Mapping[str, float]]) -> list[str]:
    """Return lines of the same width: a heading over columns, their titles, their figures."""
    columns: list[list[str]] = []
    for key in rows[0]:
        cells = [_TITLES[key], *(format(row[key], _FORMATS.get(key, ".4f")) for row in rows)]
        columns.append([cell.rjust(max(map(len, cells))) for cell in cells])
    return _as_wide([heading, *("  ".join(cells) for cells in zip(*columns, strict=True))])


def _as_wide(lines: Sequence[str]) -> list[str]:
    """Pad lines to the width of the widest."""
    from rich.cells import cell_len  # names may have letters of double width

    widest = max(map(cell_len, lines))
    return [line + " " * (widest - cell_len(line)) for line in lines]


def as_json(
    rows: Sequence[Scored],
    *,
    model: str | None,
    unpaired: Sequence[PictureError],
    failed: Sequence[Failure],
) -> dict[str, Any]:
    """Return the result of a document; without any scored picture its means are null."""
    from llenhance.jobs.evaluate import summarise

    summary = summarise(rows) if rows else None
    return {
        "model": model,
        **_scored(rows, summary),
        "unpaired": [error.name for error in unpaired],
        "failed": _failed(failed),
    }


def sweep_as_json(
    points: Sequence[Point],
    drop: Drop | None,
    *,
    model: str | None,
    unpaired: Sequence[PictureError],
) -> dict[str, Any]:
    """Return the result of a document, with an object for each exposure."""
    return {
        "model": model,
        "exposures": [
            {
                "exposure": point.exposure.name,
                **_scored(point.rows, point.summary),
                "change": point.change,
                "failed": _failed(point.failed),
            }
            for point in points
        ],
        "largest_drop": drop and {"db": drop.db, "exposure": drop.exposure.name},
        "unpaired": [error.name for error in unpaired],
    }


def _scored(rows: Sequence[Scored], summary: Summary | None) -> dict[str, Any]:
    return {
        "pictures": [{"name": row.name, **row.compared, **row.alone} for row in rows],
        "mean": summary and {**summary.mean.compared, **summary.mean.alone},
        "brightness_error": summary and summary.brightness_error,
    }


def _failed(failed: Sequence[Failure]) -> list[dict[str, str]]:
    return [{"name": failure.item.picture.stem, "code": failure.error.code} for failure in failed]


def as_csv(rows: Sequence[Scored]) -> bytes:
    """Return a header, a row a picture and a row `mean`; figures as produced have plain names."""
    from llenhance.jobs.evaluate import summarise

    return _as_csv([_flat(row) for row in (*rows, summarise(rows).mean)])


def sweep_as_csv(points: Sequence[Point]) -> bytes:
    """Return what `as_csv` does for each exposure that has means, which a first column names."""
    return _as_csv(
        [
            {"exposure": point.exposure.name, **_flat(row)}
            for point in points
            if point.summary is not None
            for row in (*point.rows, point.summary.mean)
        ]
    )


def _as_csv(table: Sequence[Mapping[str, object]]) -> bytes:
    """Return a header, which is that of the first row, and the rows: at least one."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table[0])
    writer.writerows(row.values() for row in table)
    return text.getvalue().encode(errors="surrogateescape")  # names need not be text


def _flat(row: Scored) -> dict[str, object]:
    figures: dict[str, object] = {"name": row.name, **row.alone}
    for group, compared in row.compared.items():
        ending = "" if group == "produced" else f"_{group}"
        figures |= {f"{key}{ending}": value for key, value in compared.items()}
    return figures
