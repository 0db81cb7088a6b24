"""What earlier runs have made, and this one so far: what is done, and what may be replaced."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from llenhance.errors import PictureError
from llenhance.files.preflight import check_output
from llenhance.files.whole import identity
from llenhance.jobs.alike import known_by
from llenhance.jobs.job import Job
from llenhance.jobs.ledger import Ledger
from llenhance.jobs.policy import Policy
from llenhance.jobs.signing import Described
from llenhance.jobs.task import Request


class Earlier:
    """What is there already of the results of a run. Threads may share it.

    Args:
        settings: Everything beside a picture that its result depends on; see `settings_of`.
        policy: What may happen to files.
    """

    def __init__(self, settings: dict[str, Any], *, policy: Policy) -> None:
        self._settings, self._policy = settings, policy
        self._ledgers: dict[Path, Ledger] = {}
        self._taken: dict[object, str] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Close the ledgers."""
        for ledger in self._ledgers.values():
            ledger.close()

    def done(self, job: Job, data: bytes) -> Path | None:
        """Return what an earlier run has made of a picture, or its copy; None if there is none.

        Args:
            job: What is to be done.
            data: Content of the picture's file.
        """
        ledger = self._ledger(job)
        if not isinstance(job.output, Path) or self._policy.overwrite or ledger is None:
            return None
        copy = job.output.with_name(job.output.stem + Path(job.input).suffix)
        places = (job.output,) if self._policy.only_if_dark is None else (job.output, copy)
        known = known_by(job, sha256(data).hexdigest())
        return next((one for one in places if ledger.knows(one, source_sha256=known)), None)

    def check(self, job: Job, output: Path) -> None:
        """Raise what would keep the result of a job from being written.

        Raises:
            PictureError: Something is there that may not be replaced, or the system refuses it.
        """
        self._refuse_taken(job, output)
        overwrite = self._may_replace(job, output)
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
                source_sha256=known_by(job, source_sha256),
                result_sha256=sha256(data).hexdigest(),
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

    def _ledger(self, job: Job) -> Ledger | None:
        """Return the ledger of the folder that all results of a run go into, if there is one."""
        if job.results is None or job.is_alone:
            return None
        with self._lock:
            if job.results not in self._ledgers:
                self._ledgers[job.results] = Ledger(job.results, self._settings)
            return self._ledgers[job.results]


def settings_of(request: Request, enhancer: Described, policy: Policy) -> dict[str, Any]:
    """Return everything beside the picture and its name that a result depends on."""
    wish = request.wish
    left: dict[str, Any] = {} if wish.finish.is_neutral else {"finish": asdict(wish.finish)}
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
