"""What value a person may have meant: from one that an option refuses to one that it takes.

Typer says what it refuses; these are better words for the same, with a value to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The numbers that an option takes.

    Attributes:
        least: Smallest of them.
        most: Largest of them.
        whole: Whether they are whole numbers.
        habits: What others count in: factors from their numbers to these.
    """

    least: float
    most: float
    whole: bool = False
    habits: tuple[float, ...] = ()

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most


_PERCENT: Final = 1 / 100
_FEW_PERCENT: Final = 5  # nobody who writes 2 means 2 %
_SCALES: Final = {
    "--brightness": _Scale(least=-1, most=1, habits=(_PERCENT,)),
    "--exposure": _Scale(least=-5, most=5),
    "--target-mean": _Scale(least=0, most=1, habits=(_PERCENT, 1 / 255)),  # of values of 8 bits
    "--strength": _Scale(least=0, most=1, habits=(_PERCENT,)),
    "--denoise": _Scale(least=0, most=1, habits=(_PERCENT,)),
    "--protect": _Scale(least=0, most=1, habits=(_PERCENT,)),
    "--quality": _Scale(least=1, most=100, whole=True, habits=(100,)),  # of programs with 0 to 1
}
_PRECISIONS: Final = {
    "fp32": ("float32", "float", "single", "full", "32"),
    "fp16": ("float16", "half", "16"),
    "bf16": ("bfloat16", "bfloat"),
}

_REFUSED: Final = re.compile(
    r"Invalid value for '(?P<option>--[\w-]+)'.*: (?:"
    r"Input should be (?P<wrong>"
    r"a valid number|a valid integer|(?:less|greater) than or equal to (?P<end>.+))"
    r"|'(?P<word>.*)' is not one of .*)",
    re.DOTALL,
)
_NUMBER: Final = re.compile(
    r"\s*(?P<number>[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?)"
    r"\s*(?:/\s*(?P<below>[1-9]\d*))?\s*(?P<unit>%|x|ev|stops?|px|pixels?)?\s*",
    re.IGNORECASE,
)


def value_meant(problem: str, arguments: Sequence[str]) -> str:
    """Return what is wrong with the value of an option, and what value may be meant.

    Args:
        problem: What is wrong, in the words of Typer; any other problem is returned as it is.
        arguments: The command line.
    """
    refused = _REFUSED.match(problem)
    if refused is None:
        return problem
    option = refused["option"]
    if refused["word"] is not None:
        return problem + _precision_meant(option, refused["word"])
    given = _given(option, arguments)
    told = f"Invalid value for {option}: {given!r} {_what_is_wrong(given, refused)}"
    scale = _SCALES.get(option)
    whole = refused["wrong"] == "a valid integer" or (scale is not None and scale.whole)
    for meant in _meanings(given, scale, whole=whole):
        if scale is not None and meant in scale:
            return f"{told}. Write {_written(meant)}"
        if scale is None and refused["end"] is None and not (whole and meant % 1):
            return f"{told}. Write {_written(meant)}"
    return told if scale is None else f"{told}. Use one from {scale.least:g} to {scale.most:g}"


def _given(option: str, arguments: Sequence[str]) -> str:
    """Return the value that an option has on a command line."""
    joined = [word.partition("=")[2] for word in arguments if word.startswith(f"{option}=")]
    apart = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == option]
    return [*joined, *apart, ""][0]


def _what_is_wrong(given: str, refused: re.Match[str]) -> str:
    if _NUMBER.fullmatch(given) and refused["wrong"] == "a valid integer":
        return "is not a whole number"
    if refused["end"] is None or given.strip("+- ").lower() == "nan":
        return "is not a number"
    # Typer's "greater than or equal to 1" is a rule; this is how it was broken.
    return f"is {'more' if refused['wrong'].startswith('less') else 'less'} than {refused['end']}"


def _meanings(given: str, scale: _Scale | None, *, whole: bool) -> Iterator[float]:
    """Yield the numbers that a text may stand for, the likeliest first."""
    found = _NUMBER.fullmatch(given)
    if found is None:
        return
    value = float(found["number"].replace(",", ".")) / float(found["below"] or 1)
    unit, habits = (found["unit"] or "").lower(), scale.habits if scale else ()
    if unit == "x":
        if scale is _SCALES["--exposure"] and value > 0:
            yield log2(value)  # twice the light is one stop
    elif unit == "%" and not whole:
        if _PERCENT in habits:
            yield value * _PERCENT
    else:
        yield round(value) if scale is not None and whole and value >= 1 else value
        for factor in habits:
            if factor > 1 or abs(value) >= _FEW_PERCENT:
                yield round(value * factor) if whole else value * factor


def _written(value: float) -> str:
    return str(round(value)) if value % 1 == 0 else f"{value:.3g}"


def _precision_meant(option: str, word: str) -> str:
    if option == "--precision":
        for name, others in _PRECISIONS.items():
            if word.lower().replace("-", "").replace("_", "") in (name, *others):
                return f". Write {name}"
    return ""
