"""What a run was started with: its state keeps it, so resuming cannot change it unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from llenhance.errors import UsageError
from llenhance.training.recipe import Recipe
from llenhance.training.settings import Settings
from llenhance.weights.find import DEFAULT_MODEL

Record = dict[str, Any]
"""JSON values by name."""

_ORIGIN: Final = ("preset", "start")  # a resumed run takes both from its record
_MAY_CHANGE: Final = ("rate",)  # fields of a recipe: a run that diverges goes on at a lower rate
_WORDS: Final = {"folders": "number of folders", "held_out": "list of validation pictures"}
_LONGEST: Final = 60  # characters of a value in a sentence


def record_of(settings: Settings, recipe: Recipe, *, held_out: set[str] | None) -> Record:
    """Return what decides the result of a run, apart from its budget and the pictures themselves.

    Args:
        settings: Settings of the run.
        recipe: Recipe of the run.
        held_out: Stems of the validation pictures, None if there is no validation.
    """
    start = settings.start
    record: Record = {
        "preset": None if start else settings.preset or DEFAULT_MODEL,
        "start": start,
        "new_head": settings.new_head,
        "folders": [
            len(folders)
            for folders in (settings.low, settings.normal, settings.photographs, settings.night)
        ],
        "shares": list(settings.shares),
        "lpips": settings.lpips is not None,
        "held_out": None if held_out is None else sorted(held_out),
        "recipe": asdict(recipe),
    }
    return json.loads(json.dumps(record))  # tuples as they will come back


def continued(kept: Mapping[str, Any], settings: Settings, asked: Record) -> Record:
    """Return the record of a run that is resumed.

    Args:
        kept: The record in the run's state; empty in states of older versions.
        settings: Settings with which the run is resumed.
        asked: `record_of` these settings.

    Raises:
        UsageError: The run was started with something else than it is resumed with.
    """
    asked = dict(asked)
    if settings.preset is None and settings.start is None:
        asked |= {name: kept[name] for name in _ORIGIN if name in kept}
    if not settings.new_head and "new_head" in kept:
        asked["new_head"] = kept["new_head"]
    for option, before, now in _differences(kept, asked):
        raise UsageError(
            "resumed-differently",
            str(settings.out),
            option=_WORDS.get(option, option.replace("_", " ")),
            before=_shown(before),
            now=_shown(now),
        )
    return asked


def _differences(kept: Mapping[str, Any], asked: Record) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each option that differs, and both of its values."""
    of_recipes = kept.get("recipe", {}), asked["recipe"]
    for before, now in ((kept, asked), of_recipes):
        for option in now:
            compared = option in before and option not in ("recipe", *_MAY_CHANGE)
            if compared and before[option] != now[option]:
                yield option, before[option], now[option]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
