"""What can go wrong, as sentences with an exit code.

    LlenhanceError            exit code 1
    ├── PictureError          1  a picture that cannot be read, enhanced or written
    ├── UsageError            2  a combination of options that makes no sense
    ├── WeightsError          3  weights that are missing, damaged or refused
    ├── SingularMatrixError   3  a 1x1 convolution of the flow that has no inverse
    ├── ResourceError         4  out of memory or of disk space
    ├── ExportError           1  a runtime that computes something else than the engine
    ├── TrainingError         1  a training run that cannot start or go on
    └── MissingExtraError     2  an optional dependency that is not installed

`cli.app` prints the sentence and exits with the code; everything else that is raised is a bug and
keeps its traceback.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import ClassVar, Final

_LONGEST: Final = 600  # characters of a problem with a file of weights


class LlenhanceError(Exception):
    """Base of every error that is the user's to solve: which thing, what is wrong, what to do.

    Args:
        name: the file, option or thing that the sentence is about.
        problem: what is wrong with it, without a full stop.
        remedy: what the user can do about it, without a full stop.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(name, problem, remedy)  # all three: workers pickle exceptions by args
        self.name, self.problem, self.remedy = name, problem, remedy

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}. {self.remedy}."


class PictureError(LlenhanceError):
    """A picture that cannot be read, enhanced or written."""


class UsageError(LlenhanceError):
    """Options that contradict each other or are out of range."""

    exit_code = 2


class WeightsError(LlenhanceError):
    """Weights that are missing, damaged, or refused for what they contain."""

    exit_code = 3

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        # It may quote a file that nobody vouches for: of any length, with any characters.
        line = "".join(letter if letter.isprintable() else "?" for letter in problem[:_LONGEST])
        super().__init__(name, line + ("..." if len(problem) > _LONGEST else ""), remedy)


class SingularMatrixError(WeightsError):
    """A 1x1 convolution of the flow whose matrix has no usable inverse."""


class ResourceError(LlenhanceError):
    """The machine ran out of memory or disk space."""

    exit_code = 4


class ExportError(LlenhanceError):
    """An exported network that a runtime computes differently."""


class TrainingError(LlenhanceError):
    """A training run that cannot start or cannot go on."""


class MissingExtraError(LlenhanceError):
    """An optional dependency that is not installed."""

    exit_code = 2


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
        raise MissingExtraError(
            package, "is not installed", f"Run: pip install 'llenhance[{extra}]'"
        ) from missing
