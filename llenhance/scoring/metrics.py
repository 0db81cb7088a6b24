"""How close a picture is to its reference (PSNR, SSIM), and what it looks like without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.errors import require
from llenhance.pictures.channels import largest_channel

LUMA: Final = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
SMALLEST: Final = 11  # pixels a side that `score` needs: the window of SSIM

_EQUAL: Final = 100.0  # dB for a picture that equals its reference
_BLACK: Final = 1  # up to this 8-bit level, a value counts as clipped
_WHITE: Final = 254  # from this 8-bit level on, a value counts as clipped
_BLOCK: Final = 16  # pixels a side of the blocks in which noise is estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of an 8-bit RGB picture against its reference.

    Attributes:
        psnr: PSNR in dB over all RGB values, peak 255; 100 for equal pictures.
        ssim: SSIM of the gray pictures, with a Gaussian window of 11x11 and sigma 1.5 (Wang et al.,
            IEEE TIP 2004).
        ssim_rgb: Mean of the SSIM of R, G and B.
    """

    psnr: float
    ssim: float
    ssim_rgb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What can be said about an 8-bit RGB picture without a reference.

    Attributes:
        mean_grey: Mean luma, 0..1.
        clip_black: Share of pixels whose three values are all 0 or 1.
        clip_white: Share of pixels with a value of 254 or 255.
        noise: Estimated standard deviation of the luma's noise, in 8-bit steps.
    """

    mean_grey: float
    clip_black: float
    clip_white: float
    noise: float


def mean_grey(
    pixels: NDArray[np.uint8 | np.uint16], weights: NDArray[np.float32] | None = None
) -> float:
    """Return the mean luma of ``(H, W, 3)`` pixels, 0..1.

    Args:
        pixels: uint8 or uint16.
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.
    """
    if weights is None:  # whole numbers are summed exactly; numpy takes 400 times as long for it
        means = np.array(cv2.sumElems(pixels)[:3]) / (pixels.shape[0] * pixels.shape[1])
    else:
        means = np.average(pixels.reshape(-1, 3), axis=0, weights=weights.ravel())
    return float(means @ LUMA) / np.iinfo(pixels.dtype).max


def scaled_to(pixels: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a picture so that its mean gray is the reference's, as the literature does."""
    factor = mean_grey(reference) / max(mean_grey(pixels), 1e-6 / 255)
    return np.clip(np.rint(pixels.astype(np.float64) * factor), 0, 255).astype(np.uint8)


def score(pixels: NDArray[np.uint8], reference: NDArray[np.uint8]) -> Scores:
    """Compare ``(H, W, 3)`` 8-bit pixels with a reference of the same size, 11x11 or larger.

    Raises:
        ValueError: The sizes differ or are too small.
        MissingExtraError: scikit-image is not installed.

    Example:
        ``score(enhanced, reference).psnr``
    """
    if pixels.shape != reference.shape or min(pixels.shape[:2]) < SMALLEST:
        raise ValueError(f"sizes {pixels.shape} and {reference.shape} cannot be compared")
    error = float(np.mean((pixels.astype(np.float64) - reference.astype(np.float64)) ** 2))
    greys = (np.floor(p.astype(np.float64) @ LUMA + 0.5) for p in (pixels, reference))
    return Scores(
        psnr=_EQUAL if error == 0 else min(_EQUAL, 10 * float(np.log10(255**2 / error))),
        ssim=_ssim(*greys),
        ssim_rgb=float(np.mean([_ssim(pixels[..., c], reference[..., c]) for c in range(3)])),
    )


def _ssim(a: NDArray[Any], b: NDArray[Any]) -> float:
    metrics = cast("Any", require("skimage.metrics", extra="train"))
    return float(
        metrics.structural_similarity(
            a.astype(np.float64),
            b.astype(np.float64),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def colourfulness(pixels: NDArray[np.uint8]) -> float:
    """Return the mean distance of pixels from gray, ``hypot(Cb, Cr)`` of BT.601, in 8-bit steps."""
    rgb = pixels.astype(np.float32)
    luma = rgb @ LUMA.astype(np.float32)
    blue, red = (rgb[..., 2] - luma) * 0.564, (rgb[..., 0] - luma) * 0.713
    return float(np.hypot(blue, red).mean())


def appearance(pixels: NDArray[np.uint8], weights: NDArray[np.float32] | None = None) -> Appearance:
    """Describe ``(H, W, 3)`` 8-bit pixels, 3x3 or larger.

    Args:
        pixels: Of the picture alone, without a frame.
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.
    """
    most = largest_channel(pixels)
    return Appearance(
        mean_grey=mean_grey(pixels, weights),
        clip_black=float(np.average(most <= _BLACK, weights=weights)),
        clip_white=float(np.average(most >= _WHITE, weights=weights)),
        noise=_noise(pixels),
    )


def _noise(pixels: NDArray[np.uint8]) -> float:
    """Estimate the standard deviation of the luma's noise (Immerkaer, CVIU 64(2), 1996).

        sigma = sqrt(pi / 2) * mean |N * grey| / 6,    N = (1, -2, 1)^T (1, -2, 1)

    N does not respond to slopes, and the median over blocks leaves out those with texture or edges.
    In single precision, which is off by less than 2e-5 steps and ten times as fast as double.
    """
    grey = cv2.transform(pixels.astype(np.float32), LUMA.astype(np.float32)[None])
    kernel = np.array([1, -2, 1], np.float32)
    inside = cv2.sepFilter2D(grey, cv2.CV_32F, kernel, kernel)[1:-1, 1:-1]
    response = np.abs(inside) / 6
    rows, columns = (length // _BLOCK for length in response.shape)
    if rows and columns:
        whole = response[: rows * _BLOCK, : columns * _BLOCK]
        means = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    else:
        means = response.mean()
    return float(np.sqrt(np.pi / 2) * np.median(means))
