"""Presets that come with llenhance: options that go together, for `--preset NAME`.

A preset of the same name in a file of settings takes the place of one here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class BuiltIn(NamedTuple):
    """A preset that comes with llenhance.

    Attributes:
        purpose: What it is for, without a full stop.
        options: Values by the names of options, as a file of settings has them.
    """

    purpose: str
    options: Mapping[str, Any]


BUILT_IN: Final[Mapping[str, BuiltIn]] = {
    # By eye, on 7 nights and dusks: skies stay dark. Against a brightness of -0.1, lamps keep their
    # shape, and nothing gets darker than it was (docs/decisions/0021-config.md).
    "night": BuiltIn("nights that stay nights", {"strength": 0.6, "protect": 0.5}),
    # In rooms, what is outside of windows stays to be seen; 0.1 brighter than usual is too much.
    "indoor": BuiltIn("rooms with windows", {"brightness": 0.05, "protect": 1.0}),
    "web": BuiltIn(
        "small files for pages and mail, without positions",
        {"format": "webp", "quality": 80, "metadata": "strip-gps"},
    ),
    "archive": BuiltIn(
        "TIFF files without loss, computed in full precision",
        {"format": "tiff", "precision": "fp32", "preserve-time": True},
    ),
}
