"""Messages of `enhancing/` and of `enhancer.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

MESSAGES: Final[Mapping[str, Message]] = {
    # Wishes
    "contradiction": Message("they contradict each other", "Give only one of them"),
    "brightness-out-of-range": Message(
        "{value} is outside -{most:g} to {most:g}", "Use a value from -{usual} to {usual}"
    ),
    "exposure-out-of-range": Message(
        "{value} is outside -{most:g} to {most:g} stops",
        "Use 1 for twice the light, -1 for half of it",
    ),
    "target-mean-out-of-range": Message("{value} is outside 0 to 1", "A usual mean gray is 0.45"),
    "brightness-unusual": warning("{value:g} is outside -{usual} to {usual}, the paper's range"),
    # Results
    "target-out-of-reach": warning(
        "the mean gray is {mean:.2f}, not {goal:.2f}: the model cannot make this picture any {way}"
    ),
    "target-missed": warning(
        "the mean gray is {mean:.2f}, not {goal:.2f}: the search did not come any closer"
    ),
    "memory-short": warning("memory was short, so the picture was done in tiles of {tile} pixels"),
    "frame-kept": note(
        "its frame stays as it is: {top} pixels at the top, {bottom} at the bottom, {left} at the "
        "left, {right} at the right"
    ),
    "surroundings-kept": note("what surrounds the round picture stays as it is"),
    # Input of `Enhancer`
    "plan-of-other-depth": Message(
        "it is for pixels of 16 bits, and does not fit pixels of 8 bits",
        "Look at the pixels that you want to render",
    ),
    "not-a-picture": Message(
        "it is {what}",
        "Use a path, the bytes of a picture file, an open binary file, a PIL image, a Picture, or "
        "an (H, W, 3) array of uint8 or uint16",
    ),
    "not-a-picture-array": Message(
        "its shape is {shape} and its type {type}", "Use (H, W, 3) of uint8 or uint16"
    ),
}
