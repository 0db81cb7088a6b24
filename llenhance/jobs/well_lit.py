"""Pictures that are well lit already, and are left as they are: told without the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llenhance.errors import PictureError
from llenhance.files.whole import same_file
from llenhance.pictures.formats import FORMATS
from llenhance.pictures.spaces import as_srgb
from llenhance.pictures.visible import visible_part
from llenhance.scoring.metrics import mean_grey

if TYPE_CHECKING:
    from llenhance.jobs.job import Job
    from llenhance.jobs.task import Opened


def gray_of(opened: Opened) -> float:
    """Return the mean gray that tells how dark a picture is, 0..1: of what is visible, in sRGB.

    Of the pages of a file it is that of the darkest, of an animation that of all frames.
    """
    grays = list[float]()
    for picture in opened.sequence:
        pixels = as_srgb(picture)
        visible = visible_part(pixels, picture.alpha)
        grays.append(mean_grey(visible.part(pixels), visible.weights))
    return sum(grays) / len(grays) if opened.sequence.kind == "frames" else min(grays)


def place_of_copy(job: Job, opened: Opened, *, named: bool) -> Path | Literal["-"] | None:
    """Return where a copy of a picture goes that is left as it is; None if there is to be none.

    In a folder of results it keeps its own extension, so that its name never lies. Beside the
    picture itself no copy is needed.

    Args:
        job: What was to be done; it has an output.
        opened: The picture.
        named: Whether it was said where results go.

    Raises:
        PictureError: One file or standard output is to get another format than the picture's.
    """
    output = job.output
    if isinstance(output, Path) and job.results is not None:
        copy = output.with_name(output.stem + _extension(job, opened))
        return None if job.data is None and same_file(copy, Path(job.input)) else copy
    if output == "-" or named:
        if opened.picture.source_format != opened.format:
            title = FORMATS[opened.format].title
            raise PictureError("well-lit-of-other-format", job.name, format=title)
        return output
    return None


def _extension(job: Job, opened: Opened) -> str:
    """Return the extension of a file as it is; for standard input that of its format."""
    if job.input != "-":
        return Path(job.input).suffix
    return FORMATS[opened.picture.source_format or opened.format].extensions[0]
