"""What a picture is expected to take, before anything is done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from llenhance.files.space import Space, space_at
from llenhance.jobs.enhancers import LoadedEnhancer
from llenhance.jobs.job import Job
from llenhance.jobs.maps import Maps, likely_map_size
from llenhance.jobs.sheets import PANEL
from llenhance.jobs.task import Opened
from llenhance.pictures.size import likely_size

if TYPE_CHECKING:  # it imports torch
    from llenhance.enhancing.estimate import Estimate


def estimated(opened: Opened, enhancer: LoadedEnhancer) -> Estimate:
    """Return what all pictures of a file will take; only one is in memory at a time."""
    each_size = Counter(opened.sizes)
    takes = {size: enhancer.estimate(width=size[0], height=size[1]) for size in each_size}
    seconds = sum(takes[size].seconds * count for size, count in each_size.items())
    if opened.request.panels:  # of the first picture alone
        seconds = takes[opened.sizes[0]].seconds * len(opened.request.panels)
    memory = max(one.memory for one in takes.values())
    return next(iter(takes.values()))._replace(seconds=seconds, memory=memory)


def space_of(
    job: Job,
    opened: Opened,
    *,
    source_size: int,
    maps: Maps | None = None,
) -> tuple[Space, ...]:
    """Return what the files of a picture will take: its result, and its maps.

    Args:
        job: Where the result goes.
        opened: The picture.
        source_size: Bytes of its file.
        maps: Where its maps go; None if there are to be none.
    """
    request, picture = opened.request, opened.picture
    if request.panels:
        scale = min(1.0, PANEL / max(picture.width, picture.height))
        each = round(scale**2 * picture.width * picture.height)
        pixels = each * len(request.panels)  # its words and its even ground are nearly nothing
    else:
        pixels = sum(width * height for width, height in opened.sizes)
    size = likely_size(
        picture,
        pixels=pixels,
        format=opened.format,
        quality=request.quality,
        source_size=None if request.panels else source_size,
    )
    result = space_at(job.output, size) if isinstance(job.output, Path) else Space(size=size)
    if maps is None:
        return (result,)
    of_map = likely_map_size(picture)
    return (result, space_at(maps.map, of_map), space_at(maps.heat, of_map))
