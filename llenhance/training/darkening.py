"""Turn a bright photograph into a dark one, with a physical model of a camera in poor light.

The light is scaled in linear units, photons and electronics add noise, and the result is quantized
to 8 bits and perhaps compressed. The noise model is Poisson-Gaussian, as in Foi et al., "Practical
Poissonian-Gaussian noise modeling and fitting", IEEE TIP 2008.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.color import linear_to_srgb, srgb_to_linear

Array = TypeVar("Array", NDArray[np.uint8], NDArray[np.float32])

_STEPS: Final = 1 << 16  # of the linear scale; 8-bit sRGB's darkest step is 1/3300 of the scale
_LEAST_LIT: Final = 0.25  # least share of a night's scene that has light

_LINEAR: Final = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
_STORED: Final = np.rint(255 * linear_to_srgb(np.arange(_STEPS) / (_STEPS - 1))).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """How little light there was, and what the camera made of it.

    Attributes:
        exposure: Share of the linear light that is left, 0..1; above 1, highlights saturate.
        white_balance: Linear gains of R, G, B.
        shot: Variance of photon noise per unit of linear signal (full scale is 1).
        read: Standard deviation of read noise, in units of full scale.
        grain: Standard deviation in pixels of the camera's blur of the noise; 0 for none.
        oversampling: Factor by which the recorded picture is larger than the shown one; noise
            belongs to recorded pixels.
        jpeg_quality: Quality, 1..100, of each compression: first at the recorded size, then at the
            shown size.
    """

    exposure: float
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shot: float = 1e-3
    read: float = 1e-3
    grain: float = 0.0
    oversampling: float = 1.0
    jpeg_quality: tuple[int, ...] = ()


def darken(
    bright: NDArray[np.uint8],
    camera: Camera,
    *,
    light: NDArray[np.float32] | None = None,
    lamps: NDArray[np.float32] | None = None,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Photograph a bright picture again, in poor light.

    Args:
        bright: The bright picture, ``(H, W, 3)``, sRGB.
        camera: The camera and its conditions.
        light: Factor on the exposure at each place (uneven light), ``(H, W)``; None for even light.
        lamps: Linear light that shines in the scene, ``(H, W, 3)`` in units of full scale, which
            the 8 bits of ``bright`` could not hold.
        rng: Draws the noise.

    Returns:
        The dark picture, ``(H, W, 3)``, sRGB.
    """
    height, width = shown = bright.shape[:2]
    if camera.oversampling > 1:
        recorded = round(camera.oversampling * height), round(camera.oversampling * width)
        bright = _resized(bright, recorded)
        light = None if light is None else _resized(light, recorded)
        lamps = None if lamps is None else _resized(lamps, recorded)
    gains = np.float32(camera.exposure) * np.asarray(camera.white_balance, np.float32)
    signal = _LINEAR[bright]
    if lamps is not None:
        signal = np.maximum(signal, lamps)
    signal = signal * gains
    if light is not None:
        signal *= light[..., None]
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    if camera.grain > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), camera.grain)
        noise /= max(float(noise.std()), 1e-6)
    signal += noise * np.sqrt(np.float32(camera.shot) * signal + np.float32(camera.read**2))
    dark = _to_srgb(signal)
    first, second = camera.jpeg_quality[:1], camera.jpeg_quality[1:]
    for quality in first:
        dark = _compressed(dark, quality)
    if camera.oversampling > 1:
        dark = _resized(dark, shown)
    for quality in second:
        dark = _compressed(dark, quality)
    return dark


def _resized(part: Array, size: tuple[int, int]) -> Array:
    smaller = size[0] < part.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cast("Array", cv2.resize(part, size[::-1], interpolation=way))


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8)


def relit(
    bright: NDArray[np.uint8],
    *,
    light: NDArray[np.float32] | None,
    lamps: NDArray[np.float32] | None,
) -> NDArray[np.uint8]:
    """Return the well-lit picture of a scene in another light, as a reference should look.

    Args:
        bright: The bright picture, ``(H, W, 3)``, sRGB.
        light: Factors in linear light, ``(H, W)``; None for even light.
        lamps: As `darken` takes them.
    """
    if light is None and lamps is None:
        return bright
    signal = _LINEAR[bright]
    if light is not None:
        signal = signal * light[..., None]
    if lamps is not None:
        signal = np.maximum(signal, lamps)
    return _to_srgb(signal)


def _to_srgb(linear: NDArray[Any]) -> NDArray[np.uint8]:
    steps = np.clip(linear, 0, 1) * np.float32(_STEPS - 1)
    return _STORED[steps.astype(np.uint16)]


def poor_light(rng: np.random.Generator) -> Camera:
    """Draw conditions with 1/30 to 1/2 of the light."""
    return _random_camera(1 / _between(2, 30, rng), 1.0, rng)


def full_light(rng: np.random.Generator) -> Camera:
    """Draw conditions with nearly all of the light and little noise."""
    return _random_camera(float(rng.uniform(0.7, 1.0)), 0.3, rng)


def _random_camera(exposure: float, noise: float, rng: np.random.Generator) -> Camera:
    warm, tint = rng.normal(0, 0.08), rng.normal(0, 0.03)
    return Camera(
        exposure=exposure,
        white_balance=(math.exp(warm), math.exp(tint), math.exp(-warm)),
        shot=noise * _between(5e-5, 2e-3, rng),
        read=noise * _between(2e-4, 4e-3, rng),
        grain=0.0 if rng.random() < 0.4 else float(rng.uniform(0.4, 1.0)),
        oversampling=float(rng.uniform(1.2, 1.7)) if rng.random() < 0.15 else 1.0,
        jpeg_quality=tuple(int(q) for q in rng.integers(30, 96, rng.choice(3, p=(0.3, 0.5, 0.2)))),
    )


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw from a range, evenly over its orders of magnitude."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def random_light(
    shape: tuple[int, int], exposure: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw uneven light: a dark part, and a part with up to full exposure, with a soft border.

    Args:
        shape: Height and width.
        exposure: Exposure of the dark part; the bright part gets up to 1/exposure times as much.
        rng: Draws the border's place and softness.

    Returns:
        Factors of 1 or more, ``(H, W)``.
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
    share = _falling(distance / softness)
    most = rng.uniform(0.5, 1.2) / exposure
    return np.exp(share * np.log(max(most, 1.0))).astype(np.float32)


def scenic_light(
    bright: NDArray[np.uint8], exposure: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw light whose border follows the things in the scene, as against a sky or a window.

    What is bright in the well-lit picture keeps its light; the rest gets the exposure's light.

    Args:
        bright: The well-lit picture, ``(H, W, 3)``, sRGB.
        exposure: Exposure of the dark part; the bright part gets 0.5 to 1.1 of full exposure.
        rng: Draws how bright is bright, and the border's softness.

    Returns:
        Factors of 1 or more, ``(H, W)``.
    """
    brightest = _brightest(bright)
    threshold = float(np.quantile(brightest, rng.uniform(0.3, 0.9)))
    share = _falling((threshold - brightest) / rng.uniform(4, 25))
    most = rng.uniform(0.5, 1.1) / exposure
    return np.exp(share * np.log(max(most, 1.0))).astype(np.float32)


def _falling(distance: NDArray[Any]) -> NDArray[Any]:
    """Return the share of light along a soft border: 1 far before it, 1/2 on it, 0 far behind."""
    return 1 / (1 + np.exp(np.clip(distance, -30, 30)))


def _brightest(bright: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the largest channel at each place, smoothed, in 8-bit steps."""
    largest = bright.max(axis=2).astype(np.float32)
    return cast("NDArray[np.float32]", cv2.GaussianBlur(largest, (0, 0), 1.0))


def random_night(bright: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the light of a night, in which a part of the scene is meant to be black.

    In half of the cases, this part is what is brightest by day, often the sky, so its border
    follows the things in the scene. Otherwise it is one side, or all but a spot.

    Args:
        bright: The scene by day, ``(H, W, 3)``, sRGB.
        rng: Draws the kind, the place and the softness.

    Returns:
        Factors in linear light, ``(H, W)``, 0.001..1.
    """
    night = _between(1e-3, 0.03, rng)
    if rng.random() < 0.5:
        brightest = _brightest(bright)
        threshold = float(np.quantile(brightest, rng.uniform(_LEAST_LIT, 0.9)))
        softness = rng.uniform(2, 12)  # 8-bit steps
        black = _falling((threshold - brightest) / softness)
        return np.exp(black * np.log(night)).astype(np.float32)
    while True:
        light = np.minimum(random_light(bright.shape[:2], night, rng) * np.float32(night), 1)
        if light.mean() >= _LEAST_LIT:
            return light


def random_lamps(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw one to five lamps: small disks with a glow, brighter than the camera can record.

    Args:
        shape: Height and width.
        rng: Draws their places, sizes, colors and brightness.

    Returns:
        Linear light in units of full scale, ``(H, W, 3)``, 0..30.
    """
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    lamps = np.zeros((height, width, 3), np.float32)
    for _ in range(int(rng.integers(1, 6))):
        distance = np.hypot(y - rng.uniform(0, height), x - rng.uniform(0, width))
        radius = _between(0.005, 0.05, rng) * min(shape)
        disc = np.clip(radius + 0.5 - distance, 0, 1) * _between(1, 30, rng)
        glow = np.exp(-distance / (radius * rng.uniform(1, 6))) * rng.uniform(0, 0.5)
        colour = np.exp(rng.normal(0, 0.25, 3)).astype(np.float32)
        lamps = np.maximum(lamps, np.maximum(disc, glow)[..., None] * colour)
    return lamps.astype(np.float32)
