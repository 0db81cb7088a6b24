"""Checkpoints in the layout of the LLFlow authors, made by undoing the renaming."""

from __future__ import annotations

from typing import Any

import torch

from llenhance.model.llflow import LLFlow
from llenhance.weights.official import DEAD

CONVOLUTIONS = {"first": "0", "middle": "2", "last": "4"}
NETWORKS = {"affine": "fAffine", "injection": "fFeatures"}

Checkpoint = dict[str, Any]


def authors_name(ours: str) -> str:
    """Undo the renaming of a parameter; written down apart from `official.RENAMING`."""
    match ours.split("."):
        case ["flow", "layers", layer, "coupling", network, convolution, *rest]:
            renamed = ["affine", NETWORKS[network], CONVOLUTIONS[convolution]]
            parts = ["flowUpsamplerNet", "layers", layer, *renamed, *rest]
        case ["flow", *rest]:
            parts = ["flowUpsamplerNet", *rest]
        case ["encoder", "trunk", block, dense, *rest]:
            parts = ["RRDB", "RRDB_trunk", block, f"RDB{int(dense) + 1}", *rest]
        case ["encoder", "colour_map", *rest]:
            parts = ["RRDB", "fine_tune_color_map", "0", *rest]
        case [_, *rest]:
            parts = ["RRDB", *rest]
        case _:
            raise AssertionError(ours)
    return ".".join(parts)


def authors_checkpoint(model: LLFlow) -> Checkpoint:
    """Return a model's state dict as the authors would store it, with their dead parameters."""
    state: Checkpoint = {authors_name(name): t for name, t in model.state_dict().items()}
    return state | {name: torch.full((2, 2), 7.0) for name in DEAD}
