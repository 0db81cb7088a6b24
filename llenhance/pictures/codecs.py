"""The pixels of an encoded picture as arrays; no metadata logic.

`picture.py` is the way in; read on there. Pillow opens the formats. OpenCV reads 16-bit colour, of
which Pillow keeps 8 bits.
"""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final, Literal, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, TiffImagePlugin

from llenhance.errors import PictureError, ResourceError

Pixels = NDArray[np.uint8 | np.uint16]
Array = TypeVar("Array", bound=NDArray[Any])

PIXEL_LIMIT: Final = 2**28  # 268 megapixels: 1 GiB in Pillow, 1.5 GiB as 16-bit RGB
BAND: Final = 2**20  # pixels converted at a time, so that a conversion costs no second picture

SIGNATURES: Final = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),  # the last two: 64-bit offsets
    "BMP": (b"BM",),
}
DAMAGED: Final = "Copy the file again from where it came from, or save it anew in another program"
CONVERT: Final = "Convert it to JPEG, PNG, WebP, TIFF, BMP or AVIF first"

# What libraries raise for damaged data. Pillow's plug-ins leave whatever their parsers ran into.
DECODER_ERRORS: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError,
    AttributeError, AssertionError, EOFError, struct.error, zlib.error, cv2.error,
    ImageCms.PyCMSError,
)  # fmt: skip

# Orientation tag of EXIF: swap rows and columns, then reverse the rows, then the columns.
TURNS: Final = {
    1: (False, False, False), 2: (False, False, True), 3: (False, True, True),
    4: (False, True, False), 5: (True, False, False), 6: (True, False, True),
    7: (True, True, True), 8: (True, True, False),
}  # fmt: skip


_pillow = threading.Lock()


def format_in(data: bytes, *, name: str) -> str:
    """Return 'JPEG', 'PNG', 'WEBP', 'TIFF', 'BMP' or 'AVIF', told from the first bytes."""
    if not data:
        raise PictureError(name, "the file is empty", DAMAGED)
    for format, beginnings in SIGNATURES.items():
        if data.startswith(beginnings):
            return format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        brands = data[8 : int.from_bytes(data[:4], "big")]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
        if b"heic" in brands or b"heix" in brands or b"mif1" in brands:
            raise PictureError(name, "HEIC pictures cannot be read", CONVERT)
    raise PictureError(name, "it is not a picture in a format that can be read here", CONVERT)


@contextmanager
def reading(*, name: str, format: str) -> Generator[list[str]]:
    """Let Pillow and OpenCV read inside; what they raise becomes one sentence about `name`.

    Yields a list that holds, afterwards, the distinct warnings that came up inside.

    One picture at a time: Pillow's limit of 179 megapixels is a global that its WebP and TIFF
    plug-ins consult by themselves, and a warning is caught for the whole process. Both are put
    back at the end.
    """
    heard: list[str] = []
    with _pillow, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXEL_LIMIT // 2  # refuses at twice
        try:
            problem = f"its {format} data is damaged or incomplete"
            with library_errors(name=name, problem=problem, remedy=DAMAGED):
                yield heard
        finally:
            Image.MAX_IMAGE_PIXELS = limit
            heard += dict.fromkeys(str(warning.message) for warning in caught)


@contextmanager
def library_errors(
    *, name: str, problem: str, remedy: str = "Choose another format"
) -> Generator[None]:
    """Turn what Pillow, OpenCV and parsers raise inside into a sentence about `name`."""
    try:
        yield
    except Image.DecompressionBombError as reason:
        problem = "it is too large (more than 268 megapixels)"
        raise PictureError(name, problem, "Scale it down or cut it first") from reason
    except (MemoryError, *DECODER_ERRORS) as reason:
        full = isinstance(reason, cv2.error) and reason.code == cv2.Error.StsNoMem
        if full or isinstance(reason, MemoryError):
            shortage = "there is not enough memory for it"
            raise ResourceError(name, shortage, "Scale it down or cut it first") from reason
        raise PictureError(name, problem, remedy) from reason


def load(data: bytes, *, format: str, name: str) -> tuple[int, ImageFile.ImageFile]:
    """Return the number of frames and the first, decoded; refused by its header if too large.

    Metadata that follows the pixels in the file is there afterwards, and a TIFF lies upright:
    Pillow turns it while loading and forgets the tag.
    """
    if format == "WEBP" and data[12:16] == b"VP8X":  # Pillow 11 opens it before it looks
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        if width * height > PIXEL_LIMIT:
            raise Image.DecompressionBombError
    formats = ("JPEG", "MPO") if format == "JPEG" else (format,)
    image = Image.open(BytesIO(data), formats=formats)
    refuse_undefined_white(image, name=name)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _refuse_unreadable_tiff(image, name=name)
        if 274 not in image.tag_v2:
            image.getexif()[274] = 1  # else Pillow turns it by its XMP data, and OpenCV does not
    frames: int = getattr(image, "n_frames", 1)  # before loading: a TIFF is searched for them
    image.load()
    return frames, image


def refuse_undefined_white(image: Image.Image, *, name: str) -> None:
    """Raise PictureError for signed, 32-bit and floating-point greys: no white is agreed on."""
    if image.mode in ("I", "F"):
        problem = "its pixels are signed, 32-bit or floating-point: their white is not defined"
        raise PictureError(name, problem, "Save it with 8 or 16 bits a channel first")


def _refuse_unreadable_tiff(image: TiffImagePlugin.TiffImageFile, *, name: str) -> None:
    tags = image.tag_v2
    if 50706 in tags or tags.get(254, 0) & 1:  # DNGVersion; "reduced resolution" comes first
        problem = "it is a camera's raw file, of which only a preview could be read"
        raise PictureError(name, problem, "Develop it to a 16-bit TIFF in a raw converter first")
    depths = set(cast("tuple[int, ...]", tags.get(258, (1,))))
    if not depths <= {1, 2, 4, 8, 16}:
        problem = f"it has {max(depths)} bits a channel"
        raise PictureError(name, problem, "Save it with 8 or 16 bits a channel first")
    if 16 in depths and tags.get(284) == 2:  # Pillow 13 and OpenCV 5 both return wrong pixels
        problem = "it is a 16-bit TIFF with its channels stored one after the other"
        raise PictureError(name, problem, "Save it with interleaved channels first")


def has_deep_colour(image: Image.Image, data: bytes) -> bool:
    """Tell whether the file holds 16-bit colour, of which Pillow's image keeps 8 bits."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.mode in ("RGB", "RGBA") and 16 in image.tag_v2.get(258, ())
    png16 = data.startswith(SIGNATURES["PNG"]) and data[24] == 16
    return png16 and not image.mode.startswith("I;16")


def deep_pixels(
    image: Image.Image, data: bytes, *, orientation: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """Return the 16-bit colour of a PNG or TIFF as upright RGB, and its alpha.

    Pillow has decoded `data` before, as `image`: that is the check for damage, of which OpenCV
    tells little.
    """
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    size = (image.height, image.width)
    if (
        decoded is None
        or decoded.dtype != np.uint16
        or decoded.shape not in ((*size, 3), (*size, 4))
    ):
        raise ValueError("OpenCV reads this picture differently from Pillow")
    stored = cast("NDArray[np.uint16]", decoded)
    alpha = None
    if stored.shape[2] == 4 and image.has_transparency_data:
        alpha = np.ascontiguousarray(upright(stored[..., 3], orientation))
    code = cv2.COLOR_BGR2RGB if stored.shape[2] == 3 else cv2.COLOR_BGRA2RGB
    turned = upright(cast("NDArray[np.uint16]", cv2.cvtColor(stored, code)), orientation)
    pixels = np.ascontiguousarray(turned)
    tags = cast("Mapping[int, object]", getattr(image, "tag_v2", {}))
    if alpha is not None and tags.get(338) == (1,):  # colour was multiplied by alpha
        for part, cover in zip(bands(pixels), bands(alpha), strict=True):
            full = part * (65535 / np.maximum(cover, 1))[..., None]
            part[:] = np.minimum(full + 0.5, 65535)
    return pixels, alpha


def shallow_pixels(
    image: Image.Image,
    *,
    orientation: int,
    transform: Callable[[Image.Image], Image.Image] | None = None,
    grey_curve: NDArray[np.uint8] | None = None,
) -> tuple[Pixels, Pixels | None]:
    """Return Pillow's pixels as upright RGB, and the alpha if there is transparency.

    Args:
        image: loaded, of any mode but 'I', 'F' and those that Pillow cannot turn into RGB.
        orientation: of EXIF, 1 to 8.
        transform: turns an image of this mode into RGB, where Pillow's own way is not wanted.
        grey_curve: (256,) sRGB values of greys, for a greyscale image with a colour profile.
    """
    width, height = image.size
    deep = image.mode.startswith("I;16")
    clear = image.info.get("transparency") if deep else None
    has_alpha = clear is not None if deep else image.has_transparency_data
    inverted = getattr(image, "tag_v2", {}).get(262) == 0  # white is 0, which Pillow keeps so
    curve = grey_curve
    if deep and grey_curve is not None:  # straight lines between the 256 known points
        points = np.arange(256) * 257.0
        curve = np.interp(np.arange(65536), points, grey_curve * 257.0).astype(np.uint16)

    shape = (width, height) if TURNS[orientation][0] else (height, width)
    dtype = np.uint16 if deep else np.uint8
    pixels = np.empty((*shape, 3), dtype)
    alpha = np.empty(shape, dtype) if has_alpha else None
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        if deep:
            values = np.asarray(band)[..., None]
            opaque = np.where(values[..., 0] == clear, 0, 65535)
            values = 65535 - values if inverted else values
        else:
            band = band.convert("LA") if band.mode == "La" else band  # premultiplied
            band = band if transform is None else transform(band)
            values = np.asarray(band.convert("RGBA" if has_alpha else "RGB"))
            opaque = values[..., -1]
            values = values[..., :3]
        if curve is not None:
            values = curve[values[..., :1]]
        as_stored(pixels, orientation)[top : top + rows] = values
        if alpha is not None:
            as_stored(alpha, orientation)[top : top + rows] = opaque
    return cast("Pixels", pixels), cast("Pixels | None", alpha)


def to_srgb(
    mode: str, profile: bytes | None, notes: list[str]
) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion of CMYK or LAB, or None and a note where there is no usable profile."""
    try:
        if mode == "LAB":
            source = _profile("LAB")
        elif profile is None:
            notes.append("its CMYK colours were converted without a colour profile")
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
        notes.append(f"its {mode} colour profile is damaged and was not used")
        return None


def grey_curve(profile: bytes, notes: list[str]) -> NDArray[np.uint8] | None:
    """Return the sRGB values, (256,), of the greys in a greyscale profile, or None and a note."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    apply = to_srgb("L", profile, notes)
    return None if apply is None else np.asarray(apply(ramp))[0, :, 1]


def _profile(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    made = cast("Any", ImageCms.createProfile(space))  # pyright: ignore[reportUnknownMemberType]
    return ImageCms.ImageCmsProfile(made)


def upright(stored: Array, orientation: int) -> Array:
    """Return a view of a stored (H, W, ...) array as it should be seen."""
    swap, rows, columns = TURNS[orientation]
    turned = stored.swapaxes(0, 1) if swap else stored
    return cast("Array", turned[:: -1 if rows else 1, :: -1 if columns else 1])


def as_stored(seen: Array, orientation: int) -> Array:
    """Return a view of an upright (H, W, ...) array as the file stores it: undoes `upright`."""
    swap, rows, columns = TURNS[orientation]
    turned = seen[:: -1 if rows else 1, :: -1 if columns else 1]
    return cast("Array", turned.swapaxes(0, 1) if swap else turned)


def bands(pixels: Array) -> Iterator[Array]:
    """Yield views of some rows each, about `BAND` pixels, that make up a (H, W, ...) array."""
    rows = max(1, BAND // pixels.shape[1])
    for top in range(0, len(pixels), rows):
        yield cast("Array", pixels[top : top + rows])


def to_8_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Return 16-bit values rounded to 8 bits (65535 becomes 255), and 8-bit ones as they are."""
    if pixels.dtype == np.uint8:
        return cast("NDArray[np.uint8]", pixels)
    rounded = np.empty(pixels.shape, np.uint8)
    for deep, shallow in zip(bands(pixels), bands(rounded), strict=True):
        shallow[:] = (deep.astype(np.uint32) + 128) // 257
    return rounded
