"""What the hub's client raises, as errors with a code: what went wrong with which file."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from llenhance.errors import LlenhanceError, ResourceError, WeightsError
from llenhance.system import system_error

_OF_THE_CACHE: Final = {  # what a file system refuses, and no network
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}


@contextmanager
def hub_errors(name: str) -> Generator[None]:
    """Raise whatever the client raises inside as a `LlenhanceError` about `name`."""
    try:
        yield
    except LlenhanceError:
        raise
    except Exception as reason:  # the client passes on what its transport raises
        raise hub_error(name, reason) from reason


def hub_error(name: str, reason: BaseException) -> LlenhanceError:
    """Return the error that tells of an exception of the client, or of what it is made of."""
    from huggingface_hub import errors

    if isinstance(reason, errors.LocalEntryNotFoundError) and reason.__cause__ is not None:
        return hub_error(name, reason.__cause__)
    if isinstance(reason, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        return WeightsError("hub-not-cached", name)
    known = {
        errors.GatedRepoError: "hub-access-needed",
        errors.RevisionNotFoundError: "hub-revision-unknown",
        errors.RemoteEntryNotFoundError: "hub-file-unknown",
        errors.RepositoryNotFoundError: "hub-repository-unknown",
        errors.FileMetadataError: "hub-headers-missing",
        errors.LocalTokenNotFoundError: "hub-token-missing",
        errors.HFValidationError: "hub-name-impossible",
    }
    for kind, code in known.items():
        if isinstance(reason, kind):
            return WeightsError(code, name)
    if isinstance(reason, errors.HfHubHTTPError):
        return _refused(name, reason.response.status_code)
    if isinstance(reason, OSError):
        told = system_error(name, reason, WeightsError)
        if isinstance(told, ResourceError):
            return told
        if reason.errno in _OF_THE_CACHE:
            return WeightsError("hub-cache-unusable", name, reason=told.problem)
    return WeightsError("download-failed", name, reason=type(reason).__name__)


def _refused(name: str, status: int) -> LlenhanceError:
    if status in (401, 403):
        return WeightsError("hub-refused", name, status=status)
    if status == 429:
        return WeightsError("hub-too-many-requests", name)
    return WeightsError("hub-server-error", name, status=status)
