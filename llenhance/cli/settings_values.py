"""Values in files of settings: from what TOML has to what an option takes, or why not."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import date, time
from pathlib import Path, PurePath
from typing import Any, Final

import typer

from llenhance.errors import UsageError

_DEVICE: Final = re.compile(r"auto|(cpu|cuda|mps)(:\d+)?")
_MAY_BE_EMPTY: Final = {"suffix"}


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
        given: Any = [_of_kind(item, kind, option) for item in items]
    else:
        kind = bool if option.is_flag else option.type_descriptor.annotation
        given = _of_kind(value, kind, option)
    try:
        taken = option.process_value(context, given)
    except typer.BadParameter:
        raise ValueError(f"it must be {wanted(option)}") from None
    check(option, taken)
    return taken


def check(option: Any, value: Any) -> None:
    """Raise if a value is of the right type and still none that the option takes.

    Raises:
        ValueError: The text says what is allowed.
    """
    if value == "" and option.name not in _MAY_BE_EMPTY:
        raise ValueError("it must not be empty")
    if option.name == "device" and not _DEVICE.fullmatch(value):
        raise ValueError(f"it must be {wanted(option)}")
    try:
        if option.name == "tile":
            from llenhance.cli.options import tile_side

            tile_side(value)
        if option.name == "format" and value is not None:
            from llenhance.pictures.formats import format_to_write

            format_to_write(value)
    except UsageError as error:
        raise ValueError(f"{error.problem}. {error.remedy}") from None


def wanted(option: Any) -> str:
    """Return what an option takes, such as 'a whole number from 1 to 100'."""
    kind, least, most = option.type_descriptor.annotation, option.min, option.max
    if option.is_flag:
        return "true or false"
    if option.name == "device":
        return "auto, cpu, cuda, cuda:1 or mps"
    if choices := getattr(kind, "__args__", None):
        *others, last = map(str, choices)
        return f"{', '.join(others)} or {last}"
    if kind not in (int, float):
        return "a text in quotes"
    number = "a whole number" if kind is int else "a number"
    if least is not None and most is not None:
        return f"{number} from {least:g} to {most:g}"
    return number if least is None else f"{number}, at least {least:g}"


def _of_kind(value: Any, kind: Any, option: Any) -> Any:
    """Return a value if it has the type that an option takes, a number as the text that it is."""
    if kind is bool or isinstance(value, bool):
        is_right = kind is bool and isinstance(value, bool)
    elif kind in (int, float):
        is_right = isinstance(value, (int, float))
    elif isinstance(value, int):  # a folder that is called 2024, a tile of 512
        return str(value)
    else:
        is_right = isinstance(value, str)
    if not is_right:
        raise ValueError(f"it must be {wanted(option)}")
    return value


def shown(value: Any) -> str:
    """Return a value as TOML has it, more or less, and not too long."""
    if isinstance(value, bool):
        text = str(value).lower()
    else:
        text = str(value) if isinstance(value, (date, time)) else repr(value)
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
