"""A picture is enhanced by its colors, whatever numbers its file tells them with."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, rgb2lab
from support.encoded import ICC, chunk, codes, exif_with, png, saved
from support.photographs import dark_photograph

from llenhance.enhancer import Enhancer
from llenhance.files.folders import read_pixels
from llenhance.jobs.sweep import Exposure
from llenhance.pictures import cicp, icc
from llenhance.pictures.decode import decode
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture
from llenhance.pictures.spaces import as_srgb, in_its_space

D65, D50 = (0.3127, 0.329), (0.3457, 0.3585)
SRGB = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))
SPACES: dict[str, tuple[Any, tuple[float, float], float | None]] = {
    "Display P3": (P3, D65, None),
    "Adobe RGB": (ADOBE, D65, 2.2),
    "ProPhoto": (PROPHOTO, D50, 1.8),
    "linear": (SRGB, D65, 1.0),
}

Floats = NDArray[np.float64]


def matrix(primaries: Any, white: tuple[float, float]) -> Floats:
    """Linear light to XYZ with the white D65, by the textbook."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    lamp = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    own = columns * np.linalg.solve(columns, lamp)
    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    daylight = np.array([D65[0] / D65[1], 1, (1 - D65[0] - D65[1]) / D65[1]])
    cones = (bradford @ daylight) / (bradford @ lamp)
    return np.linalg.inv(bradford) @ np.diag(cones) @ bradford @ own


def linear(value: Floats, gamma: float | None) -> Floats:
    if gamma is not None:
        return value**gamma
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def coded(light: Floats, gamma: float | None) -> Floats:
    light = light.clip(0, 1)
    if gamma is not None:
        return light ** (1 / gamma)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def converted(values: Floats, source: Any, target: Any) -> Floats:
    """Values, 0..1, of one space as those of another; a space is primaries, white and gamma."""
    step = np.linalg.inv(matrix(*target[:2])) @ matrix(*source[:2])
    return coded(linear(values, source[2]) @ step.T, target[2])


@cache
def scene() -> NDArray[np.uint16]:
    """A dark photograph in sRGB, of 16 bits."""
    return dark_photograph(64, 96, dtype=np.uint16)


def in_space(name: str, *, bits: int = 16) -> NDArray[Any]:
    full = 2**bits - 1
    values = converted(scene() / 65535, (SRGB, D65, None), SPACES[name])
    return np.rint(values * full).astype(np.uint16 if bits == 16 else np.uint8)


def profile_of(name: str) -> bytes:
    primaries, white, gamma = SPACES[name]
    curve = icc.SRGB_CURVE if gamma is None else (gamma,)
    return icc.rgb_profile(name, curve=curve, primaries=primaries, white=white)


@pytest.fixture(scope="module")
def enhancer() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def shown(picture: Picture) -> NDArray[np.uint8]:
    """What a program that manages colors shows: Little CMS, which has no part in enhancing."""
    image = Image.fromarray(to_8_bits(picture.pixels))
    if picture.icc_profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(picture.icc_profile))
        shows = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
        assert shows is not None
        image = shows
    return np.asarray(image)


def difference(a: NDArray[Any], b: NDArray[Any]) -> float:
    """CIEDE2000, in the mean."""
    return float(deltaE_ciede2000(rgb2lab(a / 255), rgb2lab(b / 255)).mean())


@cache
def expected(enhancer: Enhancer) -> NDArray[np.uint8]:
    return shown(enhancer.enhance_picture(Picture(pixels=scene())).picture)


@pytest.mark.parametrize("name", SPACES)
def test_a_picture_in_any_space_becomes_what_it_would_become_in_srgb(
    name: str, enhancer: Enhancer
) -> None:
    dark = Picture(pixels=in_space(name), icc_profile=profile_of(name))
    bright = enhancer.enhance_picture(dark).picture
    assert bright.icc_profile == dark.icc_profile
    assert difference(shown(bright), expected(enhancer)) < 1  # measured: 0.1 to 0.5


@pytest.mark.parametrize("name", ["Display P3", "Adobe RGB", "ProPhoto"])
def test_8_bits_become_what_they_would_become_in_srgb(name: str, enhancer: Enhancer) -> None:
    dark = Picture(pixels=in_space(name, bits=8), icc_profile=profile_of(name))
    bright = enhancer.enhance_picture(dark).picture
    same = enhancer.enhance_picture(Picture(pixels=to_8_bits(scene()))).picture
    assert bright.depth == 8
    assert difference(shown(bright), shown(same)) < 1.5


def test_a_profile_of_srgb_changes_no_value(enhancer: Enhancer) -> None:
    plain = Picture(pixels=to_8_bits(scene()))
    tagged = replace(plain, icc_profile=ICC)
    np.testing.assert_array_equal(
        enhancer.enhance_picture(tagged).picture.pixels,
        enhancer.enhance_picture(plain).picture.pixels,
    )


def table_profile(gamma: float) -> bytes:
    """An sRGB profile whose curves are tables, as most are, but of this gamma."""
    profile = bytearray(ICC)
    (count,) = struct.unpack_from(">I", profile, 128)
    table = np.rint(np.linspace(0, 1, 1024) ** gamma * 65535).astype(">u2").tobytes()
    curve = b"curv\0\0\0\0" + struct.pack(">I", 1024) + table
    for at in range(132, 132 + 12 * count, 12):
        if bytes(profile[at + 1 : at + 4]) == b"TRC":
            struct.pack_into(">2I", profile, at + 4, len(profile), len(curve))
    profile += curve
    struct.pack_into(">I", profile, 0, len(profile))
    return bytes(profile)


def test_a_curve_may_be_a_table() -> None:
    levels = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[None, :, None], 3, axis=2)
    seen = as_srgb(Picture(pixels=levels, icc_profile=table_profile(1.5)))
    by_hand = coded((levels / 255.0) ** 1.5, None)
    np.testing.assert_allclose(seen / 65535, by_hand, atol=0.002)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", SPACES)
def test_what_is_not_changed_comes_back_as_it_was(name: str, bits: int) -> None:
    rng = np.random.default_rng(0)
    dtype = np.uint8 if bits == 8 else np.uint16
    values = rng.integers(0, 2**bits, (40, 50, 3), dtype=dtype)
    picture = Picture(pixels=values, icc_profile=profile_of(name))
    np.testing.assert_array_equal(in_its_space(picture, as_srgb(picture)).pixels, values)


def test_colors_beyond_srgb_stay_apart() -> None:
    reds = np.zeros((1, 40, 3), np.uint16)
    reds[0, :, 0] = np.linspace(20000, 30000, 40)  # as red as Display P3 gets: sRGB has none
    picture = Picture(pixels=reds, icc_profile=profile_of("Display P3"))
    seen = as_srgb(picture)
    assert (seen[..., 1:] == 0).all()
    lifted = (seen.astype(float) * 1.5).astype(np.uint16)
    bright = in_its_space(picture, lifted).pixels.astype(int)
    assert (np.diff(bright[0, :, 0]) > 0).all()
    assert bright[..., 1:].max() < 0.02 * bright[..., 0].min()  # and are that red still


def test_8_bits_do_not_band() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    picture = Picture(pixels=levels, icc_profile=profile_of("ProPhoto"))
    assert len(np.unique(as_srgb(picture)[..., 1])) == 256


def test_a_target_is_that_of_what_is_seen(enhancer: Enhancer) -> None:
    dark = Picture(pixels=in_space("linear"), icc_profile=profile_of("linear"))
    bright = enhancer.enhance(dark, target_mean=0.4)
    assert shown(bright).mean() / 255 == pytest.approx(0.4, abs=0.03)


def chrm(primaries: Any, white: tuple[float, float]) -> bytes:
    numbers = [value for point in (white, *primaries) for value in point]
    return chunk(b"cHRM", struct.pack(">8I", *(round(v * 100000) for v in numbers)))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100000 / gamma)))


TOLD: dict[str, tuple[bytes, Any]] = {
    "gAMA 1.8": (gama(1.8), (SRGB, D65, 1.8)),
    "gAMA 1": (gama(1.0), (SRGB, D65, 1.0)),
    "cHRM": (chrm(P3, D65), (P3, D65, None)),
    "gAMA and cHRM": (gama(2.2) + chrm(ADOBE, D65), (ADOBE, D65, 2.2)),
    "cICP": (chunk(b"cICP", bytes([12, 13, 0, 1])), (P3, D65, None)),
    "cICP before gAMA": (gama(1.0) + chunk(b"cICP", bytes([9, 13, 0, 1])), (BT2020, D65, None)),
}


@pytest.mark.parametrize(("extra", "space"), TOLD.values(), ids=TOLD)
def test_chunks_of_a_png_tell_its_colors(extra: bytes, space: Any) -> None:
    values = converted(scene() / 65535, (SRGB, D65, None), space)
    data = png(np.rint(values * 65535).astype(np.uint16), colour=2, extra=extra)
    picture = decode(data, name="p")
    assert np.abs(as_srgb(picture).astype(int) - scene()).max() < 200  # of 65535
    assert picture.icc_profile is not None
    kept = decode(encode(picture, format="JPEG", name="p"), name="p").icc_profile
    assert kept == picture.icc_profile


@pytest.mark.parametrize(
    "extra",
    [
        gama(2.2),
        gama(2.2) + chrm(SRGB, D65),
        chunk(b"sRGB", b"\0") + gama(1.0),
        chunk(b"cICP", bytes([1, 13, 0, 1])) + gama(1.0),
    ],
    ids=["gAMA alone", "gAMA and cHRM", "sRGB before gAMA", "cICP before gAMA"],
)
def test_chunks_that_mean_srgb_change_nothing(extra: bytes) -> None:
    picture = decode(png(scene(), colour=2, extra=extra), name="p")
    assert picture.icc_profile is None
    np.testing.assert_array_equal(picture.pixels, scene())


def test_grays_with_a_gamma_are_seen_through_it() -> None:
    grays = np.arange(256, dtype=np.uint8).reshape(8, 32)
    picture = decode(png(grays, colour=0, extra=gama(1.0)), name="p")
    by_hand = coded(grays / 255.0, None)
    np.testing.assert_allclose(as_srgb(picture)[..., 0] / 65535, by_hand, atol=0.002)
    assert (picture.notes, picture.is_gray) == ((), True)
    np.testing.assert_array_equal(picture.pixels[..., 0], grays)


def test_numbers_that_nobody_knows_are_told() -> None:
    extra = chunk(b"cICP", bytes([99, 13, 0, 1]))
    picture = decode(png(scene(), colour=2, extra=extra), name="p")
    assert codes(picture.notes) == ("color-description-unknown",)


@pytest.mark.parametrize("points", [(0, 0) * 4, (0.3, 0.3) * 4], ids=["nothing", "one point"])
def test_impossible_primaries_are_told(points: tuple[float, ...]) -> None:
    extra = chunk(b"cHRM", struct.pack(">8I", *(round(v * 100000) for v in points)))
    picture = decode(png(scene(), colour=2, extra=extra), name="p")
    assert codes(picture.notes) == ("color-description-unknown",)


def pq(nits: Floats) -> Floats:
    """SMPTE ST 2084."""
    power = (nits / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(light: Floats) -> Floats:
    """ITU-R BT.2100, for gray light, 1 being 1000 nits."""
    scene_light = light ** (1 / 1.2)
    bright = 0.17883277 * np.log(np.maximum(12 * scene_light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene_light <= 1 / 12, np.sqrt(3 * scene_light), bright)


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_hdr_is_seen_up_to_the_white_of_paper(transfer: int) -> None:
    wanted = np.linspace(0.02, 1, 64)
    nits = linear(wanted, None) * 203
    values = pq(nits) if transfer == 16 else hlg(nits / 1000)
    row = np.rint(np.append(values, 1.0) * 65535).astype(np.uint16)
    stored = np.repeat(row[None, :, None], 3, axis=2)
    data = png(stored, colour=2, extra=chunk(b"cICP", bytes([9, transfer, 0, 1])))
    picture = decode(data, name="p")
    np.testing.assert_allclose(picture.pixels[0, :-1, 1] / 65535, wanted, atol=0.003)
    assert picture.pixels[0, -1, 1] == 65535
    assert codes(picture.notes) == ("hdr-cut-off",)
    assert picture.icc_profile == cicp.told_by(9, 13, []).profile()  # type: ignore[union-attr]


def avif_with(numbers: tuple[int, int], pixels: NDArray[np.uint8]) -> bytes:
    data = saved(Image.fromarray(pixels), "AVIF", quality=95, subsampling="4:4:4")
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">2H", *numbers) + data[at + 4 :]


def test_numbers_of_an_avif_tell_its_colors() -> None:
    picture = decode(avif_with((12, 13), to_8_bits(scene())), name="p")
    assert picture.icc_profile == cicp.told_by(12, 13, []).profile()  # type: ignore[union-attr]


def test_usual_numbers_of_an_avif_mean_srgb() -> None:
    assert decode(avif_with((1, 13), to_8_bits(scene())), name="p").icc_profile is None


def test_hdr_of_an_avif_is_told() -> None:
    assert "hdr-cut-off" in codes(decode(avif_with((9, 16), to_8_bits(scene())), name="p").notes)


def exif_of_adobe_rgb() -> bytes:
    """EXIF data as cameras write it beside colors of Adobe RGB, without a profile (DCF 2.0)."""
    first = struct.pack("<HHHII", 1, 34665, 4, 1, 26) + b"\0" * 4
    exif = struct.pack("<HHHIHH", 2, 40961, 3, 1, 65535, 0)
    exif += struct.pack("<HHII", 40965, 4, 1, 56) + b"\0" * 4
    index = struct.pack("<HHHI4s", 1, 1, 2, 4, b"R03\0") + b"\0" * 4
    return b"II*\0\x08\0\0\0" + first + exif + index


def test_cameras_tell_adobe_rgb_in_exif_data() -> None:
    image = Image.fromarray(to_8_bits(scene()))
    picture = decode(saved(image, "JPEG", exif=b"Exif\0\0" + exif_of_adobe_rgb()), name="p")
    assert picture.icc_profile == cicp.ADOBE_RGB.profile()
    other = decode(saved(image, "JPEG", exif=b"Exif\0\0" + exif_with(1)), name="p")
    assert other.icc_profile is None


def lut_profile() -> bytes:
    """An RGB profile of look-up tables: all colors become gray of the same lightness."""
    grid = np.indices((2, 2, 2)).reshape(3, -1).T
    lab = np.stack([grid @ [60, 150, 45], np.full(8, 128), np.full(8, 128)], axis=1)
    lut = (
        b"mft1\0\0\0\0"
        + bytes([3, 3, 2, 0])
        + struct.pack(">9i", *(np.eye(3).ravel() * 65536).astype(int))
    )
    lut += bytes(range(256)) * 3 + lab.astype(np.uint8).tobytes() + bytes(range(256)) * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I", 2) + b"A2B0" + struct.pack(">2I", 156, len(lut))
    table += b"wtpt" + struct.pack(">2I", 156 + len(lut), len(white))
    header = struct.pack(">I", 156 + len(lut) + len(white)) + b"lcms\x02\x10\0\0mntrRGB Lab "
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + lut + white


@pytest.mark.parametrize("bits", [8, 16])
def test_rgb_in_a_profile_of_tables_becomes_srgb_with_a_note(bits: int) -> None:
    pixels = scene() if bits == 16 else to_8_bits(scene())
    there = Picture(pixels=pixels, icc_profile=lut_profile())
    picture = decode(encode(there, format="PNG", name="p"), name="p")
    assert picture.icc_profile is None
    assert picture.depth == bits
    assert codes(picture.notes) == ("converted-to-srgb",)
    values = picture.pixels.astype(int)
    assert np.abs(values - values[..., :1]).max() <= 2 ** (bits - 7)


def test_a_damaged_profile_is_told_and_left_behind() -> None:
    broken = profile_of("ProPhoto")[:300]
    picture = decode(saved(Image.new("RGB", (4, 4)), "JPEG", icc_profile=broken), name="p")
    assert codes(picture.notes) == ("color-profile-damaged",)
    assert picture.icc_profile is None


def test_scores_compare_what_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "linear.png"
    dark = Picture(pixels=in_space("linear"), icc_profile=profile_of("linear"))
    path.write_bytes(encode(dark, format="PNG", name="p"))
    assert np.abs(read_pixels(path).astype(int) - to_8_bits(scene())).max() <= 1
    blended = Exposure(name="half", factor=0.5)(dark, read_pixels(path))
    assert blended.icc_profile is None
    assert blended.pixels.mean() == pytest.approx(to_8_bits(scene()).mean() / 2, abs=0.5)
