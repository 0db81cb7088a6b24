"""What the operating system refuses, as errors: one table from its numbers to codes."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, PictureError, ResourceError

_SHORTAGES: Final = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "quota-used-up",
    errno.EFBIG: "too-large-for-disk",
    errno.ENOMEM: "out-of-memory",
}
_REFUSALS: Final = {
    errno.ENOENT: "not-found",
    errno.ENOTDIR: "path-through-file",
    errno.EISDIR: "is-a-folder",
    errno.EEXIST: "exists",
    errno.EACCES: "permission-denied",
    errno.EPERM: "not-permitted",
    errno.EROFS: "disk-read-only",
    errno.ENAMETOOLONG: "name-too-long",
    errno.ELOOP: "links-in-circle",
}


@contextmanager
def system_errors(name: str | Path, kind: type[LlenhanceError] = PictureError) -> Generator[None]:
    """Raise what the operating system refuses inside as an error about `name`.

    Args:
        name: of the file, folder or thing.
        kind: of error; a lack of memory or of disk space is a `ResourceError` whatever it says.
    """
    try:
        yield
    except OSError as reason:
        raise system_error(str(name), reason, kind) from reason
    except MemoryError as reason:
        raise ResourceError("out-of-memory", str(name)) from reason
    except ValueError as reason:  # a NUL, or half of a surrogate pair, in a name
        if not isinstance(reason, UnicodeEncodeError) and "null" not in str(reason):
            raise
        raise kind("name-impossible", str(name)) from reason


def system_error(
    name: str, reason: OSError, kind: type[LlenhanceError] = PictureError
) -> LlenhanceError:
    """Return the error that tells of an `OSError`."""
    number = reason.errno or 0
    if number in _SHORTAGES:
        return ResourceError(_SHORTAGES[number], name)
    if number == errno.ENOENT and _is_link(name):
        return kind("link-to-nothing", name)
    if number in _REFUSALS:
        return kind(_REFUSALS[number], name)
    return kind("system-refused", name, reason=reason.strerror or str(reason))


def _is_link(name: str) -> bool:
    try:
        return Path(name).is_symlink()
    except ValueError:  # no file can have this name
        return False
