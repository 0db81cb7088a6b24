"""Measure how well the expected error of `--confidence` tells the real one.

python benchmarks/confidence.py PAIRS... [--names FILE] [--csv FILE.csv] [--plot FILE.png]

PAIRS are folders with `low/` and `high/`, whose pictures have the same stems; FILE names the stems
that count, a line each. Real error: |result - reference| of each pixel at full size, the mean of
its channels, 0..1. This prints

- Spearman's rank correlation of expected and real error over the pixels of each picture, and its
  mean over the pictures; and over 4,000 pixels of every picture together;
- how often the error is within the spread, twice and three times of it (for an exponential
  distribution 63, 86 and 95 %);
- the real error of ten equal shares of the pixels, from the smallest spread to the largest: the
  reliability plot.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from llenhance import Enhancer, read_picture

Floats = NDArray[np.float64]

PIXELS: Final = 4000  # of each picture, drawn by chance
SHARES: Final = 10


class Measured(NamedTuple):
    """The pixels of a picture: spread and error, and their rank correlation over all of it."""

    name: str
    source: str
    spread: Floats
    error: Floats
    correlation: float


def ranks(values: Floats) -> Floats:
    """Return ranks; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(one: Floats, other: Floats) -> float:
    """Return the rank correlation."""
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def measure(enhancer: Enhancer, low: Path, high: Path, *, source: str) -> Measured:
    """Return what is expected of a picture, and what is so."""
    dark, reference = read_picture(low), read_picture(high)
    result = enhancer.enhance(dark).pixels.astype(np.float64)
    error = np.abs(result - reference.pixels).mean(axis=2).ravel() / 255
    spread = enhancer.confidence(dark).spread.ravel().astype(np.float64)
    some = np.random.default_rng(0).permutation(error.size)[:PIXELS]
    return Measured(low.stem, source, spread[some], error[some], spearman(spread, error))


def report(rows: list[Measured], title: str) -> tuple[Floats, Floats]:
    """Print the figures of some pictures; return mean spread and error of each share."""
    spread = np.concatenate([row.spread for row in rows])
    error = np.concatenate([row.error for row in rows])
    each = np.array([row.correlation for row in rows])
    print(f"{title}: {len(rows)} pictures")
    print(f"  Spearman, mean over pictures {each.mean():.3f} (from {each.min():.2f} to", end=" ")
    print(f"{each.max():.2f}, {(each > 0).sum()} above 0); pooled {spearman(spread, error):.3f}")
    print(f"  mean spread {255 * spread.mean():.1f} levels, mean error {255 * error.mean():.1f}")
    within = [f"{100 * (error <= times * spread).mean():.0f} %" for times in (1, 2, 3)]
    print(f"  error within 1, 2, 3 spreads: {', '.join(within)}")
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
        lines = [f"{row.source},{row.name},{row.correlation:.4f}" for row in rows]
        options.csv.write_text("\n".join(["source,name,spearman", *lines]) + "\n")
    if options.plot:
        plot(curves, options.plot)


if __name__ == "__main__":
    main()
