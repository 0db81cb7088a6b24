"""A smooth dark sky stays smooth: 16 bits go in, through the network and out again."""

from __future__ import annotations

import io
from functools import cache
from itertools import groupby
from typing import Any, Final

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from llenhance.enhancer import Enhancer
from llenhance.jobs.task import enhance_bytes

STEP: Final = 257  # of 8 bits
BORDER: Final = 16  # where the network sees beyond the picture, and a neighborhood is whole


def sky() -> NDArray[np.uint16]:
    """Ever brighter from left to right, in three slightly different ways."""
    across = np.linspace(0.01, 0.16, 640)
    row = np.stack([across, 0.8 * across + 0.01, 0.5 * across + 0.02], axis=-1)
    return np.rint(np.repeat(row[None], 64, axis=0) * 65535).astype(np.uint16)


def file_of(pixels: NDArray[np.uint16], format: str) -> bytes:
    if format == "PNG":
        return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
    if format.startswith("AVIF"):
        bits = int(format.removeprefix("AVIF of "))
        options = [cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, 95]
        return cv2.imencode(".avif", pixels[..., ::-1] >> (16 - bits), options)[1].tobytes()
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="rgb")
    return file.getvalue()


def pixels_in(data: bytes, format: str) -> NDArray[Any]:
    if format == "TIFF":
        return tifffile.imread(io.BytesIO(data))
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found[..., ::-1]


@cache
def enhanced(format: str) -> NDArray[Any]:
    enhancer = Enhancer(device="cpu", precision="fp32")
    outcome = enhance_bytes(file_of(sky(), format), name="sky", enhancer=enhancer)
    assert outcome.format == format[:4]
    return pixels_in(outcome.data, format)


def roughness(pixels: NDArray[Any]) -> float:
    """How far a step from a pixel to the next one is at most from the mean of the 15 around it."""
    steps = np.diff(pixels.astype(float), axis=1)
    around = cv2.blur(steps, (15, 1))
    return float(np.abs(steps - around)[BORDER:-BORDER, BORDER:-BORDER].max())


@pytest.mark.parametrize("format", ["TIFF", "PNG"])
def test_a_gradient_uses_far_more_than_256_levels(format: str) -> None:
    bright = enhanced(format)
    assert bright.dtype == np.uint16
    assert bright.mean() > 3 * sky().mean()
    for channel in range(3):
        assert len(np.unique(bright[..., channel])) > 10_000  # measured: 19,000 to 27,000


@pytest.mark.parametrize("format", ["TIFF", "PNG"])
def test_a_gradient_bands_nowhere(format: str) -> None:
    bright = enhanced(format)
    assert roughness(bright) < 1.2 * STEP  # measured: 0.93
    for channel in range(3):
        row = bright[32, BORDER:-BORDER, channel].tolist()
        assert max(len(list(same)) for _, same in groupby(row)) <= 3


@pytest.mark.parametrize("bits", [10, 12])
def test_a_gradient_of_a_deep_avif_has_more_than_256_levels_and_no_bands(bits: int) -> None:
    bright = enhanced(f"AVIF of {bits}")
    full = 2**bits - 1
    assert bright.dtype == np.uint16
    assert 0.6 * full < bright.max() <= full
    for channel in range(3):
        assert len(np.unique(bright[..., channel])) > 256  # measured: 449 to 2,536
    assert roughness(bright * (65535 / full)) < 1.2 * STEP


def test_bands_would_be_seen() -> None:
    banded = (enhanced("TIFF") // STEP) * STEP
    assert roughness(banded) > 1.2 * STEP  # measured: 1.47
