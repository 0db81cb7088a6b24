"""Pictures from Pillow images, and Pillow images from pictures: what most formats have in common.

What only one format has is in its file in `formats/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, Final, cast

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

from llenhance.errors import PictureError
from llenhance.messages.note import Note
from llenhance.pictures import cicp, guard, metadata, profiles
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.exif import tells_adobe_rgb
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import TURNS, Pixels, as_stored, rows_of_a_band

_ONE_CHANNEL: Final = {"1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N"}
_GRAY: Final = {"BMP"}  # formats that Pillow writes, and that have files of one channel


def open_file(data: bytes, *formats: str) -> ImageFile.ImageFile:
    """Return the image in a file of one of Pillow's formats: its header is read, no pixels.

    Raises:
        PictureError: its pixels have no white that is agreed on.
    """
    image = Image.open(BytesIO(data), formats=formats)
    _refuse_undefined_white(image)
    return image


Deep = Callable[[int], tuple[Pixels, Pixels | None]]
"""Takes an orientation, 1 to 8; returns upright pixels and alpha with more bits than Pillow's."""


def first_frame(
    image: ImageFile.ImageFile,
    *,
    deep: Deep | None = None,
    frames: int | None = None,
    orientation: int | None = None,
    exif: bytes | None = None,
    gray: bool | None = None,
) -> Picture:
    """Return the first picture in an opened file, with a note if there are more.

    Args:
        image: opened, not loaded.
        deep: reads the pixels, if Pillow would keep 8 of their bits.
        frames: how many there are, if Pillow is not to search for them.
        orientation: how the picture lies in the file, if EXIF and XMP data are not to be asked.
        exif: EXIF data, if Pillow would not return it as it is.
        gray: whether the file has one channel of color, if Pillow's mode does not tell it.
    """
    if frames is None:
        frames = cast("int", getattr(image, "n_frames", 1))
    picture = _picture_in(image, deep=deep, orientation=orientation, exif=exif, gray=gray)
    if frames == 1:
        return picture
    return replace(picture, notes=(Note("first-frame-only", frames=frames), *picture.notes))


def from_pillow(image: Image.Image) -> Picture:
    """Return the picture in an image of any mode but 'I' and 'F', turned as its EXIF data says."""
    with guard.reading(name="image", format="Pillow") as heard:
        _refuse_undefined_white(image)
        picture = _picture_in(image)
    return replace(picture, notes=(*picture.notes, *guard.notes_of(heard)))


def to_pillow(pixels: Pixels, alpha: Pixels | None, *, gray: bool = False) -> Image.Image:
    """Return an image of 8 bits per channel: RGB or L, and with alpha RGBA or LA."""
    image = Image.fromarray(to_8_bits(np.ascontiguousarray(pixels[..., 0]) if gray else pixels))
    if alpha is not None:
        image.putalpha(Image.fromarray(to_8_bits(alpha)))
    return image


def save(
    picture: Picture, format: str, *, image: Image.Image | None = None, **options: Any
) -> bytes:
    """Return the content of a file of one of Pillow's formats, with the picture's metadata.

    Args:
        picture: without what the format cannot hold.
        format: Pillow's name of it.
        image: what is written, if it is not the picture alone.
        options: of Pillow for this format.
    """
    for key in ("icc_profile", "xmp"):
        options |= {key: value} if (value := getattr(picture, key)) else {}
    if picture.exif:
        options["exif"] = b"Exif\0\0" + picture.exif
    file = BytesIO()
    gray = format in _GRAY and picture.is_gray
    image = image or to_pillow(picture.pixels, picture.alpha, gray=gray)
    image.save(file, format, **options)
    return file.getvalue()


def _refuse_undefined_white(image: Image.Image) -> None:
    if image.mode in ("I", "F"):
        raise PictureError("white-undefined", "picture")


def _picture_in(
    image: Image.Image,
    *,
    deep: Deep | None = None,
    orientation: int | None = None,
    exif: bytes | None = None,
    gray: bool | None = None,
) -> Picture:
    # Metadata that follows the pixels in the file is there after loading, and a TIFF lies upright:
    # Pillow turns it while loading, by its tag, and forgets the tag.
    image.load()
    notes: list[Note] = []
    is_tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
    told = metadata.exif_of(image, notes) if exif is None else exif
    if orientation is None:
        orientation = 1 if is_tiff else metadata.orientation_of(image, told)
    turn = 1 if is_tiff else orientation
    profile: bytes | None = image.info.get("icc_profile")
    if profile is None and image.mode in ("RGB", "RGBA") and tells_adobe_rgb(told):
        profile = cicp.ADOBE_RGB.profile()
    if deep is not None:
        pixels, alpha = deep(turn)
    elif image.mode in ("CMYK", "LAB"):
        transform = profiles.of_mode(image.mode, profile, notes)
        pixels, alpha = shallow_pixels(image, orientation=turn, transform=transform)
        profile = None
    else:
        pixels, alpha = shallow_pixels(image, orientation=turn)
    gray = image.mode in _ONE_CHANNEL if gray is None else gray
    pixels, profile = profiles.kept(pixels, profile, notes, gray=gray)
    size = (pixels.shape[1], pixels.shape[0])
    xmp = metadata.upright_xmp(image, orientation, size, notes)
    return Picture(
        pixels=pixels,
        alpha=alpha,
        icc_profile=profile,
        gray=gray,
        exif=metadata.upright_exif(told, orientation, size, notes),
        xmp=xmp,
        dpi=metadata.dpi_of(image, told, orientation),
        notes=(*notes, *_left_behind(image)),
    )


def _left_behind(image: Image.Image) -> Iterator[Note]:
    if "photoshop" in image.info:
        yield Note("iptc-left-behind")
    if "comment" in image.info:
        yield Note("comments-left-behind")
    across, down = image.info.get("aspect", (1, 1))  # of PNG
    if image.info.get("jfif_unit") == 0:
        across, down = image.info.get("jfif_density", (1, 1))
    if across and down and across != down:
        yield Note("pixel-shape-left-behind", across=across, down=down)


def shallow_pixels(
    image: Image.Image,
    *,
    orientation: int,
    transform: Callable[[Image.Image], Image.Image] | None = None,
) -> tuple[Pixels, Pixels | None]:
    """Return Pillow's pixels as upright RGB, and the alpha if there is transparency.

    Args:
        image: loaded, of any mode but 'I', 'F' and those that Pillow cannot turn into RGB.
        orientation: of EXIF, 1 to 8.
        transform: turns an image of this mode into RGB, if Pillow's own way is not wanted.
    """
    width, height = image.size
    deep = image.mode.startswith("I;16")
    clear = image.info.get("transparency") if deep else None
    has_alpha = clear is not None if deep else image.has_transparency_data
    inverted = getattr(image, "tag_v2", {}).get(262) == 0  # white is 0, which Pillow keeps so

    shape = (width, height) if TURNS[orientation][0] else (height, width)
    dtype = np.uint16 if deep else np.uint8
    pixels = np.empty((*shape, 3), dtype)
    alpha = np.empty(shape, dtype) if has_alpha else None
    rows = rows_of_a_band(width)
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
        as_stored(pixels, orientation)[top : top + rows] = values
        if alpha is not None:
            as_stored(alpha, orientation)[top : top + rows] = opaque
    return cast("Pixels", pixels), cast("Pixels | None", alpha)
