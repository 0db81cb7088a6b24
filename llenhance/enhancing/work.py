"""What is done with pictures through one engine, in tiles that memory holds.

`enhancer.py` is the way in: it checks what users give, and its documentation is theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from llenhance.engine.cost import SMALLEST_TILE
from llenhance.engine.engine import Engine
from llenhance.enhancing import render as rendering
from llenhance.enhancing.confidence import Confidence, expected_error
from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.plan import Plan, Seen, look
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.seen import seen_in
from llenhance.enhancing.target import Part, thinned_for
from llenhance.enhancing.tiled import network_inputs
from llenhance.enhancing.together import Several, Together, aimed
from llenhance.enhancing.wish import Wish
from llenhance.errors import ResourceError, UsageError, expect
from llenhance.memory import lack_of_memory_told
from llenhance.messages.note import Note
from llenhance.model.architecture import STRIDE
from llenhance.pictures.picture import Picture
from llenhance.pictures.pixels import Pixels
from llenhance.pictures.spaces import as_srgb
from llenhance.pictures.visible import visible_in_all, visible_part
from llenhance.process import make_room
from llenhance.scoring.metrics import mean_grey

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The methods of `Enhancer` of the same names, whose arguments are checked.

    Attributes:
        engine: Runs the network.
        tile: Largest side of a tile in pixels, 0 for the whole picture.
        fast: Enhance a small copy and lift the effect to full size.
    """

    engine: Engine
    tile: int
    fast: bool

    def enhance_picture(
        self, picture: Picture, wish: Wish, *, progress: Progress | None = None
    ) -> Enhanced:
        """Return an enhanced picture, how bright it became, and what is to be said about it."""
        seen = seen_in(picture)

        def work(tile: int) -> rendering.Rendered:
            return rendering.enhance(
                self.engine,
                seen.pixels,
                wish,
                tile=tile,
                fast=self.fast,
                weights=seen.visible.weights,
                progress=progress,
            )

        made, shortage = self.in_memory(seen.pixels, work)
        notes = (made.note, shortage, seen.visible.note())
        return Enhanced(
            picture=seen.enhanced(made.pixels),
            brightness=made.brightness,
            mean_grey=made.mean_grey,
            notes=tuple(note for note in notes if note is not None),
            predicted=made.predicted,
        )

    def confidence_of(self, picture: Picture, wish: Wish) -> Confidence:
        """Return how far each place of the enhanced picture may be from the well-lit one."""
        seen = seen_in(picture)

        def work(tile: int) -> NDArray[np.float32]:
            weights = seen.visible.weights
            plan = rendering.plan_for(self.engine, seen.pixels, wish, tile=tile, weights=weights)
            with lack_of_memory_told():
                return expected_error(self.engine, seen.pixels, plan, tile=tile)

        found = self.in_memory(seen.pixels, work)[0]
        return Confidence(spread=seen.visible.placed_in_nothing(found))

    def look_at_all(self, pictures: Several, wish: Wish, *, frames: bool) -> Together:
        """Look at several pictures, and plan to enhance all of them alike."""
        surroundings = visible_in_all(as_srgb(frame) for frame in pictures) if frames else None
        seen, parts, pixels = Seen(), list[Part](), None
        for picture in pictures:
            expect(picture, Picture, name="a picture")
            one = seen_in(picture, surroundings=surroundings)
            pixels, weights = one.pixels, one.visible.weights
            seen.add(pixels, weights)
            if wish.is_target:
                parts.append(thinned_for(Part(pixels, weights), pictures=len(pictures)))
        if pixels is None:
            raise UsageError("no-pictures", "the pictures")

        def work(tile: int) -> Together:
            with lack_of_memory_told():
                plan = seen.plan(self.engine, brightness=wish.constant).as_wished(wish)
                plan = replace(plan, visible=surroundings)
                return aimed(self.engine, plan, parts, wish, self.enhance_as_planned, tile=tile)

        return self.in_memory(pixels, work)[0]

    def enhance_as_planned(
        self, picture: Picture, plan: Plan, progress: Progress | None
    ) -> Enhanced:
        """Return a picture enhanced by a plan that was made of others too."""
        seen = seen_in(picture, surroundings=plan.visible)

        def work(tile: int) -> Pixels:
            return rendering.render(
                self.engine, seen.pixels, plan, tile=tile, fast=self.fast, progress=progress
            )

        pixels, shortage = self.in_memory(seen.pixels, work)
        notes = (shortage, seen.visible.note())
        return Enhanced(
            picture=seen.enhanced(pixels),
            brightness=plan.constant - plan.predicted,
            mean_grey=mean_grey(pixels, seen.visible.weights),
            notes=tuple(note for note in notes if note is not None),
            predicted=plan.predicted if self.engine.architecture.brightness else None,
        )

    def look(self, whole: Pixels, wish: Wish) -> Plan:
        """Look at a whole picture once, and plan how to enhance it."""
        visible = visible_part(whole)
        seen = visible.cut(whole)

        def work(tile: int) -> Plan:
            return rendering.plan_for(self.engine, seen, wish, tile=tile, weights=visible.weights)

        return replace(self.in_memory(seen, work)[0], visible=visible)

    def render(self, whole: Pixels, plan: Plan, *, progress: Progress | None = None) -> Pixels:
        """Return pixels enhanced as planned."""
        visible = plan.visible
        if visible is None or visible.size != whole.shape[:2]:
            visible = visible_part(whole)
        seen = visible.cut(whole)

        def work(tile: int) -> Pixels:
            return rendering.render(
                self.engine, seen, plan, tile=tile, fast=self.fast, progress=progress
            )

        return visible.placed(whole, self.in_memory(seen, work)[0])

    def enhance_at(self, picture: Picture, constant: float) -> Picture:
        """Return a picture enhanced with this constant, whatever the model predicts."""
        seen = seen_in(picture)

        def work(tile: int) -> Pixels:
            with lack_of_memory_told():
                plan = look(seen.pixels, self.engine, weights=seen.visible.weights)
            plan = plan.at(constant, self.engine)
            return rendering.render(self.engine, seen.pixels, plan, tile=tile, fast=self.fast)

        return seen.enhanced(self.in_memory(seen.pixels, work)[0])

    def network_inputs(self, whole: Pixels, wish: Wish) -> dict[str, NDArray[np.float32]]:
        """Return what an exported network needs for a picture in one window."""
        # With its frame: the window is that of all pixels.
        plan, _ = self.in_memory(
            whole, lambda tile: rendering.plan_for(self.engine, whole, wish, tile=tile)
        )
        return network_inputs(self.engine, whole, plan)

    def in_memory(self, pixels: Pixels, work: Callable[[int], Made]) -> tuple[Made, Note | None]:
        """Do the work in tiles that memory holds; also return a note if they had to shrink.

        The tile that fits is that of this picture: the next one starts with `tile` again.
        """
        tile, shortage = self.tile, None
        while True:
            try:
                return work(tile), shortage
            except ResourceError:
                side = max(pixels.shape[:2])
                tile = min(tile or side, side) // 2 // STRIDE * STRIDE
                if tile < SMALLEST_TILE:
                    raise
                shortage = Note("memory-short", tile=tile)
            make_room()
