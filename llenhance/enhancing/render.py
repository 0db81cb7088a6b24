"""From a picture's pixels and a wish to enhanced pixels: look, aim where there is a target, render.

This is the whole path between decoding and encoding; `enhancer.py` is the way in. Each part is a
module of its own: `plan.py`, `target.py`, `tiled.py`, `fast.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from llenhance.engine.engine import Engine
from llenhance.enhancing.even import even_kept
from llenhance.enhancing.fast import enhance_fast
from llenhance.enhancing.finish import finished
from llenhance.enhancing.plan import Plan, look
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.promises import as_gray, evened, is_even, light_kept
from llenhance.enhancing.target import Aim, Part
from llenhance.enhancing.tiled import enhance_pixels
from llenhance.enhancing.wish import Wish
from llenhance.memory import lack_of_memory_told
from llenhance.messages.note import Note
from llenhance.pictures.pixels import Pixels, equal_channels
from llenhance.pictures.visible import Weights
from llenhance.scoring.metrics import mean_grey


class Rendered(NamedTuple):
    """Enhanced pixels, and how bright they became.

    Attributes:
        pixels: ``(H, W, 3)``, of the type of the dark ones.
        brightness: The constant that made them, relative to the predicted one.
        mean_grey: Mean gray of the pixels, 0..1.
        note: Why the mean gray is not what was asked for; None if it is.
        predicted: The brightness b that the model predicted; None if it predicts none.
    """

    pixels: Pixels
    brightness: float
    mean_grey: float
    note: Note | None = None
    predicted: float | None = None


def plan_for(
    engine: Engine,
    pixels: Pixels,
    wish: Wish,
    *,
    tile: int = 0,
    weights: Weights | None = None,
) -> Plan:
    """Look at a whole picture, and plan to make it as bright as the wish says.

    Args:
        engine: Knows the model.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        wish: A target is aimed at on a small sketch of the picture.
        tile: Largest side in pixels that the network may see at once, 0 for any.
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.

    Raises:
        PictureError: The network's result is not finite.
        ResourceError: There is not enough memory.
    """
    with lack_of_memory_told():
        plan = _looked(engine, pixels, wish, weights)
        if not wish.is_target:
            return plan
        return Aim(engine, [Part(pixels, weights)], plan, wish, tile=tile).plan


def render(
    engine: Engine,
    pixels: Pixels,
    plan: Plan,
    *,
    tile: int = 0,
    fast: bool = False,
    progress: Progress | None = None,
) -> Pixels:
    """Enhance pixels as planned.

    Args:
        engine: Runs the network.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        plan: The plan of this picture, or of one that looks alike, such as the frame before.
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        fast: Enhance a small copy and lift the effect to full size (`fast.py`).
        progress: Called after each tile.

    Returns:
        An array of the same shape and type as ``pixels``.

    Raises:
        PictureError: The network's result is not finite, not even in float32.
        ResourceError: There is not enough memory.
    """

    def in_tiles(part: Pixels) -> Pixels:
        fitting = plan.for_copy(part)
        return enhance_pixels(engine, part, fitting, tile=tile, progress=progress)

    with lack_of_memory_told():
        if plan.finish.strength == 0:
            return pixels.copy()
        bright = enhance_fast(pixels, in_tiles) if fast else in_tiles(pixels)
        if equal_channels(pixels):
            bright = as_gray(bright)
        if is_even(pixels):
            if plan.keeps_light:
                return pixels.copy()
            return evened(finished(pixels, bright, plan.finish))
        if plan.keeps_light:
            bright = light_kept(pixels, bright)
        bright = finished(pixels, bright, plan.finish)
        return even_kept(pixels, bright, keeps_light=plan.keeps_light)


def enhance(
    engine: Engine,
    pixels: Pixels,
    wish: Wish,
    *,
    tile: int = 0,
    fast: bool = False,
    weights: Weights | None = None,
    progress: Progress | None = None,
) -> Rendered:
    """Enhance a whole picture so that it is as bright as the wish says, or as near as it gets.

    A picture with a target is measured, and enhanced up to twice more if it missed.

    Args:
        engine: Runs the network.
        pixels: ``(H, W, 3)``, uint8 or uint16, at least 1x1.
        wish: How bright the result should be.
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        fast: Enhance a small copy and lift the effect to full size (`fast.py`).
        weights: How much each pixel counts, ``(H, W)``, 0..1; None if all count alike.
        progress: Called after each tile; a picture that is enhanced again has more of them.

    Raises:
        PictureError: The network's result is not finite, not even in float32.
        ResourceError: There is not enough memory.
    """
    with lack_of_memory_told():
        plan = _looked(engine, pixels, wish, weights)
        predicted = plan.predicted if engine.architecture.brightness else None
        if not wish.is_target:
            bright = render(engine, pixels, plan, tile=tile, fast=fast, progress=progress)
            mean = mean_grey(bright, weights)
            return Rendered(bright, wish.constant, mean, predicted=predicted)
        aim = Aim(engine, [Part(pixels, weights)], plan, wish, tile=tile)
        passes = 0
        while True:
            plan = aim.plan
            counting = progress and _counting_on(progress, passes)
            bright = render(engine, pixels, plan, tile=tile, fast=fast, progress=counting)
            mean = mean_grey(bright, weights)
            passes += 1
            if not aim.correct(mean):
                found = plan.constant - plan.predicted
                return Rendered(bright, found, mean, aim.note(mean), predicted)


def _looked(engine: Engine, pixels: Pixels, wish: Wish, weights: Weights | None) -> Plan:
    """Return the plan for a wish, before it is aimed at a target."""
    plan = look(pixels, engine, brightness=wish.constant, weights=weights)
    return plan.as_wished(wish)


def _counting_on(progress: Progress, earlier: int) -> Progress:
    """Return a progress that goes on after so many earlier passes over the same tiles."""
    return lambda done, tiles: progress(earlier * tiles + done, (earlier + 1) * tiles)
