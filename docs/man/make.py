"""Write the man page: `template.1`, filled with what the commands tell about themselves.

`python docs/man/make.py` writes `llenhance.1` beside this file; with an argument, that file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperArgument

from llenhance.cli.app import app
from llenhance.version import __version__

HERE: Final = Path(__file__).parent
VERBATIM: Final = "\b\n"  # begins a paragraph that Typer prints as it is
ESCAPES: Final = str.maketrans(
    {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
)


def page() -> str:
    """Return the man page."""
    root: Any = typer.main.get_command(app)  # Typer has no public names for commands
    name, help = "llenhance", str(root.help)
    commands = list(leaves(root, name, None))
    examples = [part for part in help.split("\n\n") if part.startswith(VERBATIM)]
    parts = {
        "VERSION": __version__,
        "SYNOPSIS": "\n.br\n".join(usage(context) for context in commands),
        "OPTIONS": "\n".join(options(root.make_context(name, [], resilient_parsing=True))),
        "COMMANDS": "\n".join(line for context in commands for line in section(context)),
        "EXAMPLES": "\n".join(paragraphs("\n\n".join(examples).replace("Examples:\n", ""))),
    }
    text = (HERE / "template.1").read_text()
    for key, value in parts.items():
        text = text.replace(f"@{key}@", value)
    return text


def leaves(command: Any, name: str, parent: Any) -> Iterator[Any]:
    """Yield a context for each command that does something."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    children = getattr(command, "commands", {})
    if not children and not command.hidden:
        yield context
    for child_name, child in children.items():
        yield from leaves(child, child_name, context)


def usage(context: Any) -> str:
    """Return how a command is called: its name, and what it takes."""
    words = [f"\\fB{literal(context.command_path)}\\fR"]
    if any(not isinstance(one, TyperArgument) for one in visible(context)):
        words.append("[\\fIOPTION\\fR]...")
    for one in visible(context):
        if isinstance(one, TyperArgument):
            name = f"\\fI{literal(str(one.metavar))}\\fR"
            words.append(name if one.required else f"[{name}]")
    return " ".join(words)


def section(context: Any) -> Iterator[str]:
    """Yield the lines about a command: what it does, its arguments and its options."""
    yield f".SS {literal(context.command_path)}"
    yield usage(context)
    yield from paragraphs(context.command.help)
    yield from options(context)


def options(context: Any) -> Iterator[str]:
    """Yield the lines about the arguments and options of a command."""
    for one in visible(context):
        term, text = one.get_help_record(context)
        if isinstance(one, TyperArgument):
            term, text = str(one.metavar), str(one.help)
        yield ".TP"
        yield " ".join(styled(word) for word in term.split())
        yield sentence(text)


def visible(context: Any) -> list[Any]:
    """Return the arguments and options of a command; `--help` only of the whole."""
    parameters = context.command.get_params(context)
    whole = context.parent is None
    return [one for one in parameters if (whole or one.name != "help") and not one.hidden]


def styled(word: str) -> str:
    """Return a word of an option's name: options are bold, what to replace is italic."""
    comma = "," if word.endswith(",") else ""
    word = word.removesuffix(",")
    if word == "/":
        return word
    font = "B" if word.startswith("-") else "I"
    return f"\\f{font}{literal(word)}\\fR{comma}"


def paragraphs(help: str) -> Iterator[str]:
    """Yield the lines of a command's description; examples keep their line breaks."""
    for part in help.split("\n\n"):
        yield ".PP"
        if part.startswith(VERBATIM):
            yield ".EX"
            yield from (sentence(line) for line in part.removeprefix(VERBATIM).split("\n"))
            yield ".EE"
        else:
            yield sentence(" ".join(part.split()))


def literal(text: str) -> str:
    """Return text as roff shows it unchanged."""
    escaped = text.translate(ESCAPES)
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in escaped)


def sentence(text: str) -> str:
    """Return a line of text that roff does not take for a request."""
    return f"\\&{literal(text)}" if text.startswith((".", "'")) else literal(text)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "llenhance.1"
    target.write_text(page())
