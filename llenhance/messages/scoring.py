"""Messages of `scoring/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "lpips-weights-wrong": Message(
        "it does not hold the weights of LPIPS version 0.1 with AlexNet",
        "Use a safetensors file with these weights",
    ),
}
