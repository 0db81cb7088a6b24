"""What around the process keeps libraries from working, told before they end it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, ResourceError, UsageError

_SIZES: Final = tuple(f"OPENCV_IO_MAX_IMAGE_{what}" for what in ("PIXELS", "WIDTH", "HEIGHT"))
_SIZE: Final = re.compile(r"[0-9]+([MK]B|[MK]b|[mk]b)?")


LOADED: Final = 1_100_000_000
"""Bytes of address space that torch and its threads take. With a little less, libraries end the
process in the middle of loading, each in its own way: measured with `ulimit -v` in steps."""

_NEED_NO_TORCH: Final = {"schema", "weights", "info", "audit"}


def check(arguments: Sequence[str]) -> None:
    """Raise what would end the process with a traceback, or without a word.

    Args:
        arguments: The command line, without the program's name.

    Raises:
        UsageError: The current folder was removed, in which libraries cannot be loaded; OpenCV
            would abort because of a variable; a home folder is needed and there is none.
        ResourceError: A limit of address space leaves too little to load torch.
    """
    try:
        Path.cwd()
    except OSError as reason:
        raise UsageError("current-folder-gone", "the current folder") from reason
    for name in _SIZES:
        value = os.environ.get(name)
        if value is not None and not _SIZE.fullmatch(value):
            raise UsageError("variable-not-a-size", name, value=value)
    if arguments[0] not in _NEED_NO_TORCH and "torch" not in sys.modules and _room() < LOADED:
        raise ResourceError("out-of-memory", "llenhance")
    if "--install-completion" in arguments:
        try:
            Path.home()
        except RuntimeError as reason:
            raise UsageError("no-home", "--install-completion") from reason


def _room() -> float:
    """Return how many bytes of address space a limit leaves to this process."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such limit
        return inf
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return inf
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):  # macOS
        used = 0
    return limit - used


def told_by(reason: Exception) -> LlenhanceError | None:
    """Return the error that an exception of a library stands for; None if it is a bug."""
    if isinstance(reason, RuntimeError) and "cpuinfo" in str(reason):
        return UsageError("processor-unknown", "torch")
    return None
