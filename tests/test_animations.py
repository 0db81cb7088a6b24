"""Animations: every frame, with its time, by one plan."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.encoded import chunk, codes, exif_with, saved, smooth_pixels, turned
from support.stand_in import StandIn

from llenhance import Outcome, Request, decode, encode, enhance_bytes
from llenhance.errors import PictureError
from llenhance.pictures.decode import decode_all
from llenhance.pictures.encode import encode_all
from llenhance.pictures.formats import png_frames
from llenhance.pictures.picture import Picture
from llenhance.pictures.sequence import PictureSequence, Timing

FORMATS = ("PNG", "WEBP", "GIF", "AVIF")
MILLISECONDS = [40, 50, 60, 170, 80]
OPTIONS: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "AVIF": {"quality": 95}}
LOOSE = {"PNG": 0, "GIF": 0, "WEBP": 0, "AVIF": 16}  # levels that AVIF changes, twice


def scene(count: int = 5, *, clear: bool = False) -> list[Image.Image]:
    """A bright square that wanders over a dark ground; below it a hole that wanders too."""
    frames: list[Image.Image] = []
    for n in range(count):
        pixels = np.zeros((40, 60, 4 if clear else 3), np.uint8)
        pixels[..., :3] = smooth_pixels(40, 60) // 64 * 8
        pixels[5 + n : 15 + n, 4 * n : 4 * n + 12, :3] = 184 + 8 * (n % 8)
        if clear:
            pixels[..., 3] = 255
            pixels[20:30, 10 + n : 30, 3] = 0
        frames.append(Image.fromarray(pixels))
    return frames


def animation(format: str, frames: Sequence[Image.Image] | None = None, **options: Any) -> bytes:
    first, *others = frames or scene()
    chosen = {"duration": MILLISECONDS, "loop": 0} | OPTIONS.get(format, {}) | options
    return saved(first, format, save_all=True, append_images=others, **chosen)


def shown(data: bytes) -> list[NDArray[np.int32]]:
    """What Pillow shows; hidden colors do not matter."""
    frames: list[NDArray[np.int32]] = []
    with Image.open(io.BytesIO(data)) as image:
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            frame = np.asarray(image.convert("RGBA")).astype(np.int32)
            frames.append(np.where(frame[..., 3:] == 0, 0, frame))
    return frames


def timing(data: bytes) -> list[float]:
    with Image.open(io.BytesIO(data)) as image:
        found: list[float] = []
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            image.load()
            found.append(image.info["duration"])
        return found


def made_of(data: bytes, **request: Any) -> Outcome:
    return enhance_bytes(data, name="p", enhancer=StandIn(), request=Request(**request))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("clear", [False, True])
def test_every_frame_is_there_for_its_time(format: str, clear: bool) -> None:
    data = animation(format, scene(clear=clear))
    made = made_of(data)
    assert made.pictures == 5
    assert timing(made.data) == MILLISECONDS
    for before, after in zip(shown(data), shown(made.data), strict=True):
        assert np.abs(after - before).max() <= LOOSE[format]


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("plays", [0, 1, 3])
def test_it_is_shown_as_often_as_before(format: str, plays: int) -> None:
    """What GIF tells is how often it is shown again."""
    again = plays - 1 if format == "GIF" and plays else plays
    told = {} if format == "GIF" and plays == 1 else {"loop": again}
    frames = scene()
    data = saved(frames[0], format, save_all=True, append_images=frames[1:], duration=50, **told)
    with Image.open(io.BytesIO(made_of(data).data)) as image:
        assert image.info["loop"] == plays


@pytest.mark.parametrize("plays", [0, 1, 3])
def test_avif_is_shown_as_often_as_it_is_told(plays: int) -> None:
    frames = [Picture(pixels=np.asarray(frame)) for frame in scene()]
    times = Timing(milliseconds=(50,) * 5, plays=plays)
    sequence = PictureSequence(kind="frames", count=5, read=lambda: iter(frames), timing=times)
    found = decode_all(encode_all(frames, sequence, format="AVIF", name="p"), name="p").timing
    assert found == sequence.timing


def test_the_same_frames_give_the_same_avif() -> None:
    """No date is in it."""
    data = animation("AVIF")
    assert made_of(data).data == made_of(data).data
    assert b"mvhd\1\0\0\0" + bytes(16) in made_of(data).data


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("blending", [0, 1])
def test_frames_of_png_are_composed_as_they_are_shown(disposal: int, blending: int) -> None:
    rng = np.random.default_rng(disposal)
    frames: list[Image.Image] = []
    for _ in range(6):
        pixels = rng.integers(0, 256, (24, 30, 4)).astype(np.uint8)
        pixels[..., 3] = np.where(pixels[..., 3] > 127, 255, 0)  # Pillow mixes alpha otherwise
        frames.append(Image.fromarray(pixels))
    data = saved(
        frames[0], "PNG", save_all=True, append_images=frames[1:], disposal=disposal, blend=blending
    )
    # What is taken away after each frame leaves nothing under the next one; there Pillow is wrong.
    alone = [np.asarray(frame).astype(np.int32) for frame in frames]
    whole = [np.where(frame[..., 3:] == 0, 0, frame) for frame in alone]
    wanted = whole if disposal else shown(data)
    for picture, expected in zip(decode_all(data, name="p"), wanted, strict=True):
        assert picture.alpha is not None
        found = np.dstack([picture.pixels, picture.alpha]).astype(np.int32)
        np.testing.assert_array_equal(np.where(found[..., 3:] == 0, 0, found), expected)


@pytest.mark.parametrize(("above", "under"), [(0, 0), (128, 255), (128, 128), (255, 7), (0, 99)])
def test_a_frame_is_laid_over_another_as_light_through_glass(above: int, under: int) -> None:
    low, high = np.full((4, 4, 4), (200, 100, 0, under)), np.full((4, 4, 4), (0, 50, 250, above))
    data = saved(
        Image.fromarray(low.astype(np.uint8)),
        "PNG",
        save_all=True,
        append_images=[Image.fromarray(high.astype(np.uint8))],
        blend=1,
    )
    _, found = decode_all(data, name="p")
    expected = Image.alpha_composite(
        Image.fromarray(low.astype(np.uint8)), Image.fromarray(high.astype(np.uint8))
    )
    assert found.alpha is not None
    whole = np.dstack([found.pixels, found.alpha]).astype(int)
    assert np.abs((whole - np.asarray(expected)) * (whole[..., 3:] > 0)).max() <= 1


@pytest.mark.parametrize("disposal", [1, 2, 3])
def test_disposal_of_gif_is_as_pillow_has_it(disposal: int) -> None:
    data = animation("GIF", scene(clear=True), disposal=disposal, optimize=False)
    for before, after in zip(shown(data), shown(made_of(data).data), strict=True):
        np.testing.assert_array_equal(after, before)


def deep_frames(count: int = 4) -> list[Picture]:
    ramp = np.arange(40 * 60 * 3, dtype=np.uint16).reshape(40, 60, 3) * 9
    return [Picture(pixels=np.roll(ramp, n, axis=1)) for n in range(count)]


def deep_png() -> bytes:
    frames = deep_frames()
    sequence = PictureSequence(
        kind="frames",
        count=4,
        read=lambda: iter(frames),
        timing=Timing(milliseconds=(1000 / 30, 1001 / 24, 0, 70_000)),
    )
    return encode_all(frames, sequence, format="PNG", name="p")


def test_16_bits_and_fractions_of_seconds_stay_in_png() -> None:
    made = made_of(deep_png())
    sequence = decode_all(made.data, name="p")
    for picture, expected in zip(sequence, deep_frames(), strict=True):
        np.testing.assert_array_equal(picture.pixels, expected.pixels)
    assert sequence.timing is not None
    found = [Fraction(one / 1000).limit_denominator(65535) for one in sequence.timing.milliseconds]
    assert found == [Fraction(1, 30), Fraction(1001, 24000), 0, 70]


def test_16_bits_of_frames_are_told_where_they_end() -> None:
    assert "depth-lost" in codes(made_of(deep_png(), format="AVIF").notes)
    assert "depth-lost" in codes(made_of(deep_png(), format="WEBP").notes)


def test_rounded_times_do_not_drift() -> None:
    data = made_of(deep_png(), format="WEBP").data
    assert timing(data) == [33, 42, 0, 70_000]
    assert Timing(milliseconds=(33.4,) * 100).ends()[-1] == 3340


def test_a_gif_becomes_an_animated_png_and_that_is_told() -> None:
    made = made_of(animation("GIF"))
    assert made.media_type == "image/png"
    assert codes(made.notes) == ("format-not-written", "animation-in-png")


@pytest.mark.parametrize("format", ["jpeg", "bmp"])
def test_formats_without_frames_refuse_an_animation(format: str) -> None:
    with pytest.raises(PictureError) as refused:
        made_of(animation("WEBP"), format=format)
    assert refused.value.code == "several-pictures"
    assert refused.value.facts["formats"] == "PNG, WebP, TIFF, AVIF"


def test_frames_become_pages_of_a_tiff_and_that_is_told() -> None:
    data = animation("PNG")
    made = made_of(data, format="tiff")
    assert codes(made.notes) == ("timing-lost",)
    for before, after in zip(shown(data), shown(made.data), strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("way", [3, 6])
@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_all_frames_are_turned_as_exif_data_says(format: str, way: int) -> None:
    data = animation(format, exif=b"Exif\0\0" + exif_with(way))
    made = made_of(data)
    for before, after in zip(shown(data), shown(made.data), strict=True):
        np.testing.assert_array_equal(after, turned(before, way))
    picture = decode(made.data, name="p")
    assert picture.exif is not None
    assert b"Dusk" in picture.exif


def test_the_picture_for_those_who_show_no_animation_is_told() -> None:
    frames = scene()
    data = animation("PNG", frames, default_image=True, duration=50)
    made = made_of(data)
    assert codes(made.notes) == ("still-left-behind",)
    np.testing.assert_array_equal(shown(made.data)[0], shown(data)[1])
    assert made.pictures == 4


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_frames_that_are_equal_stay_frames(format: str) -> None:
    """Encoders put them together, which changes how many there are."""
    frame = Picture(pixels=smooth_pixels())
    times = Timing(milliseconds=(10, 20, 30))
    sequence = PictureSequence(kind="frames", count=3, read=lambda: iter(()), timing=times)
    data = encode_all([frame] * 3, sequence, format=format, quality=None, name="p")
    assert timing(data) == [10, 20, 30]
    first, *others = shown(data)
    for other in others:
        np.testing.assert_array_equal(other, first)
    if format == "PNG":
        assert len(data) < len(encode(frame, format=format, name="p")) + 400


@pytest.mark.parametrize("format", FORMATS)
def test_an_animation_that_is_cut_off_is_refused(format: str) -> None:
    data = animation(format)
    with pytest.raises(PictureError, match="damaged or incomplete"):
        made_of(data[: len(data) * 2 // 3])


def test_a_frame_outside_of_the_picture_is_refused() -> None:
    data = animation("PNG")
    at = data.rindex(b"fcTL") + 4
    control = bytearray(data[at : at + 26])
    struct.pack_into(">I", control, 12, 50)
    data = data[: at - 8] + chunk(b"fcTL", bytes(control)) + data[at + 30 :]
    with pytest.raises(PictureError, match="damaged"):
        made_of(data)


@pytest.mark.parametrize("format", FORMATS)
def test_frames_of_too_many_pixels_together_are_refused(format: str) -> None:
    with pytest.raises(PictureError) as refused:
        made_of(animation(format, scene(25), duration=50), max_megapixels=0.003)
    assert refused.value.code == "sequence-too-large"


def test_a_gray_animation_has_one_channel() -> None:
    frames = [frame.convert("L") for frame in scene()]
    made = made_of(animation("PNG", frames))
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.mode == "L"
    for before, after in zip(shown(animation("PNG", frames)), shown(made.data), strict=True):
        np.testing.assert_array_equal(after, before)


def test_still_pictures_of_a_png_are_as_they_were() -> None:
    data = saved(scene()[0], "PNG")
    assert png_frames.still(data) == data


def test_a_small_file_that_says_that_it_is_huge_is_refused() -> None:
    data = bytearray(animation("PNG"))
    at = data.index(b"IHDR") + 4
    struct.pack_into(">2I", data, at, 13_000, 13_000)
    struct.pack_into(">I", data, at + 13, zlib.crc32(data[at - 4 : at + 13]))
    with pytest.raises(PictureError, match="damaged or incomplete"):
        made_of(bytes(data))
