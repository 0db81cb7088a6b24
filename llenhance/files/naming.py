"""Where results go: the names of the files that are written, checked before any work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llenhance.errors import UsageError
from llenhance.files.whole import identity, in_sentences, same_file
from llenhance.pictures.picture import FORMATS, format_of

DEFAULT_EXTENSION: Final = ".jpg"


def output_path(source: Path, *, output: Path | str | None, many: bool, format: str | None) -> Path:
    """Return where the enhanced picture of `source` goes.

    Without `output` that is `<stem>_enhanced.jpg` beside it. If `output` is a folder, the
    source's name stays, with an extension that can be written. Otherwise it is `output`.

    Args:
        source: a picture's file.
        output: what `-o` says. A folder if it is one, ends in a slash, or `many`; else a file.
        many: there are more sources than this one.
        format: a key of `FORMATS` that the extension shall follow, or None.

    Raises:
        UsageError: `output` contradicts `many` or `format`, has an extension of no format, or is
            the source itself: inputs are never modified.
    """
    asked = None if format is None else FORMATS[format].extensions[0]
    if output is None:
        target = source.with_name(f"{source.stem}_enhanced{asked or DEFAULT_EXTENSION}")
    else:
        with in_sentences(Path(output)):  # Python 3.11 asks a name that is too long, and raises
            is_folder = _is_folder(output, many=many)
        if is_folder:
            target = Path(output) / f"{source.stem}{asked or _writable_extension(source)}"
        else:
            target = Path(output)
            _check_extension(target, format=format)
    if same_file(source, target):
        remedy = "Choose another name or folder with -o"
        raise UsageError(str(target), "it is the input, and inputs are never modified", remedy)
    return target


def plan_outputs(
    sources: Sequence[Path], *, output: Path | str | None, many: bool, format: str | None
) -> list[tuple[Path, Path]]:
    """Return each source with its `output_path`, checked against each other before work starts.

    Raises:
        UsageError: also if two sources would be written to one file, or one over another.
    """
    plan = [
        (source, output_path(source, output=output, many=many, format=format)) for source in sources
    ]
    inputs = {identity(source): source for source in sources}
    taken: dict[object, Path] = {}
    for source, target in plan:
        key = identity(target)
        if key in inputs:
            problem = f"it is an input, and the output for {source} would replace it"
            raise UsageError(str(inputs[key]), problem, "Choose another folder with -o")
        if key in taken:
            problem = f"both {taken[key]} and {source} would be written to it"
            raise UsageError(str(target), problem, "Enhance them one after the other")
        taken[key] = source
    return plan


def _is_folder(output: Path | str, *, many: bool) -> bool:
    path = Path(output)
    separators = tuple(mark for mark in (os.sep, os.altsep) if mark)
    slash = isinstance(output, str) and output.endswith(separators)
    if not (many or slash):
        return path.is_dir()
    if path.exists() and not path.is_dir():
        raise UsageError(str(output), "it is a file, not a folder", "Name a folder with -o")
    if many and not slash and not path.exists() and _is_writable(path):
        remedy = "Name a folder with -o, with a slash behind it if it shall end like a picture"
        raise UsageError(str(output), "it names one picture, but there are several inputs", remedy)
    return True


def _is_writable(path: Path) -> bool:
    return any(path.suffix.lower() in format.extensions for format in FORMATS.values())


def _writable_extension(source: Path) -> str:
    return source.suffix if _is_writable(source) else DEFAULT_EXTENSION


def _check_extension(target: Path, *, format: str | None) -> None:
    if format is None:
        format_of(target)
    elif _is_writable(target) and format_of(target) != format:
        problem = f"its extension contradicts the format {FORMATS[format].title}"
        raise UsageError(str(target), problem, "Change one of the two")
