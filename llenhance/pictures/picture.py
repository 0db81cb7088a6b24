"""Encoded bytes in, a `Picture` out, and back: pixels together with all that belongs to them.

`codecs.py` reads the formats' pixels and `writers.py` writes them, `metadata.py` knows what else a
file says, `files.py` the files themselves. What a picture cannot carry along is
never dropped in silence: decoding says it in `Picture.notes`, encoding in `Encoded.lost`.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PurePath
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from llenhance.errors import PictureError, UsageError
from llenhance.pictures import codecs, metadata, writers
from llenhance.pictures.codecs import Pixels

JPEG_SEGMENT: Final = 65533  # bytes that a JPEG segment holds
DEPTHS: Final = {"uint8": 8, "uint16": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What files of a format are called and can hold; the first extension is the usual one.

    `side` is the largest width and height in pixels, `quality` the usual setting from 1 to 100,
    None where the format is lossless.
    """

    title: str
    extensions: tuple[str, ...]
    side: int
    quality: int | None = None
    alpha: bool = True
    deep: bool = False
    metadata: bool = True
    dpi: bool = True


FORMATS: Final[Mapping[str, Format]] = {
    "JPEG": Format(
        title="JPEG",
        extensions=(".jpg", ".jpeg", ".jpe"),
        side=65500,  # of libjpeg; the format itself counts to 65535
        quality=95,
        alpha=False,
    ),
    "PNG": Format(title="PNG", extensions=(".png",), side=1_000_000, deep=True),  # of libpng
    "WEBP": Format(title="WebP", extensions=(".webp",), side=16383, quality=90, dpi=False),
    "TIFF": Format(title="TIFF", extensions=(".tif", ".tiff"), side=2**31 - 1, deep=True),
    "BMP": Format(title="BMP", extensions=(".bmp",), side=2**31 - 1, alpha=False, metadata=False),
    "AVIF": Format(title="AVIF", extensions=(".avif",), side=65536, quality=85, dpi=False),
}


def format_of(path: PurePath | str) -> str:
    """Return the key in `FORMATS` for a file's name or an extension such as '.png' or 'png'.

    Raises:
        UsageError: the extension is missing or belongs to no format that can be written.
    """
    text = str(path)
    extension = (PurePath(text).suffix or f".{text.removeprefix('.')}").lower()
    for name, format in FORMATS.items():
        if extension in format.extensions:
            return name
    known = ", ".join(extension for format in FORMATS.values() for extension in format.extensions)
    raise UsageError(text, "its extension names no format that can be written", f"Use {known}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Upright pixels and what a file holds beside them.

    Attributes:
        pixels: (H, W, 3) RGB as stored (not linear light), uint8 or uint16, C-contiguous.
        alpha: (H, W) of the same type, or None where everything is opaque.
        icc_profile: an RGB profile, byte for byte; None means sRGB.
        exif: a TIFF structure (it begins with II or MM), orientation 1, no thumbnail.
        xmp: an XMP packet with orientation 1.
        dpi: dots per inch, across and down.
        source_format: a key of `FORMATS`, or 'array'.
        notes: what decoding had to leave behind, a clause each.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    source_format: str = "array"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype.name not in DEPTHS:
            raise ValueError(f"pixels must be (H, W, 3) of uint8 or uint16: {shape} of {dtype}")
        if not self.pixels.flags.c_contiguous:
            raise ValueError("pixels must be C-contiguous")
        if self.alpha is not None and (self.alpha.shape, self.alpha.dtype) != (shape[:2], dtype):
            raise ValueError(f"alpha must be {shape[:2]} of {dtype}, as the pixels are")

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def depth(self) -> int:
        """Bits a channel: 8 or 16."""
        return DEPTHS[self.pixels.dtype.name]

    def with_pixels(self, pixels: Pixels) -> Picture:
        """Return this picture with other pixels of the same size and type."""
        if (pixels.shape, pixels.dtype) != (self.pixels.shape, self.pixels.dtype):
            expected = f"{self.pixels.shape} of {self.pixels.dtype}"
            raise ValueError(f"pixels must be {expected}: {pixels.shape} of {pixels.dtype}")
        return replace(self, pixels=pixels)

    def to_pil(self) -> Image.Image:
        """Return an RGB or RGBA image of 8 bits a channel, with the metadata in its `info`."""
        image = writers.to_pillow(self.pixels, self.alpha)
        beside = {"icc_profile": self.icc_profile, "xmp": self.xmp, "dpi": self.dpi}
        beside["exif"] = None if self.exif is None else b"Exif\0\0" + self.exif
        image.info.update({key: value for key, value in beside.items() if value is not None})
        return image

    @classmethod
    def from_pil(cls, image: Image.Image) -> Picture:
        """Return the picture in an image of any mode but 'I' and 'F', turned as its EXIF says."""
        with codecs.reading(name="image", format="PIL") as heard:
            codecs.refuse_undefined_white(image, name="image")
            image.load()
            picture = _picture_in(image, None, format="array")
        return replace(picture, notes=(*picture.notes, *heard))

    @classmethod
    def from_array(cls, array: NDArray[Any]) -> Picture:
        """Return a picture of a copy of uint8 or uint16 values.

        Args:
            array: (H, W) or (H, W, 1) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB, or
                (H, W, 4) RGB and alpha.
        """
        values = array[..., None] if array.ndim == 2 else array
        if values.ndim != 3 or not 1 <= values.shape[2] <= 4:
            raise ValueError(f"array must be (H, W) or (H, W, 1 to 4): {array.shape}")
        colours = 1 if values.shape[2] < 3 else 3
        alpha = values[..., -1].copy() if values.shape[2] in (2, 4) else None
        pixels = np.empty((*values.shape[:2], 3), values.dtype)
        pixels[:] = values[..., :colours]
        return cls(pixels=pixels, alpha=alpha)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture as a file's content, and what of it the format could not hold, a phrase each."""

    data: bytes
    lost: tuple[str, ...]


def decode(data: bytes, *, name: str) -> Picture:
    """Return the picture in the content of a JPEG, PNG, WebP, TIFF, BMP or AVIF file.

    Greys, palettes, CMYK and LAB become RGB; 16 bits stay 16 bits. More than 2**28 pixels are
    refused before memory is allocated for them.

    Args:
        data: the whole file.
        name: what error messages call it.

    Raises:
        PictureError: empty, damaged, incomplete, too large, or a format that is not known here.
        ResourceError: the memory does not suffice.
    """
    format = codecs.format_in(data, name=name)
    with codecs.reading(name=name, format=FORMATS[format].title) as heard:
        frames, image = codecs.load(data, format=format, name=name)
        picture = _picture_in(image, data, format=format)
    notes = [*picture.notes, *(f"its decoder warned: {warning}" for warning in heard)]
    if frames > 1:
        notes.insert(0, f"only the first of {frames} frames was read")
    return replace(picture, notes=tuple(notes))


def encode(picture: Picture, *, format: str, quality: int | None = None, name: str) -> Encoded:
    """Return the picture as a file's content.

    Args:
        picture: stays as it is.
        format: a key of `FORMATS`.
        quality: 1 to 100; without it 95 for JPEG, 90 for WebP, 85 for AVIF.
        name: what error messages call the picture.

    Raises:
        UsageError: an unknown format, or a quality out of range.
        PictureError: the format cannot hold a picture of this size.
        ResourceError: the memory does not suffice.
    """
    if format not in FORMATS:
        raise UsageError(format, "there is no such format", f"Use {', '.join(FORMATS)}")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError("quality", f"{quality} is out of range", "Use a number from 1 to 100")
    target = FORMATS[format]
    if max(picture.width, picture.height) > target.side:
        size = f"{picture.width} x {picture.height} pixels are more than the {target.side} a side"
        problem = f"{size} that {target.title} can hold"
        raise PictureError(name, problem, "Choose TIFF or PNG, or scale it down first")
    kept, lost = _what_fits(picture, format=format, quality=quality)
    with codecs.library_errors(name=name, problem=f"it could not be encoded as {target.title}"):
        data = _encoded(kept, format=format, quality=target.quality if quality is None else quality)
    return Encoded(data=data, lost=lost)


def _what_fits(
    picture: Picture, *, format: str, quality: int | None
) -> tuple[Picture, tuple[str, ...]]:
    target = FORMATS[format]
    lost: dict[str, str] = {}
    gone: dict[str, None] = {}
    if picture.alpha is not None and not target.alpha:
        gone["alpha"] = None
        if picture.alpha.min() < np.iinfo(picture.alpha.dtype).max:
            lost["alpha"] = "transparency"
    if picture.depth == 16 and not target.deep:
        lost["depth"] = "16 bits a channel"
    longest = JPEG_SEGMENT if format == "JPEG" else math.inf
    for field, phrase, most in (
        ("icc_profile", "the colour profile", 255 * (longest - 14)),
        ("exif", "the EXIF data", longest - 6),
        ("xmp", "the XMP data", longest - 29),
    ):
        value: bytes | None = getattr(picture, field)
        if value is not None and not (target.metadata and len(value) <= most):
            lost[field] = phrase if not target.metadata else f"{phrase} (too long for JPEG)"
    if picture.dpi is not None:
        in_exif = (
            target.metadata
            and picture.exif is not None
            and 282 in metadata.directory(picture.exif)[1]
        )
        countable = format != "JPEG" or all(1 <= round(value) <= 65535 for value in picture.dpi)
        if not (target.dpi and countable):
            gone["dpi"] = None
            if not in_exif:
                lost["dpi"] = "the resolution in dots per inch"
    if quality is not None and target.quality is None:
        lost["quality"] = f"the quality setting ({target.title} is lossless)"
    gone |= dict.fromkeys(lost.keys() & {"icc_profile", "exif", "xmp"})
    return replace(picture, **cast("dict[str, Any]", gone)), tuple(lost.values())


def _encoded(picture: Picture, *, format: str, quality: int | None) -> bytes:
    match format:
        case "PNG":
            return writers.png(picture.pixels, picture.alpha, chunks=_png_chunks(picture))
        case "TIFF":
            return writers.tiff(
                picture.pixels,
                picture.alpha,
                base=picture.exif or b"II*\0" + b"\0" * 4,
                entries=metadata.descriptive(picture.exif) if picture.exif else {},
                dpi=picture.dpi,
                icc_profile=picture.icc_profile,
                xmp=picture.xmp,
            )
        case _:
            options: dict[str, Any] = {"quality": quality}
            if format in ("JPEG", "AVIF"):
                fine = quality is not None and quality >= 90
                options["subsampling"] = "4:4:4" if fine else "4:2:0"
            if format == "WEBP":
                options["exact"] = True  # colours under full transparency stay
            if FORMATS[format].dpi:
                options["dpi"] = picture.dpi or (0, 0)  # 0 is "not told"; Pillow's default is 96
            for key in ("icc_profile", "xmp"):
                options |= {key: value} if (value := getattr(picture, key)) else {}
            if picture.exif:
                options["exif"] = b"Exif\0\0" + picture.exif
            file = BytesIO()
            writers.to_pillow(picture.pixels, picture.alpha).save(file, format, **options)
            return file.getvalue()


def _png_chunks(picture: Picture) -> dict[bytes, bytes]:
    chunks: dict[bytes, bytes] = {}
    if picture.icc_profile is not None:
        chunks[b"iCCP"] = b"ICC profile\0\0" + zlib.compress(picture.icc_profile)
    if picture.dpi is not None:
        across, down = (round(value / 0.0254) for value in picture.dpi)  # dots per metre
        chunks[b"pHYs"] = struct.pack(">IIB", across, down, 1)
    if picture.exif is not None:
        chunks[b"eXIf"] = picture.exif
    if picture.xmp is not None:
        chunks[b"iTXt"] = b"XML:com.adobe.xmp" + b"\0" * 5 + picture.xmp  # not compressed
    return chunks


def _picture_in(image: Image.Image, data: bytes | None, *, format: str) -> Picture:
    """Return the picture in a loaded image; `data` is the file it comes from, if any."""
    notes: list[str] = []
    exif, orientation = metadata.upright_exif(image, notes)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        orientation = 1  # turned while loading, by its tag
    xmp, orientation = metadata.upright_xmp(image, orientation)
    profile: bytes | None = image.info.get("icc_profile")
    space = profile[16:20].strip().decode("ascii", "replace") if profile else ""
    pixels, alpha = None, None
    if data is not None and codecs.has_deep_colour(image, data):
        pixels, alpha = codecs.deep_pixels(image, data, orientation=orientation)
    elif image.mode in ("CMYK", "LAB"):
        transform = codecs.to_srgb(image.mode, profile if space == image.mode else None, notes)
        pixels, alpha = codecs.shallow_pixels(image, orientation=orientation, transform=transform)
        profile = None
    elif space == "GRAY" and image.mode[:1] in "1LI":
        curve = codecs.grey_curve(cast("bytes", profile), notes)
        pixels, alpha = codecs.shallow_pixels(image, orientation=orientation, grey_curve=curve)
        profile = None
    else:
        pixels, alpha = codecs.shallow_pixels(image, orientation=orientation)
    if profile is not None and space != "RGB":
        notes.append(f"a colour profile for {space} was left behind")
        profile = None
    notes += [f"{what} left behind" for what in _left_behind(image, data, xmp)]
    return Picture(
        pixels=pixels,
        alpha=alpha,
        icc_profile=profile,
        exif=exif,
        xmp=xmp,
        dpi=metadata.dpi_of(image),
        source_format=format,
        notes=tuple(notes),
    )


def _left_behind(image: Image.Image, data: bytes | None, xmp: bytes | None) -> Iterator[str]:
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if image.mode == "CMYK" and 16 in tags.get(258, ()):
        yield "8 of the 16 bits a channel were"
    if image.format == "AVIF" and data and (at := data.find(b"av1C")) >= 0 and data[at + 6] & 64:
        yield "all but 8 of its bits a channel were"  # 64: the flag for 10 or 12 bits
    if "photoshop" in image.info or {33723, 34377} & set(tags):
        yield "IPTC or Photoshop data was"
    if xmp and b"hdrgm:Version" in xmp:
        yield "the HDR gain map was"
    segments = cast("list[tuple[str, bytes]]", getattr(image, "applist", []))
    if any(part.startswith(b"http://ns.adobe.com/xmp/extension/") for _, part in segments):
        yield "the extended part of the XMP data was"
    texts: dict[str, object] = getattr(image, "text", {}) if image.format == "PNG" else {}
    if "comment" in image.info or texts.keys() - {"XML:com.adobe.xmp"}:
        yield "its text comments were"
