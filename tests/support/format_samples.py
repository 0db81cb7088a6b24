"""Small files of every format, each with one thing that a picture can have.

Other libraries than llenhance write them: Pillow, OpenCV, tifffile, or a few bytes by hand. A
sample is None where the format has no place for the thing, or where no library at hand writes it.
"""

from __future__ import annotations

import io
import struct
from importlib import import_module
from typing import Any, Final

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from support.dng import dng, text
from support.encoded import ICC, XMP, exif_with, pnm, saved, smooth_pixels
from support.heif_file import box, golden, heif, turns

CAPTION: Final = b"Night on the square"
WORDS: Final = "kept by hand"
DPI: Final = (300, 240)
UPRIGHT_XMP: Final = XMP.replace(b'"6"', b'"1"')

IPTC: Final = b"\x1c\x02\x78" + struct.pack(">H", len(CAPTION)) + CAPTION
"""A caption as the records of IPTC have it (IIM 4.2, 2:120)."""

BLOCKS: Final = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC

_PILLOW: Final = {
    "JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "TIFF": "TIFF", "BMP": "BMP", "AVIF": "AVIF",
    "GIF": "GIF", "PPM": "PPM",
}  # fmt: skip
_WITH_METADATA: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")


def _image() -> Image.Image:
    return Image.fromarray(smooth_pixels(24, 32) // 3)


def plain(format: str, **options: Any) -> bytes | None:
    if format == "HEIC":
        return _heic(**options)
    if format == "RAW":
        return dng(smooth_pixels(96, 128) / 400, **options)
    if format == "JXL":
        return _jxl(np.asarray(_image()), **options)
    if format == "PAM":
        return _pam(np.asarray(_image()), "RGB")
    return saved(_image(), _PILLOW[format], **options) if format in _PILLOW else None


def deep(format: str) -> bytes | None:
    """More than 256 levels."""
    across = np.linspace(0, 65535, 640)
    values = np.rint(np.stack([across, across[::-1], across / 2], axis=-1))
    values = np.repeat(values[None], 8, axis=0).astype(np.uint16)
    if format == "PNG":
        return cv2.imencode(".png", values[..., ::-1])[1].tobytes()
    if format == "AVIF":
        options = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 95]
        return cv2.imencode(".avif", values[..., ::-1] >> 6, options)[1].tobytes()
    if format == "TIFF":
        return _tiff(values)
    if format == "HEIC":
        return golden("dusk_10_bits.heic")
    if format == "RAW":
        return plain(format)
    if format == "JXL":
        return _jxl(values)
    if format == "PAM":
        return _pam(values, "RGB")
    return pnm(6, values, 65535) if format == "PPM" else None


def transparent(format: str) -> bytes | None:
    """Half of it is hidden."""
    image = _image()
    image.putalpha(Image.fromarray(_halves(0, 255)))
    if format in ("PNG", "WEBP", "TIFF", "AVIF"):
        return saved(image, _PILLOW[format])
    if format == "PAM":
        return _pam(np.asarray(image), "RGB_ALPHA")
    if format == "JXL":
        return _jxl(np.asarray(image))
    if format == "HEIC":
        return golden("dusk_alpha.heic")
    if format == "GIF":
        image = Image.fromarray(_halves(0, 1))
        image.putpalette([9, 9, 9, 70, 70, 70])
        return saved(image, "GIF", transparency=0)
    return None


def gray(format: str) -> bytes | None:
    """One channel."""
    image = _image().convert("L")
    if format == "JXL":
        return _jxl(np.asarray(image))
    if format == "PAM":
        return _pam(np.asarray(image)[..., None], "GRAYSCALE")
    if format in ("JPEG", "PNG", "TIFF", "BMP", "GIF", "PPM"):
        return saved(image, _PILLOW[format])
    return None


def several(format: str) -> bytes | None:
    """Two pictures of the same size."""
    names = _PILLOW | {"JPEG": "MPO"}
    if format == "HEIC":
        return plain(format, pictures=2)
    if format in ("BMP", "PPM") or format not in names:
        return None
    images = [_image(), _image().transpose(Image.Transpose.ROTATE_180)]
    if format == "GIF":
        images = [image.quantize(32) for image in images]
    return saved(images[0], names[format], save_all=True, append_images=images[1:])


def lossless(format: str) -> bytes | None:
    if format == "WEBP":
        return plain(format, lossless=True, exact=True)
    return plain(format) if format in ("PNG", "TIFF", "BMP", "GIF", "PPM", "PAM", "JXL") else None


def coarse(format: str) -> bytes | None:
    """Of a quality that is not llenhance's usual one; colors are stored half as finely."""
    if format == "JPEG":
        return plain(format, quality=83, subsampling="4:2:2")
    return plain(format, quality=60) if format in ("WEBP", "AVIF") else None


def profiled(format: str) -> bytes | None:
    if format == "HEIC":
        return plain(format, properties=[box(b"colr", b"prof", ICC)])
    if format == "JXL":
        return plain(format, icc=ICC)
    return plain(format, icc_profile=ICC) if format in _WITH_METADATA else None


def photographed(format: str) -> bytes | None:
    """EXIF data, with a maker's note and a position."""
    if format == "TIFF":
        taken, where = {36867: "2024:12:31 23:59:59"}, {1: "N"}
        return plain(format, tiffinfo={271: "Dusk", 34665: taken, 34853: where})
    if format == "RAW":
        return plain(format, more={271: text("Dusk")}, exif={36867: text("2024:12:31 23:59:59")})
    if format in ("HEIC", "JXL"):
        return plain(format, exif=exif_with(1))
    return plain(format, exif=b"Exif\0\0" + exif_with(1)) if format in _WITH_METADATA else None


def described(format: str) -> bytes | None:
    """An XMP packet."""
    if format == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", UPRIGHT_XMP.decode())
        return plain(format, pnginfo=texts)
    if format == "TIFF":
        return plain(format, tiffinfo={700: UPRIGHT_XMP})
    return plain(format, xmp=UPRIGHT_XMP) if format in (*_WITH_METADATA, "HEIC", "JXL") else None


def captioned(format: str) -> bytes | None:
    """IPTC data."""
    if format == "JPEG":
        data, body = saved(_image(), "JPEG"), b"Photoshop 3.0\0" + BLOCKS
        return data[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(body)) + body + data[2:]
    if format == "PNG":
        content = b"Photoshop 3.0\0" + BLOCKS
        texts = PngImagePlugin.PngInfo()
        text = f"\niptc\n{len(content):8}\n{content.hex()}\n"
        texts.add_text("Raw profile type iptc", text, zip=True)
        return plain(format, pnginfo=texts)
    if format == "TIFF":
        return _tiff(smooth_pixels(24, 32), (33723, 7, len(IPTC), IPTC, True))
    return None


def commented(format: str) -> bytes | None:
    """A text of its own."""
    if format in ("JPEG", "GIF"):
        return plain(format, comment=WORDS)
    if format == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", WORDS)
        return plain(format, pnginfo=texts)
    if format in ("PPM", "PAM"):
        head, rest = (plain(format) or b"").split(b"\n", 1)
        return head + b"\n# " + WORDS.encode() + b"\n" + rest
    return plain(format, tiffinfo={270: WORDS}) if format == "TIFF" else None


def measured(format: str) -> bytes | None:
    """A resolution."""
    return plain(format, dpi=DPI) if format in ("JPEG", "PNG", "TIFF", "BMP") else None


def turned(format: str) -> bytes | None:
    """Stored on its side."""
    if format == "HEIC":
        return plain(format, properties=turns(quarters=3))
    if format == "RAW":
        return plain(format, orientation=6)
    return plain(format, exif=_exif(6)) if format in _WITH_METADATA else None


def _heic(**options: Any) -> bytes:
    return heif(golden("dusk.heic"), **options)


def _jxl(values: NDArray[Any], **options: Any) -> bytes:
    """Without loss; one library writes the pixels, another one what belongs to them."""
    if options:
        return import_module("pylibjxl").encode(values, lossless=True, **options)
    kind = {2: "gray"}.get(values.ndim, "rgb")
    return import_module("imagecodecs").jpegxl_encode(values, lossless=True, photometric=kind)


def _pam(values: NDArray[Any], kind: str) -> bytes:
    height, width, depth = values.shape
    white = np.iinfo(values.dtype).max
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {white}\n"
    return (
        f"{head}TUPLTYPE {kind}\nENDHDR\n".encode()
        + values.astype(values.dtype.newbyteorder(">")).tobytes()
    )


def _halves(left: int, right: int) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(np.array([[left, right]], np.uint8), 16, axis=1), 24, axis=0)


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


def _tiff(values: NDArray[Any], *tags: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="rgb", metadata=None, extratags=tags)
    return file.getvalue()
