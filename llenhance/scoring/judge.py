"""Compare two pictures by all scores that are wanted: those of `metrics.py`, and LPIPS."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llenhance.scoring.metrics import SMALLEST, score


class Judge:
    """Compares pictures with their references.

    Args:
        lpips: Weights file for `load_lpips`; without it, LPIPS is not measured.

    Attributes:
        smallest: Least number of pixels that a picture needs on each side.

    Raises:
        WeightsError: LPIPS cannot be loaded.

    Example:
        ``Judge(None).compare(enhanced, reference)["psnr"]``
    """

    def __init__(self, lpips: Path | None) -> None:
        self._lpips = None
        self.smallest = SMALLEST
        if lpips is not None:
            from llenhance.scoring.lpips import SMALLEST as SMALLEST_FOR_LPIPS
            from llenhance.scoring.lpips import load_lpips  # imports torch

            self._lpips = load_lpips(lpips)  # on the CPU, for the same figures on every machine
            self.smallest = SMALLEST_FOR_LPIPS

    def compare(self, pixels: NDArray[np.uint8], reference: NDArray[np.uint8]) -> dict[str, float]:
        """Return the fields of `Scores`, and ``lpips`` if its weights were given.

        Args:
            pixels: ``(H, W, 3)`` 8-bit pixels, at least `smallest` on each side.
            reference: Pixels of the same size.

        Raises:
            ValueError: The sizes differ or are too small.
            MissingExtraError: scikit-image is not installed.
        """
        figures = asdict(score(pixels, reference))
        if self._lpips is not None:
            figures["lpips"] = self._lpips.between(pixels, reference)
        return figures
