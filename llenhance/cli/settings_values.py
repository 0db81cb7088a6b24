"""Values in files of settings: from what TOML has to what an option takes, or why not."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

import typer

from llenhance.errors import UsageError


def as_taken(option: Any, value: Any, context: Any) -> Any:
    """Return a value of TOML as an option takes it, checked by Typer.

    Raises:
        ValueError: It is none; the text says what is allowed.
    """
    if option.multiple:
        if not isinstance(value, list):
            raise ValueError("it must be a list, in brackets")
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        kind = option.type_descriptor.annotation.__args__[0]
        given: Any = [_of_kind(item, kind) for item in items]
    else:
        given = _of_kind(value, bool if option.is_flag else option.type_descriptor.annotation)
    try:
        taken = option.process_value(context, given)
        if option.name == "tile":
            from llenhance.cli.options import tile_side

            tile_side(taken)
        if option.name == "format":
            from llenhance.pictures.formats import format_to_write

            format_to_write(taken)
    except typer.BadParameter as refused:
        raise ValueError(refusal(refused)) from None
    except UsageError as error:
        raise ValueError(f"{error.problem}. {error.remedy}") from None
    return taken


def refusal(error: typer.BadParameter) -> str:
    """Return why Typer refuses a value, as the end of a sentence."""
    problem = error.message.removeprefix("Value error, ").rstrip(".")
    return problem.replace("Input should be", "it must be")


def _of_kind(value: Any, kind: Any) -> Any:
    if kind is bool or isinstance(value, bool):
        if kind is not bool:
            raise ValueError(f"it must be {_wanted(kind)}")
        if not isinstance(value, bool):
            raise ValueError("it must be true or false")
    elif kind in (int, float):
        if not isinstance(value, (int, float)):
            raise ValueError(f"it must be {_wanted(kind)}")
    elif isinstance(value, int):  # a folder that is called 2024, a tile of 512
        return str(value)
    elif not isinstance(value, str):
        raise ValueError(f"it must be {_wanted(kind)}")
    return value


def _wanted(kind: Any) -> str:
    return {int: "a whole number", float: "a number"}.get(kind, "a text in quotes")


def shown(value: Any) -> str:
    """Return a value as TOML has it, more or less, and not too long."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def path_at_home(value: str) -> str:
    """Return a path of the user's file, in which no shell replaces `~`."""
    with suppress(RuntimeError):  # there is no home folder
        return str(Path(value).expanduser()) + _slash(value)
    return value


def path_inside(value: str, folder: Path) -> str:
    """Return a path of a project's file as it is seen from the working folder.

    Args:
        value: The path, from the folder of the file.
        folder: That folder.

    Raises:
        ValueError: It leads out of the folder, or to what is hidden there.
    """
    inner = PurePath(value)
    if not inner.parts or any(part.startswith((".", "~", "-")) for part in inner.parts):
        raise ValueError("in the file of a project it must be a name without dots before it")
    if inner.is_absolute() or inner.drive or _leads_out(folder / inner, folder):
        raise ValueError("in the file of a project it must stay in the folder of that file")
    return os.path.relpath(folder / inner) + _slash(value)


def _slash(value: str) -> str:
    """Return the slashes at the end of a path, which say that it is a folder."""
    return value[len(value.rstrip("/")) :]


def _leads_out(path: Path, folder: Path) -> bool:
    """Tell whether a path, or a link to a folder below it, leads out of a folder."""
    try:
        inside = folder.resolve()
        links = (
            Path(parent) / name
            for parent, names, _ in os.walk(path)
            for name in names
            if (Path(parent) / name).is_symlink()
        )
        return any(not one.resolve().is_relative_to(inside) for one in (path, *links))
    except (OSError, RuntimeError, ValueError):  # links in a circle; a name that none can have
        return True
