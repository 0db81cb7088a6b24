"""How much a service takes on: what one request may be, and what all of them may hold."""

from __future__ import annotations

from dataclasses import dataclass

from llenhance.pictures.limits import MEGAPIXELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a service takes on.

    Attributes:
        body_bytes: Of one picture file.
        megapixels: Of one picture; more is refused as soon as its header is read.
        at_once: Pictures that are enhanced at the same time.
        waiting: Requests with pictures that may wait beside them; others are told to come back.
        head_seconds: In which the head of a request must have come.
        body_grace_seconds: In which nothing of a body need have come.
        body_rate: Bytes a second that must come on average after that.
        work_seconds: For one picture, from its turn to its result.
        previews: Pictures of which small copies are kept; of more, the one unused for longest goes.
        archives: Archives that are kept at once.
        archive_bytes: Of all archives together, on the disk.
        idle_seconds: After which an unused preview or archive is let go.
        connections: That are open at once.
    """

    body_bytes: int = 100_000_000
    megapixels: float = MEGAPIXELS
    at_once: int = 1
    waiting: int = 16
    head_seconds: float = 10.0
    body_grace_seconds: float = 10.0
    body_rate: float = 100_000.0
    work_seconds: float = 600.0
    previews: int = 12
    archives: int = 8
    archive_bytes: int = 4_000_000_000
    idle_seconds: float = 900.0
    connections: int = 128
