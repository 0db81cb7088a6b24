"""Options that were not typed: from variables, from files of settings, and from presets.

Typer looks for the value of an option on the command line, then in the environment, then in the
context's `default_map`, and knows afterwards where it was. So all that is done here is to fill that
map before Typer parses, and to let a value go afterwards where a stronger one contradicts it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

from typer.core import TyperCommand

from llenhance.cli.enhance_sections import write_sections
from llenhance.cli.presets import BUILT_IN
from llenhance.cli.settings_files import (
    NAME,
    ONLY_TYPED,
    Kind,
    Said,
    Setting,
    SettingsFile,
    is_trusted,
    read,
    usual_files,
)
from llenhance.cli.variables import check_variables, unknown_variables, variable
from llenhance.errors import LlenhanceError, UsageError
from llenhance.messages.note import Note

if TYPE_CHECKING:
    from llenhance.cli.terminal import Terminal

_KEY: Final = "llenhance.configuration"
_OWN: Final = {"no_config", "preset"}  # what is about settings themselves
_ALTERNATIVES: Final = (
    ("brightness", "exposure", "target_mean", "match"),
    ("overwrite", "skip_existing"),
    ("suffix", "name_template"),
    ("quiet", "verbose"),
)
"""Options of which the strongest counts alone, instead of contradicting the others."""

_RECORDED: Final = (
    *("brightness", "exposure", "target_mean", "match", "format", "quality", "metadata"),
    *("strength", "denoise", "protect"),
    *("no_provenance", "model", "device", "precision", "tile", "fast"),
)
"""What `--replay` takes from the record of a result."""

_SOURCES: Final = ("DEFAULT", "user", "project", "preset", "ENVIRONMENT", "COMMANDLINE")
"""Where values come from, the weakest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What was found beside the command line.

    Attributes:
        files: Those that were read, the strongest first.
        settings: What files and a preset say, the strongest of each option.
        notes: What is to be said about it, with what each is about.
    """

    files: Sequence[SettingsFile] = ()
    settings: Said = field(default_factory=dict[str, Setting])
    notes: Sequence[tuple[Note, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the value of an option comes from.

    Attributes:
        source: What kind of thing says it.
        variable: Name of the environment variable, if it is one.
        file: Path of the file, if it is in one.
        preset: Name of the preset, if it is a part of one.
    """

    source: Literal["default", "built-in", "user", "project", "environment", "command line"]
    variable: str | None = None
    file: str | None = None
    preset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPlace:
    """Where a file of settings is looked for, and what became of it.

    Attributes:
        kind: Whose it is.
        path: Its path.
        status: Whether it is used.
        problem: Why not, although it is there; None if it is not there or used.
    """

    kind: Kind
    path: str
    status: Literal["ok", "absent", "unused", "unusable"]
    problem: LlenhanceError | Note | None = None


class Configured(TyperCommand):
    """A command whose options may also come from variables and files of settings.

    Every switch has an opposite (`--fast`, `--no-fast`), which turns off what they turn on.
    Contexts and parameters are `Any`, since Typer has no public names for their classes.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        options: list[Any] = [one for one in self.params if one.param_type_name == "option"]
        for option in options:
            option.show_envvar = False  # the help would be twice as long, with nothing new
            option.allow_from_autoenv = option.name not in ONLY_TYPED

    def get_help_option(self, ctx: Any) -> Any:
        option: Any = super().get_help_option(ctx)
        option.allow_from_autoenv = False
        return option

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_sections(self, ctx, formatter)

    def make_parser(self, ctx: Any) -> Any:
        parser = super().make_parser(ctx)
        for option in settable(self).values():
            if option.is_flag and not option.secondary_opts:
                name = _opposite(option.name)
                parser.add_option(
                    obj=option, opts=[name], dest=option.name, action="store_const", const=False
                )
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # a shell asks what it can complete, or the man page is made
            return super().parse_args(ctx, args)
        typed, *_ = self.make_parser(ctx).parse_args(args=list(args))
        if not typed.get("help"):
            found = _configuration(self, ctx, typed)
            ctx.meta[_KEY] = found
            ctx.default_map = {name: one.value for name, one in found.settings.items()}
        rest = super().parse_args(ctx, args)
        if not typed.get("help"):
            _settle(ctx)
            check_variables(settable(self).values(), ctx)
        return rest


def settable(command: Any) -> dict[str, Any]:
    """Return the options of a command that files and variables can name, by name."""
    return {
        option.name: option
        for option in command.params
        if option.param_type_name == "option" and option.name not in ONLY_TYPED | _OWN
    }


@contextmanager
def configured_context(context: Any, asked: list[str]) -> Generator[Any]:
    """Make the context that `llenhance enhance` would have, without running it.

    Args:
        context: Of any command.
        asked: What is typed after `enhance`.
    """
    root = context.find_root()
    command = root.command.commands["enhance"]
    with command.make_context("enhance", asked, parent=root) as inner:
        yield inner


def configuration_of(context: Any) -> Configuration:
    """Return what was found beside the command line that a context is of."""
    return context.meta[_KEY]


def origin_of(name: str, context: Any) -> Origin:
    """Return where the value of an option comes from."""
    source = context.get_parameter_source(name).name
    if source == "COMMANDLINE":
        return Origin(source="command line")
    if source == "ENVIRONMENT":
        return Origin(source="environment", variable=variable(name))
    if source == "DEFAULT_MAP":
        setting = configuration_of(context).settings[name]
        file = None if setting.file is None else str(setting.file)
        return Origin(source=setting.kind, file=file, preset=setting.preset)
    return Origin(source="default")


def places(context: Any) -> list[SettingsPlace]:
    """Return where files of settings are looked for, the strongest first, each read if it is there.

    Args:
        context: Of any command.
    """
    enhance = context.find_root().command.commands["enhance"]
    inner = enhance.make_context("enhance", [], resilient_parsing=True)
    inner.resilient_parsing = False
    found: list[SettingsPlace] = []
    for kind, file in usual_files():
        status, problem = "ok", None
        if not os.path.lexists(file):
            status = "absent"
        elif kind == "project" and not is_trusted(file):
            status, problem = "unused", Note("config-not-used", path=str(file))
        else:
            try:
                read(file, kind, settable(enhance), inner)
            except LlenhanceError as error:
                status, problem = "unusable", error
        found.append(SettingsPlace(kind=kind, path=str(file), status=status, problem=problem))
    return found


def tell_configuration(context: Any, terminal: Terminal) -> None:
    """Say what is to be said about settings that were not typed: most of it only if asked."""
    found = configuration_of(context)
    for note, about in found.notes:
        terminal.note(note, about=about)
    for one in found.files if terminal.verbose else ():
        terminal.note(Note("config-read"), about=str(one.path))


def _configuration(command: Any, ctx: Any, typed: Mapping[str, Any]) -> Configuration:
    """Return what there is beside the command line, and let the context know if that is nothing."""
    files: list[SettingsFile] = []
    notes: list[tuple[Note, str]] = []
    if _early(command, ctx, typed, "no_config"):
        ctx.auto_envvar_prefix = None
    else:
        notes += unknown_variables(settable(command).keys() | _OWN)
        for kind, path in usual_files():
            if kind == "project" and not is_trusted(path):
                notes.append((Note("config-not-used", path=str(path)), NAME))
            elif os.path.lexists(path):
                files.append(read(path, kind, settable(command), ctx))
    settings: Said = {}
    for one in reversed(files):
        settings |= one.settings
    if preset := _early(command, ctx, typed, "preset"):
        if "replay" in typed and "preset" in typed:
            raise UsageError("options-contradict", "--preset", other="--replay")
        settings |= _preset(preset, files)
    return Configuration(files=files, settings=settings, notes=notes)


def presets_in(files: Sequence[SettingsFile]) -> dict[str, Said]:
    """Return all presets by name, of two with one name the stronger; built-in ones first."""
    found: dict[str, Said] = {
        name: {
            option.replace("-", "_"): Setting(value=value, kind="built-in", file=None, preset=name)
            for option, value in built_in.options.items()
        }
        for name, built_in in BUILT_IN.items()
    }
    for one in reversed(files):
        found |= one.presets
    return found


def _preset(name: str, files: Sequence[SettingsFile]) -> Said:
    presets = presets_in(files)
    if name in presets:
        return presets[name]
    if close := get_close_matches(name, presets, n=1):
        raise UsageError("preset-misspelled", name, meant=close[0])
    raise UsageError("preset-not-known", name, known=", ".join(sorted(presets)))


def _early(command: Any, ctx: Any, typed: Mapping[str, Any], name: str) -> Any:
    """Return the value of an option about settings, which is needed before the others are read."""
    option = next(one for one in command.params if one.name == name)
    value, source = option.consume_value(ctx, typed)
    ctx.set_parameter_source(name, source)  # so that an error about a variable says so
    return option.process_value(ctx, value)


def _settle(ctx: Any) -> None:
    """Let values go that stronger ones contradict, as if nobody had said them."""
    strengths = {name: _strength(name, ctx) for name in ctx.params}
    typed = _SOURCES.index("COMMANDLINE")

    def let_go(*names: str, below: int) -> None:
        for name in names:
            if 0 < strengths.get(name, 0) < below:
                [option] = [one for one in ctx.command.params if one.name == name]
                ctx.params[name] = option.process_value(ctx, option.default)
                ctx.set_parameter_source(name, ctx.get_parameter_source(name).__class__.DEFAULT)

    for names in _ALTERNATIVES:
        said = [strengths[name] for name in names if ctx.params.get(name, False) is not False]
        let_go(*names, below=max(said, default=0))
    if ctx.params["replay"] is not None:
        let_go(*_RECORDED, below=typed)
    if ctx.params["photos"] == ["-"]:  # a pipe goes through, unless somebody types where else
        let_go("output", below=typed)
    if ctx.params["output"] is not None and PurePath(ctx.params["output"]).suffix:
        let_go("format", below=strengths["output"])  # the name of a file says it too


def _strength(name: str, ctx: Any) -> int:
    source = ctx.get_parameter_source(name).name
    if source == "DEFAULT_MAP":
        setting = configuration_of(ctx).settings[name]
        source = setting.kind if setting.preset is None else "preset"
    return _SOURCES.index(source)


def _opposite(name: str) -> str:
    option = name.replace("_", "-")
    return f"--{option.removeprefix('no-')}" if option.startswith("no-") else f"--no-{option}"
