"""Pick the variant of a dark photograph that suits a picture of the same series best.

    python examples/choose.py dark.jpg neighbor.jpg chosen.jpg

A dark photograph has many right answers. `Enhancer.variants` returns several of them; here the one
is kept whose color is nearest to that of another picture, such as the one on the next page.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llenhance import Enhancer, write_picture


def mean_color(path: str) -> NDArray[np.float64]:
    """Return the mean red, green and blue of a picture, ``(3,)``, 0..255."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).mean(axis=(0, 1))


def choose(dark: str, neighbor: str, chosen: str) -> None:
    """Write the variant of a picture that is most like its neighbor."""
    wanted = mean_color(neighbor)
    variants = Enhancer().variants(dark, count=5)
    distances = [
        float(np.linalg.norm(variant.picture.pixels.mean(axis=(0, 1)) - wanted))
        for variant in variants
    ]
    for variant, distance in zip(variants, distances, strict=True):
        print(f"v{variant.number}: mean gray {variant.mean_grey:.2f}, distance {distance:.1f}")
    best = variants[int(np.argmin(distances))]
    write_picture(chosen, best.picture)
    print(f"{chosen} is v{best.number}")


if __name__ == "__main__":
    choose(*sys.argv[1:4])
