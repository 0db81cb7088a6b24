"""Where the results of several pictures go, checked against each other before any work.

Results that would have one name get names of their own, and inputs are never replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Final

from llenhance.errors import PictureError, UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.files.earlier import (
    earlier_results,
    is_earlier_result,
    maps_among,
    recorded_results,
)
from llenhance.files.naming import Output, Source, plan_output, plan_source
from llenhance.files.numbers import Numbers
from llenhance.files.whole import identity, real_name, same_file
from llenhance.messages.note import Note

_OF_ONE: Final = ("output-is-input", "output-replaces-input", "suffix-leaves-name")
"""Codes of what is wrong with one picture, not with the whole command."""


@dataclass(frozen=True, slots=True)
class Known:
    """What has been planned so far, of pictures that come one by one.

    Attributes:
        inputs: the pictures, by their identity.
        taken: identities of the files of results.
        names: their real names: a file that is written gets another identity.
    """

    inputs: dict[object, Path] = field(default_factory=dict[object, Path])
    taken: set[object] = field(default_factory=set[object])
    names: set[str] = field(default_factory=set[str])

    def is_result(self, path: Path) -> bool:
        """Tell whether a file is one of the results, written or not."""
        return identity(path) in self.taken or real_name(path) in self.names


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOutput:
    """A picture that gets no result.

    Attributes:
        source: the picture's file.
        why: what is wrong with the name of its result, or a note of why there need be none.
    """

    source: Path
    why: PictureError | Note


def plan_outputs(
    sources: Sequence[Path], *, output: Path | str | None, many: bool, format: str | None = None
) -> list[Output]:
    """Return where the result of each picture goes, checked against each other before any work.

    Args:
        sources: the pictures' files.
        output: as for `naming.plan_output`.
        many: there are several inputs, even if not all of them are among `sources`.
        format: as for `naming.plan_output`.

    Raises:
        UsageError: also if two results would be written to one file, or one over another input.
        PictureError: the operating system refuses the name of `output`.
    """
    planned = [plan_output(source, output=output, many=many, format=format) for source in sources]
    inputs = {identity(source): source for source in sources}
    taken: dict[object, Path] = {}
    for one in planned:
        key = identity(one.target)
        if key in inputs:
            raise UsageError("output-replaces-input", str(inputs[key]), source=str(one.source))
        if key in taken:
            raise UsageError(
                "two-inputs-one-output",
                str(one.target),
                first=str(taken[key]),
                second=str(one.source),
            )
        taken[key] = one.source
    return planned


def plan_each(
    sources: Sequence[Source],
    *,
    output: Path | str | None,
    many: bool,
    format: str | None = None,
    naming: Naming = USUAL_NAMING,
    known: Known | None = None,
    numbers: Numbers | None = None,
) -> list[Output | NoOutput]:
    """Return where the result of each picture goes; only what is concerned is refused.

    A picture whose result would replace an input gets none. Neither does the result of an earlier
    run, if it lies beside its picture and was not named itself for another folder: it is not
    enhanced again. Where two results would have one name, the second one's has the extension
    of its picture in it, or a number.

    Args:
        sources: the pictures, in an order that decides which of two keeps a name.
        output: as for `naming.plan_output`.
        many: as for `plan_outputs`.
        format: as for `naming.plan_output`.
        naming: as for `naming.plan_output`.
        known: what has been planned before, if pictures come one by one; it is added to. Then what
            lies beside a picture counts, even if that does not come itself.
        numbers: those that pictures have in the names of their results; None counts from 1.

    Raises:
        UsageError: what is wrong for all sources alike.
        PictureError: the operating system refuses the name of `output`.
    """
    beside = [one.path for one in sources if one.folder is not None or output is None]
    if known is None:
        known, comes_alone = Known(), False
        earlier = set(earlier_results(beside, naming.marks))
    else:
        comes_alone = True
        earlier = {one for one in beside if is_earlier_result(one, naming.marks)}
        earlier |= {one.path for one in sources if known.is_result(one.path)}
    numbers = numbers or Numbers(naming)
    near = [one.path for one in sources if _is_beside(one, output)]
    earlier |= recorded_results(near, naming, come_alone=comes_alone) | maps_among(near)
    inputs = known.inputs
    inputs |= {identity(one.path): one.path for one in sources if one.path not in earlier}
    planned: list[Output | NoOutput] = []
    refused: list[UsageError] = []
    for one in sources:
        if one.path in earlier:
            planned.append(NoOutput(source=one.path, why=Note("earlier-result")))
            continue
        number = numbers.of(one, usual=len(known.names) + 1)
        try:
            usual = plan_source(
                one, output=output, many=many, format=format, naming=naming, number=number
            )
            found = _own_name(usual, known, naming.marks)
            if (key := identity(found.target)) in inputs:
                raise UsageError("output-replaces-input", str(inputs[key]), source=str(one.path))
            known.taken.add(key)
            known.names.add(real_name(found.target))
            planned.append(found)
        except PictureError as error:
            if error.code != "template-gives-no-name":
                raise
            planned.append(NoOutput(source=one.path, why=error))
        except UsageError as error:
            if error.code not in _OF_ONE:
                raise
            refused.append(error)
            why = PictureError(error.code, error.name, **error.facts)
            planned.append(NoOutput(source=one.path, why=why))
    if refused and not comes_alone and not any(isinstance(one, Output) for one in planned):
        raise refused[0]
    return planned


def _is_beside(source: Source, output: Path | str | None) -> bool:
    """Tell whether a result goes into the folder that its picture is in."""
    folder = source.folder or (None if output is None else Path(output))
    return folder is None or same_file(folder, source.path.parent)


def _own_name(planned: Output, known: Known, marks: Sequence[str]) -> Output:
    """Return the output under a name that no other result has, with a note if it is another."""
    if not known.is_result(planned.target):
        return planned
    for target in _other_names(planned, marks):
        if not known.is_result(target):
            return replace(planned, target=target, renamed=Note("renamed", result=target.name))
    raise AssertionError("numbers never end")


def _other_names(planned: Output, marks: Sequence[str]) -> Iterator[Path]:
    """Yield names for the result of `pair.png`: `pair-png.webp`, `pair-2.webp`, and so on."""
    target = planned.target
    mark = next((one for one in marks if target.stem.endswith(one)), "")
    stem = target.stem.removesuffix(mark)
    end = target.stem[len(stem) :] + target.suffix
    if kind := planned.source.suffix.lower().removeprefix("."):
        yield target.with_name(f"{stem}-{kind}{end}")
    for number in count(2):
        yield target.with_name(f"{stem}-{number}{end}")
