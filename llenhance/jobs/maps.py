"""Maps of confidence: where those of a picture go, and how they are written.

A picture has two: the map itself, gray with 16 bits (`Confidence.as_pixels`), and a heat map for
people beside it, `map_heat.png`. In a folder they are named after the whole name of the result,
`photo.jpg_confidence.png`: results of one folder may differ in their extensions alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from llenhance.errors import PictureError, UsageError
from llenhance.files.naming import is_folder
from llenhance.files.preflight import check_output
from llenhance.files.reading import read_bytes
from llenhance.files.whole import make_folder, same_file, write_whole
from llenhance.jobs.sources import STDIO
from llenhance.pictures.encode import encode
from llenhance.pictures.picture import Picture

if TYPE_CHECKING:  # they import torch
    from llenhance.enhancing.confidence import Confidence
    from llenhance.jobs.job import Job

_EXTENSION: Final = ".png"  # of the formats that are written everywhere, it alone has 16 bit grays
_HEAT: Final = "_heat"
_BYTES_A_PIXEL: Final = 1.3  # of either map: the median over dark photographs


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """The files of a picture's maps, and what they say.

    Attributes:
        map: The map: gray, 16 bits, 65535 times the spread.
        heat: The heat map.
        spread: The mean of the spread, 0..1; None while nothing is computed.
    """

    map: Path
    heat: Path
    spread: float | None = None

    @property
    def exist(self) -> bool:
        """Whether both files are there."""
        return self.map.is_file() and self.heat.is_file()


def check_place(place: str, *, many: bool) -> None:
    """Raise, before any work, if maps cannot go there.

    Args:
        place: A PNG file, or a folder.
        many: Whether there are several pictures.

    Raises:
        UsageError: It is a file, and there are several pictures; or it is no PNG file, or '-'.
        PictureError: The operating system refuses the name.
    """
    if place == STDIO:
        raise UsageError("map-to-stdout", place)
    if not is_folder(place, many=many) and Path(place).suffix.lower() != _EXTENSION:
        raise UsageError("map-not-png", place)


def maps_of(job: Job, place: str) -> Maps:
    """Return where the maps of a picture go.

    Args:
        job: Its job.
        place: As `check_place` allows it.
    """
    if not is_folder(place, many=not job.is_alone):
        path = Path(place)
        return Maps(map=path, heat=path.with_name(f"{path.stem}{_HEAT}{path.suffix}"))
    folder, result = Path(place), job.output
    if not isinstance(result, Path):  # standard output
        result = Path("stdin" if job.input == STDIO else Path(job.input).name)
    if job.results is not None and result.is_relative_to(job.results):
        folder /= result.parent.relative_to(job.results)
    return Maps(
        map=folder / f"{result.name}_confidence{_EXTENSION}",
        heat=folder / f"{result.name}_confidence{_HEAT}{_EXTENSION}",
    )


def check_maps(maps: Maps, job: Job, *, overwrite: bool) -> None:
    """Raise what would keep the maps from being written.

    Raises:
        PictureError: One is the picture or its result, exists and may not be replaced, or the
            system refuses it.
    """
    for path in (maps.map, maps.heat):
        if isinstance(job.output, Path) and same_file(path, job.output):
            raise PictureError("map-is-result", str(path))
        inputs = () if job.input == STDIO else (Path(job.input),)
        check_output(path, overwrite=overwrite, inputs=inputs, folder_will_be_made=True)


def encoded(confidence: Confidence, result: Picture) -> tuple[bytes, bytes]:
    """Return the content of the files of both maps.

    Args:
        confidence: Of the picture.
        result: The enhanced picture.
    """
    from llenhance.enhancing.heat_map import heat_map
    from llenhance.pictures.spaces import as_srgb

    gray = np.repeat(confidence.as_pixels()[..., None], 3, axis=2)
    heat = heat_map(confidence, as_srgb(result))
    return (
        encode(Picture(pixels=gray, gray=True), format="PNG", name="the map"),
        encode(Picture(pixels=heat), format="PNG", name="the heat map"),
    )


def likely_map_size(picture: Picture) -> int:
    """Return about how many bytes each of the two maps of a picture will have."""
    return round(picture.width * picture.height * _BYTES_A_PIXEL)


def write_maps(maps: Maps, content: tuple[bytes, bytes], *, overwrite: bool) -> None:
    """Write both maps: each of them complete, or not at all.

    Raises:
        PictureError: One exists and may not be replaced, or the system refuses it.
        ResourceError: The disk is full.
    """
    for path, data in zip((maps.map, maps.heat), content, strict=True):
        make_folder(path.parent)
        try:
            write_whole(path, data, overwrite=overwrite)
        except PictureError as error:
            if error.code != "exists" or read_bytes(path) != data:  # another run made the same
                raise
