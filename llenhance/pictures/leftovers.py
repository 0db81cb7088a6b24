"""What is in a file beside what is carried along: all of its parts, less those that are known.

So what nobody has thought of is told too. Each format names what it does not know; this makes one
note of it, of a length that people read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from llenhance.messages.note import Note
from llenhance.pictures.credentials import Credentials, note_of

_NAMED: Final = 8
_READABLE: Final = re.compile(rb"[!-~](?:[ -~]{0,38}[!-~])?")


def left_behind(parts: Iterable[str]) -> tuple[Note, ...]:
    """Return a note of all parts, and one of content credentials, or nothing if there are none."""
    found = list(dict.fromkeys(parts))
    signed = note_of([part for part in found if isinstance(part, Credentials)])
    names = [part for part in found if not isinstance(part, Credentials)]
    if not names:
        return signed
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        *signed,
        Note("parts-left-behind", parts=", ".join(names[:_NAMED]) + more),
    )


def behind(data: bytes) -> Iterable[str]:
    """Name what follows the end of a picture in its file, if it is more than padding."""
    content = data.strip(b"\0\r\n \xff")
    if not content:
        return
    if data[4:8] == b"ftyp":
        yield f"a video of {len(data)} bytes"
    elif content.endswith(b"SEFT"):
        yield f"Samsung's data of {len(data)} bytes"
    else:
        yield f"{len(data)} bytes behind the picture"


def name_of(content: bytes, *, default: str) -> str:
    """Return how a part calls itself in its first bytes."""
    found = _READABLE.match(content)
    return found[0].decode("ascii") if found and len(found[0]) >= 3 else default
