"""Which formats of pictures work: a small picture is written in each, and read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from PIL import Image, ImageCms

from llenhance.doctor.problem import Problem, told
from llenhance.errors import LlenhanceError
from llenhance.pictures.picture import FORMATS, Picture, decode, encode

_MARK: Final = "llenhance doctor"  # what the EXIF data says, to be found again
_TOLERANCE: Final = 4.0  # steps of 8 bits, mean over the picture; formats with losses stay below 1
_LIBRARY: Final = {"PNG": "opencv-python", "TIFF": "opencv-python pillow"}  # Pillow does the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How a format fared.

    Attributes:
        format: its usual name.
        depth: bits a channel.
        written: whether llenhance writes it; it reads all of them.
        icc_profile: whether a colour profile came back; None where the format has no place for it.
        exif: likewise, EXIF data.
        failure: what went wrong, None where all is well.
        library: the packages that do the work.
    """

    format: str
    depth: int
    written: bool = True
    icc_profile: bool | None = None
    exif: bool | None = None
    failure: str | None = None
    library: str = "pillow"

    @property
    def problem(self) -> Problem | None:
        """What to do about a failure."""
        if self.failure is None:
            return None
        what = f"{self.format} pictures of {self.depth} bits do not work: {self.failure}"
        remedy = f"Install it anew: pip install --force-reinstall {self.library}"
        return Problem(what, remedy)


def try_codecs() -> Iterator[Codec]:
    """Yield how each format fared, at each depth that it holds; last what can only be read."""
    for format, about in FORMATS.items():
        yield try_codec(format, depth=8)
        if about.deep:
            yield try_codec(format, depth=16)
    yield _try_mpo()


def try_codec(format: str, *, depth: int) -> Codec:
    """Write and read a picture with a colour profile and EXIF data.

    Args:
        format: a key of `FORMATS`.
        depth: bits a channel, 8 or 16.
    """
    about = FORMATS[format]
    codec = Codec(format=about.title, depth=depth, library=_LIBRARY.get(format, "pillow"))
    try:
        sample = _sample(depth)
        if not about.metadata:
            sample = replace(sample, icc_profile=None, exif=None)
        encoded = encode(sample, format=format, name="sample")
        found = decode(encoded.data, name="sample")
    except (LlenhanceError, ImportError) as error:  # ImportError: Pillow without a library of its
        return replace(codec, failure=told(error))
    failure = _difference(sample, found, exact=about.quality is None)
    if not about.metadata:
        return replace(codec, failure=failure)
    has_profile = found.icc_profile == sample.icc_profile
    has_exif = found.exif is not None and _MARK.encode() in found.exif
    if failure is None and not has_profile:
        failure = "the colour profile was lost"
    if failure is None and not has_exif:
        failure = "the EXIF data was lost"
    return replace(codec, icc_profile=has_profile, exif=has_exif, failure=failure)


def _try_mpo() -> Codec:
    """Read what some phones write instead of JPEG: several of them in one file."""
    codec = Codec(format="MPO", depth=8, written=False)
    try:
        sample = _sample(8)
        image, file = Image.fromarray(sample.pixels), BytesIO()
        image.save(file, "MPO", save_all=True, append_images=[image], quality=95)
        found = decode(file.getvalue(), name="sample")
    except (LlenhanceError, ImportError, OSError, LookupError) as error:
        return replace(codec, failure=told(error))
    return replace(codec, failure=_difference(sample, found, exact=False))


def _sample(depth: int) -> Picture:
    """Return a smooth picture with a colour profile and EXIF data."""
    rows, columns = np.mgrid[0:48, 0:64]
    ramps = np.stack([rows / 47, columns / 63, (rows + columns) / 110], axis=-1)
    pixels = (ramps * (2**depth - 1)).astype(np.uint8 if depth == 8 else np.uint16)
    profile = cast("Any", ImageCms).createProfile("sRGB")  # Pillow does not tell its type
    exif = Image.Exif()
    exif[270] = _MARK  # the tag for a description
    return Picture(
        pixels=pixels,
        icc_profile=ImageCms.ImageCmsProfile(profile).tobytes(),
        exif=exif.tobytes().removeprefix(b"Exif\0\0"),
    )


def _difference(sample: Picture, found: Picture, *, exact: bool) -> str | None:
    """Return what is wrong with the picture that came back."""
    if found.depth != sample.depth or found.pixels.shape != sample.pixels.shape:
        return f"{found.width}x{found.height} pixels of {found.depth} bits came back"
    away = np.abs(found.pixels.astype(np.float64) - sample.pixels.astype(np.float64))
    if (exact and away.any()) or away.mean() > _TOLERANCE:
        return "other pixels came back"
    return None
