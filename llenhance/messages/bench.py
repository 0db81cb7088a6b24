"""Messages of `bench/` and of the command of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "measurement-ended": Message(
        "its process ended before the measurement did, perhaps for lack of memory",
        "Try a smaller size or smaller tiles",
    ),
    "size-unreadable": Message(
        "{text!r} is not a size", "Give width and height in pixels, such as 600x400"
    ),
    "size-out-of-range": Message(
        "{text} is out of range",
        "Use sides of {least} to {most} pixels, and at most {megapixels} megapixels",
    ),
}
