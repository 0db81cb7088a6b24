"""What the hub's client raises, as sentences: what went wrong with which file, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager

from llenhance.errors import LlenhanceError, ResourceError, WeightsError

_LOGIN = "Run `hf auth login` or set HF_TOKEN, and ask its owner for access"
_AGAIN = "Check the connection, or HF_ENDPOINT if it is set, and try again"


@contextmanager
def in_sentences(name: str) -> Generator[None]:
    """Raise what the client raises as `LlenhanceError`.

    Args:
        name: of the file, for the sentence.
    """
    try:
        yield
    except LlenhanceError:
        raise
    except Exception as reason:  # the client passes on what its transport raises
        raise sentence(name, reason) from reason


def sentence(name: str, reason: BaseException) -> LlenhanceError:
    """Return what to tell of an exception of the client or of what it is made of."""
    from huggingface_hub import errors

    if isinstance(reason, OSError) and reason.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(name, "no space left to download it", "Free some, or set HF_HOME")
    if isinstance(reason, errors.LocalEntryNotFoundError) and reason.__cause__ is not None:
        return sentence(name, reason.__cause__)
    if isinstance(reason, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
        return WeightsError(name, "is not in the cache, and offline", "Go online once")
    known = {
        errors.GatedRepoError: ("may be had only by whom its owner admits", _LOGIN),
        errors.RevisionNotFoundError: ("has no such revision", "Check what follows @"),
        errors.RemoteEntryNotFoundError: ("has no such file", "Check what follows :"),
        errors.RepositoryNotFoundError: (
            "is not there, or private",
            "Check its name; if it is private run `hf auth login` or set HF_TOKEN",
        ),
        errors.FileMetadataError: ("came without the headers that a hub sends", _AGAIN),
        errors.LocalTokenNotFoundError: ("needs a token", "Run `hf auth login` or set HF_TOKEN"),
    }
    for kind, (problem, remedy) in known.items():
        if isinstance(reason, kind):
            return WeightsError(name, problem, remedy)
    if isinstance(reason, errors.HfHubHTTPError):
        return _refused(name, reason.response.status_code)
    if isinstance(reason, errors.HFValidationError):
        return WeightsError(name, "is no name that a hub can have", "Write hf:owner/name")
    if isinstance(reason, PermissionError):
        problem = f"cannot be kept in the cache: {reason.strerror}"
        return WeightsError(name, problem, "Set HF_HOME to a folder of yours")
    kind = type(reason).__name__
    return WeightsError(name, f"could not be downloaded ({kind})", _AGAIN)


def _refused(name: str, status: int) -> LlenhanceError:
    if status in (401, 403):
        return WeightsError(name, f"was refused (status {status})", _LOGIN)
    if status == 429:
        remedy = "Wait a few minutes, or log in with `hf auth login`"
        return WeightsError(name, "was asked for too often (status 429)", remedy)
    return WeightsError(name, f"could not be had: the server answered {status}", _AGAIN)
