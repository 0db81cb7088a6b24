"""Color profiles of pictures that do not stay in their color space: what is left to Pillow.

CMYK, LAB, and what has a profile of look-up tables. All of them become sRGB.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from llenhance.memory import is_short, is_shortage
from llenhance.messages.note import Note
from llenhance.pictures import icc, spaces
from llenhance.pictures.color import linear_to_srgb
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.pixels import Pixels, bands, equal_channels

_TABLES: Final = 20_000_000
"""Bytes: enough for the tables of any conversion."""


def of_mode(
    mode: str, profile: bytes | None, notes: list[Note]
) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion of CMYK or LAB images to sRGB; None, and a note, if there is none.

    Args:
        mode: of Pillow: 'CMYK' or 'LAB'.
        profile: of the file, of whatever color space; LAB needs none.
        notes: gets the note.

    Raises:
        MemoryError: there is not enough memory for the conversion.
    """
    if mode == "CMYK" and (profile is None or icc.space_of(profile) != "CMYK"):
        notes.append(Note("cmyk-without-profile"))
        return None
    apply = _to_srgb(mode, None if mode == "LAB" else profile, notes)
    if apply is not None:
        notes.append(Note("converted-to-srgb", space=mode))
    return apply


def kept(
    pixels: Pixels, profile: bytes | None, notes: list[Note], *, gray: bool
) -> tuple[Pixels, bytes | None]:
    """Return pixels and the profile that belongs to them; None means sRGB.

    What cannot stay in its space becomes sRGB: colors and grays in a profile of look-up tables, and
    grays in three channels.

    Args:
        pixels: (H, W, 3).
        profile: of the file.
        gray: whether the file has one channel of color.
        notes: gets a note of each conversion, and of a profile that cannot be used.
    """
    if profile is None:
        return pixels, None
    if not icc.is_profile(profile):
        notes.append(Note("no-color-profile", size=len(profile)))
        return pixels, None
    space = icc.space_of(profile)
    if space == "GRAY" and gray and _has_curves(profile):
        return pixels, profile
    if space == "GRAY" and equal_channels(pixels):
        return _from_gray(pixels, profile, notes), None
    if space != "RGB":
        notes.append(Note("color-profile-left-behind", space=space))
        return pixels, None
    return _without_tables(pixels, profile, notes)


def _has_curves(profile: bytes) -> bool:
    try:
        return spaces.space_in(profile) is not None
    except (ValueError, LookupError, struct.error):  # for us; littlecms may make sense of it
        return False


def _to_srgb(
    mode: str, profile: bytes | None, notes: list[Note]
) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion of a mode to sRGB, of 8 bits; None, and a note, if there is none."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile)) if profile else _profile("LAB")
        return ImageCms.buildTransform(
            source,
            _profile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        ).apply
    except (ImageCms.PyCMSError, OSError) as reason:
        # Little CMS says no more than that it failed, also when it gets no memory for its tables.
        if is_shortage(reason) or is_short(_TABLES):
            raise MemoryError from reason
        notes.append(Note("color-profile-damaged", space="gray" if mode == "L" else mode))
        return None


def _from_gray(pixels: Pixels, profile: bytes, notes: list[Note]) -> Pixels:
    stored = np.linspace(0, 1, 65536)
    try:
        curve = icc.gray_curve_in(profile)
        light = None if curve is None else curve(stored)
    except (ValueError, LookupError, struct.error):
        notes.append(Note("color-profile-damaged", space="gray"))
        return pixels
    if light is not None:
        seen = linear_to_srgb(light.clip(0, 1))
    else:  # look-up tables: straight lines between 256 points
        apply = _to_srgb("L", profile, notes)
        if apply is None:
            return pixels
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
        seen = np.interp(stored, np.linspace(0, 1, 256), np.asarray(apply(ramp))[0, :, 1] / 255)
    if np.abs(seen - stored).max() < spaces.ALIKE:
        return pixels
    notes.append(Note("converted-to-srgb", space="gray"))
    full, step = (255, 257) if pixels.dtype == np.uint8 else (65535, 1)
    table = np.rint(seen[::step] * full).astype(pixels.dtype)
    result = np.empty_like(pixels)
    for part, place in zip(bands(pixels), bands(result), strict=True):
        place[:] = table[part]
    return result


def _without_tables(
    pixels: Pixels, profile: bytes, notes: list[Note]
) -> tuple[Pixels, bytes | None]:
    if _has_curves(profile):
        return pixels, profile
    apply = _to_srgb("RGB", profile, notes)
    if apply is None:
        return pixels, None
    notes.append(Note("converted-to-srgb", space="RGB"))
    converted = np.empty_like(pixels)
    for part, result in zip(bands(pixels), bands(converted), strict=True):
        if part.dtype == np.uint8:
            result[:] = np.asarray(apply(Image.fromarray(part)))
        else:
            result[:] = _deep(part, apply)
    return converted, None


def _deep(part: Pixels, apply: Callable[[Image.Image], Image.Image]) -> NDArray[np.float32]:
    """Return 16-bit pixels converted by a transform of 8 bits.

    What 16 bits have beyond 8 is added at the slope that the transform has in gray there: Pillow
    knows no more than 8 bits.
    """
    shallow = to_8_bits(part)
    rest = part.astype(np.float32) - shallow.astype(np.float32) * 257
    seen = np.asarray(apply(Image.fromarray(shallow))).astype(np.float32) * 257
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    known = np.asarray(apply(Image.fromarray(ramp)))[0].astype(np.float32)
    slopes = np.gradient(known, axis=0)
    for channel in range(3):
        seen[..., channel] += rest[..., channel] * slopes[shallow[..., channel], channel]
    return np.rint(seen.clip(0, 65535))


def _profile(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    made = cast("Any", ImageCms.createProfile(space))  # pyright: ignore[reportUnknownMemberType]
    return ImageCms.ImageCmsProfile(made)
