"""The formats of Netpbm are written as other programs read them, and results keep them."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.encoded import codes, pnm, random_pixels, said, saved, smooth_pixels

from llenhance.errors import PictureError
from llenhance.files.naming import plan_output
from llenhance.pictures.decode import decode
from llenhance.pictures.encode import check_fits, encode, losses
from llenhance.pictures.formats import result_format
from llenhance.pictures.picture import Picture

FFMPEG = shutil.which("ffmpeg")


def pam(values: Any, *, white: int, kind: str = "", comment: str = "") -> bytes:
    height, width, depth = values.shape
    lines = ["P7", f"WIDTH {width}", f"HEIGHT {height}", f"DEPTH {depth}", f"MAXVAL {white}"]
    lines += [f"TUPLTYPE {kind}"] if kind else []
    lines[1:1] = [f"# {comment}"] if comment else []
    head = "\n".join([*lines, "ENDHDR", ""]).encode()
    return head + values.astype(">u2" if white > 255 else np.uint8).tobytes()


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("kind", "format"), [(5, "PGM"), (6, "PPM")])
def test_a_result_keeps_its_bytes_where_nothing_was_changed(
    kind: int, format: str, depth: int
) -> None:
    values = random_pixels((5, 7, 3 if kind == 6 else 1), depth=depth)
    data = pnm(kind, values, 2**depth - 1).replace(b" # dusk", b"")
    picture = decode(data, name="p")
    assert (picture.source_format, picture.gray) == (format, kind == 5)
    assert encode(picture, format=result_format(format)[0], name="p") == data


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_pam_keeps_its_bytes(channels: int, depth: int) -> None:
    names = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
    values = random_pixels((5, 7, channels), depth=depth)
    data = pam(values, white=2**depth - 1, kind=names[channels])
    picture = decode(data, name="p")
    assert (picture.source_format, picture.gray) == ("PAM", channels < 3)
    assert (picture.alpha is not None) == (channels in (2, 4))
    assert encode(picture, format="PAM", name="p") == data


@pytest.mark.parametrize("white", [1, 100, 1023])
def test_a_pam_is_scaled_to_its_white(white: int) -> None:
    values = random_pixels((5, 7, 3), depth=16) % (white + 1)
    picture = decode(pam(values, white=white), name="p")
    full = 2**picture.depth - 1
    assert np.abs(picture.pixels - values * (full / white)).max() < 0.501


def test_a_pam_of_other_colors_is_refused() -> None:
    data = pam(random_pixels((2, 2, 4)), white=255, kind="CMYK")
    with pytest.raises(PictureError, match="CMYK, which cannot be read"):
        decode(data, name="p")


@pytest.mark.parametrize(
    "data",
    [
        b"P7\nWIDTH 2\n",
        b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nENDHDR\n" + bytes(12),
        b"P7\nWIDTH 0\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nENDHDR\n",
        b"P7\nWIDTH x\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + bytes(12),
        b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nENDHDR\n" + bytes(11),
        b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 99999\nENDHDR\n" + bytes(24),
    ],
    ids=["no end", "no white", "no width", "no number", "cut off", "white"],
)
def test_a_damaged_pam_is_called_damaged(data: bytes) -> None:
    with pytest.raises(PictureError, match="damaged or incomplete"):
        decode(data, name="p")


def test_a_small_pam_that_says_it_is_large_is_refused_at_once() -> None:
    data = b"P7\nWIDTH 999999\nHEIGHT 999999\nDEPTH 4\nMAXVAL 65535\nENDHDR\n"
    with pytest.raises(PictureError, match="too large"):
        decode(data, name="p")


def test_a_bitmap_becomes_a_gray_map_and_that_is_said() -> None:
    picture = decode(b"P4 3 1\n\xa0", name="p")
    format, note = result_format(picture.source_format)
    assert str(note) == "PBM files can be read but not written, so the result is PGM"
    assert encode(picture, format=format, name="p") == b"P5\n3 1\n255\n\0\xff\0"


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a.ppm", "a_enhanced.ppm"),
        ("a.pgm", "a_enhanced.pgm"),
        ("a.pbm", "a_enhanced.pgm"),
        ("a.pnm", "a_enhanced.pnm"),
        ("a.pam", "a_enhanced.pam"),
    ],
)
def test_results_have_the_extension_of_their_kind(source: str, result: str) -> None:
    assert plan_output(Path(source), output=None).target == Path(result)


def test_a_gray_map_holds_no_colors_and_says_so_before_any_work() -> None:
    with pytest.raises(PictureError, match="it has colors, and PGM holds grays alone"):
        check_fits(Picture(pixels=smooth_pixels()), format="PGM", name="p")


def test_grays_of_a_file_with_three_channels_fit_into_a_gray_map() -> None:
    values = random_pixels((4, 5))
    picture = decode(saved(Image.fromarray(values).convert("RGB"), "PNG"), name="p")
    assert encode(picture, format="PGM", name="p") == b"P5\n5 4\n255\n" + values.tobytes()


@pytest.mark.parametrize(("gray", "kind"), [(True, b"P5"), (False, b"P6")])
def test_any_map_is_of_the_kind_of_its_picture(gray: bool, kind: bytes) -> None:
    image = Image.fromarray(random_pixels((4, 5) if gray else (4, 5, 3)))
    assert encode(decode(saved(image, "PNG"), name="p"), format="PNM", name="p")[:2] == kind


def test_what_these_files_cannot_hold_is_told() -> None:
    values = random_pixels((4, 5, 4))
    picture = Picture.from_array(values)
    assert codes(losses(picture, format="PPM")) == ("transparency-lost",)
    assert losses(picture, format="PAM") == ()
    assert said(losses(picture, format="PPM", quality=80))[1:] == (
        "the quality has no effect: PPM is lossless",
    )


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6])
def test_comments_of_a_header_stay(kind: int) -> None:
    size = b"P%d # made at dusk\n# by hand\n1 1 " % kind
    pixels = {1: b"1 ", 4: b"\x80"}.get(kind, b"255\n" + (b"9 9 9 " if kind < 4 else b"999"))
    picture = decode(
        size[: -1 if kind == 4 else None] + (b"\n" if kind == 4 else b"") + pixels, name="p"
    )
    data = encode(picture, format="PPM", name="p")
    assert data.startswith(b"P6\n# made at dusk\n# by hand\n1 1\n255\n")
    assert [text.value for text in decode(data, name="p").texts] == ["made at dusk", "by hand"]


def test_comments_of_a_pam_stay() -> None:
    data = pam(random_pixels((2, 2, 3)), white=255, kind="RGB", comment="made at dusk")
    assert encode(decode(data, name="p"), format="PAM", name="p") == data


def test_a_comment_of_several_lines_does_not_end_the_header() -> None:
    jpeg = saved(Image.fromarray(smooth_pixels()), "JPEG", comment=b"one\r\ntwo\n9 9 9")
    picture = decode(jpeg, name="p")
    for format in ("PPM", "PAM"):
        back = decode(encode(picture, format=format, name="p"), name="p")
        np.testing.assert_array_equal(back.pixels, picture.pixels)
        assert [text.value for text in back.texts] == ["one", "two", "9 9 9"]


@pytest.mark.parametrize(("format", "mode"), [("PPM", "RGB"), ("PGM", "L")])
def test_pillow_reads_what_is_written(format: str, mode: str) -> None:
    values = random_pixels((4, 5, 3) if mode == "RGB" else (4, 5))
    picture = decode(saved(Image.fromarray(values), "PNG"), name="p")
    with Image.open(io.BytesIO(encode(picture, format=format, name="p"))) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), values)


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("format", ["PPM", "PAM"])
def test_ffmpeg_reads_what_is_written(format: str, depth: int) -> None:
    values = random_pixels((6, 8, 3), depth=depth)
    data = encode(Picture.from_array(values), format=format, name="p")
    wanted = "rgb24" if depth == 8 else "rgb48le"
    command = [str(FFMPEG), "-v", "error", "-f", "image2pipe", "-c:v", format.lower(), "-i", "-"]
    command += ["-f", "rawvideo", "-pix_fmt", wanted, "-"]
    told = subprocess.run(command, input=data, capture_output=True, check=True)
    assert told.stdout == values.astype(f"<u{values.itemsize}").tobytes()
