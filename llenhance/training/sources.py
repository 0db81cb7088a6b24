"""Where training pictures come from: real pairs, and photographs that are darkened each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from llenhance.model.conditioning import equalisation_tables
from llenhance.scoring.metrics import LUMA
from llenhance.training.darkening import (
    darken,
    full_light,
    poor_light,
    random_lamps,
    random_light,
    random_night,
    relit,
    scenic_light,
)
from llenhance.training.recipe import Recipe

Pixels = NDArray[np.uint8]

GLIMPSE_HEIGHT: Final = 64
GLIMPSE_WIDTH: Final = 96
"""Size of a glimpse in pixels: twice the head's thumbnail, which parts of a glimpse become."""

_SMALLEST_SCENE: Final = 192  # pixels a side; darkened scenes are larger parts of photographs
_SCENES: Final = (256, 401)  # larger scenes are shrunk to about this side: sharp and quick
_SMALLEST_PART: Final = 0.5  # least share of a pair's height and width that a part of it has
_BLENDED: Final = 0.4  # share of exposed pairs whose dark picture contains some of the reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What photographs are like, and so how they may be changed.

    Attributes:
        saturation: Logarithms of the lowest and highest factor on their saturation.
        exchanged: Share of them whose channels are exchanged.
        is_night: Whether their black parts are meant to be black, so none are added.
    """

    saturation: tuple[float, float]
    exchanged: float
    is_night: bool = False


DULL: Final = Kind(saturation=(-0.2, 0.9), exchanged=0.25)
"""Rooms and daylight with few strong colors; a model that saw only these turns lamps gray."""

COLOURFUL: Final = Kind(saturation=(-0.2, 0.45), exchanged=0.1)
"""Photographs with strong colors, such as people publish."""

NIGHT: Final = Kind(saturation=(-0.2, 0.45), exchanged=0.1, is_night=True)
"""Pictures that are meant to be dark: black skies, lights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dark picture and its reference, ``(H, W, 3)`` each, with the stem of their names."""

    name: str
    dark: Pixels
    normal: Pixels


class Scene(NamedTuple):
    """A whole dark picture, its reference and its equalization tables, before cropping."""

    dark: Pixels
    normal: Pixels
    tables: Pixels


class Glimpse(NamedTuple):
    """Small copies of a whole dark picture and its reference, ``(64, 96, 3)`` float32, 0..1."""

    dark: NDArray[np.float32]
    normal: NDArray[np.float32]


class PairSource:
    """Real pairs, whole or in parts; whatever depends on a whole picture is computed once."""

    def __init__(self, pairs: Sequence[Pair], *, recipe: Recipe) -> None:
        self._recipe = recipe
        self._scenes = [Scene(p.dark, p.normal, tables_of(p.dark)) for p in pairs]
        self._glimpses = [Glimpse(shrunk(p.dark), shrunk(p.normal)) for p in pairs]

    def __len__(self) -> int:
        return len(self._scenes)

    def scene(self, rng: np.random.Generator) -> Scene:
        scene = self._scenes[int(rng.integers(len(self)))]
        part, exposed = (
            rng.random() < share for share in (self._recipe.part_share, self._recipe.exposed_share)
        )
        if not part and not exposed:
            return scene
        dark, normal, _ = scene
        if part:
            area = _part(dark.shape[:2], _SMALLEST_PART, self._recipe.crop, rng)
            dark, normal = dark[area], normal[area]
        if exposed:
            dark = np.rint(255 * _exposed(_unit(dark), _unit(normal), rng)).astype(np.uint8)
        return Scene(dark, normal, tables_of(dark))

    def glimpse(self, rng: np.random.Generator) -> Glimpse:
        glimpse = self._glimpses[int(rng.integers(len(self)))]
        if rng.random() < self._recipe.exposed_share:
            return glimpse._replace(dark=_exposed(glimpse.dark, glimpse.normal, rng))
        return glimpse


class DarkenedSource:
    """Well-lit photographs of one kind, darkened differently each time."""

    def __init__(self, photographs: Sequence[Pixels], *, recipe: Recipe, kind: Kind = DULL) -> None:
        self._photographs, self._recipe, self._kind = photographs, recipe, kind
        # Shrunk before darkening, because the light in a scene does not depend on its pixels.
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
        normal = _recoloured(bright, self._kind, rng)
        camera = full_light(rng) if rng.random() < recipe.well_lit_share else poor_light(rng)
        lamps = random_lamps(size, rng) if rng.random() < recipe.lamp_share else None
        falls = not self._kind.is_night and rng.random() < recipe.night_share
        normal = relit(normal, light=random_night(normal, rng) if falls else None, lamps=lamps)
        light = None
        if rng.random() < recipe.scenic_share:
            light = scenic_light(normal, camera.exposure, rng)
        elif rng.random() < recipe.uneven_share:
            light = random_light(size, camera.exposure, rng)
        return normal, darken(normal, camera, light=light, lamps=lamps, rng=rng)


def start_of(length: int, part: int, rng: np.random.Generator) -> int:
    """Draw where a part of a line begins, given both lengths."""
    return int(rng.integers(length - part + 1))


def tables_of(pixels: Pixels) -> Pixels:
    """Return the equalization tables of an 8-bit picture."""
    return equalisation_tables(pixels).astype(np.uint8)


def shrunk(pixels: Pixels) -> NDArray[np.float32]:
    """Return the small copy of a picture that a `Glimpse` holds."""
    size = (GLIMPSE_WIDTH, GLIMPSE_HEIGHT)
    return cv2.resize(_unit(pixels), size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _unit(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)


def _exposed(
    dark: NDArray[np.float32], normal: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Show a dark picture at a longer or shorter exposure, or blend it with its reference."""
    if rng.random() < _BLENDED:
        share = np.float32(rng.uniform(0.05, 1))
        return (dark + share * (normal - dark)).astype(np.float32)
    longer = dark * np.float32(2 ** rng.uniform(-1, 2.5))
    return np.minimum(longer, np.float32(1))


def _recoloured(photograph: Pixels, kind: Kind, rng: np.random.Generator) -> Pixels:
    """Change a photograph's saturation, and sometimes exchange its channels."""
    saturation = np.float32(np.exp(rng.uniform(*kind.saturation)))
    grey = (photograph @ LUMA).astype(np.float32)[..., None]
    coloured = np.clip(np.rint(grey + saturation * (photograph - grey)), 0, 255).astype(np.uint8)
    if rng.random() < kind.exchanged:
        coloured = np.ascontiguousarray(coloured[..., rng.permutation(3)])
    return coloured


def _part(
    size: tuple[int, ...], smallest: float, least: int, rng: np.random.Generator
) -> tuple[slice, slice]:
    """Draw a window with at least a share ``smallest`` of each side, and ``least`` pixels."""
    spans: list[slice] = []
    for length in size:
        side = int(rng.integers(min(max(round(smallest * length), least), length), length + 1))
        start = start_of(length, side, rng)
        spans.append(slice(start, start + side))
    return spans[0], spans[1]


def _window(photograph: Pixels, crop: int, rng: np.random.Generator) -> Pixels:
    """Cut a window, and shrink it if it is large: for other scales, and to lose JPEG's blocks."""
    window = photograph[_part(photograph.shape[:2], 0.0, max(_SMALLEST_SCENE, crop), rng)]
    height, width = window.shape[:2]
    side = max(int(rng.integers(*_SCENES)), crop)
    scale = max(side / (height * width) ** 0.5, crop / min(height, width))
    if scale >= 1:
        return np.ascontiguousarray(window)
    size = (max(crop, round(scale * width)), max(crop, round(scale * height)))
    return cv2.resize(window, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
