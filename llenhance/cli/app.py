"""The list of commands, and the one place where errors become sentences and an exit code.

`llenhance photo.jpg` is `llenhance enhance photo.jpg`: what does not start with the name of a
command goes to `enhance`. A picture named like a command is reached with `./weights`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from types import FrameType
from typing import Annotated, Final

import typer

from llenhance.cli import completion, config, meant, surroundings, weights
from llenhance.cli.advice import sentence
from llenhance.cli.audit import audit
from llenhance.cli.bench import bench
from llenhance.cli.cluster import with_address
from llenhance.cli.compare import compare
from llenhance.cli.doctor import doctor
from llenhance.cli.documents import told
from llenhance.cli.enhance import enhance
from llenhance.cli.evaluate import evaluate
from llenhance.cli.export import export
from llenhance.cli.info import info
from llenhance.cli.run_report import with_page
from llenhance.cli.schema import schema
from llenhance.cli.serve import serve
from llenhance.cli.settings import Configured
from llenhance.cli.terminal import Terminal
from llenhance.cli.train import train
from llenhance.cli.variables import PREFIX, variable_meant
from llenhance.errors import LlenhanceError, ResourceError, UsageError
from llenhance.memory import is_shortage
from llenhance.system import system_error
from llenhance.version import __version__

app: Final = typer.Typer(
    cls=completion.Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,  # a bug shows Python's own traceback, without local variables
    rich_markup_mode=None,  # plain text: 30 ms faster, and the same in a file
)
app.command("audit")(audit)
app.command("bench")(bench)
app.command("compare")(compare)
app.command("doctor")(doctor)
app.command("enhance", cls=Configured, context_settings={"auto_envvar_prefix": PREFIX})(enhance)
app.command("evaluate")(evaluate)
app.command("info")(info)
app.command("train")(train)
app.command("export")(export)
app.command("schema")(schema)
app.command("serve")(serve)
app.add_typer(weights.app, name="weights")
app.add_typer(config.app, name="config")

_COMMANDS: Final = {
    entry.name or "" for entry in (*app.registered_commands, *app.registered_groups)
}
_GROUPS: Final = {
    name: {
        entry.name or getattr(entry.callback, "__name__", "") for entry in group.registered_commands
    }
    for name, group in (("weights", weights.app), ("config", config.app))
}
_TOP_OPTIONS: Final = {"-h", "--help", "--version", "--install-completion", "--show-completion"}
_STOPPING: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is unknown to Windows


def _show_version(wanted: bool) -> None:
    if wanted:
        Terminal("llenhance").write_line(f"llenhance {__version__}")
        raise typer.Exit


@app.callback()
def llenhance(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Turn dark photographs into well-lit ones.

    \b
    Examples:
      llenhance photo.jpg                    write photo_enhanced.jpg beside it
      llenhance *.jpg -o enhanced/           write into a folder
      llenhance --brightness 0.2 photo.jpg   a little brighter
      llenhance - < dark.jpg > bright.jpg    read standard input, write standard output

    These are short for "llenhance enhance ...". See "llenhance enhance --help" for all options.
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are


def run(arguments: Sequence[str]) -> int:
    """Run a command line, without the program's name, and return its exit code.

    0: all done. 1: some inputs failed. 2: wrong usage. 3: weights. 4: out of memory or disk space.
    128 + signal: stopped by that signal.
    """
    completion.answer(app)
    if not arguments:
        with redirect_stdout(sys.stderr):
            app(["--help"], prog_name="llenhance", standalone_mode=False)
        return 2
    arguments = with_page(with_address(arguments))
    command = _with_command(arguments)
    options = command[: command.index("--")] if "--" in command else command
    terminal = Terminal(_name_of(command), json="--json" in options)
    try:
        if not {"-h", "--help", "--version"} & set(options):
            surroundings.check(arguments)
            meant.refuse_empty(arguments)
            meant.refuse_misspelled(arguments, _COMMANDS, _GROUPS)
        with _stopping_by_signal():
            code = app(command, prog_name="llenhance", standalone_mode=False)
    except typer.TyperException as error:
        problem = _problem(error, command)
        if isinstance(problem, UsageError):
            return _ended(problem, terminal)
        if terminal.json:
            _document(UsageError("arguments-wrong", "arguments", problem=problem), terminal)
        else:
            end = "" if problem.endswith("?") else "."
            command_line = " ".join(filter(None, ("llenhance", terminal.command, "--help")))
            terminal.error(f"{problem}{end} See: {command_line}")
        return error.exit_code
    except LlenhanceError as error:
        return _ended(error, terminal)
    except Exception as reason:  # what no room has turned into an error of its own
        if is_shortage(reason):
            return _ended(ResourceError("out-of-memory", "llenhance"), terminal)
        if isinstance(reason, OSError):
            return _ended(system_error(str(reason.filename or "llenhance"), reason), terminal)
        if told := surroundings.told_by(reason):
            return _ended(told, terminal)
        raise
    return code or 0  # Typer returns what `typer.Exit` carries, or None


def _problem(error: typer.TyperException, command: Sequence[str]) -> str | UsageError:
    """Return what Typer finds wrong with a command line, in words that help."""
    if refused := variable_meant(error):
        return refused
    problem = error.format_message().replace("Value error, ", "").rstrip(".")  # pydantic's
    if problem.startswith("No such option"):
        try:
            meant.refuse_dash(command)
        except UsageError as better:
            return better
        if command[0] == "enhance":
            return meant.option_meant(problem)
    from llenhance.cli.values import value_meant  # patterns that take time, for what is wrong alone

    return value_meant(problem, command).replace("Input should be", "it must be")


def _ended(error: LlenhanceError, terminal: Terminal) -> int:
    """Tell of the error that ended a command: in JSON if that was asked for, else in words."""
    try:
        if terminal.json and not _is_of_output(error):
            _document(error, terminal)
        else:
            terminal.error(sentence(error, command=terminal.command))
    except MemoryError:  # not even for what prints in color
        os.write(2, f"error: {error}\n".encode(errors="replace"))
    return error.exit_code


def _is_of_output(error: LlenhanceError) -> bool:
    """Tell whether standard output could not be written: then people are told, not programs."""
    return error.name == "standard output" and not isinstance(error, UsageError)


def _document(error: LlenhanceError, terminal: Terminal) -> None:
    """Write the document of an error that ended a command.

    It is one line, since other lines may have been written before it.
    """
    messages = [told(error, command=terminal.command)]
    try:
        terminal.document(None, messages=messages, exit_code=error.exit_code, lines=True)
    except LlenhanceError:  # standard output takes nothing: then people are told
        terminal.error(sentence(error, command=terminal.command))


def _name_of(command: Sequence[str]) -> str:
    """Return the name of a command, such as 'enhance' or 'weights list'."""
    words = command[:2] if command[0] in _GROUPS else command[:1]
    return " ".join(word for word in words if not word.startswith("-"))


def _with_command(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with `enhance` in front, unless they start with a command."""
    named = arguments[0] in _COMMANDS or arguments[0] in _TOP_OPTIONS
    return [*arguments] if named else ["enhance", *arguments]


@contextmanager
def _stopping_by_signal() -> Generator[None]:
    """Turn signals into `SystemExit`, so that temporary files are removed on the way out.

    A second signal, of whatever kind, kills at once. A signal that was ignored at the start (nohup)
    stays ignored.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_DFL)
        sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in _STOPPING if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
