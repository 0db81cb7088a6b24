"""What a picture is expected to take, before anything is done."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from llenhance.jobs.enhancers import LoadedEnhancer
from llenhance.jobs.task import Opened

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
