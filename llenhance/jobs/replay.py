"""The settings of a result, to be used again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from llenhance.errors import PictureError, UsageError
from llenhance.files.provenance import read_provenance
from llenhance.files.reading import read_bytes
from llenhance.pictures.provenance import Provenance


def record_of(result: str) -> Provenance:
    """Return the record in a result.

    Raises:
        UsageError: it cannot be read, or has no record.
        ResourceError: there is not enough memory.
    """
    try:
        record = read_provenance(result)
    except PictureError as error:  # it concerns every picture, not one of many
        raise UsageError(error.code, error.name, **error.facts) from error
    if record is None:
        raise UsageError("no-record", result)
    return record


def original_of(result: str, record: Provenance) -> Path:
    """Return the picture that a result was made from, if it lies beside the result.

    Raises:
        UsageError: it does not, or is another picture by now.
        ResourceError: there is not enough memory.
    """
    path = Path(result).parent / record.source_name
    try:
        data = read_bytes(path)
    except PictureError as reason:
        raise UsageError("original-not-beside", result, source=record.source_name) from reason
    if sha256(data).hexdigest() != record.source_sha256:
        raise UsageError("original-beside-differs", result, source=record.source_name)
    return path
