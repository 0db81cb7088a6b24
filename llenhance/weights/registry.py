"""The table of known models: those that come with llenhance, and the authors' releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llenhance.weights.hub_reference import HubFile
from llenhance.weights.license import APACHE, CC_BY_NC_SA, License


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A known model.

    Attributes:
        name: what users call it.
        architecture: a key of `architecture.PRESETS`.
        description: one line.
        license: of its weights.
        source: the file of a hub to download; None if a program cannot download it.
        link: the page where people download it by hand; None if that is not needed.
        size: of the file in bytes, None if unknown.
        sha256: of the file, None if unknown; then the hub's own sum is checked.
    """

    name: str
    architecture: str
    description: str
    license: License
    source: HubFile | None = None
    link: str | None = None
    size: int | None = None
    sha256: str | None = None


_DRIVE: Final = "https://drive.google.com/file/d/{}/view"

REGISTRY: Final = (
    Entry(
        name="nano",
        architecture="nano",
        description="llenhance's own, for plain CPUs",
        license=APACHE,
        size=4_886_544,
        sha256="d04d40ace8e8f6de8409dccf7d0f93d3f1b58c515b0f83bbf7bc620207978684",
    ),
    Entry(
        name="llflow-small",
        architecture="small",
        description="the authors' small network, trained on LOL",
        license=CC_BY_NC_SA,
        source=HubFile(
            repo="SaffalPoosh/image_enhancement",
            file="models/llflow/LOL_smallNet.pth",
            revision="a152a04db39e3233e7c88c31b8627841ec39a114",
            kind="space",
        ),
        link=_DRIVE.format("1tukKu2KBZ_ohlQiLG4EKnrn1CAt_2F6G"),
    ),
    Entry(
        name="llflow-large",
        architecture="large",
        description="the authors' large network, trained on LOL",
        license=CC_BY_NC_SA,
        link=_DRIVE.format("1t3kASTRXbnEnCZ0EcIvGhMHYkoJ8E2C4"),
    ),
    Entry(
        name="llflow-lol-v2",
        architecture="large",
        description="the authors' large network, trained on LOL-v2",
        license=CC_BY_NC_SA,
        link=_DRIVE.format("1n7XwIlNr1lUxgZ9qlmFXCwzMTWSStQIW"),
    ),
)
"""In the order in which they are listed."""


def entry(name: str) -> Entry | None:
    """Return a known model by its name, None if no known model has it."""
    return next((known for known in REGISTRY if known.name == name), None)


def license_of(name: str) -> License | None:
    """Return the license of a known model; None for others: nobody has told their license.

    >>> license_of("nano").name
    'Apache-2.0'
    """
    known = entry(name)
    return known.license if known else None
