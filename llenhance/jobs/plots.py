"""The points of a sweep in, a plot as the content of a PNG or SVG file out."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

from llenhance.errors import UsageError, require
from llenhance.jobs.evaluate import INPUT_GREY, PRODUCED, SCALED
from llenhance.jobs.sweep import AS_IT_IS, Point

FORMATS: Final = ("png", "svg")

_LINES: Final = {
    PRODUCED: ("as produced", "#0b6e99"),
    SCALED: ("scaled to the reference's mean gray", "#d1600a"),
}
_GAP: Final = 0.035  # least distance of two exposures' names, as a share of the plot's width


def format_of_plot(path: Path) -> str:
    """Return which of `FORMATS` a file's name asks for.

    Raises:
        UsageError: none of them.
    """
    format = path.suffix[1:].lower()
    if format not in FORMATS:
        raise UsageError("plot-format-unknown", str(path))
    return format


def require_matplotlib() -> None:
    """Make sure, before the work, that `plot_of_sweep` can be called after it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib.figure", extra="evaluate")


def plot_of_sweep(points: Sequence[Point], *, format: str) -> bytes:
    """Draw PSNR, as produced and scaled, against the mean gray of the inputs.

    Inputs that were multiplied are joined by a line, and those blended with the reference by
    another: both begin at the input as it is.

    Args:
        points: with means, and with the mean gray of the inputs.
        format: one of `FORMATS`.

    Raises:
        ValueError: points without either.
        MissingExtraError: matplotlib is not installed.
    """
    matplotlib = cast("Any", require("matplotlib", extra="evaluate"))
    agg = cast("Any", require("matplotlib.backends.backend_agg", extra="evaluate"))
    figures = cast("Any", require("matplotlib.figure", extra="evaluate"))
    # Text of an SVG as text, and the same content every time.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "llenhance"}):
        figure = figures.Figure(figsize=(8, 7), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)  # inches
        agg.FigureCanvasAgg(figure)  # needs no screen
        axes = figure.add_subplot()
        _draw(axes, points)
        file = BytesIO()
        told: dict[str, Any] = {"metadata": {"Date": None}} if format == "svg" else {}
        figure.savefig(file, format=format, dpi=150, **told)
    return file.getvalue()


def _draw(axes: Any, points: Sequence[Point]) -> None:
    multiplied = [point for point in points if point.exposure.share == 0]
    blended = [point for point in points if point.exposure.share > 0 or point.exposure == AS_IT_IS]
    for group, (label, colour) in _LINES.items():
        for family, how, style in (
            (multiplied, "inputs multiplied", "o-"),
            (blended, "inputs blended with the reference", "s--"),
        ):
            ordered = sorted(family, key=_grey)
            across, up = [_grey(point) for point in ordered], [_psnr(p, group) for p in ordered]
            axes.plot(across, up, style, color=colour, label=f"{label}; {how}")
    axes.set_xlabel("mean gray of the inputs (0 is black, 1 is white)")
    axes.set_ylabel("PSNR against the reference, dB")
    axes.grid(axis="y", color="0.9")
    axes.margins(x=0.04, y=0.08)
    _name(axes, points)
    axes.figure.legend(loc="outside lower left", frameon=False)


def _name(axes: Any, points: Sequence[Point]) -> None:
    """Write each exposure's name above the plot, with a line down to its points."""
    left, right = axes.get_xlim()
    place = 0.0
    for point in sorted(points, key=_grey):
        share = (_grey(point) - left) / (right - left)
        place = max(share, place + _GAP)  # names of near exposures move apart
        axes.axvline(_grey(point), color="0.8", linewidth=0.8, zorder=0)
        axes.annotate(
            point.exposure.name,
            xy=(share, 1),
            xytext=(place, 1.05),
            xycoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": "0.8", "linewidth": 0.8, "relpos": (0.5, 0)},
            rotation=90,
            horizontalalignment="center",
            verticalalignment="bottom",
        )


def _grey(point: Point) -> float:
    if point.summary is None or INPUT_GREY not in point.summary.mean.alone:
        raise ValueError(f"the mean gray of the inputs is not known at {point.exposure.name}")
    return point.summary.mean.alone[INPUT_GREY]


def _psnr(point: Point, group: str) -> float:
    if point.summary is None:
        raise ValueError(f"there are no means at {point.exposure.name}")
    return point.summary.mean.compared[group]["psnr"]
