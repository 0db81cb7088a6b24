"""Color profiles of pictures that do not stay in their color space: CMYK, LAB and grays."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from llenhance.messages.note import Note


def to_srgb(
    mode: str, profile: bytes | None, notes: list[Note]
) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion of CMYK, LAB or grays to RGB.

    Without a usable profile there is none: the result is None, and a note says so.

    Args:
        mode: of Pillow: 'CMYK', 'LAB' or 'L'.
        profile: an ICC profile of that color space; LAB needs none.
        notes: gets the note.
    """
    try:
        if mode == "LAB":
            source = _profile("LAB")
        elif profile is None:
            notes.append(Note("cmyk-without-profile"))
            return None
        else:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.buildTransform(
            source,
            _profile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        ).apply
    except (ImageCms.PyCMSError, OSError):
        notes.append(Note("color-profile-damaged", space="gray" if mode == "L" else mode))
        return None


def gray_curve(profile: bytes, notes: list[Note]) -> NDArray[np.uint8] | None:
    """Return the sRGB values, (256,), of the grays in a grayscale profile, or None and a note."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    apply = to_srgb("L", profile, notes)
    return None if apply is None else np.asarray(apply(ramp))[0, :, 1]


def _profile(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    made = cast("Any", ImageCms.createProfile(space))  # pyright: ignore[reportUnknownMemberType]
    return ImageCms.ImageCmsProfile(made)
