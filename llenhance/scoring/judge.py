"""Two pictures in, every score that was asked for out: those of `metrics.py`, and LPIPS."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from llenhance.scoring.metrics import SMALLEST, score


class Judge:
    """What compares two pictures.

    Args:
        lpips: weights for `load_lpips`; without them LPIPS is not measured.

    Attributes:
        smallest: pixels a side that a picture needs.

    Raises:
        WeightsError: LPIPS cannot be loaded.
    """

    def __init__(self, lpips: Path | None) -> None:
        self._lpips = None
        self.smallest = SMALLEST
        if lpips is not None:
            from llenhance.scoring.lpips import SMALLEST as SMALLEST_FOR_LPIPS
            from llenhance.scoring.lpips import load_lpips  # imports torch

            self._lpips = load_lpips(lpips)  # stays on the CPU: the same figures on every machine
            self.smallest = SMALLEST_FOR_LPIPS

    def compare(self, pixels: NDArray[np.uint8], reference: NDArray[np.uint8]) -> dict[str, float]:
        """Return the fields of `Scores`, and ``lpips`` where its weights were given.

        Args:
            pixels: ``(H, W, 3)``, of `smallest` pixels a side or more.
            reference: of the same size.

        Raises:
            ValueError: different sizes, or too small.
            MissingExtraError: scikit-image is not installed.
        """
        figures = asdict(score(pixels, reference))
        if self._lpips is not None:
            figures["lpips"] = self._lpips.between(pixels, reference)
        return figures
