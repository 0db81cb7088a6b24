"""The checksum that identifies a weights file: SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

from llenhance.errors import WeightsError
from llenhance.system import system_errors


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits.

    Raises:
        WeightsError: it cannot be read.
    """
    with system_errors(path, WeightsError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
