"""TIFF files of every usual layout are read with all their bits; what cannot be read is named."""

from __future__ import annotations

import io
import os
import struct
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from support.encoded import codes, random_pixels, saved, smooth_pixels

from llenhance.errors import PictureError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.formats.tiff_directory import first_directory
from llenhance.pictures.picture import Picture

RAMP = np.linspace(0, 1, 70 * 90 * 3).reshape(70, 90, 3)


def tiff(values: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, metadata=None, **options)
    return file.getvalue()


def steps(values: NDArray[Any]) -> NDArray[np.int64]:
    """The 16-bit numbers that values from 0 to 1 become."""
    return (values.astype(np.float64) * 65535 + 0.5).astype(np.int64)


@pytest.mark.parametrize("predictor", [1, 2, 3])
@pytest.mark.parametrize("compression", [1, 5, 8, 32773], ids=["none", "LZW", "deflate", "packed"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_from_0_to_1_keep_16_bits(kind: Any, compression: int, predictor: int) -> None:
    values = RAMP.astype(kind)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_PREDICTOR, predictor]
    _, coded = cv2.imencode(".tif", values[..., ::-1], options)
    picture = decode(coded.tobytes(), name="p")
    np.testing.assert_array_equal(picture.pixels, steps(values))
    assert picture.notes == ()


@pytest.mark.parametrize("kind", ["<f2", ">f2", ">f4"])
def test_half_floats_and_either_byte_order_are_read(kind: str) -> None:
    values = RAMP.astype(kind)
    data = tiff(values, photometric="rgb", byteorder=kind[0])
    np.testing.assert_array_equal(decode(data, name="p").pixels, steps(values))


def test_gray_floats_are_read() -> None:
    picture = decode(tiff(RAMP[..., 0].astype(np.float32), photometric="minisblack"), name="p")
    np.testing.assert_array_equal(picture.pixels[..., 2], steps(RAMP[..., 0].astype(np.float32)))


def test_a_few_floats_outside_of_0_to_1_are_clipped_and_that_is_told() -> None:
    values = RAMP.astype(np.float32)
    values[0, 0] = 2.0, -1.0, np.nan
    picture = decode(tiff(values, photometric="rgb"), name="p")
    assert picture.pixels[0, 0].tolist() == [65535, 0, 0]
    assert codes(picture.notes) == ("values-clipped",)


def test_floats_on_another_scale_have_no_white() -> None:
    with pytest.raises(PictureError, match="white is not defined"):
        decode(tiff((RAMP * 255).astype(np.float32), photometric="rgb"), name="p")


@pytest.mark.parametrize("extra", [["unassalpha"], ["unassalpha", "unspecified"]])
@pytest.mark.parametrize("colors", [1, 3])
@pytest.mark.parametrize("tile", [None, (32, 48)], ids=["strips", "tiles"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bigtiff", [False, True], ids=["32", "64"])
@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_and_more_channels_in_any_arrangement(
    depth: int, bigtiff: bool, planar: str, tile: Any, colors: int, extra: list[str]
) -> None:
    values = random_pixels((70, 90, colors + len(extra)), depth=depth)
    stored = np.moveaxis(values, -1, 0) if planar == "separate" else values
    data = tiff(
        stored,
        photometric="rgb" if colors == 3 else "minisblack",
        extrasamples=extra,
        planarconfig=planar,
        tile=tile,
        bigtiff=bigtiff,
        compression="zlib",
    )
    picture = decode(data, name="p")
    np.testing.assert_array_equal(
        picture.pixels, np.broadcast_to(values[..., :colors], (70, 90, 3))
    )
    np.testing.assert_array_equal(picture.alpha, values[..., colors])
    if len(extra) == 2 and (depth == 16 or colors == 1):
        assert codes(picture.notes) == ("extra-channels-left-behind",)


@pytest.mark.parametrize("orientation", [1, 6])
def test_16_bit_grays_with_alpha_are_turned(orientation: int) -> None:
    values = random_pixels((4, 6, 2), depth=16)
    data = tiff(
        values,
        photometric="minisblack",
        extrasamples=["unassalpha"],
        extratags=[(274, 3, 1, orientation, True)],
    )
    picture = decode(data, name="p")
    seen = np.rot90(values, -1) if orientation == 6 else values
    np.testing.assert_array_equal(picture.pixels[..., 0], seen[..., 0])
    np.testing.assert_array_equal(picture.alpha, seen[..., 1])


def test_16_bit_color_of_separate_channels_is_read() -> None:
    values = random_pixels((5, 7, 3), depth=16)
    data = tiff(np.moveaxis(values, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(decode(data, name="p").pixels, values)


def changed(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with another number in the entry of a tag."""
    for kind, letter in ((3, "H"), (4, "I")):
        at = data.find(struct.pack("<HHI", tag, kind, 1))
        if at >= 0:
            number = struct.pack(f"<{letter}", value)
            return data[: at + 8] + number + data[at + 8 + len(number) :]
    raise AssertionError(f"there is no entry of {tag}")


@pytest.mark.parametrize(
    ("compression", "name"),
    [(6, "old-style JPEG"), (34712, "JPEG 2000"), (34887, "LERC"), (50001, "WebP"), (50002, "XL")],
)
def test_a_compression_that_cannot_be_read_is_named(compression: int, name: str) -> None:
    data = changed(tiff(smooth_pixels(), photometric="rgb"), 259, compression)
    with pytest.raises(PictureError, match=rf"its compression \(.*{name}\) cannot be read") as bad:
        decode(data, name="p")
    assert bad.value.code == "compression-not-readable"


def test_a_layout_that_cannot_be_read_is_named() -> None:
    data = changed(tiff(random_pixels((4, 5, 3), depth=16), photometric="rgb"), 262, 8)
    with pytest.raises(PictureError, match="3 channels of 16 bits in CIELAB"):
        decode(data, name="p")


def test_a_tile_far_larger_than_the_picture_is_refused_before_memory_is_taken() -> None:
    data = tiff(np.zeros((16, 16), np.uint8), tile=(16, 16), photometric="minisblack")
    for tag in (322, 323):
        data = changed(data, tag, 32768)
    with pytest.raises(PictureError, match="tiles of 1073 megapixels"):
        decode(data, name="p")


def test_damage_in_a_tiff_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(
        saved(Image.fromarray(random_pixels((32, 32)) > 128), "TIFF", compression="group4")
    )
    (start,) = first_directory(bytes(data)).numbers(273)
    data[start + 16] ^= 0xFF
    picture = decode(bytes(data), name="p")
    assert codes(picture.notes) == ("damaged-data-used",)
    assert picture.notes[0].facts["count"]
    assert capfd.readouterr().err == ""


def test_a_tiff_of_which_nothing_is_right_is_damaged() -> None:
    data = bytearray(encode(Picture(pixels=smooth_pixels()), format="TIFF", name="p"))
    data[8:12] = b"\xff" * 4  # the first strip begins here
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(bytes(data), name="p")


def test_standard_error_stays_quiet_about_tags_that_nobody_knows(
    capfd: pytest.CaptureFixture[str],
) -> None:
    values = random_pixels((6, 5, 3), depth=16)
    data = tiff(values, photometric="rgb", extratags=[(40094, 1, 8, b"a\0;\0b\0\0\0", True)])
    assert decode(data, name="p").notes == ()
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


LAYOUTS: dict[str, dict[str, Any]] = {
    "one strip": {},
    "strips": {"rowsperstrip": 4},
    "tiles": {"tile": (16, 16)},
    "planes": {"planarconfig": "separate"},
}


@pytest.mark.parametrize("missing", [1, 20])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tiff_that_ends_within_its_pixels_is_damaged(
    layout: str, kind: Any, missing: int
) -> None:
    values = RAMP if kind is np.float32 else RAMP * 65535
    values = np.moveaxis(values, -1, 0) if layout == "planes" else values
    data = tiff(values.astype(kind), photometric="rgb", **LAYOUTS[layout])
    assert decode(data, name="p").notes == ()
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(data[:-missing], name="p")


def test_strips_that_are_said_to_be_longer_than_the_pixels_are_read() -> None:
    values = np.rint(RAMP * 65535).astype(np.uint16)
    data = bytearray(tiff(values, photometric="rgb"))
    at = data.index(struct.pack("<HHI", 279, 4, 1)) + 8
    struct.pack_into("<I", data, at, values.nbytes + 1000)
    np.testing.assert_array_equal(decode(bytes(data), name="p").pixels, values)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"compression": "zlib"}], ids=str)
def test_a_tiff_with_fewer_strips_than_it_has_rows_is_damaged(kind: Any, options: Any) -> None:
    values = np.rint(RAMP * np.iinfo(kind).max).astype(kind)
    data = bytearray(tiff(values, photometric="rgb", **options))
    assert decode(bytes(data), name="p").notes == ()
    order, entries = "<", first_directory(bytes(data)).entries
    at = data.index(struct.pack(f"{order}HHI", 257, entries[257].kind, 1))
    struct.pack_into(f"{order}{'I' if entries[257].kind == 4 else 'H'}", data, at + 8, 5000)
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(bytes(data), name="p")
