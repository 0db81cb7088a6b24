"""Messages of `export.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

_RUNTIME: Final = "Nothing was written. Try another version of the runtime, and report this"

MESSAGES: Final[Mapping[str, Message]] = {
    "export-extension": Message(
        "its name does not end in {extension}", "Choose a name that ends in {extension}"
    ),
    "export-shape-differs": Message("its result has the shape {found}, not {expected}", _RUNTIME),
    "export-values-differ": Message(
        "its result differs from llenhance's by {difference}", _RUNTIME
    ),
}
