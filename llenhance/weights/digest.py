"""The sum by which a weights file is known: SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

from llenhance.errors import WeightsError


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as reason:
        problem = f"cannot be read: {reason.strerror}"
        raise WeightsError(str(path), problem, "Check the file") from reason
