"""What became of one input of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llenhance.errors import LlenhanceError
from llenhance.files.space import Space
from llenhance.jobs.maps import Maps
from llenhance.messages.note import Note

if TYPE_CHECKING:  # it imports torch
    from llenhance.enhancing.estimate import Estimate


Status = Literal["written", "planned", "left", "copied", "skipped", "done-before", "failed"]
"""'done-before' is what an earlier run has made, 'left' what was well lit already and stays as it
is, 'copied' what is no picture and was copied, 'skipped' what was not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one input.

    Attributes:
        input: Its name as it was given; '-' is standard input.
        output: The file that was, or would have been, written; '-' is standard output. None if no
            name could be given.
        status: What became of it.
        error: Why it failed; None if it did not. If it failed, most of what follows is None, 0 or
            empty.
        data: The bytes of the result if it goes to standard output: writing them is the caller's
            task.
        format: Format of the result, such as 'PNG'.
        width: Width of the picture in pixels; of several the first.
        height: Height of the picture in pixels.
        pictures: How many there are in the file: pages, or frames of an animation.
        seconds: Time from reading to writing, without loading the model.
        enhancing_seconds: The part of `seconds` that the network took.
        tiles: Number of tiles that the network computed; a target can need more than one pass.
        notes: Everything its owner may want to know, by code.
        model: Name of the model.
        device: Where the model ran.
        precision: Precision of the convolutions, such as 'fp32'.
        fast: Whether the network saw a small copy alone.
        estimate: What it would take, if nothing was done but planned.
        space: Then also what its files would take of the disk: the result, and its maps.
        brightness: The constant that was added to the predicted one; None if it is not known.
        mean_grey: Mean gray of the result, 0..1; of the picture, if it was left as it is.
        maps: The maps of confidence that were, or would have been, written.
        folder: If it failed, the folder in which it was found; None if it was named itself.
    """

    input: str
    output: str | None
    status: Status
    error: LlenhanceError | None = None
    data: bytes | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    pictures: int = 1
    seconds: float = 0.0
    enhancing_seconds: float = 0.0
    tiles: int = 0
    notes: tuple[Note, ...] = ()
    model: str | None = None
    device: str | None = None
    precision: str | None = None
    fast: bool = False
    brightness: float | None = None
    mean_grey: float | None = None
    estimate: Estimate | None = None
    space: tuple[Space, ...] = ()
    maps: Maps | None = None
    folder: Path | None = None
