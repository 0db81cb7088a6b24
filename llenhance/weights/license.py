"""Licenses of weights: what may be done with a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """What may be done with a model's weights.

    Attributes:
        name: for people, such as ``CC BY-NC-SA 4.0``.
        tag: for model cards, such as ``cc-by-nc-sa-4.0``.
        url: address of its text, None if unknown.
        commercial_use: whether it allows commercial use; None if unknown.
        share_alike: whether what is made of the weights stays under the same license; None if
            unknown.
        needs_consent: whether the user must accept it before a download.
        summary: what it allows and asks for, a clause without a full stop; empty if unknown.
    """

    name: str
    tag: str
    url: str | None = None
    commercial_use: bool | None = None
    share_alike: bool | None = None
    needs_consent: bool = False
    summary: str = ""

    @classmethod
    def named(cls, name: str) -> License:
        """Return a license of this list by its name or tag; of others only the name is known."""
        tag = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
        return next((known for known in LICENSES if known.tag == tag), cls(name=name, tag=tag))


APACHE: Final = License(
    name="Apache-2.0",
    tag="apache-2.0",
    url="https://www.apache.org/licenses/LICENSE-2.0",
    commercial_use=True,
    share_alike=False,
    summary="any use is allowed, if copies keep the license and its notices",
)
CC_BY_NC_SA: Final = License(
    name="CC BY-NC-SA 4.0",
    tag="cc-by-nc-sa-4.0",
    url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
    commercial_use=False,
    share_alike=True,
    needs_consent=True,
    summary="commercial use is not allowed, and what is made of the weights must name the authors "
    "and stay under the same license",
)
LICENSES: Final = (APACHE, CC_BY_NC_SA)
