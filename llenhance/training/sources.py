"""Where training pictures come from: real pairs, and photographs darkened anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.conditioning import equalisation_tables
from llenhance.darkening import (
    darken,
    full_light,
    poor_light,
    random_lamps,
    random_light,
    random_night,
    relit,
)
from llenhance.metrics import LUMA
from llenhance.training.recipe import Recipe

Pixels = NDArray[np.uint8]

GLIMPSE_HEIGHT: Final = 64
GLIMPSE_WIDTH: Final = 96
"""Pixels of a glimpse: twice the head's thumbnail, which parts of it become."""

_SMALLEST_SCENE: Final = 192  # pixels; a darkened scene is a window of a photograph, at least this
_LARGEST_SCENE: Final = 512
_SCENE: Final = 256  # side to which larger windows are shrunk: sharp, and quick to darken
_EXCHANGED: Final = 0.25  # share of darkened scenes with exchanged channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dark picture and its reference, ``(H, W, 3)`` each."""

    name: str
    dark: Pixels
    normal: Pixels


class Scene(NamedTuple):
    """A whole dark picture, its reference and its equalisation tables, before cropping."""

    dark: Pixels
    normal: Pixels
    tables: Pixels


class Glimpse(NamedTuple):
    """A small copy of a whole dark picture and of its reference: ``(64, 96, 3)`` float32, 0..1."""

    dark: NDArray[np.float32]
    normal: NDArray[np.float32]


class PairSource:
    """Real pairs; what depends on the whole picture is computed once."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._scenes = [Scene(p.dark, p.normal, tables_of(p.dark)) for p in pairs]
        self._glimpses = [Glimpse(shrunk(p.dark), shrunk(p.normal)) for p in pairs]

    def __len__(self) -> int:
        return len(self._scenes)

    def scene(self, rng: np.random.Generator) -> Scene:
        return self._scenes[int(rng.integers(len(self)))]

    def glimpse(self, rng: np.random.Generator) -> Glimpse:
        return self._glimpses[int(rng.integers(len(self)))]


class DarkenedSource:
    """Well-lit photographs, darkened anew each time."""

    def __init__(self, photographs: Sequence[Pixels], *, recipe: Recipe) -> None:
        self._photographs, self._recipe = photographs, recipe
        # Shrunk before they are darkened: the light of a scene does not depend on its pixels.
        self._small = [np.rint(255 * shrunk(p)).astype(np.uint8) for p in photographs]

    def __len__(self) -> int:
        return len(self._photographs)

    def scene(self, rng: np.random.Generator) -> Scene:
        photograph = self._photographs[int(rng.integers(len(self)))]
        window = _window(photograph, self._recipe.crop, rng)
        normal, dark = self._darkened(window, rng)
        return Scene(dark, normal, tables_of(dark))

    def glimpse(self, rng: np.random.Generator) -> Glimpse:
        normal, dark = self._darkened(self._small[int(rng.integers(len(self)))], rng)
        return Glimpse(_unit(dark), _unit(normal))

    def _darkened(self, bright: Pixels, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
        """Return a reference and its dark picture."""
        recipe, size = self._recipe, bright.shape[:2]
        normal = _recoloured(bright, rng)
        camera = full_light(rng) if rng.random() < recipe.well_lit_share else poor_light(rng)
        lamps = random_lamps(size, rng) if rng.random() < recipe.lamp_share else None
        night = random_night(normal, rng) if rng.random() < recipe.night_share else None
        normal = relit(normal, light=night, lamps=lamps)
        uneven = rng.random() < recipe.uneven_share
        light = random_light(size, camera.exposure, rng) if uneven else None
        return normal, darken(normal, camera, light=light, lamps=lamps, rng=rng)


def start_of(length: int, part: int, rng: np.random.Generator) -> int:
    """Draw where a part of a length begins."""
    return int(rng.integers(length - part + 1))


def tables_of(pixels: Pixels) -> Pixels:
    """Return the equalisation tables of an 8-bit picture."""
    return equalisation_tables(pixels).astype(np.uint8)


def shrunk(pixels: Pixels) -> NDArray[np.float32]:
    """Return the small copy of a picture that a `Glimpse` holds."""
    size = (GLIMPSE_WIDTH, GLIMPSE_HEIGHT)
    return cv2.resize(_unit(pixels), size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _unit(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)


def _recoloured(photograph: Pixels, rng: np.random.Generator) -> Pixels:
    """Saturate a photograph, and in one case of four exchange its channels.

    Rooms and daylight have few strong colours: a model that saw only them turns lamps grey.
    """
    saturation = np.float32(np.exp(rng.uniform(-0.2, 0.9)))
    grey = (photograph @ LUMA).astype(np.float32)[..., None]
    coloured = np.clip(np.rint(grey + saturation * (photograph - grey)), 0, 255).astype(np.uint8)
    if rng.random() < _EXCHANGED:
        coloured = np.ascontiguousarray(coloured[..., rng.permutation(3)])
    return coloured


def _window(photograph: Pixels, crop: int, rng: np.random.Generator) -> Pixels:
    """Cut a square window and shrink a large one: other scales, finer detail than JPEG's."""
    most = min(max(_LARGEST_SCENE, crop), *photograph.shape[:2])
    side = int(rng.integers(min(max(_SMALLEST_SCENE, crop), most), most + 1))
    top, left = (start_of(length, side, rng) for length in photograph.shape[:2])
    window = photograph[top : top + side, left : left + side]
    scene = max(_SCENE, crop)
    if side <= scene:
        return np.ascontiguousarray(window)
    return cv2.resize(window, (scene, scene), interpolation=cv2.INTER_AREA).astype(np.uint8)
