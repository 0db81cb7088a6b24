"""Where the result of a picture goes: the name and format of the file that is written.

Without a name, the result of `scan.png` is `scan_enhanced.png` beside it, and it keeps the format
of the input if that can be written. The results of several are in `planning.py`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from llenhance.errors import UsageError
from llenhance.files.called import USUAL_NAMING, Naming
from llenhance.files.reading import beginning
from llenhance.files.whole import same_file
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
        part: which of the picture's results, such as `v2`; nothing if there is one.
    """

    path: Path
    folder: Path | None = None
    root: Path | None = None
    part: str = ""


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


def plan_output(
    source: Path,
    *,
    output: Path | str | None,
    many: bool = False,
    format: str | None = None,
    naming: Naming = USUAL_NAMING,
    number: int = 1,
    part: str = "",
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
        part: which of the picture's results, such as `v2`; nothing if there is one.

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
    one = Source(source, folder, root, part)
    return _in_folder(one, folder, format=format, naming=naming, number=number)


def plan_source(
    source: Source,
    *,
    output: Path | str | None,
    many: bool,
    format: str | None,
    naming: Naming,
    number: int,
) -> Output:
    """Return where the result of a picture goes that may have been found in a folder.

    The arguments, and what is raised, are as for `plan_output`.
    """
    if source.folder is not None:
        return _in_folder(source, source.folder, format=format, naming=naming, number=number)
    return plan_output(
        source.path,
        output=output,
        many=many,
        format=format,
        naming=naming,
        number=number,
        part=source.part,
    )


def _not_itself(planned: Output, naming: Naming = USUAL_NAMING) -> Output:
    if same_file(planned.source, planned.target):
        code = "suffix-leaves-name" if naming.suffix == "" else "output-is-input"
        raise UsageError(code, str(planned.target))
    return planned


def _in_folder(
    source: Source, folder: Path, *, format: str | None, naming: Naming, number: int
) -> Output:
    ending, written, note = _ending(source.path, wanted=format)
    root, part = source.root, source.part
    target = naming.path(source.path, ending, folder=folder, root=root, number=number, part=part)
    return _not_itself(Output(source=source.path, target=target, format=written, note=note), naming)


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
