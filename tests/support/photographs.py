"""Synthetic photographs, and the two in `examples/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

Pixels = NDArray[np.uint8]

EXAMPLES: Final = Path(__file__).parents[2] / "examples"


def photograph(height: int = 40, width: int = 56, *, seed: int = 0) -> Pixels:
    """A well-lit scene: smooth light and color, some noise, some clipped white."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = [np.sin(6 * y + phase) * np.cos(9 * x - phase) for phase in rng.uniform(0, 6, 3)]
    noisy = 150 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 6, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def dark_photograph(
    height: int, width: int, *, dtype: Any = np.uint8, seed: int = 0
) -> NDArray[Any]:
    """A dark scene of 8 or 16 bits: smooth light, colored rectangles with hard edges, noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : height / 60 : height * 1j, 0 : width / 60 : width * 1j]
    scene = 0.12 + 0.06 * np.stack([np.sin(3 * y + n) * np.cos(2 * x - n) for n in range(3)], -1)
    for _ in range(12):
        top, left = rng.integers(height), rng.integers(width)
        scene[top : top + height // 4 + 1, left : left + width // 5 + 1] *= rng.uniform(0.3, 1.6, 3)
    scene += rng.normal(0, 0.004, scene.shape)
    return (np.clip(scene, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def photograph_file(
    format: str = "JPEG", *, alpha: bool = False, size: tuple[int, int] = (16, 16)
) -> bytes:
    """A dark and noisy picture, of ``(height, width)``, as the content of a file."""
    values = np.random.default_rng(0).integers(0, 60, (*size, 4 if alpha else 3), np.uint8)
    return encode(Picture.from_array(values), format=format, name="photograph")


def example(name: str) -> Pixels:
    """A photograph of `examples/`, by its name without the extension."""
    with Image.open(EXAMPLES / f"{name}.jpg") as file:
        return np.asarray(file.convert("RGB"))


def is_picture(path: Path) -> bool:
    """Whether a file holds a picture that is not black."""
    return bool(decode(path.read_bytes(), name=str(path)).pixels.any())
