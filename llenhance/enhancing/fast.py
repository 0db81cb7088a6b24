"""Enhance a small copy of a picture, and lift the effect to full size.

The method is the fast guided filter (He and Sun, arXiv:1505.00996; He et al., IEEE TPAMI 35(6),
2013) with the dark picture as its guide. Around each place of the small copy, the bright color is
an affine function of the dark one. That function is enlarged, not the picture:

    bright = A g(dark) + b,    A = (cov(g, g) + epsilon 1)^-1 cov(g, bright),
                               b = mean(bright) - A mean(g),

where g is a gamma curve. So edges and detail come from the picture at full size. Filters with
smaller windows fit what the first one left over ("twicing", Tukey 1977), and their functions are
added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures.pixels import Pixels

Floats = NDArray[np.float32]
Reals = NDArray[np.float32] | NDArray[np.float64]

MEGAPIXELS: Final = 1.0
"""Size of the small copy, in millions of pixels."""

NOT_WORTH_IT: Final = 1.5
"""A picture with up to this many times the pixels of the small copy is enhanced as it is."""

GAMMA: Final = 0.7
"""Exponent of the gamma curve g."""

# (radius, epsilon) of each filter, in pixels of the small copy and squared units of g: coarse to
# fine. More weight for the fine ones comes closer to the full run if the small copy is not much
# smaller (31.2 instead of 31.0 dB at 1.7 times the side), but not if it is (25.2 instead of 26.0 dB
# at 4 times): there the network's own fine texture differs.
FILTERS: Final = ((16, 1e-3), (4, 1e-2), (1, 5e-2))

_TOP: Final = np.float32(65535)
_AT_ONCE: Final = 1 << 16  # pixels of a strip; its 15 planes stay in the cache


def enhance_fast(
    pixels: Pixels, enhance: Callable[[Pixels], Pixels], *, megapixels: float = MEGAPIXELS
) -> Pixels:
    """Enhance a picture through a small copy of it.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1. They are never modified.
        enhance: Enhances ``(h, w, 3)`` pixels and keeps their type. It is called once: with the
            small copy, always of uint16, since averages lie between the levels of 8 bits; or with
            the pixels themselves if they are hardly more than the copy would be.
        megapixels: Size of the small copy in millions of pixels, more than 0.

    Returns:
        An array of the same shape and type as ``pixels``.

    Raises:
        ValueError: ``megapixels`` is not positive.
    """
    if not megapixels > 0:
        raise ValueError(f"megapixels must be positive, not {megapixels}")
    size = copy_size(*pixels.shape[:2], megapixels=megapixels)
    if size == pixels.shape[:2]:
        return enhance(pixels)
    dark = reduced(pixels, *size)
    dark /= np.float32(np.iinfo(pixels.dtype).max)
    bright = enhance(np.rint(dark * _TOP).astype(np.uint16))
    return lift(pixels, dark, bright.astype(np.float32) / _TOP)


def copy_size(height: int, width: int, *, megapixels: float = MEGAPIXELS) -> tuple[int, int]:
    """Return the height and width of the small copy, of the same proportions, at least 1x1.

    They are those of the picture itself if it is hardly larger.
    """
    if height * width <= NOT_WORTH_IT * megapixels * 1e6:
        return height, width
    scale = min(1.0, (megapixels * 1e6 / (height * width)) ** 0.5)
    return max(1, round(height * scale)), max(1, round(width * scale))


def reduced(pixels: Pixels, height: int, width: int) -> Floats:
    """Return the averages of ``(H, W, 3)`` pixels over areas, ``(height, width, 3)``, not rounded.

    Args:
        pixels: uint8 or uint16.
        height: Height of the result, at most H.
        width: Width of the result, at most W.
    """
    result = np.empty((height, width, 3), np.float32)
    ratio = pixels.shape[0] / height
    block = max(1, int(_AT_ONCE / (ratio * pixels.shape[1])))

    def fill(start: int) -> None:
        stop = min(start + block, height)
        first, last = int(start * ratio), min(pixels.shape[0], math.ceil(stop * ratio))
        # OpenCV averages along rows; across them it is done here, as a block may begin within one.
        narrow = cv2.resize(
            pixels[first:last].astype(np.float32),
            (width, last - first),
            interpolation=cv2.INTER_AREA,
        )
        edges: NDArray[np.float64] = np.arange(start, stop + 1)[:, None] * ratio
        rows = np.arange(first, last, dtype=np.float64)
        shares = (np.minimum(edges[1:], rows + 1) - np.maximum(edges[:-1], rows)).clip(0)
        shares /= shares.sum(axis=1, keepdims=True)
        result[start:stop] = np.tensordot(shares.astype(np.float32), narrow, 1)

    _in_threads(fill, range(0, height, block))
    return result


def lift(pixels: Pixels, small_dark: Floats, small_bright: Floats) -> Pixels:
    """Give a picture the effect that its small copy received.

    Args:
        pixels: ``(H, W, 3)``, uint8 or uint16: the dark picture.
        small_dark: ``(h, w, 3)``, 0..1: the same picture, averaged over areas.
        small_bright: ``(h, w, 3)``, 0..1: what the copy became.

    Returns:
        An array of the same shape and type as ``pixels``. The memory needed besides is 12 values a
        pixel of the small copy, a few times, and strips of rows.

    Raises:
        ValueError: The small pictures differ in size, or are empty.
    """
    if small_dark.shape != small_bright.shape or not small_dark.size:
        raise ValueError(
            f"sizes {small_dark.shape} and {small_bright.shape} do not belong together"
        )
    functions = affine_functions(small_dark.astype(np.float32) ** GAMMA, small_bright)
    top = np.iinfo(pixels.dtype).max
    guides = (np.arange(top + 1, dtype=np.float32) / np.float32(top)) ** np.float32(GAMMA)
    functions *= np.float32(top)
    height, width = pixels.shape[:2]
    result = np.empty_like(pixels)
    rows = max(1, _AT_ONCE // width)

    def fill(start: int) -> None:
        stop = min(start + rows, height)
        strip = rows_of(functions, start, stop, height)
        result[start:stop] = _applied(strip, guides, pixels[start:stop])

    _in_threads(fill, range(0, height, rows))
    return result


def affine_functions(
    guide: Reals, bright: Reals, *, filters: Sequence[tuple[int, float]] = FILTERS
) -> Floats:
    """Return, for each pixel, the affine function that takes the guide to the bright picture.

    Args:
        guide: ``(h, w, 3)``; it is computed with their precision.
        bright: ``(h, w, 3)``.
        filters: Radius in pixels and epsilon in squared units of the guide, coarse to fine.

    Returns:
        ``(12, h, w)``: for each channel of the bright picture three factors and a constant.
    """
    total = np.zeros((12, *guide.shape[:2]), np.float32)
    planes, rest = _planes(guide), _planes(bright)
    for radius, epsilon in filters:
        functions = _fitted(planes, rest, radius=radius, epsilon=epsilon)
        total += functions
        for channel, (*factors, constant) in enumerate(functions.reshape(3, 4, *guide.shape[:2])):
            rest[channel] -= constant
            for factor, plane in zip(factors, planes, strict=True):
                rest[channel] -= factor * plane
    return total


def _in_threads(fill: Callable[[int], None], starts: Iterable[int]) -> None:
    """Fill the parts of a picture, several at a time: NumPy and OpenCV release Python's lock."""
    with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as threads:
        list(threads.map(fill, starts))


def _planes(picture: Reals) -> Floats:
    return cast("Floats", np.ascontiguousarray(picture.transpose(2, 0, 1)))


def _fitted(guide: Floats, bright: Floats, *, radius: int, epsilon: float) -> Floats:
    """Return the coefficients of one guided filter, ``(12, h, w)``, averaged over its window."""

    def mean(plane: Floats) -> Floats:
        side = 2 * radius + 1
        return cast("Floats", cv2.blur(plane, (side, side), borderType=cv2.BORDER_REPLICATE))

    means, bright_means = [mean(g) for g in guide], [mean(p) for p in bright]
    v = {
        (i, j): mean(guide[i] * guide[j]) - means[i] * means[j] + (epsilon if i == j else 0.0)
        for i in range(3)
        for j in range(i, 3)
    }
    rr, rg, rb, gg, gb, bb = v[0, 0], v[0, 1], v[0, 2], v[1, 1], v[1, 2], v[2, 2]
    # A symmetric 3x3 matrix is inverted by its cofactors; epsilon keeps it positive definite.
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = rr * c_rr + rg * c_rg + rb * c_rb
    inverse = [
        [c / determinant for c in row]
        for row in ((c_rr, c_rg, c_rb), (c_rg, c_gg, c_gb), (c_rb, c_gb, c_bb))
    ]
    functions = np.empty((12, *guide.shape[1:]), np.float32)

    def fill(channel: int) -> None:
        plane, bright_mean = bright[channel], bright_means[channel]
        covariances = [mean(guide[i] * plane) - means[i] * bright_mean for i in range(3)]
        factors = [_dot(row, covariances) for row in inverse]
        constant = bright_mean - _dot(factors, means)
        for i, coefficient in enumerate((*factors, constant)):
            functions[4 * channel + i] = mean(coefficient)

    _in_threads(fill, range(3))
    return functions


def _dot(a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def rows_of(functions: Floats, start: int, stop: int, height: int) -> Floats:
    """Return functions ``(N, h, w)`` for some rows of a picture, ``(N, stop - start, w)``.

    They are interpolated linearly; `height` is that of the whole picture.
    """
    last = functions.shape[1] - 1
    at = ((np.arange(start, stop) + 0.5) * (last + 1) / height - 0.5).clip(0, last)
    first = at.astype(np.intp)
    above, below = functions[:, first], functions[:, np.minimum(first + 1, last)]
    return above + (below - above) * (at - first).astype(np.float32)[:, None]


def _applied(functions: Floats, guides: Floats, strip: Pixels) -> Pixels:
    """Apply the functions of a strip's rows to its pixels, interpolated along the rows."""
    rows, width = strip.shape[:2]
    guide = [guides[strip[..., c]] for c in range(3)]
    result = np.empty_like(strip)
    top = np.iinfo(strip.dtype).max

    def enlarged(plane: Floats) -> Floats:
        return cast("Floats", cv2.resize(plane, (width, rows), interpolation=cv2.INTER_LINEAR))

    for channel, (*factors, constant) in enumerate(functions.reshape(3, 4, *functions.shape[1:])):
        value = enlarged(constant)
        for factor, plane in zip(factors, guide, strict=True):
            value += enlarged(factor) * plane
        result[..., channel] = np.rint(value.clip(0, top, out=value), out=value)
    return result
