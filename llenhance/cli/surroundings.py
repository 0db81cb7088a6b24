"""What around the process keeps libraries from working, told before they end it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llenhance.errors import LlenhanceError, UsageError

_SIZES: Final = tuple(f"OPENCV_IO_MAX_IMAGE_{what}" for what in ("PIXELS", "WIDTH", "HEIGHT"))
_SIZE: Final = re.compile(r"[0-9]+([MK]B|[MK]b|[mk]b)?")


def check(arguments: Sequence[str]) -> None:
    """Raise what would end the process with a traceback, or without a word.

    Args:
        arguments: The command line, without the program's name.

    Raises:
        UsageError: The current folder was removed, in which libraries cannot be loaded; OpenCV
            would abort because of a variable; a home folder is needed and there is none.
    """
    try:
        Path.cwd()
    except OSError as reason:
        raise UsageError("current-folder-gone", "the current folder") from reason
    for name in _SIZES:
        value = os.environ.get(name)
        if value is not None and not _SIZE.fullmatch(value):
            raise UsageError("variable-not-a-size", name, value=value)
    if "--install-completion" in arguments:
        try:
            Path.home()
        except RuntimeError as reason:
            raise UsageError("no-home", "--install-completion") from reason


def told_by(reason: Exception) -> LlenhanceError | None:
    """Return the error that an exception of a library stands for; None if it is a bug."""
    if isinstance(reason, RuntimeError) and "cpuinfo" in str(reason):
        return UsageError("processor-unknown", "torch")
    return None
