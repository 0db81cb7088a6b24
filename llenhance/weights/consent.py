"""Licenses that the user must accept before a download, and those accepted before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from llenhance.errors import WeightsError
from llenhance.files.whole import write_whole
from llenhance.weights.home import home, keeping_in
from llenhance.weights.license import License
from llenhance.weights.registry import Entry

Consent = Callable[[Entry], bool]
"""Asked before a download whether the user accepts the license of a model."""

_FILE: Final = "accepted.json"


def refuse(_entry: Entry) -> bool:
    """Accept no license: for where nobody can be asked."""
    return False


def require_consent(known: Entry, consent: Consent) -> None:
    """Ask about a model's license if need be, and remember that it was accepted.

    Raises:
        WeightsError: it was not accepted, or that cannot be remembered.
    """
    wanted = known.license
    if not wanted.needs_consent or has_accepted(wanted):
        return
    if not consent(known):
        raise WeightsError(
            "license-not-accepted",
            known.name,
            model=known.name,
            license=wanted.name,
            summary=wanted.summary,
        )
    accept(wanted)


def has_accepted(license: License) -> bool:
    """Tell whether the user accepted a license before."""
    return license.name in _accepted()


def accept(license: License) -> None:
    """Remember that the user accepted a license.

    Raises:
        WeightsError: the user's folder of models cannot be written.
        ResourceError: the disk is full.
    """
    names = sorted({*_accepted(), license.name})
    with keeping_in(home()):
        write_whole(home() / _FILE, json.dumps(names).encode(), overwrite=True)


def _accepted() -> list[str]:
    try:
        names: Any = json.loads((home() / _FILE).read_bytes())
    except (OSError, ValueError, RecursionError):  # nothing accepted that can be read
        return []
    entries = cast("list[Any]", names) if isinstance(names, list) else []
    return [name for name in entries if isinstance(name, str)]
