"""Options from environment variables: their names, and what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, Final

from llenhance.cli.settings_files import ONLY_TYPED
from llenhance.cli.settings_values import check, wanted
from llenhance.errors import UsageError
from llenhance.messages.note import Note

PREFIX: Final = "LLENHANCE"

_OTHERS: Final = {"LLENHANCE_HOME", "LLENHANCE_TOKEN"}


def variable(name: str) -> str:
    """Return the variable that sets an option."""
    return f"{PREFIX}_{name.upper()}"


def variable_meant(error: Any) -> UsageError | None:
    """Return the error about an environment variable that Typer refuses; None if it is no such."""
    context, option = getattr(error, "ctx", None), getattr(error, "param", None)
    if context is None or option is None:
        return None
    source = context.get_parameter_source(option.name)
    if source is None or source.name != "ENVIRONMENT":
        return None
    return _refused(option, f"it must be {wanted(option)}")


def check_variables(options: Iterable[Any], context: Any) -> None:
    """Raise if a variable has a value that its option does not take, although Typer does.

    Raises:
        UsageError: It names the variable.
    """
    for option in options:
        if context.get_parameter_source(option.name).name == "ENVIRONMENT":
            try:
                check(option, context.params[option.name])
            except ValueError as reason:
                raise _refused(option, str(reason)) from None


def _refused(option: Any, problem: str) -> UsageError:
    name = variable(option.name)
    return UsageError("variable-wrong", name, value=os.environ.get(name, ""), problem=problem)


def unknown_variables(options: Collection[str]) -> list[tuple[Note, str]]:
    """Return notes about variables that look as if they were for llenhance.

    Args:
        options: Names of those that variables can set.
    """
    known = {variable(name) for name in options}
    only_typed = {variable(name) for name in ONLY_TYPED}
    notes: list[tuple[Note, str]] = []
    for name in sorted(os.environ):
        if not name.startswith(f"{PREFIX}_") or name in known | _OTHERS:
            continue
        ends = [one.removeprefix(f"{PREFIX}_") for one in known]
        close = get_close_matches(name.removeprefix(f"{PREFIX}_"), ends, n=1)
        if name in only_typed:
            notes.append((Note("variable-only-typed"), name))
        elif close:
            notes.append((Note("variable-misspelled", meant=f"{PREFIX}_{close[0]}"), name))
        else:
            notes.append((Note("variable-unknown"), name))
    return notes
