"""A dark photograph from a bright one, through a physical model of a camera in poor light.

The light is scaled in linear units, photons and electronics add their noise, and what is left is
quantised to 8 bits and perhaps compressed. Noise model: Poisson-Gaussian, as in Foi et al.,
"Practical Poissonian-Gaussian noise modeling and fitting", IEEE TIP 2008.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_STEPS: Final = 1 << 16  # of the linear scale: 8-bit sRGB's darkest step is 1/3300 of it


def srgb_to_linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert the transfer function of sRGB (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply the transfer function of sRGB (IEC 61966-2-1)."""
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)


_LINEAR: Final = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
_STORED: Final = np.rint(255 * linear_to_srgb(np.arange(_STEPS) / (_STEPS - 1))).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """How little light there was, and what the camera made of it.

    Attributes:
        exposure: linear light that is left, 0..1; above 1 highlights saturate.
        white_balance: linear gains of R, G, B.
        shot: variance of photon noise per unit of linear signal (full scale is 1).
        read: deviation of read noise, in units of full scale.
        grain: deviation in pixels of the blur that in-camera processing puts on the noise; 0: none.
        jpeg_quality: 1..100, or None for no compression.
    """

    exposure: float
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shot: float = 1e-3
    read: float = 1e-3
    grain: float = 0.0
    jpeg_quality: int | None = None


def darken(
    bright: NDArray[np.uint8],
    camera: Camera,
    *,
    light: NDArray[np.float32] | None = None,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Photograph a bright picture again, in poor light.

    Args:
        bright: ``(H, W, 3)``, sRGB.
        camera: the conditions.
        light: ``(H, W)``, how much of the exposure each place gets in addition (uneven light), as
            a factor; None for even light.
        rng: of the noise.

    Returns:
        ``(H, W, 3)``, sRGB.
    """
    gains = np.float32(camera.exposure) * np.asarray(camera.white_balance, np.float32)
    signal = _LINEAR[bright] * gains
    if light is not None:
        signal *= light[..., None]
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    if camera.grain > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), camera.grain)
        noise /= max(float(noise.std()), 1e-6)
    signal += noise * np.sqrt(np.float32(camera.shot) * signal + np.float32(camera.read**2))
    steps = np.clip(signal, 0, 1, out=signal) * np.float32(_STEPS - 1)
    dark = _STORED[steps.astype(np.uint16)]
    if camera.jpeg_quality is None:
        return dark
    _, coded = cv2.imencode(
        ".jpg", dark[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg_quality]
    )
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8)


def random_camera(rng: np.random.Generator) -> Camera:
    """Draw conditions: 1/30 to 1/2 of the light, or in one case of eight nearly all of it."""
    if rng.random() < 0.125:
        exposure, noise = rng.uniform(0.7, 1.0), 0.3
    else:
        exposure, noise = 1 / _between(2, 30, rng), 1.0
    warm, tint = rng.normal(0, 0.08), rng.normal(0, 0.03)
    return Camera(
        exposure=exposure,
        white_balance=(math.exp(warm), math.exp(tint), math.exp(-warm)),
        shot=noise * _between(5e-5, 2e-3, rng),
        read=noise * _between(2e-4, 4e-3, rng),
        grain=0.0 if rng.random() < 0.4 else float(rng.uniform(0.4, 1.0)),
        jpeg_quality=None if rng.random() < 0.4 else int(rng.integers(60, 96)),
    )


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw from a range as evenly over its orders of magnitude."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def random_light(
    shape: tuple[int, int], exposure: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw uneven light: a dark part and a part that has up to full exposure, with a soft border.

    Args:
        shape: height and width.
        exposure: of the dark part; the bright part gets up to 1/exposure times as much.
        rng: of the border's place and softness.

    Returns:
        ``(H, W)``, factors of 1 and more.
    """
    height, width = shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    if rng.random() < 0.5:  # a window, a sky: one side
        angle = rng.uniform(0, 2 * np.pi)
        distance = np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.7, 0.7)
    else:  # a lamp, a face in a spot light: a blob
        from_centre = np.hypot(x - rng.uniform(-1, 1), y - rng.uniform(-1, 1))
        distance = from_centre - rng.uniform(0.1, 0.8)
    softness = _between(0.02, 0.5, rng)
    share = 1 / (1 + np.exp(np.clip(distance / softness, -30, 30)))
    most = rng.uniform(0.5, 1.2) / exposure
    return np.exp(share * np.log(max(most, 1.0))).astype(np.float32)
