"""The colors of a file as values on the sRGB curve, which is what networks have learned, and back.

    seen = as_srgb(picture)  # enhance this: it has 16 bits if the picture is not sRGB
    picture = in_its_space(picture, bright)

Colors that sRGB has no values for are not flattened: what `to_srgb` cuts off is put back, and
brightened as much as the rest of the pixel was. Why: `docs/decisions/0015-color-spaces.md`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.pictures import icc
from llenhance.pictures.color import linear_to_srgb, srgb_to_linear
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels, bands, equal_channels

_FULL: Final = 65535
_ROOTS: Final = np.linspace(0, 1, 2**17) ** 2  # of linear light: dark values lie close together
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear sRGB
_BRIGHTEST: Final = 64.0  # times what a pixel was: more would only lift noise
_BLACK: Final = 1e-4  # luminance below which a pixel has no color that could be cut off
_ROUNDED: Final = 8  # steps of 16 bits; in a space whose equal channels show a color it is more
ALIKE: Final = 1.5 / 255
"""Profiles that are called sRGB differ by less from it, in all colors."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColorSpace:
    """Three primaries and three curves.

    Attributes:
        matrix: (3, 3), linear light of this space to linear light of sRGB.
        light: (65536, 3), linear light of each 16-bit value.
        values: (131072, 3), the 16-bit value of linear light, by its root.
    """

    matrix: NDArray[np.float64]
    light: Floats
    values: Floats

    def to_srgb(self, pixels: Pixels) -> NDArray[np.uint16]:
        """Return 16-bit values on the sRGB curve, cut off where sRGB ends.

        Args:
            pixels: (H, W, 3) of this space, uint8 or uint16.
        """
        seen = np.empty(pixels.shape, np.uint16)
        for part, result in zip(bands(pixels), bands(seen), strict=True):
            result[:] = _on_the_curve(self._linear_srgb(part))
        return seen

    def from_srgb(self, bright: Pixels, *, dark: Pixels) -> Pixels:
        """Return enhanced values in this space, of the type of `dark`.

        Args:
            bright: (H, W, 3), what became of the values that `to_srgb` returned for `dark`.
            dark: (H, W, 3), of this space. Pixels that were left alone get these values back.
        """
        back = np.linalg.inv(self.matrix)
        result = np.empty_like(dark)
        for part, enhanced, place in zip(bands(dark), bands(bright), bands(result), strict=True):
            whole = self._linear_srgb(part)
            inside = whole.clip(0, 1)
            light = _LIGHT[enhanced]
            gain = light @ _LUMINANCE / np.maximum(inside @ _LUMINANCE, _BLACK)
            light += (whole - inside) * np.minimum(gain, _BRIGHTEST)[..., None]
            linear = cast("Floats", cv2.transform(light, back))
            alone = (enhanced == _on_the_curve(whole)).all(axis=2, keepdims=True)
            for channel in range(3):
                coded = self.values[:, channel][_root_index(linear[..., channel])]
                if dark.dtype == np.uint8:
                    coded = coded / 257
                place[..., channel] = np.where(
                    alone[..., 0], part[..., channel], np.rint(coded).astype(dark.dtype)
                )
        return result

    def _linear_srgb(self, pixels: Pixels) -> Floats:
        step = 257 if pixels.dtype == np.uint8 else 1
        table = self.light[::step]
        light = np.stack([table[:, c][pixels[..., c]] for c in range(3)], axis=-1)
        return cast("Floats", cv2.transform(light, self.matrix))


def as_srgb(picture: Picture) -> Pixels:
    """Return a picture's pixels on the sRGB curve: its own where they are, else of 16 bits."""
    space = working_space(picture.icc_profile)
    if space is None:
        return picture.pixels
    seen = space.to_srgb(picture.pixels)
    return _as_gray(seen) if equal_channels(picture.pixels) else seen


def in_its_space(picture: Picture, bright: Pixels) -> Picture:
    """Return a picture with what became of the pixels that `as_srgb` returned for it."""
    space = working_space(picture.icc_profile)
    if space is None:
        return picture.with_pixels(bright)
    back = space.from_srgb(bright, dark=picture.pixels)
    return picture.with_pixels(_as_gray(back) if equal_channels(bright) else back)


def without_gray_profile(picture: Picture) -> Picture:
    """Return a picture as sRGB if its profile is for grays alone; else as it is.

    A file with three channels must not have such a profile, and some formats have no other files.
    """
    if picture.icc_profile is None or icc.space_of(picture.icc_profile) != "GRAY":
        return picture
    seen = as_srgb(picture)
    seen = to_8_bits(seen) if picture.depth == 8 else seen
    return replace(picture, pixels=seen, icc_profile=None)


def working_space(profile: bytes | None) -> ColorSpace | None:
    """Return the space of a picture with this profile; None if its values can be used as sRGB.

    They can where nothing else is told, where the profile is that of sRGB by another name, and
    where it cannot be used: `decode` has told that.
    """
    if profile is None:
        return None
    try:
        space = space_in(profile)
    except (ValueError, LookupError, struct.error):
        return None
    return None if space is None or _is_srgb(space) else space


@lru_cache(maxsize=4)
def space_in(profile: bytes) -> ColorSpace | None:
    """Return the space of a profile for RGB or grays; None if it consists of look-up tables.

    Raises:
        ValueError, LookupError, struct.error: the profile is damaged.
    """
    if icc.space_of(profile) == "GRAY":
        curve = icc.gray_curve_in(profile)
        matrix, curves = np.eye(3), () if curve is None else (curve, curve, curve)
    else:
        shaper = icc.shaper_in(profile)
        matrix = np.eye(3) if shaper is None else _FROM_XYZ @ shaper.to_xyz
        curves = () if shaper is None else shaper.curves
    if not curves:
        return None
    stored = np.linspace(0, 1, _FULL + 1)
    light = np.stack([curve(stored) for curve in curves], axis=1)
    if not np.isfinite(light).all() or (np.diff(light, axis=0) < -1e-9).any():
        raise ValueError("a curve that falls")
    values = np.stack([np.interp(_ROOTS, light[:, c], stored * _FULL) for c in range(3)], axis=1)
    return ColorSpace(
        matrix=matrix,
        light=light.astype(np.float32),
        values=values.astype(np.float32),
    )


@lru_cache(maxsize=4)
def _is_srgb(space: ColorSpace) -> bool:
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    off = space.to_srgb(colors) / _FULL - colors / 255
    return bool(np.abs(off).max() < ALIKE)


def _as_gray(pixels: Pixels) -> Pixels:
    """Return pixels of a gray picture with equal channels: rounding makes a step of difference."""
    green = pixels[..., 1:2]
    apart = max(int(np.abs(part.astype(np.int32) - part[..., 1:2]).max()) for part in bands(pixels))
    return np.repeat(green, 3, axis=2) if apart <= _ROUNDED else pixels


def _on_the_curve(light: Floats) -> NDArray[np.uint16]:
    return _CODED[_root_index(light)]


def _root_index(light: NDArray[Any]) -> NDArray[np.int32]:
    roots = np.sqrt(light.clip(0, 1))
    return np.rint(roots * np.float32(len(_ROOTS) - 1)).astype(np.int32)


_CODED: Final = np.rint(linear_to_srgb(_ROOTS) * _FULL).astype(np.uint16)
_LIGHT: Final = srgb_to_linear(np.linspace(0, 1, _FULL + 1)).astype(np.float32)


def _srgb_from_xyz() -> NDArray[np.float64]:
    profile = icc.rgb_profile(
        "sRGB", curve=icc.SRGB_CURVE, primaries=icc.SRGB_PRIMARIES, white=icc.D65
    )
    shaper = icc.shaper_in(profile)
    if shaper is None:
        raise AssertionError("a profile of primaries was just made")
    return np.linalg.inv(shaper.to_xyz).astype(np.float64)


_FROM_XYZ: Final = _srgb_from_xyz()
