"""Results of earlier runs among pictures: told by their names, or by their own records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError
from llenhance.files.called import Naming
from llenhance.files.provenance import record_in_file
from llenhance.files.reading import beginning, read_bytes
from llenhance.files.whole import identity
from llenhance.pictures.formats import FORMATS, format_in, format_named, readable_extensions

_VARIANT: Final = re.compile(r"(?P<stem>[^/]+)_v\d+\.[^./]+$")
_MAP: Final = re.compile(r"(?P<result>.+\.[^.]+)_confidence(_heat)?\.png")


def earlier_results(sources: Iterable[Path], marks: Sequence[str]) -> dict[Path, Path]:
    """Return the sources that are named as the result of another picture among them, with that.

    Args:
        sources: The pictures.
        marks: What the stem of a result ends with, and that of its picture does not.
    """
    sources = list(sources)
    named = {(identity(source.parent), source.name): source for source in sources}
    by_stem = {(folder, Path(name).stem): source for (folder, name), source in named.items()}
    found: dict[Path, Path] = {}
    for source in sources:
        folder = identity(source.parent)
        for stem in _stems(source, marks):
            picture = named.get((folder, stem + source.suffix)) or by_stem.get((folder, stem))
            if picture is None and "-" in stem:  # `pair-png_enhanced.webp` is of `pair.png`
                picture = named.get((folder, ".".join(stem.rsplit("-", 1))))
            if picture and picture != source and _is_picture(picture):
                found[source] = picture
                break
    return found


def is_earlier_result(source: Path, marks: Sequence[str]) -> bool:
    """Tell whether a picture is named as the result of another one, and that lies beside it."""
    for stem in _stems(source, marks):
        endings = [source.suffix, "", *sorted(readable_extensions())]
        endings += [ending.upper() for ending in endings]
        names = [stem + ending for ending in endings]
        names += [".".join(stem.rsplit("-", 1))] if "-" in stem else []
        beside = (source.with_name(name) for name in names)
        if any(one != source and one.is_file() and _is_picture(one) for one in beside):
            return True
    return False


def recorded_results(
    sources: Sequence[Path], naming: Naming, *, come_alone: bool = False
) -> set[Path]:
    """Return the sources that say themselves that they were made of a picture beside them.

    Only those are read that a template may have named, or that are named as variants: numbers in
    names tell nothing by themselves, since `IMG_2.jpg` may be a picture as well as the second
    result, that of `IMG.jpg`.

    Args:
        sources: The pictures, in folders that results go into.
        naming: What results are called.
        come_alone: Whether a picture may be beside them that is not among the sources.
    """
    patterns = [one for one in (naming.pattern(), _VARIANT) if one is not None]
    found = set[Path]()
    stems = {source.stem for source in sources}
    for source in sources:
        names = (one.search(source.as_posix()) for one in patterns)
        told = [named.groupdict().get("stem") for named in names if named]
        if not told or not (come_alone or any(stem in {None, *stems} for stem in told)):
            continue
        with suppress(LlenhanceError):  # its turn will tell
            record = record_in_file(source, read_bytes(source))
            picture = source.with_name(record.source_name) if record else source
            if picture != source and picture.is_file():
                found.add(source)
    return found


def maps_among(sources: Iterable[Path]) -> set[Path]:
    """Return the sources that are named as maps of confidence of a result beside them."""
    named = ((source, _MAP.fullmatch(source.name)) for source in sources)
    return {source for source, map in named if map and source.with_name(map["result"]).is_file()}


def _stems(source: Path, marks: Sequence[str]) -> Iterator[str]:
    """Yield what the stem of the picture may be that a file is a result of."""
    format = format_named(source.suffix)
    if format is None or FORMATS[format].writer is None:
        return
    for mark in marks:
        stem = source.stem.removesuffix(mark)
        if stem and stem != source.stem:
            yield stem


def _is_picture(path: Path) -> bool:
    return bool(format_named(path.suffix) or format_in(beginning(path)))
