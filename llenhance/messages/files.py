"""Messages of `files/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {}
