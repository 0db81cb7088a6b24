"""Measure how well the expected error of `--confidence` tells the real one.

python benchmarks/confidence.py PAIRS... [--names FILE] [--csv FILE.csv] [--plot FILE.png]

PAIRS are folders with `low/` and `high/`, whose pictures have the same stems; FILE names the stems
that count, a line each. Errors are |result - reference| at full size, the mean of the channels,
0..1:

- of places, which is what is expected: after scaling the result to the reference's mean gray, and
  averaged around each pixel by a Gaussian with a sigma of the longer side / 150;
- of pixels, scaled; and of pixels, as produced.

This prints

- Spearman's rank correlation of expected and real error over the pixels of each picture, and its
  mean over the pictures; and over 4,000 pixels of every picture together;
- how often the error is within the spread, twice and three times of it;
- for places, the real error of ten equal shares of the pixels, from the smallest spread to the
  largest: the reliability plot.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from llenhance import Enhancer, read_picture
from llenhance.enhancing.confidence import PLACE
from llenhance.scoring.metrics import scaled_to

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

PIXELS: Final = 4000  # of each picture, drawn by chance
SHARES: Final = 10
PLACES: Final = "places, scaled"


class Measured(NamedTuple):
    """Some pixels of a picture: spread and errors, and rank correlations over all of it."""

    name: str
    source: str
    spread: Floats
    errors: dict[str, Floats]
    correlations: dict[str, float]


def ranks(values: Floats) -> Floats:
    """Return ranks; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(one: Floats, other: Floats) -> float:
    """Return the rank correlation."""
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def local_error(result: Pixels, reference: Pixels) -> NDArray[np.float32]:
    """Return the error of each place, ``(H, W)``, 0..1, of ``(H, W, 3)`` pixels of 8 bits."""
    error = _error(scaled_to(result, reference), reference)
    return np.asarray(cv2.GaussianBlur(error, (0, 0), max(error.shape) / PLACE), np.float32)


def _error(result: Pixels, reference: Pixels) -> NDArray[np.float32]:
    return np.abs(result.astype(np.float32) - reference).mean(axis=2) / np.float32(255)


def pixels_of(path: Path) -> Pixels:
    """Return the pixels of a picture of 8 bits, ``(H, W, 3)``."""
    return cast("Pixels", read_picture(path).pixels)


def measure(enhancer: Enhancer, low: Path, high: Path, *, source: str) -> Measured:
    """Return what is expected of a picture, and what is so."""
    dark, reference = read_picture(low), pixels_of(high)
    result = cast("Pixels", enhancer.enhance(dark).pixels)
    spread = enhancer.confidence(dark).spread.ravel().astype(np.float64)
    errors = {
        PLACES: local_error(result, reference),
        "pixels, scaled": _error(scaled_to(result, reference), reference),
        "pixels, as produced": _error(result, reference),
    }
    flat = {name: error.ravel().astype(np.float64) for name, error in errors.items()}
    some = np.random.default_rng(0).permutation(spread.size)[:PIXELS]
    return Measured(
        low.stem,
        source,
        spread[some],
        {name: error[some] for name, error in flat.items()},
        {name: spearman(spread, error) for name, error in flat.items()},
    )


def report(rows: list[Measured], title: str) -> tuple[Floats, Floats]:
    """Print the figures of some pictures; return mean spread and error of each share."""
    spread = np.concatenate([row.spread for row in rows])
    print(f"{title}: {len(rows)} pictures, mean spread {255 * spread.mean():.1f} levels")
    for name in rows[0].errors:
        error = np.concatenate([row.errors[name] for row in rows])
        each = np.array([row.correlations[name] for row in rows])
        print(f"  {name}: Spearman, mean over pictures {each.mean():.3f}", end=" ")
        print(f"(from {each.min():.2f} to {each.max():.2f}, {(each > 0).sum()} above 0);", end=" ")
        print(f"pooled {spearman(spread, error):.3f}; mean error {255 * error.mean():.1f} levels;")
        within = [f"{100 * (error <= times * spread).mean():.0f} %" for times in (1, 2, 3)]
        print(f"    within 1, 2, 3 spreads: {', '.join(within)}")
    error = np.concatenate([row.errors[PLACES] for row in rows])
    parts = np.array_split(np.argsort(spread), SHARES)
    told = np.array([spread[part].mean() for part in parts])
    real = np.array([error[part].mean() for part in parts])
    print("  expected", " ".join(f"{255 * value:5.1f}" for value in told))
    print("  real    ", " ".join(f"{255 * value:5.1f}" for value in real))
    return told, real


def plot(curves: dict[str, tuple[Floats, Floats]], path: Path) -> None:
    """Draw expected against real errors."""
    figure: Any = Figure(figsize=(5, 4.6), layout="constrained")  # its keywords have no types
    axes = figure.subplots()
    top = 255 * max(max(told.max(), real.max()) for told, real in curves.values())
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", label="as expected")
    for title, (told, real) in curves.items():
        axes.plot(255 * told, 255 * real, marker="o", label=title)
    axes.set_xlabel("expected error, levels of 255 (tenths of the pixels)")
    axes.set_ylabel("real error, levels of 255")
    axes.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure all pairs, and report."""
    parser = argparse.ArgumentParser(description="See the top of this file.")
    parser.add_argument("pairs", nargs="+", type=Path)
    parser.add_argument("--names", type=Path)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    wanted = set(options.names.read_text().split()) if options.names else None
    enhancer, rows = Enhancer(), list[Measured]()
    for folder in options.pairs:
        high = {path.stem: path for path in (folder / "high").iterdir()}
        for low in sorted((folder / "low").iterdir()):
            if low.stem in high and (wanted is None or low.stem in wanted):
                rows.append(measure(enhancer, low, high[low.stem], source=folder.name))
    curves = {"all": report(rows, "all")}
    for source in dict.fromkeys(row.source for row in rows):
        curves[source] = report([row for row in rows if row.source == source], source)
    if options.csv:
        lines = [
            ",".join([row.source, row.name, *(f"{x:.4f}" for x in row.correlations.values())])
            for row in rows
        ]
        titles = ",".join(["source", "name", *(name.replace(",", "") for name in rows[0].errors)])
        options.csv.write_text("\n".join([titles, *lines]) + "\n")
    if options.plot:
        plot(curves, options.plot)


if __name__ == "__main__":
    main()
