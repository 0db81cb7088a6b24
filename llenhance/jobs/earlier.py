"""What earlier runs have made, and this one so far: what is done, and what may be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from llenhance.enhancing.wish import Wish
from llenhance.errors import PictureError
from llenhance.files.preflight import check_output
from llenhance.files.provenance import record_in_file
from llenhance.files.reading import read_bytes
from llenhance.files.whole import identity
from llenhance.jobs.job import Job
from llenhance.jobs.ledger import Ledger, Standing
from llenhance.jobs.policy import Policy
from llenhance.jobs.request import Panel, Request
from llenhance.jobs.signing import Described, is_made_so
from llenhance.pictures.provenance import Provenance


class Earlier:
    """What is there already of the results of a run. Threads may share it.

    Args:
        enhancer: What enhances.
        policy: What may happen to files.
    """

    def __init__(self, enhancer: Described, *, policy: Policy) -> None:
        self._enhancer, self._policy = enhancer, policy
        self._ledgers: dict[tuple[Path, Wish, tuple[Panel, ...]], Ledger] = {}
        self._taken: dict[object, str] = {}
        self._sets: dict[Path | None, tuple[Standing, str] | None] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Close the ledgers."""
        for ledger in self._ledgers.values():
            ledger.close()

    def done(self, job: Job, data: bytes, *, noted: bool = False) -> Path | None:
        """Return what an earlier run has made of a picture, or its copy; None if there is none.

        Args:
            job: What is to be done.
            data: Content of the picture's file.
            noted: Whether this run has noted down a result of its own, and another one was first:
                what is there then tells itself what made it, whatever the ledger says.
        """
        ledger = self._ledger(job)
        if not isinstance(job.output, Path) or self._policy.overwrite or ledger is None:
            return None
        copy = job.output.with_name(job.output.stem + Path(job.input).suffix)
        places = (job.output,) if self._policy.only_if_dark is None else (job.output, copy)
        digest, together = sha256(data).hexdigest(), job.request.together
        for one in places:
            if ledger.knows(one, source_sha256=digest, together=together):
                return one
        if not noted and ledger.standing(job.output) != "unrecorded":
            return None
        return job.output if self._is_recorded(job, job.output, digest, ledger) else None

    def _is_recorded(self, job: Job, output: Path, digest: str, ledger: Ledger) -> bool:
        """Tell whether a file is the result of a job by its own record, not by the ledger.

        The ledger then tells of it again. What `only_if_dark` said is in no record.
        """
        if self._policy.only_if_dark is not None or not output.is_file():
            return False
        data = read_bytes(output)
        if not self._is_made_so(record_in_file(output, data), job, source_sha256=digest):
            return False
        if not self._policy.dry_run:
            ledger.note_down(
                output,
                name=job.input,
                source_sha256=digest,
                result_sha256=sha256(data).hexdigest(),
                together=job.request.together,
            )
        return True

    def check_set(self, job: Job, members: Sequence[Job]) -> None:
        """Raise if there are results of a set that its other pictures would not look like.

        Args:
            job: One of the set; its request tells the set.
            members: All of the set.

        Raises:
            PictureError: Of every picture of such a set, so that nothing of it is written.
        """
        if self._policy.overwrite or self._policy.skip_existing:
            return
        if job.folder not in self._sets:
            self._sets[job.folder] = self._unlike(members, job.request.together)
        if found := self._sets[job.folder]:
            standing, result = found
            if standing == "other-set":
                raise PictureError("set-changed", job.name, result=result)
            raise PictureError("set-beside-others", job.name, result=result)

    def _unlike(self, members: Sequence[Job], together: str | None) -> tuple[Standing, str] | None:
        """Return a result of a set that its other pictures would not look like, and what it is."""
        for job in members:
            if isinstance(job.output, Path) and job.output.is_file():
                alike = replace(job, request=replace(job.request, together=together))
                standing = self._standing(alike, job.output, edited=False)
                if standing != "ours":
                    return standing, str(job.output)
        return None

    def check(self, job: Job, output: Path) -> None:
        """Raise what would keep the result of a job from being written.

        Raises:
            PictureError: Something is there that may not be replaced, or the system refuses it.
        """
        self._refuse_taken(job, output)
        overwrite = self._may_replace(job, output)
        if not overwrite and self._ledger(job) and output.is_file():
            raise _in_the_way(self._standing(job, output), str(output))
        check_output(output, overwrite=overwrite, folder_will_be_made=True)

    def note_down(self, job: Job, output: Path, data: bytes, *, source_sha256: str) -> bool:
        """Note down what is about to be written, and tell whether it may replace what is there.

        Args:
            job: What was done.
            output: The file of the result; its folder exists.
            data: Its content.
            source_sha256: Of the picture's file.

        Raises:
            PictureError: Another picture of this run was written there.
            ResourceError: The disk is full.
        """
        self._refuse_taken(job, output)
        overwrite = self._may_replace(job, output)  # before the ledger tells of the new one
        if ledger := self._ledger(job):
            ledger.note_down(
                output,
                name=job.input,
                source_sha256=source_sha256,
                result_sha256=sha256(data).hexdigest(),
                together=job.request.together,
            )
        return overwrite

    def wrote(self, job: Job, output: Path) -> None:
        """Remember that the result of a job is there now."""
        self._taken[identity(output)] = job.name

    def _may_replace(self, job: Job, output: Path) -> bool:
        """Tell whether the output of a job may be written if it exists."""
        if self._policy.overwrite or not job.replaces:
            return self._policy.overwrite
        ledger = self._ledger(job)
        return ledger is not None and ledger.made_of(job.input, output)

    def _refuse_taken(self, job: Job, output: Path) -> None:
        """Raise if another picture of this run has been written to the output of a job.

        Their names differ, but a disk that folds case takes them for one.
        """
        first = self._taken.get(identity(output))
        if first not in (None, job.name):  # it may have changed, and be done again
            raise PictureError("two-inputs-one-output", str(output), first=first, second=job.name)

    def _standing(self, job: Job, output: Path, *, edited: bool = True) -> Standing:
        """Tell what a file is to a job: by the ledger, or by its own record."""
        ledger, together = self._ledger(job), job.request.together
        standing: Standing = "unrecorded"
        if ledger is not None:
            standing = ledger.standing(output, together=together, edited=edited)
        if standing != "unrecorded":
            return standing
        record = record_in_file(output, read_bytes(output))
        if record is None:
            return "unrecorded"
        if self._is_made_so(record, job):
            return "ours"
        other = replace(job, request=replace(job.request, together=record.together))
        return "other-set" if self._is_made_so(record, other) else "other-settings"

    def _is_made_so(
        self, record: Provenance | None, job: Job, *, source_sha256: str | None = None
    ) -> bool:
        return is_made_so(
            record,
            self._enhancer,
            request=job.request,
            format=job.request.format or "",
            source_sha256=source_sha256,
        )

    def _ledger(self, job: Job) -> Ledger | None:
        """Return the ledger of the folder that all results of a run go into, if there is one."""
        if job.results is None or job.is_alone:
            return None
        with self._lock:
            key = job.results, job.request.wish, job.request.panels  # variants differ in these
            if key not in self._ledgers:
                settings = settings_of(job.request, self._enhancer, self._policy)
                self._ledgers[key] = Ledger(job.results, settings)
            return self._ledgers[key]


def settings_of(request: Request, enhancer: Described, policy: Policy) -> dict[str, Any]:
    """Return everything beside the picture and its name that a result depends on."""
    wish = request.wish
    left: dict[str, Any] = {} if wish.finish.is_neutral else {"finish": asdict(wish.finish)}
    left |= {} if wish.sample is None else {"sample": asdict(wish.sample)}
    left |= {} if not request.panels else {"panels": [asdict(panel) for panel in request.panels]}
    left |= {} if policy.only_if_dark is None else {"only_if_dark": policy.only_if_dark}
    return left | {
        "model": enhancer.model_sha256,
        "precision": enhancer.precision,
        "fast": enhancer.fast,
        "brightness": wish.brightness,
        "exposure": wish.exposure,
        "target_mean": wish.target_mean,
        "quality": request.quality,
        "metadata": request.metadata,
        "provenance": request.provenance,
    }


def _in_the_way(standing: Standing, name: str) -> PictureError:
    """Return the error that a file is where a result would go, by what it is."""
    match standing:
        case "ours":
            return PictureError("exists-of-changed-input", name)
        case "edited":
            return PictureError("exists-edited", name)
        case "other-settings" | "other-set":
            return PictureError("exists-of-other-settings", name)
        case "unrecorded":
            return PictureError("exists-unrecorded", name)
