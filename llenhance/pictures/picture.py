"""A picture: pixels together with everything else that a file holds about them.

`decode.py` makes it from the content of a file, and `encode.py` turns it into one. The files
themselves are read and written in `files/pictures.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from llenhance.errors import UsageError
from llenhance.messages.note import Note
from llenhance.pictures.coding import Coding
from llenhance.pictures.pixels import Pixels, equal_channels
from llenhance.pictures.texts import Text

if TYPE_CHECKING:
    from PIL import Image

DEPTHS: Final = {"uint8": 8, "uint16": 16}
"""Types of pixels, and their bits per channel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Picture:
    """Upright pixels and what a file holds beside them. It does not change.

        picture = Picture.from_array(array)  # (H, W, 3) uint8 or uint16
        picture.width, picture.height, picture.depth

    Attributes:
        pixels: (H, W, 3) RGB as stored (not linear light), uint8 or uint16, C-contiguous.
        alpha: (H, W) of the same type; None if the picture is opaque everywhere.
        icc_profile: a color profile for RGB or, if `gray`, perhaps for grays, byte for byte; None
            means sRGB. `spaces.py` reads it.
        exif: EXIF data: a TIFF structure (it begins with II or MM), orientation 1, no thumbnail.
        xmp: an XMP packet with orientation 1.
        iptc: captions and the like, as the blocks of Photoshop that JPEG files hold them in.
        texts: comments, and what PNG files say under keywords.
        video: what phones put behind a JPEG picture, if all that the file says of it stays true.
        dpi: dots per inch, across and down.
        gray: whether the file had one channel of color: so has the file that is written, if the
            format has such a thing and the channels are equal.
        source_format: a key of `formats.FORMATS`, or 'array'.
        coding: how the file was coded: so is a file of the same format that is written.
        notes: what was left behind when the file was read.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: tuple[Text, ...] = ()
    video: bytes | None = None
    dpi: tuple[float, float] | None = None
    gray: bool = False
    source_format: str = "array"
    coding: Coding | None = None
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.pixels, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _wrong(f"pixels must be an array, not {type(self.pixels).__name__}")
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype.name not in DEPTHS:
            raise _wrong(f"pixels must be (H, W, 3) of uint8 or uint16: {shape} of {dtype}")
        if not dtype.isnative:
            raise _wrong(f"pixels must be in native byte order: {dtype}")
        if not self.pixels.flags.c_contiguous:
            raise _wrong("pixels must be C-contiguous")
        if self.alpha is not None and _kind(self.alpha) != (shape[:2], dtype):
            raise _wrong(f"alpha must be {shape[:2]} of {dtype}, as the pixels are")
        for name in ("icc_profile", "exif", "xmp", "iptc"):
            if not isinstance(given := getattr(self, name), bytes | None):
                raise _wrong(f"{name} must be bytes, not {type(given).__name__}")
        if self.dpi is not None and not _two_numbers(self.dpi):
            raise _wrong("dpi must be two numbers")

    def __repr__(self) -> str:
        """Return the size and what the picture carries, not megabytes of values."""
        beside = ("alpha", "icc_profile", "exif", "xmp", "iptc", "dpi")
        carried = "".join(f", {what}" for what in beside if getattr(self, what) is not None)
        carried += f", {len(self.notes)} notes" if self.notes else ""
        size = f"{self.width} x {self.height}, {self.depth} bits, {self.source_format}"
        return f"<Picture {size}{carried}>"

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def depth(self) -> int:
        """Bits per channel: 8 or 16."""
        return DEPTHS[self.pixels.dtype.name]

    @property
    def is_gray(self) -> bool:
        """Whether a file with one channel holds the picture: it came from one, and has no color."""
        return self.gray and equal_channels(self.pixels)

    def with_pixels(self, pixels: Pixels) -> Picture:
        """Return this picture with other pixels of the same size and type."""
        if _kind(pixels) != _kind(self.pixels):
            shape, dtype = _kind(pixels)
            expected = f"{self.pixels.shape} of {self.pixels.dtype}"
            raise _wrong(f"pixels must be {expected}: {shape} of {dtype}")
        return replace(self, pixels=pixels)

    def to_pil(self) -> Image.Image:
        """Return an RGB or RGBA image of 8 bits per channel, with the metadata in its `info`."""
        from llenhance.pictures.pillow import to_pillow  # arrays alone need no Pillow
        from llenhance.pictures.spaces import without_gray_profile  # which knows pictures

        seen = without_gray_profile(self)
        image = to_pillow(seen.pixels, seen.alpha)
        beside = {"icc_profile": seen.icc_profile, "xmp": self.xmp, "dpi": self.dpi}
        beside["exif"] = None if self.exif is None else b"Exif\0\0" + self.exif
        image.info.update({key: value for key, value in beside.items() if value is not None})
        return image

    @classmethod
    def from_pil(cls, image: Image.Image) -> Picture:
        """Return the picture in a Pillow image, turned as its EXIF data says.

        Raises:
            UsageError: it is no image.
            PictureError: its mode is 'I' or 'F', whose white is not defined, or it is damaged.
            ResourceError: there is not enough memory.
        """
        from PIL import Image

        from llenhance.pictures.pillow import from_pillow

        if not isinstance(image, Image.Image):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError("no-pillow-image", "the image", given=type(image).__name__)
        return from_pillow(image)

    @classmethod
    def from_array(cls, array: NDArray[Any]) -> Picture:
        """Return a picture of a copy of the values.

        Args:
            array: uint8 or uint16, of either byte order, or floats from 0 to 1, which become 16
                bits: (H, W) or (H, W, 1) gray, (H, W, 2) gray and alpha, (H, W, 3) RGB, or
                (H, W, 4) RGB and alpha.

        Raises:
            UsageError: another type or shape; the message says how to convert it.
        """
        if not isinstance(array, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _wrong(f"it must be an array, not {type(array).__name__}")
        if advice := _advice(array):
            shape = " x ".join(map(str, array.shape))
            facts = {"shape": shape, "type": array.dtype.name, "advice": advice}
            raise UsageError("not-a-picture-array", "the array", **facts)
        values = array[..., None] if array.ndim == 2 else array
        if values.dtype.kind == "f":
            values = np.rint(values * np.float64(65535)).astype(np.uint16)
        colors = 1 if values.shape[2] < 3 else 3
        dtype = values.dtype.newbyteorder("=")
        alpha = values[..., -1].astype(dtype, order="C") if values.shape[2] in (2, 4) else None
        pixels = np.empty((*values.shape[:2], 3), dtype)
        pixels[:] = values[..., :colors]
        return cls(pixels=pixels, alpha=alpha)


def _advice(array: NDArray[Any]) -> str:
    """Return how an array becomes a picture's; nothing if it is one."""
    shape, kind = array.shape, array.dtype.kind
    if isinstance(array, np.ma.MaskedArray):
        return "What is masked has no color: use array.filled(0)"
    if len(shape) == 4 and shape[0] == 1:
        return "Give one picture: array[0]"
    if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and not 1 <= shape[2] <= 4):
        if len(shape) == 3 and 1 <= shape[0] <= 4 and 0 not in shape:
            return "Its channels come first: use array.transpose(1, 2, 0)"
        return "Use (H, W), or (H, W, 1 to 4)"
    if kind == "f":
        if array.min() >= 0 and array.max() <= 1:  # False if a value is not a number
            return ""
        return "Use floats from 0 to 1; for values from 0 to 255 array.round().astype('uint8')"
    if kind == "b":
        return "Use array.astype('uint8') * 255"
    if kind in "iu" and array.dtype.name not in DEPTHS:
        return "Use array.astype('uint8') for values from 0 to 255"
    return "" if kind == "u" else "Use uint8, uint16, or floats from 0 to 1"


def _two_numbers(value: object) -> bool:
    if not isinstance(value, tuple):
        return False
    numbers = cast("tuple[object, ...]", value)
    return len(numbers) == 2 and all(isinstance(n, Real) and isfinite(n) for n in numbers)


def _kind(array: object) -> tuple[object, object]:
    """Return the shape and type of an array; anything else has none."""
    return getattr(array, "shape", None), getattr(array, "dtype", type(array).__name__)


def _wrong(problem: str) -> UsageError:
    return UsageError("pixels-wrong", "picture", problem=problem)
