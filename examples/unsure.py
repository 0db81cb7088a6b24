"""Tell a program that looks at enhanced pictures which places it should trust less.

    python examples/unsure.py dark.jpg weights.npy

`Enhancer.confidence` expects an error for each place, apart from the brightness of the whole.
Measurements that are weighted by its inverse square count what is well known more than what the
network had to guess.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from llenhance import Enhancer

LEVEL = 1 / 255  # of 8 bits


def unsure(dark: str, weights: str) -> None:
    """Write weights, ``(H, W)`` float32 with mean 1, and tell how much of the picture is unsure."""
    confidence = Enhancer().confidence(dark)
    spread = np.maximum(confidence.spread, LEVEL)  # nothing is known better than a level
    inverse = 1 / spread**2
    with Path(weights).open("wb") as file:
        np.save(file, (inverse / inverse.mean()).astype(np.float32))
    print(f"expected error: {confidence.mean / LEVEL:.1f} levels in the mean")
    for levels in (5, 10, 20):
        print(f"over {levels} levels: {np.mean(confidence.spread > levels * LEVEL):.0%}")


if __name__ == "__main__":
    unsure(*sys.argv[1:3])
