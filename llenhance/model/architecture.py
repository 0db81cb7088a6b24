"""The shape of a network as a value: three presets, and the JSON that is stored with weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal, cast

LEVELS: Final = 3
"""Flow levels of every LLFlow network; each squeezes by 2."""

STRIDE: Final = 2**LEVELS
"""Height and width of what enters the network are multiples of this."""

USUAL_BRIGHTNESS: Final = 0.4
"""The paper adds a constant to the latent mean, from minus this to plus this."""

CONDITION_CHANNELS: Final = 12
"""Log picture, equalized picture, color map and noise map, three channels each."""

_LATER: Final[dict[str, object]] = {"context": False}
"""Fields that older files lack, with their values there."""

_MAX_WIDTH: Final = 1024  # weights files are not trusted: a header cannot ask for more
_MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Everything that decides a network's parameters and how it is run.

    Attributes:
        features: Channels of the encoder (``nf`` in the authors' settings).
        growth: Channels that each convolution of a dense block adds.
        blocks: Number of residual-in-residual dense blocks in the trunk.
        stacked_blocks: Blocks, counted from 0, whose outputs help condition every flow level.
        trunk_scale: 2 is the paper's encoder: head at full size, max-pooling, trunk at half size.
            4 is ours, for plain CPUs: pixels unshuffled by 2, head at half size, trunk at quarter.
        steps: Coupling steps per flow level.
        uncoupled_steps: Steps without coupling (activation norm and 1x1 convolution) before them.
        hidden: Channels inside the coupling networks.
        brightness: Whether the model predicts brightness: latent mean = color map + b, with b
            predicted from the whole picture. The authors' models do not: b = 0.
        context: Whether the encoder is told b, and what a thumbnail of the whole picture shows.
        margin: Pixels of context that a tile needs on each side, so that tiled and whole results
            differ by at most 1/255; a multiple of `STRIDE`, measured by `benchmarks/margin.py`.

    Raises:
        ValueError: A value is out of range.

    Example:
        ``replace(SMALL, brightness=True)`` is the authors' small network that predicts brightness.
    """

    features: int
    growth: int
    blocks: int
    stacked_blocks: tuple[int, ...] = ()
    trunk_scale: Literal[2, 4] = 2
    steps: int
    uncoupled_steps: int = 2
    hidden: int
    brightness: bool = False
    context: bool = False
    margin: int

    def __post_init__(self) -> None:
        for name in ("features", "growth", "hidden"):
            _require_integer(name, getattr(self, name), 1, _MAX_WIDTH)
        _require_integer("blocks", self.blocks, 1, _MAX_DEPTH)
        _require_integer("steps", self.steps, 1, _MAX_DEPTH)
        _require_integer("uncoupled_steps", self.uncoupled_steps, 0, _MAX_DEPTH)
        _require_integer("margin", self.margin, STRIDE, 4096)
        for block in self.stacked_blocks:
            _require_integer("stacked_blocks", block, 0, self.blocks - 1)
        if len(set(self.stacked_blocks)) != len(self.stacked_blocks):
            raise ValueError(f"stacked_blocks names a block twice: {self.stacked_blocks}")
        if self.margin % STRIDE:
            raise ValueError(f"margin must be a multiple of {STRIDE}: {self.margin}")
        if type(self.trunk_scale) is not int or self.trunk_scale not in (2, 4):
            raise ValueError(f"trunk_scale must be 2 or 4: {self.trunk_scale!r}")
        for name in ("brightness", "context"):
            if type(value := getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be true or false: {value!r}")

    @property
    def condition_features(self) -> int:
        """Number of the encoder's channels that condition each flow level."""
        return self.features * (1 + len(self.stacked_blocks))

    def to_json(self) -> str:
        """Return the architecture as JSON, for the header of a weights file."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Architecture:
        """Read what `to_json` wrote.

        Raises:
            ValueError: It is not JSON, fields are unknown or missing, or values are out of range.
        """
        values: object = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("an architecture is a JSON object")
        values = cast("dict[str, object]", values)
        values = _LATER | values
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            wrong = ", ".join(sorted(set(values) ^ known))
            raise ValueError(f"unknown or missing architecture fields: {wrong}")
        stacked = values["stacked_blocks"]
        if not isinstance(stacked, list):
            raise ValueError(f"stacked_blocks must be a list: {stacked!r}")
        checked = values | {"stacked_blocks": tuple(cast("list[int]", stacked))}
        return cls(**checked)  # pyright: ignore[reportArgumentType]  # __post_init__ checks types


def _require_integer(name: str, value: object, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}: {value!r}")


NANO: Final = Architecture(
    features=32,
    growth=16,
    blocks=3,
    trunk_scale=4,
    steps=4,
    hidden=28,
    brightness=True,
    context=True,
    margin=96,
)
"""Ours, for plain CPUs."""

SMALL: Final = Architecture(
    features=32, growth=32, blocks=4, stacked_blocks=(1,), steps=4, hidden=64, margin=64
)
"""The authors' small configuration."""

LARGE: Final = Architecture(
    features=64, growth=32, blocks=24, stacked_blocks=(1, 3, 5, 7), steps=12, hidden=64, margin=64
)
"""The authors' large configuration (LOL-pc)."""

PRESETS: Final[dict[str, Architecture]] = {"nano": NANO, "small": SMALL, "large": LARGE}
