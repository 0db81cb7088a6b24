"""A chart of grays and strong colors looks the same afterwards, apart from the enhancement.

The profiles are those that programs and cameras embed, by their published numbers. Little CMS,
which has no part in enhancing RGB, says what is seen.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any, Final

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, rgb2lab
from support.stand_in import StandIn
from test_color_profiles import grey_profile

from llenhance.enhancer import Enhancer
from llenhance.jobs.enhancers import AnyEnhancer
from llenhance.jobs.task import enhance_bytes

Floats = NDArray[np.float64]

SIDE: Final = 24  # of a patch
GRAYS: Final = (0.02, 0.06, 0.12, 0.2, 0.3, 0.45)
COLORS: Final = (
    (0.4, 0.05, 0.05), (0.05, 0.35, 0.08), (0.06, 0.08, 0.4), (0.4, 0.35, 0.05),
    (0.3, 0.06, 0.3), (0.05, 0.3, 0.35),
)  # fmt: skip

D50: Final = (0.9642, 1.0, 0.8249)
RGB: Final = (b"r", b"g", b"b")

# Red, green and blue in XYZ of D50, and a gamma (None is the curve of sRGB), as in sRGB2014.icc,
# Apple's Display P3, AdobeRGB1998.icc and the specification of ROMM (ISO 22028-2).
SPACES: Final[dict[str, tuple[tuple[tuple[float, float, float], ...], float | None]]] = {
    "sRGB": (
        ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141)),
        None,
    ),
    "Display P3": (
        ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)),
        None,
    ),
    "Adobe RGB": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        2.19921875,
    ),
    "ProPhoto": (
        ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)),
        1.80078125,
    ),
}


def chart() -> Floats:
    """``(2 SIDE, 6 SIDE, 3)`` in sRGB, 0..1: a row of grays, a row of colors, some grain."""
    patches = np.array([[(gray,) * 3 for gray in GRAYS], COLORS])
    wide = patches.repeat(SIDE, axis=0).repeat(SIDE, axis=1)
    return np.clip(wide + np.random.default_rng(0).normal(0, 0.002, wide.shape), 0, 1)


def linear(value: Floats) -> Floats:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def coded(light: Floats, gamma: float | None) -> Floats:
    light = light.clip(0, 1)
    if gamma is not None:
        return light ** (1 / gamma)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def profile_of(space: str) -> bytes:
    """A profile of version 2, as cameras embed them; the curve of sRGB is a table of 1,024."""
    columns, gamma = SPACES[space]
    if gamma is None:
        values = np.rint(linear(np.linspace(0, 1, 1024)) * 65535).astype(">u2").tobytes()
    else:
        values = struct.pack(">H", round(gamma * 256)) + bytes(2)
    curve = b"curv\0\0\0\0" + struct.pack(">I", 1024 if gamma is None else 1) + values
    name = space.encode() + b"\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    description += bytes(-len(description) % 4)
    tags = {b"desc": description, b"wtpt": place(D50)}
    tags |= {letter + b"XYZ": place(xyz) for letter, xyz in zip(RGB, columns, strict=True)}
    tags |= {letter + b"TRC": curve for letter in RGB}
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for key, tag in tags.items():
        table += key + struct.pack(">2I", start + len(body), len(tag))
        body += tag
    header = struct.pack(">I", start + len(body)) + bytes(4) + b"\x02\x10\0\0mntrRGB XYZ "
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += place(D50)[8:]
    return header.ljust(128, b"\0") + table + body


def place(xyz: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in xyz))


def in_space(space: str) -> NDArray[np.uint16]:
    """The chart in the numbers of a space."""
    columns, gamma = SPACES[space]
    light = linear(chart()) @ np.array(SPACES["sRGB"][0]) @ np.linalg.inv(np.array(columns))
    return np.rint(coded(light, gamma) * 65535).astype(np.uint16)


def file_of(pixels: NDArray[np.uint16], profile: bytes | None) -> bytes:
    file = io.BytesIO()
    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(file, pixels, photometric=kind, iccprofile=profile, metadata=None)
    return file.getvalue()


def seen(data: bytes) -> NDArray[Any]:
    """What a program that manages colors shows of a TIFF file: each patch in CIELAB."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        values, tag = page.asarray(), page.tags.get(34675)  # pyright: ignore
    profile = None if tag is None else bytes(tag.value)
    image = Image.fromarray(np.rint(values / 257).astype(np.uint8))
    if profile is not None:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(
            image, source, target, ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB"
        )
        assert shown is not None
        image = shown
    lab = rgb2lab(np.asarray(image.convert("RGB")) / 255)
    rows, columns = lab.shape[0] // SIDE, lab.shape[1] // SIDE
    patches = lab.reshape(rows, SIDE, columns, SIDE, 3)[:, 4:-4, :, 4:-4]
    return patches.mean(axis=(1, 3))


def difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    """CIEDE2000, of the patch that differs most."""
    return float(deltaE_ciede2000(one, other).max())


@cache
def nano() -> Enhancer:
    return Enhancer(device="cpu", precision="fp32")


def result(space: str, enhancer: AnyEnhancer) -> bytes:
    data = file_of(in_space(space), profile_of(space))
    return enhance_bytes(data, name="chart", enhancer=enhancer).data


@pytest.mark.parametrize("space", SPACES)
def test_without_enhancement_every_patch_stays_as_it_is(space: str) -> None:
    before = file_of(in_space(space), profile_of(space))
    assert difference(seen(before), seen(result(space, StandIn()))) < 0.1


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB", "ProPhoto"])
def test_every_patch_is_enhanced_to_what_it_becomes_in_srgb(space: str) -> None:
    assert difference(seen(result("sRGB", nano())), seen(result(space, nano()))) < 1


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_grays_with_a_profile_are_seen_as_before(gamma: float) -> None:
    grays = chart()[:SIDE, :, 0]
    values = np.rint(linear(grays) ** (1 / gamma) * 65535).astype(np.uint16)
    dark = file_of(values, grey_profile(gamma))
    bright = enhance_bytes(dark, name="chart", enhancer=StandIn()).data
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(bright)), values)
    plain = np.rint(grays * 65535).astype(np.uint16)
    if gamma > 1:  # 8 bits, which is what the color management has, are too few for linear light
        assert difference(seen(file_of(plain, None)), seen(bright)) < 0.5
