"""`llenhance config`: what options are without being typed, and where that comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from operator import itemgetter
from typing import Any, Final

import typer

from llenhance.cli.options import Json, NoConfig, Preset, Quiet
from llenhance.cli.presets import BUILT_IN
from llenhance.cli.settings import (
    configuration_of,
    configured_context,
    origin_of,
    presets_in,
    settable,
    tell_configuration,
)
from llenhance.cli.settings_files import Said, SettingsFile, usual_files
from llenhance.cli.terminal import Terminal, printable

app: Final = typer.Typer(help="Show the settings that need not be typed.")


@app.callback()
def config() -> None:
    """Show the settings that need not be typed."""


@app.command()
def show(
    context: typer.Context,
    preset: Preset = None,
    no_config: NoConfig = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show each option of "llenhance enhance", its value, and where that comes from.

    \b
    Examples:
      llenhance config show
      llenhance config show --preset night
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("config show", json=json, quiet=quiet)
    asked = [] if preset is None else ["--preset", preset]
    asked += ["--no-config"] if no_config else []
    with configured_context(context, asked) as inner:
        tell_configuration(inner, terminal)
        found = rows(inner)
    if json:
        terminal.document(found)
        return
    cells = [
        (row["option"], _shown(row["value"]), _told(row))
        for row in sorted(found, key=itemgetter("option"))
    ]
    widths = [max(len(row[column]) for row in cells) for column in (0, 1)]
    for name, value, origin in cells:
        terminal.write_rows(printable(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}"))


@app.command()
def presets(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """List the presets: those that come with llenhance, and those in your files.

    \b
    Example:
      llenhance config presets
    """  # noqa: D301
    terminal = Terminal("config presets", json=json, quiet=quiet)
    with configured_context(context, []) as inner:
        tell_configuration(inner, terminal)
        files = configuration_of(inner).files
    found = [_preset_row(name, said, files) for name, said in sorted(presets_in(files).items())]
    if json:
        terminal.document(found)
        return
    for row in found:
        where = row["file"] or f"{row['source']}: {row['purpose']}"
        said = ", ".join(f"{one['option']} {_shown(one['value'])}" for one in row["options"])
        terminal.write_rows(printable(f"{row['preset']}  ({where})"))
        terminal.write_rows(printable(f"  {said}"))


@app.command()
def path(json: Json = False, quiet: Quiet = False) -> None:
    """Print the paths of the files: the project's, if there is one, and your own, in any case.

    \b
    Example:
      llenhance config path
    """  # noqa: D301
    terminal = Terminal("config path", json=json, quiet=quiet)
    found = [
        {"kind": kind, "path": str(file), "exists": os.path.lexists(file)}
        for kind, file in usual_files()
    ]
    if json:
        terminal.document(found)
        return
    for one in found:
        terminal.write_line(str(one["path"]))


def rows(context: Any) -> list[dict[str, Any]]:
    """Return each option of a context of `llenhance enhance`, its value, and where that is from."""
    return [
        {
            "option": name.replace("_", "-"),
            "value": context.params[name],
            **asdict(origin_of(name, context)),
        }
        for name in settable(context.command)
    ]


def _preset_row(name: str, said: Said, files: Sequence[SettingsFile]) -> dict[str, Any]:
    """Return a preset, where it is from, and what it says."""
    file = next((one for one in files if name in one.presets), None)
    return {
        "preset": name,
        "source": "built-in" if file is None else file.kind,
        "file": None if file is None else str(file.path),
        "purpose": BUILT_IN[name].purpose if file is None else None,
        "options": [
            {"option": option.replace("_", "-"), "value": one.value} for option, one in said.items()
        ],
    }


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(row: Mapping[str, Any]) -> str:
    if row["variable"] is not None:
        return row["variable"]
    where = row["file"] or row["source"]
    return where if row["preset"] is None else f"{where} [preset.{row['preset']}]"
