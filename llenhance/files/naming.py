"""Where results go: the names and formats of the files that are written, checked before any work.

Without a name, the result of `scan.png` is `scan_enhanced.png` beside it, and it keeps the format
of the input if that can be written. Results that would have one name get names of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from llenhance.errors import PictureError, UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.files.earlier import earlier_results, is_earlier_result
from llenhance.files.reading import beginning
from llenhance.files.whole import identity, real_name, same_file
from llenhance.messages.note import Note
from llenhance.pictures.formats import (
    FORMATS,
    format_in,
    format_named,
    format_of,
    result_format,
)
from llenhance.system import system_errors


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that is to get a result.

    Attributes:
        path: the picture's file; it need not exist.
        folder: the folder that its result goes into; None if that depends on the output alone.
        root: the folder above it that all results of the picture's neighbors go to, if any.
    """

    path: Path
    folder: Path | None = None
    root: Path | None = None


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
class Output:
    """Where the result of a picture goes.

    Attributes:
        source: the picture's file.
        target: the file of the result.
        format: the format of the result, a key of `FORMATS`.
        note: says that it is not the format of the source, and why; None if nobody need be told.
        renamed: says that another result has the usual name; None if this one has it.
    """

    source: Path
    target: Path
    format: str
    note: Note | None = None
    renamed: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOutput:
    """A picture that gets no result.

    Attributes:
        source: the picture's file.
        why: what is wrong with the name of its result, or a note of why there need be none.
    """

    source: Path
    why: PictureError | Note


def plan_output(
    source: Path,
    *,
    output: Path | str | None,
    many: bool = False,
    format: str | None = None,
    naming: Naming = USUAL_NAMING,
    number: int = 1,
) -> Output:
    """Return where the result of a picture goes.

        plan_output(Path("scan.png"), output=None).target   # scan_enhanced.png
        plan_output(Path("scan.png"), output="out/").target  # out/scan.png

    Without `output` that is `<stem>_enhanced` beside the source. If `output` is a folder (it is
    one, ends in a slash, or has no extension), the
    source's stem stays. In both cases the extension stays too if its format can be written.
    Otherwise the first bytes of the source tell the format, and one that cannot be written is
    replaced by its substitute.

    Args:
        source: a picture's file; it need not exist.
        output: a file or a folder; a folder if there are `many`.
        many: there are more sources than this one.
        format: the key in `FORMATS` of the format that is wanted; None keeps the source's.
        naming: what results are called.
        number: of the picture in its run, from 1.

    Raises:
        UsageError: `output` contradicts `many`, `format` or `naming`, has an extension of no format
            that can be written, or is the source itself: inputs are never modified.
        PictureError: the operating system refuses the name of `output`, or `naming` gives none.
    """
    root = None
    if output is None:
        folder = source.parent
    elif is_folder(output, many=many):
        folder = root = Path(output)
    elif not naming.is_usual:
        raise UsageError("naming-of-named-file", str(output))
    else:
        return _not_itself(_named(source, Path(output), format=format))
    one = Source(source, folder, root)
    return _in_folder(one, folder, format=format, naming=naming, number=number)


def _not_itself(planned: Output) -> Output:
    if same_file(planned.source, planned.target):
        raise UsageError("output-is-input", str(planned.target))
    return planned


def plan_outputs(
    sources: Sequence[Path], *, output: Path | str | None, many: bool, format: str | None = None
) -> list[Output]:
    """Return where the result of each picture goes, checked against each other before any work.

    Args:
        sources: the pictures' files.
        output: as for `plan_output`.
        many: there are several inputs, even if not all of them are among `sources`.
        format: as for `plan_output`.

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
) -> list[Output | NoOutput]:
    """Return where the result of each picture goes; only what is concerned is refused.

    A picture whose result would replace an input gets none. Neither does the result of an earlier
    run, if it lies beside its picture and was not named itself for another folder: it is not
    enhanced again. Where two results would have one name, the second one's has the extension
    of its picture in it, or a number.

    Args:
        sources: the pictures, in an order that decides which of two keeps a name.
        output: as for `plan_output`.
        many: as for `plan_outputs`.
        format: as for `plan_output`.
        naming: as for `plan_output`.
        known: what has been planned before, if pictures come one by one; it is added to. Then what
            lies beside a picture counts, even if that does not come itself.

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
    inputs = known.inputs
    inputs |= {identity(one.path): one.path for one in sources if one.path not in earlier}
    planned: list[Output | NoOutput] = []
    refused: list[UsageError] = []
    for one in sources:
        if one.path in earlier:
            planned.append(NoOutput(source=one.path, why=Note("earlier-result")))
            continue
        number = len(known.names) + 1
        try:
            usual = _planned(
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
            if error.code not in ("output-is-input", "output-replaces-input"):
                raise
            refused.append(error)
            why = PictureError(error.code, error.name, **error.facts)
            planned.append(NoOutput(source=one.path, why=why))
    if refused and not comes_alone and not any(isinstance(one, Output) for one in planned):
        raise refused[0]
    return planned


def _planned(
    source: Source,
    *,
    output: Path | str | None,
    many: bool,
    format: str | None,
    naming: Naming,
    number: int,
) -> Output:
    if source.folder is not None:
        return _in_folder(source, source.folder, format=format, naming=naming, number=number)
    return plan_output(
        source.path, output=output, many=many, format=format, naming=naming, number=number
    )


def _in_folder(
    source: Source, folder: Path, *, format: str | None, naming: Naming, number: int
) -> Output:
    ending, written, note = _ending(source.path, wanted=format)
    target = naming.path(source.path, ending, folder=folder, root=source.root, number=number)
    return _not_itself(Output(source=source.path, target=target, format=written, note=note))


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


def is_folder(output: Path | str, *, many: bool) -> bool:
    """Tell whether results go into a folder of this name, which need not exist yet.

    Args:
        output: as for `plan_output`.
        many: as for `plan_output`.

    Raises:
        UsageError: it must be a folder, and is or looks like a file.
        PictureError: the operating system refuses the name.
    """
    path = Path(output)
    separators = tuple(mark for mark in (os.sep, os.altsep) if mark)
    slash = isinstance(output, str) and output.endswith(separators)
    with system_errors(path):
        if not (many or slash):
            return path.is_dir() or (not path.suffix and not path.exists())
        if path.exists() and not path.is_dir():
            raise UsageError("file-in-place-of-folder", str(output))
        if many and not slash and not path.exists() and format_named(path.suffix) is not None:
            raise UsageError("one-name-for-many", str(output))
    return True


def _named(source: Path, target: Path, *, format: str | None) -> Output:
    """Return the output that has a name of its own; its extension must fit the format."""
    if format is None:
        return Output(source=source, target=target, format=format_of(target))
    if format_named(target.suffix) not in (None, format):
        title = FORMATS[format].title
        raise UsageError("extension-contradicts-format", str(target), format=title)
    return Output(source=source, target=target, format=format)


def _ending(source: Path, *, wanted: str | None) -> tuple[str, str, Note | None]:
    """Return the extension of a source's result, its format, and a note if that is another."""
    if wanted is not None:
        return FORMATS[wanted].extensions[0], wanted, None
    named = format_named(source.suffix)
    if named is not None and FORMATS[named].writer is not None:
        return source.suffix, named, None
    head = beginning(source)
    inside = format_in(head) or named or ""
    is_rich = FORMATS[inside].is_rich if inside else None
    written, note = result_format(inside, rich=is_rich is not None and is_rich(head))
    return FORMATS[written].extensions[0], written, note
