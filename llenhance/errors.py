"""What can go wrong: each error has a code, the thing it is about, facts, and an exit code.

    LlenhanceError            exit code 1
    ├── PictureError          1  a picture that cannot be read, enhanced or written
    ├── UsageError            2  a combination of options that makes no sense
    ├── WeightsError          3  weights that are missing, damaged or refused
    ├── SingularMatrixError   3  a 1x1 convolution of the flow that has no inverse
    ├── ResourceError         4  out of memory or of disk space
    ├── ExportError           1  a runtime that computes something else than the engine
    ├── TrainingError         1  a training run that cannot start or go on
    ├── ServiceError          1  a request that the service refuses
    └── MissingExtraError     2  an optional dependency that is not installed

The words of an error are in `messages/`, by its code. Everything else that is raised is a bug.
"""

from __future__ import annotations

from importlib import import_module
from numbers import Integral
from types import ModuleType
from typing import Any, ClassVar, Final, Self

from llenhance.messages import MESSAGES
from llenhance.messages.general import NEEDS
from llenhance.messages.message import Fact

_LONGEST: Final = 600  # characters of a problem with a file of weights


class LlenhanceError(Exception):
    """Base of every error that the user can do something about.

    `str` of it is one or two sentences: the name, what is wrong with it, and what to do.

    Args:
        code: a key of `messages.MESSAGES`.
        name: the file, setting or thing that the error is about.
        facts: what the words of the message need.

    Attributes:
        code: what kind of error it is; it does not change between versions.
        name: as above.
        facts: as above; JSON values.
        exit_code: of the command, if this ends it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, name: str, /, **facts: Fact) -> None:
        MESSAGES[code].problem.format(**facts)  # a wrong error is found where it is made
        super().__init__(code, name)
        self.code, self.name, self.facts = code, name, facts

    @property
    def problem(self) -> str:
        """What is wrong, without a full stop."""
        return MESSAGES[self.code].problem.format(**self.facts)

    @property
    def remedy(self) -> str:
        """What to do about it, without a full stop; empty if there is nothing to do."""
        return MESSAGES[self.code].remedy.format(**self.facts)

    def about(self, name: str) -> Self:
        """Return the same error about something else: who raised it may not know a file's name."""
        return type(self)(self.code, name, **self.facts)

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}." + (f" {self.remedy}." if self.remedy else "")

    def __reduce__(self) -> tuple[Any, ...]:  # processes send each other errors
        return _rebuilt, (type(self), self.code, self.name, self.facts)


def _rebuilt(
    kind: type[LlenhanceError], code: str, name: str, facts: dict[str, Fact]
) -> LlenhanceError:
    return kind(code, name, **facts)


class PictureError(LlenhanceError):
    """A picture that cannot be read, enhanced or written."""


class UsageError(LlenhanceError):
    """Options that contradict each other or are out of range."""

    exit_code = 2


class WeightsError(LlenhanceError):
    """Weights that are missing, damaged, or refused for what they contain."""

    exit_code = 3

    @property
    def problem(self) -> str:
        # It may quote a file that nobody vouches for: of any length, with any characters.
        told = super().problem
        line = "".join(letter if letter.isprintable() else "?" for letter in told[:_LONGEST])
        return line + ("..." if len(told) > _LONGEST else "")


class SingularMatrixError(WeightsError):
    """A 1x1 convolution of the flow whose matrix has no usable inverse."""


class ResourceError(LlenhanceError):
    """The machine ran out of memory or disk space."""

    exit_code = 4


class ExportError(LlenhanceError):
    """An exported network that a runtime computes differently."""


class TrainingError(LlenhanceError):
    """A training run that cannot start or cannot go on."""


class ServiceError(LlenhanceError):
    """A request that a service refuses."""


class MissingExtraError(LlenhanceError):
    """An optional dependency that is not installed."""

    exit_code = 2


def expect(value: object, kind: type, *, name: str) -> None:
    """Raise if a value is not of this kind.

    Args:
        value: that somebody gave.
        kind: that it must be of.
        name: of the value.

    Raises:
        UsageError: it is of another kind.
    """
    if not isinstance(value, Integral if kind is int else kind):  # numpy has whole numbers too
        given = type(value).__name__
        raise UsageError("wrong-type", name, given=given, wanted=kind.__name__)


def expect_function(value: object, *, name: str) -> None:
    """Raise if a value cannot be called.

    Raises:
        UsageError: it cannot.
    """
    if not callable(value):
        raise UsageError("wrong-type", name, given=type(value).__name__, wanted="function")


def require(module: str, *, extra: str) -> ModuleType:
    """Import a module that the extra brings, or say how to get it.

    Raises:
        MissingExtraError: the top-level package of the module is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        package = module.partition(".")[0]
        if missing.name != package:  # it is there, something it needs is not
            raise
        need = NEEDS.get(extra, "llenhance")
        raise MissingExtraError("extra-missing", need, extra=extra, package=package) from missing
