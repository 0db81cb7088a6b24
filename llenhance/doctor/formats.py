"""Which formats of pictures work: a small picture is written in each and read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from PIL import Image, ImageCms

from llenhance.doctor import samples
from llenhance.doctor.problem import Problem, told
from llenhance.errors import LlenhanceError, PictureError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode, losses
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.picture import Picture

_MARK: Final = "llenhance doctor"  # what the EXIF data says, to be recognized
_TOLERANCE: Final = 4.0  # steps of 8 bits, mean over the picture; lossy formats stay below 1
_READ_ONLY: Final = {"MPO": "MPO", "GIF": "GIF"}  # MPO: JPEG files of some phones
_ALIKE: Final = ("PGM", "PNM")  # written by what writes PPM
_OF_EXTRAS: Final = {
    "HEIC": ("pi-heif-decoder", samples.heic),
    "JPEG XL": ("imagecodecs pylibjxl", samples.jxl),
    "RAW": ("rawpy", samples.raw),
}
_LIBRARY: Final = {  # Pillow does the others
    ("JPEG", 8): "opencv-python pillow",
    ("PNG", 8): "opencv-python",
    ("PNG", 16): "opencv-python",
    ("TIFF", 8): "opencv-python pillow",
    ("TIFF", 16): "opencv-python pillow",
    ("AVIF", 16): "opencv-python",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How well a format works.

    Attributes:
        format: Name of the format.
        depth: Bits per channel.
        written: Whether llenhance writes it; it reads all of them.
        icc_profile: Whether the color profile came back; None if the format has no place for it.
        exif: Whether the EXIF data came back; None if the format has no place for it.
        failure: What went wrong; None if all is well.
        extra: The extra of llenhance that the format needs, if that is not installed.
        library: Packages that do the work.
    """

    format: str
    depth: int
    written: bool = True
    icc_profile: bool | None = None
    exif: bool | None = None
    failure: str | None = None
    extra: str | None = None
    library: str = "pillow"

    @property
    def problem(self) -> Problem | None:
        """What is wrong, and what to do about it; None if all is well."""
        if self.failure is None:
            return None
        return PictureError(
            "format-broken",
            self.format,
            depth=self.depth,
            failure=self.failure,
            library=self.library,
        )


def try_codecs() -> Iterator[Codec]:
    """Yield how well each format works at each depth; formats that can only be read come last."""
    for format, about in FORMATS.items():
        if format in _ALIKE:
            continue
        if about.writer is not None:
            yield try_codec(format, depth=8)
        if about.writer is not None and about.writer.deep:
            yield try_codec(format, depth=16)
    for title, pillow_format in _READ_ONLY.items():
        yield _try_to_read(title, pillow_format)
    for title, (library, sample) in _OF_EXTRAS.items():
        yield _try_extra(title, library, sample())


def try_codec(format: str, *, depth: int) -> Codec:
    """Write and read a picture with a color profile and EXIF data.

    Args:
        format: A key of `FORMATS` that can be written.
        depth: Bits per channel, 8 or 16.
    """
    about = FORMATS[format]
    codec = Codec(format=about.title, depth=depth, library=_LIBRARY.get((format, depth), "pillow"))
    sample = _sample(depth)
    lost = {note.code for note in losses(sample, format=format)}
    lost.discard("depth-reduced")
    if lost:  # it has no place for them: try the pixels alone
        sample = replace(sample, icc_profile=None, exif=None)
    try:
        found = decode(encode(sample, format=format, name="sample"), name="sample")
    except (LlenhanceError, ImportError) as error:  # ImportError: Pillow without a library of its
        return replace(codec, failure=told(error))
    lossless = about.writer is not None and about.writer.quality is None
    failure = _difference(sample, found, exact=lossless)
    if lost:
        return replace(codec, failure=failure)
    has_profile = found.icc_profile == sample.icc_profile
    has_exif = found.exif is not None and _MARK.encode() in found.exif
    if failure is None and not has_profile:
        failure = "the color profile was lost"
    if failure is None and not has_exif:
        failure = "the EXIF data was lost"
    return replace(codec, icc_profile=has_profile, exif=has_exif, failure=failure)


def _try_to_read(title: str, pillow_format: str) -> Codec:
    """Read a picture that Pillow wrote in a format that llenhance does not write."""
    codec = Codec(format=title, depth=8, written=False)
    sample = _sample(8)
    try:
        image, file = Image.fromarray(sample.pixels), BytesIO()
        more = {"save_all": True, "append_images": [image]} if pillow_format == "MPO" else {}
        image.save(file, pillow_format, **more)
        found = decode(file.getvalue(), name="sample")
    except (LlenhanceError, ImportError, OSError, LookupError) as error:
        return replace(codec, failure=told(error))
    return replace(codec, failure=_difference(sample, found, exact=False))


def _try_extra(title: str, library: str, data: bytes) -> Codec:
    """Read a small file of a format whose library is optional."""
    codec = Codec(format=title, depth=16 if title == "RAW" else 8, written=False, library=library)
    try:
        found = decode(data, name="sample")
    except PictureError as error:
        if error.code == "decoder-missing":
            return replace(codec, extra=str(error.facts["extra"]))
        return replace(codec, failure=told(error))
    except (LlenhanceError, ImportError) as error:
        return replace(codec, failure=told(error))
    expected = _sample(8)
    if title == "RAW":
        expected = Picture(pixels=np.full((32, 32, 3), 32767, np.uint16))
    return replace(codec, failure=_difference(expected, found, exact=False))


def _sample(depth: int) -> Picture:
    """Return a smooth picture with a color profile and EXIF data."""
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
    """Return what is wrong with the picture that was read back; None if nothing is."""
    if found.depth != sample.depth or found.pixels.shape != sample.pixels.shape:
        return f"{found.width}x{found.height} pixels of {found.depth} bits came back"
    away = np.abs(found.pixels.astype(np.float64) - sample.pixels.astype(np.float64))
    step = 1 if sample.depth == 8 else 257  # of 8 bits
    if (exact and away.any()) or away.mean() > _TOLERANCE * step:
        return "other pixels came back"
    return None
