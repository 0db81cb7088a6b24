"""Whatever is given to a public function in place of what it takes, the answer is a sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from PIL import Image
from support.photographs import photograph_file

import llenhance
from llenhance import Enhancer, LlenhanceError, Picture, Request, Wish

Functions = dict[str, Callable[[Any], object]]

PIXELS: Final = np.full((8, 8, 3), 40, np.uint8)
PICTURE: Final = Picture.from_array(PIXELS)


def wrong_values() -> list[Any]:
    """Return values that nothing takes, and some that only few things take."""
    floats = np.zeros((3, 3, 3), np.float32)
    return [
        *(None, True, -1, 2.5, float("nan"), float("inf"), 10**400, 1j, Decimal("NaN")),
        *("", "x", "\0", "\udc80", b"", b"\xff\xd8\xff", bytearray(b"x"), memoryview(b"x")),
        *([], {}, (), set(), iter([]), object(), dict, len, Exception("x"), ...),
        *(np.float64("nan"), np.array([]), np.zeros((3, 3)), PIXELS, floats + 7, floats * np.nan),
        *(np.zeros((3, 3, 3), kind) for kind in (np.int64, complex, object, "U3", bool, "M8[s]")),
        *(np.zeros((3, 3), [("a", "u1")]), np.ma.masked_array(floats, mask=True)),
        *(torch.zeros(3, 4, 4), Image.new("RGB", (0, 5)), Image.new("F", (3, 3))),
        *(Path("nowhere"), Path("/"), Path("\0"), io.StringIO("x"), io.BytesIO(b"x")),
        *(Wish(), Request(), Wish, Picture),
    ]


@pytest.fixture(scope="module")
def functions(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Functions:
    """Every public function, of one argument each; the others are as they should be."""
    enhancer = Enhancer(str(tiny), precision="fp32")
    plan = enhancer.look(PIXELS)
    data = photograph_file()
    target = tmp_path_factory.mktemp("written") / "a.png"
    return {
        "Enhancer": Enhancer,
        "Enhancer device": lambda x: Enhancer(str(tiny), device=x),
        "Enhancer precision": lambda x: Enhancer(str(tiny), precision=x),
        "Enhancer tile": lambda x: Enhancer(str(tiny), tile=x),
        "enhance": enhancer.enhance,
        "enhance brightness": lambda x: enhancer.enhance(PIXELS, brightness=x),
        "enhance exposure": lambda x: enhancer.enhance(PIXELS, exposure=x),
        "enhance target_mean": lambda x: enhancer.enhance(PIXELS, target_mean=x),
        "enhance match": lambda x: enhancer.enhance(PIXELS, match=x),
        "enhance strength": lambda x: enhancer.enhance(PIXELS, strength=x),
        "enhance denoise": lambda x: enhancer.enhance(PIXELS, denoise=x),
        "enhance protect": lambda x: enhancer.enhance(PIXELS, protect=x),
        "enhance progress": lambda x: callable(x) or enhancer.enhance(PIXELS, progress=x),
        "enhance_picture": enhancer.enhance_picture,
        "enhance_picture wish": lambda x: enhancer.enhance_picture(PICTURE, x),
        "enhance_knowing": lambda x: enhancer.enhance_knowing(x, mean_grey=0.5),
        "enhance_knowing mean_grey": lambda x: enhancer.enhance_knowing(PICTURE, mean_grey=x),
        "look": enhancer.look,
        "look wish": lambda x: enhancer.look(PIXELS, x),
        "render": lambda x: enhancer.render(x, plan),
        "render plan": lambda x: enhancer.render(PIXELS, x),
        "render progress": lambda x: callable(x) or enhancer.render(PIXELS, plan, progress=x),
        "estimate": lambda x: enhancer.estimate(width=x, height=8),
        "network_inputs": enhancer.network_inputs,
        "network_inputs wish": lambda x: enhancer.network_inputs(PIXELS, x),
        "enhance_bytes": lambda x: llenhance.enhance_bytes(x, name="x", enhancer=enhancer),
        "enhance_bytes name": lambda x: llenhance.enhance_bytes(data, name=x, enhancer=enhancer),
        "enhance_bytes enhancer": lambda x: llenhance.enhance_bytes(data, name="x", enhancer=x),
        "enhance_bytes request": lambda x: llenhance.enhance_bytes(
            data, name="x", enhancer=enhancer, request=x
        ),
        "decode": lambda x: llenhance.decode(x, name="x"),
        "decode name": lambda x: llenhance.decode(data, name=x),
        "encode": lambda x: llenhance.encode(x, format="PNG", name="x"),
        "encode format": lambda x: llenhance.encode(PICTURE, format=x, name="x"),
        "encode quality": lambda x: llenhance.encode(PICTURE, format="JPEG", quality=x, name="x"),
        "encode name": lambda x: llenhance.encode(PICTURE, format="PNG", name=x),
        "losses": lambda x: llenhance.losses(x, format="PNG"),
        "losses format": lambda x: llenhance.losses(PICTURE, format=x),
        "losses quality": lambda x: llenhance.losses(PICTURE, format="PNG", quality=x),
        "read_picture": llenhance.read_picture,
        "write_picture": lambda x: llenhance.write_picture(target, x, overwrite=True),
        "write_picture path": lambda x: llenhance.write_picture(x, PICTURE),
        "write_picture quality": lambda x: llenhance.write_picture(
            target, PICTURE, quality=x, overwrite=True
        ),
        "write_picture like": lambda x: llenhance.write_picture(
            target, PICTURE, like=x, overwrite=True
        ),
        "Picture.from_array": Picture.from_array,
        "Picture.from_pil": Picture.from_pil,
        "Picture.with_pixels": PICTURE.with_pixels,
        "Picture pixels": lambda x: replace(PICTURE, pixels=x),
        "Picture alpha": lambda x: replace(PICTURE, alpha=x),
        "Picture exif": lambda x: llenhance.encode(
            replace(PICTURE, exif=x, xmp=x, icc_profile=x, iptc=x), format="JPEG", name="x"
        ),
        "Picture dpi": lambda x: llenhance.encode(replace(PICTURE, dpi=x), format="JPEG", name="x"),
        "Wish brightness": lambda x: Wish(brightness=x),
        "Wish exposure": lambda x: Wish(exposure=x),
        "Wish target_mean": lambda x: Wish(target_mean=x),
        "Wish finish": lambda x: Wish(finish=x),
    }


def unkind(function: Callable[[Any], object]) -> list[str]:
    """Return what wrong values lead to something else than a result or a sentence."""
    found: list[str] = []
    for value in wrong_values():
        try:
            function(value)
        except LlenhanceError as error:
            if "\n" in str(error):
                found.append(f"several lines: {error}")
        except Exception as error:  # noqa: BLE001  # this is what is looked for
            found.append(f"{type(value).__name__}: {error!r}")
    return found


NAMES: Final = """
Enhancer / Enhancer device / Enhancer precision / Enhancer tile / enhance / enhance brightness /
enhance exposure / enhance target_mean / enhance match / enhance strength / enhance denoise /
enhance protect / enhance progress / enhance_picture / enhance_picture wish / enhance_knowing /
enhance_knowing mean_grey / look / look wish / render /
render plan / render progress / estimate / network_inputs / network_inputs wish / enhance_bytes /
enhance_bytes name / enhance_bytes enhancer / enhance_bytes request / decode / decode name /
encode / encode format / encode quality / encode name / losses / losses format / losses quality /
read_picture / write_picture / write_picture path / write_picture quality / write_picture like /
Picture.from_array / Picture.from_pil / Picture.with_pixels / Picture pixels / Picture alpha /
Picture exif / Picture dpi / Wish brightness / Wish exposure / Wish target_mean /
Wish finish
"""


@pytest.mark.parametrize("name", NAMES.replace("\n", " ").strip().split(" / "))
def test_a_wrong_value_is_a_sentence(functions: Functions, name: str) -> None:
    assert unkind(functions[name]) == []


def test_every_function_above_is_tried(functions: Functions) -> None:
    assert sorted(functions) == sorted(NAMES.replace("\n", " ").strip().split(" / "))
