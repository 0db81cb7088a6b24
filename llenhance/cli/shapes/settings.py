"""The JSON of the commands about settings, as types; see `document.py`."""

from __future__ import annotations

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class OptionSet(TypedDict):
    """An option and its value.

    The source is default, built-in (a preset that comes with llenhance), user or project (`file`
    names theirs), environment (`variable` is its name) or command line. `preset` is the preset that
    it is a part of.
    """

    option: str
    value: bool | int | float | str | list[str] | None
    source: str
    variable: str | None
    file: str | None
    preset: str | None


@_exact
class PresetOption(TypedDict):
    """An option that a preset sets."""

    option: str
    value: bool | int | float | str | list[str]


@_exact
class PresetKnown(TypedDict):
    """A preset; its source is built-in (`purpose` says what it is for), project or user."""

    preset: str
    source: str
    file: str | None
    purpose: str | None
    options: list[PresetOption]


@_exact
class SettingsPath(TypedDict):
    """Where a file of settings is looked for; its kind is project or user."""

    kind: str
    path: str
    exists: bool


@_exact
class SettingsFound(TypedDict):
    """A file of settings that is looked for; its status is ok, absent, unused or unusable."""

    kind: str
    path: str
    status: str
    failure: str | None
