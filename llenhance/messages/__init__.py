"""What llenhance has to say, in one place: a code for each message, and its words.

Errors (`errors.py`) and notes (`note.py`) carry a code and facts; the words are looked up here when
somebody wants to read them. A file of this room has the messages of the room of the same name.
What to do about a message in the terms of the command (its options) is in `cli/advice.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages import (
    bench,
    cluster,
    command,
    compare,
    doctor,
    engine,
    enhancing,
    export,
    files,
    general,
    jobs,
    pictures,
    scoring,
    serve,
    training,
    weights,
)
from llenhance.messages.message import Message

_ROOMS: Final = (
    general,
    command,
    pictures,
    files,
    engine,
    enhancing,
    weights,
    scoring,
    jobs,
    cluster,
    compare,
    serve,
    training,
    export,
    bench,
    doctor,
)

MESSAGES: Final[Mapping[str, Message]] = {
    code: message for room in _ROOMS for code, message in room.MESSAGES.items()
}
"""Every message by its code. Codes are lower-case words joined by hyphens; they do not change."""
