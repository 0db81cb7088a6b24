"""Other programs show a result as they showed the original, however that was stored.

Pillow, tifffile and OpenCV write the originals and look at both; only what is between them is
llenhance. Nothing is enhanced here.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps
from support.encoded import WITH_METADATA, chunk, saved, smooth_pixels
from support.stand_in import StandIn

from llenhance.jobs.task import enhance_bytes

PIXELS: Final = smooth_pixels()
COVER: Final = np.ascontiguousarray(255 - PIXELS[..., 1])
PREMULTIPLIED: Final = np.rint(PIXELS * (COVER[..., None] / 255)).astype(np.uint8)

# A JPEG of 24 x 16 pixels whose numbers are coded arithmetically (SOF9), which hardly any program
# writes: `jpeg_compress_struct.arith_code` of libjpeg-turbo 3.1, quality 80, of `smooth_pixels`.
ARITHMETIC: Final = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00smF1_cBL1_cHO2L=cV5DE$j2?`Vr4-60&6c`v66c!d59VH(c8zUSR79cDj"
    "BPJ&)Dk&KsEif%8FeNA{DF534LjeZ|2MP!Z6AB6wC>j<TC@3f>C@3f>C@3f>C@3f>C@3f>C@3f>C@3f>C@3f>C@3f>"
    "C@3f>C@3f>C@3f>C@BBQ01*fP5C9kh0U`hb5di}c0sqVZ3IGrg1pyEd1^?Or3<CiG0ucid06zf#0L&vs;WcErXi_it"
    "$k$xJ&{?a#Z|LJWocE+~Ixx*gy?PgL|Je"
)


def image(*, alpha: bool = False) -> Image.Image:
    return Image.fromarray(np.dstack([PIXELS, COVER]) if alpha else PIXELS)


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="rgb", metadata=None, **options)
    return file.getvalue()


def adam7(values: NDArray[np.uint8]) -> bytes:
    """An interlaced PNG, which Pillow reads but does not write."""

    height, width = values.shape[:2]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    rows = b""
    for top, left, down, across in [*passes, (1, 0, 2, 1)]:
        for row in values[top::down, left::across]:
            rows += b"\0" + row.tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def palette(**options: Any) -> bytes:
    return saved(image().quantize(64), "PNG", **options)


ORIGINALS: Final[dict[str, Callable[[], bytes]]] = {
    "progressive JPEG": lambda: saved(image(), "JPEG", progressive=True),
    "arithmetic JPEG": lambda: ARITHMETIC,
    "JPEG with restart markers": lambda: saved(image(), "JPEG", restart_marker_rows=1),
    "JPEG of RGB": lambda: saved(image(), "JPEG", keep_rgb=True),
    "interlaced PNG": lambda: adam7(PIXELS),
    "palette PNG": palette,
    "palette PNG with one transparent color": lambda: palette(transparency=3),
    "palette PNG with transparency": lambda: palette(transparency=bytes(range(0, 256, 4))),
    "PNG of grays with alpha": lambda: saved(image(alpha=True).convert("LA"), "PNG"),
    "PNG with one transparent color": lambda: saved(image(), "PNG", transparency=(0, 0, 255)),
    "tiled TIFF": lambda: tiff(PIXELS, tile=(16, 16)),
    "planar TIFF": lambda: tiff(np.moveaxis(PIXELS, -1, 0), planarconfig="separate"),
    "TIFF with differences": lambda: tiff(PIXELS, compression="zlib", predictor=True),
    "big-endian TIFF": lambda: tiff(PIXELS, byteorder=">"),
    "BigTIFF": lambda: tiff(PIXELS, bigtiff=True),
    "TIFF in strips of a row": lambda: tiff(PIXELS, rowsperstrip=1),
    "TIFF with LZW": lambda: saved(image(), "TIFF", compression="tiff_lzw"),
    "TIFF with JPEG": lambda: saved(image(), "TIFF", compression="jpeg"),
    "TIFF with plain alpha": lambda: saved(image(alpha=True), "TIFF"),
    "WebP without loss": lambda: saved(image(alpha=True), "WEBP", lossless=True, exact=True),
    "WebP with loss and alpha": lambda: saved(image(alpha=True), "WEBP", quality=90),
    "AVIF with alpha": lambda: saved(image(alpha=True), "AVIF", quality=90),
    "AVIF of full colors": lambda: saved(image(), "AVIF", quality=90, subsampling="4:4:4"),
    "BMP of a palette": lambda: saved(image().quantize(64), "BMP"),
}


def enhanced(data: bytes) -> bytes:
    return enhance_bytes(data, name="p", enhancer=StandIn()).data


def shown(data: bytes) -> NDArray[np.float64]:
    """Upright RGBA; colors count as far as they are seen."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGBA")
    values = np.asarray(picture).astype(float)
    values[..., :3] *= values[..., 3:] / 255
    return values


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_result_is_shown_as_the_original_was(name: str) -> None:
    before = ORIGINALS[name]()
    one, other = shown(before), shown(enhanced(before))
    assert one.shape == other.shape
    assert np.abs(one - other).mean() < 2  # of loss; a wrong channel or turn is 20 and more


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", WITH_METADATA)
def test_a_result_stands_upright_in_other_programs(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    before = saved(image(), format, exif=exif)
    after = enhanced(before)
    stored = Image.open(io.BytesIO(after))
    assert stored.getexif().get(274, 1) == 1
    assert stored.size == ((64, 48) if orientation < 5 else (48, 64))
    assert np.abs(shown(before) - shown(after)).mean() < 2


@pytest.mark.parametrize(
    "options",
    [{}, {"tile": (16, 32)}, {"compression": "zlib", "predictor": True}],
    ids=["strips", "tiles", "differences"],
)
def test_a_big_endian_bigtiff_which_pillow_does_not_know_keeps_every_value(options: Any) -> None:
    before = tiff(PIXELS, byteorder=">", bigtiff=True, **options)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(enhanced(before))), PIXELS)


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_floats_of_a_tiff_become_16_bits(kind: str) -> None:
    values = np.random.default_rng(0).random((9, 7, 3)).astype(kind)
    after = tifffile.imread(io.BytesIO(enhanced(tiff(values))))
    assert after.dtype == np.uint16
    np.testing.assert_allclose(after / 65535, values.astype(float), atol=1 / 65535)


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bits_of_a_tiled_or_planar_tiff_keep_every_value(order: str) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (48, 64, 3)).astype(np.uint16)
    planes = np.moveaxis(values, -1, 0)
    for data in (
        tiff(values, byteorder=order, tile=(16, 16)),
        tiff(planes, byteorder=order, planarconfig="separate"),
        tiff(values, byteorder=order, compression="zlib", predictor=True),
    ):
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(enhanced(data))), values)


def test_16_bits_with_alpha_keep_every_value() -> None:
    values = np.random.default_rng(0).integers(0, 65536, (9, 7, 4)).astype(np.uint16)
    after = enhanced(cv2.imencode(".png", values)[1].tobytes())
    found = cv2.imdecode(np.frombuffer(after, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("deep", [False, True], ids=["8 bits", "16 bits"])
def test_colors_that_are_multiplied_by_alpha_are_seen_as_before(deep: bool) -> None:
    factor = 257 if deep else 1
    kind = np.uint16 if deep else np.uint8
    stored = np.dstack([PREMULTIPLIED, COVER]).astype(kind) * kind(factor)
    after = enhanced(tiff(stored, extrasamples=["assocalpha"]))
    with tifffile.TiffFile(io.BytesIO(after)) as file:
        page: Any = file.pages[0]
        values, extra = page.asarray() / factor, page.tags["ExtraSamples"].value
    assert tuple(np.ravel(extra)) == (2,)  # not multiplied
    assert np.abs(values[..., 3] - COVER).max() < 0.5
    seen = values[..., :3] * (values[..., 3:] / 255)
    assert np.abs(seen - PREMULTIPLIED).max() <= 1


def test_cmyk_of_photoshop_is_shown_as_it_was() -> None:
    """Photoshop stores inks inverted, and says so in the Adobe marker."""
    before = saved(image().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in before
    one = np.asarray(Image.open(io.BytesIO(before)).convert("RGB")).astype(float)
    assert np.abs(one - shown(enhanced(before))[..., :3]).mean() < 2


WORDS_OF_TIFF: Final[dict[int, Any]] = {
    269: "Album", 270: "Dusk", 271: "Maker", 272: "Model", 285: "Page two", 297: (1, 3),
    305: "Scan 1.0", 306: "2024:12:31 23:59:59", 315: "Ada", 316: "host", 18246: 4, 32781: "id-7",
    33432: "Dusk Press", 37393: 7, 37394: "secret", 37395: "scanned, cut",
}  # fmt: skip


@pytest.mark.parametrize("tag", WORDS_OF_TIFF)
def test_what_a_tiff_says_of_its_picture_stays(tag: int) -> None:
    value = WORDS_OF_TIFF[tag]
    kind, count = (2, 0) if isinstance(value, str) else (3, np.size(value))
    data = tiff(PIXELS, software=False, extratags=[(tag, kind, count, value, True)])
    with tifffile.TiffFile(io.BytesIO(enhanced(data))) as file:
        page: Any = file.pages[0]
        assert page.tags[tag].value == value
