"""Messages of `engine/` and `model/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "device-unknown": Message(
        "there is no such kind of device", "Use auto, cpu, cuda, cuda:N or mps"
    ),
    "device-absent": Message(
        "this machine has no such device, or torch cannot use it", "Use auto or cpu"
    ),
    "precision-unknown": Message("there is no such precision", "Use auto, fp32, bf16 or fp16"),
    "precision-needs-gpu": Message("it needs a GPU", "Use bf16 or fp32 on a CPU"),
    "tile-not-multiple": Message(
        "the side of a tile is a multiple of {stride} pixels, not {tile}",
        "Use {below} or {above}",
    ),
    "result-not-finite": Message(
        "the network computes numbers that are not finite",
        "Try another model, or a brightness closer to 0",
    ),
    "flow-matrix-singular": Message(
        "a {size}x{size} matrix of the flow is singular and has no inverse",
        "Use other weights, or train again at a lower rate",
    ),
}
