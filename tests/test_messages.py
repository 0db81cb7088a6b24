"""Every error and note has words, is told the facts that they need, and names no options."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import llenhance
from llenhance import errors, messages
from llenhance.cli.advice import _ADVICE
from llenhance.errors import LlenhanceError
from llenhance.messages import MESSAGES, command
from llenhance.messages.general import NEEDS

PACKAGE = Path(llenhance.__file__).parent
WORDS = (PACKAGE / "messages", PACKAGE / "cli" / "advice.py")  # where codes have their words

ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, LlenhanceError)
}
KINDS = ERRORS | {"kind"}  # a parameter that says which error is raised
NOTES = {"Note"}


class Use(NamedTuple):
    """A call in the package that makes an error or a note with literal codes.

    Attributes:
        place: file and line.
        made: 'error' or 'note'.
        codes: one, or both of a conditional expression.
        positional: how many arguments have no names.
        facts: names of the others.
    """

    place: str
    made: str
    codes: tuple[str, ...]
    positional: int
    facts: frozenset[str]


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if not any(path.is_relative_to(words) for words in WORDS):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def literals(code: ast.expr) -> tuple[str, ...]:
    """Return the codes that an expression may be, nothing where they are only known later."""
    if isinstance(code, ast.IfExp):
        both = literals(code.body), literals(code.orelse)
        return both[0] + both[1] if all(both) else ()
    if isinstance(code, ast.Constant) and isinstance(code.value, str):
        return (code.value,)
    return ()


def uses() -> Iterator[Use]:
    for path, module in modules():
        for call in ast.walk(module):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            called = call.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name not in KINDS | NOTES:
                continue
            yield Use(
                place=f"{path.relative_to(PACKAGE).as_posix()}:{call.lineno}",
                made="note" if name in NOTES else "error",
                codes=literals(call.args[0]),
                positional=len(call.args),
                facts=frozenset(keyword.arg or "**" for keyword in call.keywords),
            )


USES = list(uses())
KNOWN = [use for use in USES if use.codes]


def fields(*texts: str) -> set[str]:
    """Return the facts that words need."""
    parts = [part for text in texts for part in string.Formatter().parse(text)]
    return {field for _, field, _, _ in parts if field is not None}


def needed(code: str) -> set[str]:
    """Return the facts that the words of a message need."""
    return fields(MESSAGES[code].problem, MESSAGES[code].remedy)


def advised(code: str) -> Iterable[str]:
    """Return what the users of the command are told to do about a message."""
    advice = _ADVICE.get(code, "")
    return [advice] if isinstance(advice, str) else advice.values()


def test_uses_are_found() -> None:
    """Otherwise the tests below could not fail."""
    assert len(KNOWN) > 50
    assert {use.made for use in KNOWN} == {"error", "note"}


def places(uses: Iterable[Use]) -> list[str]:
    return [f"{use.place} {' or '.join(use.codes)}" for use in uses]


def test_every_code_has_words() -> None:
    assert places(use for use in KNOWN if not set(use.codes) <= MESSAGES.keys()) == []


def test_an_error_has_a_code_and_a_name_and_a_note_a_code() -> None:
    arguments = {"error": 2, "note": 1}
    assert places(use for use in USES if use.positional != arguments[use.made]) == []


def test_the_facts_are_those_that_the_words_need() -> None:
    def told(use: Use, code: str) -> bool:
        given = use.facts if "**" not in use.facts else use.facts - {"**"} | needed(code)
        return needed(code) <= given <= needed(code) | fields(*advised(code))

    known = ((use, code) for use in KNOWN for code in use.codes if code in MESSAGES)
    assert [f"{use.place} {code}" for use, code in known if not told(use, code)] == []


def test_advice_is_about_codes_and_facts_that_exist() -> None:
    assert _ADVICE.keys() <= MESSAGES.keys()
    given = {code: use.facts for use in KNOWN for code in use.codes}
    surplus = {code: fields(*advised(code)) - given.get(code, frozenset()) for code in _ADVICE}
    assert {code: facts for code, facts in surplus.items() if facts} == {}


def test_what_is_raised_is_an_error_and_what_is_noted_is_none() -> None:
    severities = {"error": {"error"}, "note": {"note", "warning"}}
    assert [
        use.place
        for use in KNOWN
        for code in use.codes
        if code in MESSAGES and MESSAGES[code].severity not in severities[use.made]
    ] == []


def test_every_message_is_used() -> None:
    constants = {
        node.value
        for _, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert MESSAGES.keys() - constants == set()


def test_no_code_stands_in_two_rooms() -> None:
    assert sum(len(room.MESSAGES) for room in messages._ROOMS) == len(MESSAGES)


def test_codes_are_lower_case_words_joined_by_hyphens() -> None:
    assert [code for code in MESSAGES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


def test_words_name_no_options_and_no_command() -> None:
    """Who uses Python reads them too; `cli/advice.py` has what the command's users should do."""
    assert [
        text
        for code, message in MESSAGES.items()
        if code not in command.MESSAGES
        for text in (message.problem, message.remedy)
        # What follows "pip install" is for a terminal, whatever llenhance is used from.
        if re.search(r"(?<!\w)--?[a-z]", text.partition("pip install")[0])
        or "Run: llenhance" in text
    ] == []


def test_messages_of_the_command_are_used_by_the_command_only() -> None:
    """They may name its options: nobody else reads them."""
    elsewhere = (use for use in KNOWN if not use.place.startswith("cli/"))
    assert places(use for use in elsewhere if command.MESSAGES.keys() & set(use.codes)) == []


def test_words_end_without_a_full_stop() -> None:
    assert [
        code
        for code, message in MESSAGES.items()
        if not message.problem or message.problem.endswith(".") or message.remedy.endswith(".")
    ] == []


def test_facts_have_names_and_the_name_of_the_thing_is_none_of_them() -> None:
    facts = {fact for code in MESSAGES for fact in needed(code)}
    assert [fact for fact in facts if not fact.isidentifier() or fact == "name"] == []


def test_every_extra_says_what_it_is_needed_for() -> None:
    required = {
        keyword.value.value
        for _, module in modules()
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "require"
        for keyword in call.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Constant)
    }
    assert len(required) > 5
    assert required == NEEDS.keys()
