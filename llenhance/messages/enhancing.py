"""Messages of `enhancing/` and of `enhancer.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

MESSAGES: Final[Mapping[str, Message]] = {
    # Wishes
    "not-a-number": Message("it is a value of type {given}, not a number", "Use a number"),
    "contradiction": Message("they contradict each other", "Give only one of them"),
    "brightness-out-of-range": Message(
        "{value} is outside -{most:g} to {most:g}", "Use a value from -{usual} to {usual}"
    ),
    "exposure-out-of-range": Message(
        "{value} is outside -{most:g} to {most:g} stops",
        "Use 1 for twice the light, -1 for half of it",
    ),
    "target-mean-out-of-range": Message("{value} is outside 0 to 1", "A usual mean gray is 0.45"),
    "share-out-of-range": Message("{value} is outside 0 to 1", "Use a value from 0 to 1"),
    "sample-out-of-range": Message(
        "{value} is outside {least} to {most}", "Use a whole number from {least} to {most}"
    ),
    "temperature-out-of-range": Message(
        "it must be above 0, up to {most:g}", "Use 1 for the usual differences"
    ),
    "target-of-variants": Message(
        "it says how bright the results are, in which variants differ",
        "Leave out the variants or the target",
    ),
    "brightness-unusual": warning("{value:g} is outside -{usual} to {usual}, the paper's range"),
    # Results
    "target-out-of-reach": warning(
        "the mean gray is {mean:.2f}, not {goal:.2f}: the model cannot make this picture any {way}"
    ),
    "target-beyond-strength": warning(
        "the mean gray is {mean:.2f}, not {goal:.2f}: with a strength of {strength:g} the picture "
        "gets no {way}"
    ),
    "target-missed": warning(
        "the mean gray is {mean:.2f}, not {goal:.2f}: the search did not come any closer"
    ),
    "memory-short": warning("memory was short, so the picture was done in tiles of {tile} pixels"),
    "frame-kept": note(
        "its frame stays as it is: {top} pixels at the top, {bottom} at the bottom, {left} at the "
        "left, {right} at the right"
    ),
    "surroundings-kept": note("what surrounds the picture stays as it is"),
    "confidence-of-other-model": note(
        "how far places may be off was learned from results of another model; it was not measured "
        "with this one"
    ),
    # Input of `Enhancer`
    "no-pictures": Message("there are none", "Give at least one picture"),
    "not-a-side": Message("{given} is no number of pixels", "Use a whole number from 1 on"),
    "plan-of-other-depth": Message(
        "it is for pixels of 16 bits, and does not fit pixels of 8 bits",
        "Look at the pixels that you want to render",
    ),
    "not-a-picture": Message(
        "it is {what}",
        "Use a path, the bytes of a picture file, an open binary file, a PIL image, a Picture, or "
        "an array: (H, W) or (H, W, 1 to 4), of uint8, uint16, or floats from 0 to 1",
    ),
    "tensor-not-picture": Message(
        "it is a tensor",
        "Use an array with its channels last: tensor.permute(1, 2, 0).cpu().numpy()",
    ),
    "not-a-model": Message(
        "it is a value of type {given}, not a model", "Use its name, or the path of a weights file"
    ),
}
