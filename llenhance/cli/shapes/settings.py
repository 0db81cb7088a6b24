"""The JSON of the commands about settings, as types; see `document.py`."""

from __future__ import annotations

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class OptionSet(TypedDict):
    """An option and its value.

    The source is default, user or project (`file` names theirs), environment (`variable` is its
    name) or command line. `preset` is the preset of the file that it is a part of.
    """

    option: str
    value: bool | int | float | str | list[str] | None
    source: str
    variable: str | None
    file: str | None
    preset: str | None


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
