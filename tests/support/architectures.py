"""Architectures of a few parameters, named by what they exercise.

A test that needs another one derives it with `dataclasses.replace`, and says why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llenhance.model.architecture import Architecture

SMALLEST: Final = Architecture(features=2, growth=2, blocks=1, steps=1, hidden=2, margin=8)
"""The paper's encoder with next to no parameters: for files, names and exact mathematics."""

FEWEST: Final = replace(SMALLEST, uncoupled_steps=0)
"""As few tensors as there can be: for hundreds of files that are made and read."""

TINY_PAPER: Final = Architecture(features=4, growth=2, blocks=1, steps=1, hidden=4, margin=8)
"""The paper's encoder, for whole commands: a picture of 40x56 takes milliseconds."""

TINY_OURS: Final = replace(TINY_PAPER, trunk_scale=4, brightness=True)
"""Our encoder and a place for brightness, for whole commands."""

# The answers of these three are stored in `golden/golden.npz`: changing one means making it again.

PAPER: Final = Architecture(
    features=4, growth=4, blocks=2, stacked_blocks=(0,), steps=1, hidden=6, margin=8
)
"""The paper's encoder, with a stacked block that is not the last."""

OURS: Final = Architecture(
    features=4, growth=4, blocks=1, trunk_scale=4, steps=1, hidden=6, brightness=True, margin=8
)
"""The encoder for plain CPUs, and a place for brightness."""

SEEING: Final = replace(OURS, context=True)
"""The same, with a context map."""

DEEP_PAPER: Final = replace(PAPER, features=8, blocks=3, stacked_blocks=(0, 2), steps=2, margin=64)
"""Several stacked blocks and steps: what the engine folds or computes together."""

DEEP_OURS: Final = replace(OURS, features=8, blocks=2, steps=3, margin=64)
"""The same of our encoder."""

DEEP_SEEING: Final = replace(DEEP_OURS, context=True)
"""The same, with a context map."""

PUBLISHED: Final = Architecture(
    features=8, growth=8, blocks=2, stacked_blocks=(1,), steps=2, hidden=32, margin=64
)
"""The tiny network whose answers the published code gave: see `golden/published.py`."""
