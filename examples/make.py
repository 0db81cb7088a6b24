"""Make the example photographs: public-domain pictures, darkened by `llenhance.training.darkening`.

Run from the root of the repository: python examples/make.py
It needs scikit-image, whose package brings the two pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from llenhance.errors import require
from llenhance.training.darkening import Camera, darken

CAMERAS = {
    "coffee": Camera(exposure=1 / 12, shot=3e-4, read=6e-4, grain=0.5, jpeg_quality=()),
    "chelsea": Camera(
        exposure=1 / 20, white_balance=(1.1, 1.0, 0.9), shot=2e-4, read=5e-4, grain=0.5
    ),
}


def main() -> None:
    """Write examples/NAME.jpg, with the same noise every time."""
    pictures = cast("Any", require("skimage.data", extra="train"))
    for name, camera in CAMERAS.items():
        dark = darken(getattr(pictures, name)(), camera, rng=np.random.default_rng(1))
        Image.fromarray(dark).save(Path(__file__).parent / f"{name}.jpg", quality=95, subsampling=0)


if __name__ == "__main__":
    main()
