"""Shell completion: what the Tab key offers after `llenhance`.

Typer writes the shells' scripts and asks the command tree. Here is what Typer cannot know: words
that do not start with a command belong to `enhance`, and which values some options take.
"""

from __future__ import annotations

import os
from typing import Any, Final

import typer
from typer.core import TyperGroup

from llenhance.errors import LlenhanceError

_DEFAULT: Final = "enhance"


def answer(app: typer.Typer) -> None:
    """Print what the Tab key should offer and exit, if a shell runs this process to learn that."""
    shell = os.environ.get("_LLENHANCE_COMPLETE")  # set by the scripts that Typer writes
    if shell == "complete_bash":
        _join_values()
    if shell:
        app([], prog_name="llenhance")  # exits


def _join_values() -> None:
    """Turn the three words that bash makes of `--model=na` into two, as Typer understands them."""
    words = os.environ["COMP_WORDS"].split("\n")
    current = int(os.environ["COMP_CWORD"])
    while "=" in words[:current]:
        words.remove("=")
        current -= 1
    os.environ |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(current)}


class Commands(TyperGroup):
    """The list of commands, completed as the command line is read: `enhance` may be left out.

    Contexts and completions are `Any`, since Typer has no public names for their classes.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and args and args[0] not in self.commands:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer the commands, or for the start of an option also those of `enhance`."""
        offered = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            return offered
        known = {item.value for item in offered}
        enhance = self.commands[_DEFAULT]
        with enhance.make_context(_DEFAULT, [], parent=ctx, resilient_parsing=True) as inner:
            more = enhance.shell_complete(inner, incomplete)
        return offered + [item for item in more if item.value not in known]


def models() -> list[str]:
    """Return the names of models: those that come with llenhance, known ones and the user's own."""
    from llenhance.weights import local, registry

    try:
        return [name for name, _ in local.everything()]
    except LlenhanceError:  # a folder that cannot be read: the Tab key is no place to tell of it
        return [known.name for known in registry.REGISTRY]


def devices() -> list[str]:
    """Return the usual devices, whether or not this machine has them: asking would load torch."""
    return ["auto", "cpu", "cuda", "mps"]


def formats() -> list[str]:
    """Return the formats that can be written; their table would load OpenCV and Pillow."""
    return ["jpeg", "png", "webp", "tiff", "bmp", "avif", "ppm", "pgm", "pnm", "pam"]


def settings_presets() -> list[str]:
    """Return the names of presets: built-in ones, and those in files of settings that are TOML."""
    from llenhance.cli.settings_files import preset_names

    return preset_names()


def presets() -> list[str]:
    """Return the names of the networks that can be trained."""
    from llenhance.model.architecture import PRESETS

    return list(PRESETS)
