"""Measure how the constant X of `--brightness` changes the mean gray of results.

python benchmarks/brightness.py [--model M] [-o FILE.csv] [--plot FILE.png] PHOTO...

Photographs are first reduced to at most 640 pixels a side. The mean gray, 0..1, is that of
`metrics`, of 8-bit results. This prints its mean, deviation and range over the pictures for each X,
then how many pictures become brighter with every step, and a straight line through all points.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from llenhance import Enhancer, Wish, read_picture
from llenhance.pictures.picture import Picture

LARGEST_SIDE: Final = 640
CONSTANTS: Final = np.array([-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4])


def small_copy(path: Path) -> Picture:
    """Return an 8-bit copy of a picture, with at most 640 pixels a side."""
    image = read_picture(path).to_pil().convert("RGB")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    return Picture.from_pil(image)


def measure(enhancer: Enhancer, picture: Picture) -> list[float]:
    """Return the mean gray at each of the constants."""
    wishes = [Wish(brightness=float(x)) for x in CONSTANTS]
    return [enhancer.enhance_picture(picture, wish).mean_grey for wish in wishes]


def report(greys: NDArray[np.float64]) -> None:
    """Summarize ``(pictures, constants)`` mean grays."""
    print("    X   mean    dev    min    max")
    for x, column in zip(CONSTANTS, greys.T, strict=True):
        figures = (column.mean(), column.std(), column.min(), column.max())
        print(f"{x:5.1f}  " + "  ".join(f"{figure:.3f}" for figure in figures))
    rising = int((np.diff(greys, axis=1) > 0).all(axis=1).sum())
    x = np.tile(CONSTANTS, len(greys))
    slope, offset = np.polyfit(x, greys.ravel(), 1)
    each = [float(np.corrcoef(CONSTANTS, row)[0, 1]) for row in greys]
    print(f"{rising} of {len(greys)} pictures become brighter with every step")
    print(f"mean gray = {offset:.3f} + {slope:.3f} X")
    overall = np.corrcoef(x, greys.ravel())[0, 1]
    print(f"correlation {overall:.4f}; for single pictures at least {min(each):.4f}")


def plot(greys: NDArray[np.float64], path: Path) -> None:
    """Draw a thin line for each picture and a bold one for their mean."""
    figure: Any = Figure(figsize=(6, 4), layout="constrained")  # its keywords have no types
    axes = figure.subplots()
    axes.plot(CONSTANTS, greys.T, color="tab:blue", alpha=0.4, linewidth=0.8)
    label = f"mean of {len(greys)} pictures"
    axes.plot(CONSTANTS, greys.mean(axis=0), color="black", linewidth=2.5, label=label)
    axes.set(xlabel="--brightness", ylabel="mean gray of the result", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", default="nano")
    parser.add_argument("-o", dest="table", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    enhancer = Enhancer(options.model)
    greys = np.array([measure(enhancer, small_copy(photo)) for photo in options.photos])
    report(greys)
    if options.table:
        with options.table.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["picture", *CONSTANTS])
            for photo, row in zip(options.photos, greys, strict=True):
                table.writerow([photo.name, *(f"{grey:.4f}" for grey in row)])
    if options.plot:
        plot(greys, options.plot)


if __name__ == "__main__":
    main()
