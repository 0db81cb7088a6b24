"""Sets of pictures that are to look alike: one brightness and one tone for each set.

A set is all pictures of one folder, or all that were named themselves. Its plan is made once, from
some of its pictures, when the first one is to be enhanced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np

from llenhance.enhancing.enhanced import Enhanced
from llenhance.enhancing.progress import Progress
from llenhance.enhancing.wish import AUTOMATIC, Wish
from llenhance.errors import LlenhanceError, PictureError, UsageError
from llenhance.files.reading import read_bytes
from llenhance.jobs.enhancers import AnyEnhancer
from llenhance.jobs.job import STDIO, Job
from llenhance.jobs.task import LOOKED_AT
from llenhance.pictures.decode import decode
from llenhance.pictures.depth import to_8_bits
from llenhance.pictures.picture import Picture

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer
    from llenhance.enhancing.together import Several, Together
    from llenhance.messages.note import Note


class Sets:
    """The sets of a run.

    Args:
        jobs: All of the run.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        found: dict[Path | None, list[Job]] = {}
        for job in jobs:
            if job.output is not None and job.refusal is None and not job.is_copy:
                found.setdefault(job.folder, []).append(job)
        self._sets = {folder: PictureSet(members) for folder, members in found.items()}

    def of(self, job: Job) -> PictureSet:
        """Return the set that a picture belongs to."""
        return self._sets[job.folder]


class PictureSet:
    """Pictures that are to look alike. Threads may share it.

    Args:
        members: The jobs of all of them, in an order that stays the same.

    Attributes:
        members: The same.
    """

    def __init__(self, members: Sequence[Job]) -> None:
        self.members = list(members)
        self._sample = _Sample([job for job in members if job.input != STDIO])
        self._together: Together | None = None
        self._lock = Lock()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the plan is made from, 64 hex digits."""
        return self._sample.digest()

    def alike(self, enhancer: AnyEnhancer, wish: Wish, *, name: str) -> Alike:
        """Return an enhancer that makes all pictures of the set alike.

        Args:
            enhancer: Looks at them, if that was not done yet.
            wish: How bright their results should be, in the mean.
            name: Of the picture that is to be enhanced, for errors.

        Raises:
            PictureError: None of those that the plan is made from can be read, or the network
                computes numbers that are not finite.
            ResourceError: There is not enough memory.
        """
        with self._lock:
            if self._together is None:
                kinds = {(one.pixels.shape, one.pixels.dtype) for one in self._sample}
                if not kinds:
                    raise PictureError("set-not-readable", name)
                # Of one size they are frames: what surrounds one of them, surrounds all.
                frames = len(kinds) == 1
                looking = cast("Enhancer", enhancer)  # whose plans tell of how many bits they are
                self._together = looking.look_at_all(self._sample, wish, frames=frames)
        return Alike(enhancer, self._together)


class Alike:
    """An enhancer that makes every picture by one plan.

    Args:
        enhancer: The one that looked at them.
        together: The plan.
    """

    def __init__(self, enhancer: AnyEnhancer, together: Together) -> None:
        self._together = together
        self.model_name, self.model_sha256 = enhancer.model_name, enhancer.model_sha256
        self.device, self.precision = enhancer.device, enhancer.precision
        self.tile, self.usual_tile, self.fast = enhancer.tile, enhancer.usual_tile, enhancer.fast

    def enhance_picture(
        self, picture: Picture, wish: Wish = AUTOMATIC, *, progress: Progress | None = None
    ) -> Enhanced:
        """Return a picture enhanced by the plan; see `Enhancer.enhance_picture`."""
        return self.enhance(picture, progress=progress)

    def look_at_all(
        self, pictures: Several, wish: Wish = AUTOMATIC, *, frames: bool = False
    ) -> Alike:
        """Return itself: the frames of an animation are made by the same plan."""
        return self

    def enhance(self, picture: Picture, *, progress: Progress | None = None) -> Enhanced:
        """Return a picture enhanced by the plan, which may be for 16 bits."""
        if picture.depth == 16 or self._together.plan.tables.dtype == np.uint8:
            return self._together.enhance(picture, progress=progress)
        deep = replace(
            picture,
            pixels=picture.pixels.astype(np.uint16) * 257,
            alpha=None if picture.alpha is None else picture.alpha.astype(np.uint16) * 257,
        )
        done = self._together.enhance(deep, progress=progress)
        shallow = replace(done.picture, pixels=to_8_bits(done.picture.pixels), alpha=picture.alpha)
        return replace(done, picture=shallow)

    def correct(self, mean_grey: float) -> bool:
        """Tell that no animation is made again: it would not be like the other pictures."""
        return False

    def note(self, mean_grey: float) -> Note | None:
        """Tell nothing: a target is for the whole set, of which this is a part."""
        return None


class _Sample:
    """Some pictures of a set, spread evenly, with the first and the last; those that can be read.

    Args:
        jobs: Of the whole set.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        last = len(jobs) - 1
        some = {max(0, round(n * last / (LOOKED_AT - 1))) for n in range(LOOKED_AT)}
        self._jobs = [jobs[at] for at in sorted(some) if at < len(jobs)]

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Picture]:
        for job in self._jobs:
            limit = job.request.max_megapixels
            try:
                yield decode(read_bytes(Path(job.input)), name=job.name, max_megapixels=limit)
            except UsageError:
                raise
            except LlenhanceError:  # it fails by itself when its turn comes
                continue

    def digest(self) -> str:
        """Return the SHA-256 of the SHA-256 of all files, in their order."""
        whole = sha256()
        for job in self._jobs:
            try:
                whole.update(sha256(read_bytes(Path(job.input))).digest())
            except LlenhanceError:
                whole.update(b"\0")
        return whole.hexdigest()
