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
    # Chosen by eye on 28 nights and 12 dark photographs: skies stay dark, lamps keep their shape.
    "night": BuiltIn("nights that stay nights", {"brightness": -0.1}),
    "web": BuiltIn(
        "small files for pages and mail, without positions",
        {"format": "webp", "quality": 80, "metadata": "strip-gps"},
    ),
    "archive": BuiltIn(
        "TIFF files without loss, computed in full precision",
        {"format": "tiff", "precision": "fp32", "preserve-time": True},
    ),
}
