"""Small files that say they are large, or say something again and again, cost little."""

from __future__ import annotations

import resource
import struct
from time import perf_counter

import numpy as np
import pytest
from PIL import Image
from support.encoded import codes, saved, smooth_pixels

from llenhance.errors import PictureError
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

WIDE, HIGH = 5, 3
INDICES = np.array([[1, 1, 1, 1, 2], [3, 4, 5, 6, 0], [7, 7, 0, 0, 0]])
RUNS = bytes([2, 7, 0, 0, 0, 5, 3, 4, 5, 6, 0, 0, 0, 0, 4, 1, 1, 2, 0, 1])  # from the bottom up


def bmp(runs: bytes, width: int = WIDE, height: int = HIGH) -> bytes:
    """A BMP of 256 colors, written by hand, in lengths of runs."""
    palette = b"".join(bytes([n, 2 * n % 256, 3 * n % 256, 0]) for n in range(256))
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 3937, 3937, 0, 0)
    size = 54 + len(palette) + len(runs)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, 54 + len(palette)) + header + palette + runs


def test_run_lengths_of_bmp_are_read() -> None:
    picture = decode(bmp(RUNS), name="p")
    np.testing.assert_array_equal(picture.pixels, INDICES[..., None] * [3, 2, 1])
    assert picture.dpi == pytest.approx((100, 100), abs=0.1)


def test_run_lengths_of_a_large_bmp_take_no_time() -> None:
    started = perf_counter()
    runs = b"\0\0" * 4999 + b"\0\1"
    assert decode(bmp(runs, 4000, 5000), name="p").width == 4000
    assert perf_counter() - started < 2


def test_a_bmp_of_endless_rows_is_refused_at_once() -> None:
    with pytest.raises(PictureError, match="its longer side is 200000000 pixels"):
        decode(bmp(RUNS, 200_000_000, 1), name="p")


def test_a_bmp_that_no_limit_would_let_in_is_not_called_too_large_for_the_limit() -> None:
    with pytest.raises(PictureError, match="its longer side is 200000000 pixels"):
        decode(bmp(RUNS, 200_000_000, 2), name="p")


def test_an_animation_of_large_frames_is_refused_before_memory_is_taken() -> None:
    first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    data = bytearray(saved(first, "WEBP", save_all=True, append_images=[second], lossless=True))
    data[24:30] = (13999).to_bytes(3, "little") * 2
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureError, match="more than 67 megapixels"):
        decode(bytes(data), name="p")
    with pytest.raises(PictureError, match="more than 67 megapixels"):  # no other limit would help
        decode(bytes(data), name="p", max_megapixels=1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_gif_of_very_many_frames_is_read_in_no_time() -> None:
    data = saved(Image.fromarray(smooth_pixels()).quantize(8), "GIF")
    at = 13 + (3 << ((data[10] & 7) + 1))
    started = perf_counter()
    picture = decode(data[:at] + data[at:-1] * 5000 + b";", name="p")
    assert perf_counter() - started < 2
    assert codes(picture.notes) == ("first-frame-only",)


@pytest.mark.parametrize("planar", [1, 2])
def test_a_tiff_that_says_it_has_very_many_channels_is_refused_at_once(planar: int) -> None:
    data = bytearray(encode(Picture(pixels=smooth_pixels()), format="TIFF", name="p"))
    for tag, value in ((277, 65535), (284, planar)):
        at = data.index(struct.pack("<HHI", tag, 3, 1)) + 8
        struct.pack_into("<H", data, at, value)
    started = perf_counter()
    with pytest.raises(PictureError, match="65535 channels"):
        decode(bytes(data), name="p")
    assert perf_counter() - started < 1


def test_the_pages_of_a_tiff_are_counted_in_no_time() -> None:
    """Each page is a directory of one entry; the last points to the first."""
    data = saved(Image.fromarray(smooth_pixels()), "TIFF")
    page = struct.pack("<HHHII", 1, 254, 4, 1, 2)
    start = len(data) + len(data) % 2
    body = b"".join(
        page + struct.pack("<I", start + 18 * (n + 1) if n < 29_999 else 8) for n in range(30_000)
    )
    entries = struct.unpack_from("<H", data, 8)[0]
    end = 10 + 12 * entries
    data = data[:end] + struct.pack("<I", start) + data[end + 4 :] + b"\0" * (len(data) % 2)
    started = perf_counter()
    picture = decode(data + body, name="p")
    assert perf_counter() - started < 2
    assert codes(picture.notes) == ("first-frame-only",)
