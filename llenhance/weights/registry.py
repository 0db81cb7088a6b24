"""The table of known models: those that come with llenhance, and the authors' releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llenhance.weights.hub import HubFile

OWN_LICENCE: Final = "Apache-2.0"
AUTHORS_LICENCE: Final = "CC BY-NC-SA 4.0"
"""Of the authors' weights: not for commercial use, and passed on under the same terms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a model.

    Attributes:
        name: by which `--model` finds it.
        architecture: a key of `architecture.PRESETS`.
        description: one line.
        licence: of the weights.
        source: the file of a hub that it is downloaded from, None where there is none.
        link: the page where people download it by hand, None where that is not needed.
        size: of that file in bytes, None if unknown.
        sha256: of that file, None if unknown; then the hub's own sum is checked.
    """

    name: str
    architecture: str
    description: str
    licence: str
    source: HubFile | None = None
    link: str | None = None
    size: int | None = None
    sha256: str | None = None

    @property
    def needs_consent(self) -> bool:
        """Whether its licence restricts what may be done with it, and is to be accepted first."""
        return self.licence != OWN_LICENCE


_DRIVE: Final = "https://drive.google.com/file/d/{}/view"

REGISTRY: Final = (
    Entry(
        name="nano",
        architecture="nano",
        description="llenhance's own, for plain CPUs",
        licence=OWN_LICENCE,
        size=4_886_544,
        sha256="d04d40ace8e8f6de8409dccf7d0f93d3f1b58c515b0f83bbf7bc620207978684",
    ),
    Entry(
        name="llflow-small",
        architecture="small",
        description="the authors' small network, trained on LOL",
        licence=AUTHORS_LICENCE,
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
        licence=AUTHORS_LICENCE,
        link=_DRIVE.format("1t3kASTRXbnEnCZ0EcIvGhMHYkoJ8E2C4"),
    ),
    Entry(
        name="llflow-lol-v2",
        architecture="large",
        description="the authors' large network, trained on LOL-v2",
        licence=AUTHORS_LICENCE,
        link=_DRIVE.format("1n7XwIlNr1lUxgZ9qlmFXCwzMTWSStQIW"),
    ),
)
"""In the order in which they are listed."""


def entry(name: str) -> Entry | None:
    """Return what is known of a model, None of other names."""
    return next((known for known in REGISTRY if known.name == name), None)
