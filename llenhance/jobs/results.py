"""What brightens pictures, as a batch sees it, and what became of each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from llenhance.enhancing.estimate import Estimate
from llenhance.enhancing.wish import AUTOMATIC, Enhanced, Wish
from llenhance.errors import LlenhanceError
from llenhance.pictures.picture import Picture


class Brightener(Protocol):
    """What brightens pictures: `llenhance.Enhancer`, or something that behaves like it."""

    @property
    def model_name(self) -> str: ...

    @property
    def device(self) -> object: ...

    @property
    def precision(self) -> str: ...

    @property
    def fast(self) -> bool: ...

    def brighten(
        self,
        picture: Picture,
        wish: Wish = AUTOMATIC,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> Enhanced: ...

    def estimate(self, *, width: int, height: int) -> Estimate: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one input.

    Attributes:
        input: its name as it was given; '-' is standard input.
        output: the file that was, or would have been, written; '-' is standard output, None where
            no name could be given.
        error: why it failed, None if it did not. Then most of what follows is None, 0 or empty.
        data: the encoded picture where it goes to standard output: writing it is the caller's.
        width: in pixels, as `height`.
        seconds: from reading to writing, without loading the model.
        enhancing_seconds: the part of `seconds` that the network took.
        tiles: how many the network computed: a target can take a picture more than one pass.
        notes: what decoding left behind, why a target was missed and what the format could not
            hold, a clause each.
        model: the model's name.
        device: where it ran.
        precision: the numbers it calculated with, such as 'fp32'.
        fast: whether the network saw a small copy alone.
        estimate: what it would take, where nothing was done but planned.
        brightness: the constant that was added to the predicted one; None if it is not known.
        mean_grey: of the result, 0..1.
    """

    input: str
    output: str | None
    error: LlenhanceError | None = None
    data: bytes | None = None
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    enhancing_seconds: float = 0.0
    tiles: int = 0
    notes: tuple[str, ...] = ()
    model: str | None = None
    device: str | None = None
    precision: str | None = None
    fast: bool = False
    brightness: float | None = None
    mean_grey: float | None = None
    estimate: Estimate | None = None
