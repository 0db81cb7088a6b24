"""Files of settings, `llenhance.toml`: where they are, and what each of them says.

A project's file comes with the pictures, perhaps from strangers. So it may only say how results
look (`FROM_PROJECT`), and the paths in it stay in its folder.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, cast

from llenhance.cli.presets import BUILT_IN
from llenhance.cli.settings_values import as_taken, path_at_home, path_inside, shown
from llenhance.errors import LlenhanceError, UsageError
from llenhance.system import system_errors

NAME: Final = "llenhance.toml"
PRESETS: Final = "preset"

ONLY_TYPED: Final = {
    *("photos", "files_from", "files0_from", "replay", "watch", "poll", "dry_run", "json"),
    *("errors", "report", "variants", "pick", "sheet", "temperature", "seed", "series"),
}
"""What is about one run: neither files nor variables say it."""

FROM_PROJECT: Final = {
    *("brightness", "exposure", "target_mean", "match", "fast"),
    *("strength", "denoise", "protect"),
    *("format", "quality", "output", "recursive", "preserve_time", "skip_existing", "fail_fast"),
    *("only_if_dark", "dark_below"),
}
"""What a project's file may say. Whatever is not here may not: options that come later neither."""

_PATHS: Final = {"output", "match", "model"}
_LONGEST: Final = 2**20  # bytes; nobody writes so many settings
_CLOSE: Final = 0.6
_HEADER: Final = re.compile(r"\s*\[+([^\[\]]+)\]")

Kind = Literal["project", "user"]
"""Whose a file is."""

Source = Literal["built-in", "project", "user"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a file or a preset says of one option.

    Attributes:
        value: As the option takes it.
        kind: Whose file it is in; 'built-in' if it comes with llenhance.
        file: That file; None if it is in none.
        preset: The preset that it is a part of; None if it is none's.
    """

    value: Any
    kind: Source
    file: Path | None
    preset: str | None = None


Said = dict[str, Setting]
"""By the name of the option, with underscores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A file of settings that was read.

    Attributes:
        kind: Whose it is.
        path: Where it is.
        settings: What it says outside of presets.
        presets: Its presets, by name.
    """

    kind: Kind
    path: Path
    settings: Said = field(default_factory=dict[str, Setting])
    presets: dict[str, Said] = field(default_factory=dict[str, Said])


def user_file() -> Path | None:
    """Return where the user's file is or would be; None for a user without a home folder."""
    import platformdirs

    with suppress(RuntimeError):
        folder = platformdirs.user_config_path("llenhance", appauthor=False)
        if folder.is_absolute():
            return folder / NAME
    return None


def project_file() -> Path | None:
    """Return the nearest file in the working folder and the folders around it, if there is one.

    The search ends with the first of these: a folder with such a file, a folder with `.git` in it,
    the home folder, the root of the file system.
    """
    home, own = None, user_file()
    with suppress(RuntimeError, OSError):
        home = Path.home().resolve()
    folder = Path.cwd()
    for here in (folder, *folder.parents):
        if os.path.lexists(here / NAME):
            return None if own and _is_same(here / NAME, own) else here / NAME
        if here == home or os.path.lexists(here / ".git"):
            return None
    return None


def usual_files() -> list[tuple[Kind, Path]]:
    """Return the project's file, if there is one, and where the user's is or would be."""
    both: list[tuple[Kind, Path | None]] = [("project", project_file()), ("user", user_file())]
    return [(kind, path) for kind, path in both if path is not None]


def preset_names() -> list[str]:
    """Return the names of all presets, sorted; none of files that cannot be read."""
    import tomllib

    names = set(BUILT_IN)
    for _, path in usual_files():
        with suppress(LlenhanceError, tomllib.TOMLDecodeError, RecursionError):
            names |= (_table(tomllib.loads(_text(path)).get(PRESETS)) or {}).keys()
    return sorted(names)


def is_trusted(path: Path) -> bool:
    """Tell whether a project's file belongs to someone who may say what happens here.

    That is whoever runs llenhance, root, or the owner of the working folder. Otherwise anybody
    could put a file into `/tmp` that holds for the folders of all others in it.
    """
    if os.name != "posix":
        return True
    with suppress(OSError):
        trusted = {os.geteuid(), 0, Path.cwd().stat().st_uid}
        return {path.stat().st_uid, path.lstat().st_uid} <= trusted
    return True  # reading it will tell what is wrong


def read(path: Path, kind: Kind, options: Mapping[str, Any], context: Any) -> SettingsFile:
    """Return what a file says.

    Args:
        path: Of the file.
        kind: Whose it is.
        options: Typer's options that a file can name, by name.
        context: Typer's context of the command.

    Raises:
        UsageError: It cannot be read, is no TOML, or says what is no option, no value of it, or not
            for a project's file to say.
    """
    import tomllib

    text = _text(path)
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as reason:
        deep = isinstance(reason, RecursionError)
        problem = "too many brackets" if deep else str(reason)
        raise UsageError("config-not-toml", str(path), problem=problem) from None
    reader = _Reader(path=path, kind=kind, text=text, options=options, context=context)
    presets = _table(whole.pop(PRESETS, {}))
    if presets is None:
        raise UsageError("config-preset-no-table", reader.place((), PRESETS), key=PRESETS)
    settings = dict(reader.settings(whole))
    found: dict[str, Said] = {}
    for name, value in presets.items():
        if (table := _table(value)) is None:
            key = f"{PRESETS}.{name}"
            raise UsageError("config-preset-no-table", reader.place((PRESETS,), name), key=key)
        found[name] = dict(reader.settings(table, preset=name))
    return SettingsFile(kind=kind, path=path, settings=settings, presets=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Makes settings of the tables of one file; attributes as the arguments of `read`."""

    path: Path
    kind: Kind
    text: str
    options: Mapping[str, Any]
    context: Any

    def settings(
        self, table: Mapping[str, Any], *, preset: str | None = None
    ) -> Iterator[tuple[str, Setting]]:
        where = () if preset is None else (PRESETS, preset)
        seen: dict[str, str] = {}
        for key, value in table.items():
            name, place = key.replace("-", "_"), self.place(where, key)
            if name in ONLY_TYPED and name != "photos":
                raise UsageError("config-key-only-typed", place, key=key)
            if name not in self.options:
                self._refuse_unknown(key, place, is_table=isinstance(value, dict))
            if name in seen:
                raise UsageError("config-key-twice", place, key=key, other=seen[name])
            if self.kind == "project" and name not in FROM_PROJECT:
                raise UsageError("config-key-not-from-project", place, key=key)
            seen[name] = key
            try:
                taken = self._taken(name, value)
            except ValueError as reason:
                facts = {"key": key, "value": shown(value), "problem": str(reason)}
                raise UsageError("config-value-wrong", place, **facts) from None
            yield name, Setting(value=taken, kind=self.kind, file=self.path, preset=preset)

    def place(self, table: tuple[str, ...], key: str) -> str:
        """Return the file, and the line of a key if it can be found."""
        here: tuple[str, ...] = ()
        begins = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        for number, line in enumerate(self.text.split("\n"), start=1):
            if header := _HEADER.match(line):
                here = tuple(part.strip().strip("\"'") for part in header[1].split("."))
                if here[: len(table) + 1] == (*table, key):
                    return f"{self.path}:{number}"
            elif here == table and begins.match(line):
                return f"{self.path}:{number}"
        return str(self.path)

    def _refuse_unknown(self, key: str, place: str, *, is_table: bool) -> None:
        if is_table:
            raise UsageError("config-table-unknown", place, key=key)
        known = [name.replace("_", "-") for name in self.options]
        wanted = key.replace("_", "-").lower()
        close = get_close_matches(wanted, known, n=1, cutoff=_CLOSE)
        if close:
            raise UsageError("config-key-misspelled", place, key=key, meant=close[0])
        raise UsageError("config-key-unknown", place, key=key)

    def _taken(self, name: str, value: Any) -> Any:
        """Return a value as the option takes it; `ValueError` says what is allowed."""
        taken = as_taken(self.options[name], value, self.context)
        if name not in _PATHS:
            return taken
        if self.kind == "project":
            return path_inside(taken, self.path.parent)
        return path_at_home(taken)


def _text(path: Path) -> str:
    with system_errors(path, UsageError):
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            code = "is-a-folder" if stat.S_ISDIR(mode) else "not-a-regular-file"
            raise UsageError(code, str(path))
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise UsageError("config-too-long", str(path))
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise UsageError("config-not-utf8", f"{path}:{line}") from None


def _table(value: Any) -> dict[str, Any] | None:
    """Return a value of TOML if it is a table, else None."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False
