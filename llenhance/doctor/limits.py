"""Cores and memory that this process may use: the machine's, or as much as its container grants.

On Linux, the files of control groups (version 2 or 1) tell of limits. The limits of the groups
around a group hold for it too. Other systems tell the machine's figures, or nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path("/")


class Memory(NamedTuple):
    """Bytes of main memory, in all and free; None if the system does not tell."""

    total: int | None
    free: int | None


def cores(root: Path = ROOT) -> int:
    """Return the number of logical cores that this process may use.

    Args:
        root: Root of the file system that holds the system's files.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    for group in _groups(root, "cpu"):
        quota, period = _quota(group)
        if quota and period and quota > 0:  # -1 is no limit
            count = min(count, math.ceil(quota / period))
    return max(count, 1)


def memory(root: Path = ROOT) -> Memory:
    """Return the memory that this process may use, and how much of it is free.

    Args:
        root: Root of the file system that holds the system's files.
    """
    lines = (line.split() for line in _text(root / "proc/meminfo").splitlines())
    told = {words[0]: int(words[1]) * 1024 for words in lines if len(words) == 3}
    total, free = told.get("MemTotal:", _physical()), told.get("MemAvailable:")
    for group in _groups(root, "memory"):
        limit = _number(group / "memory.max") or _number(group / "memory.limit_in_bytes")
        if not limit or (total and limit >= total):
            continue
        total = limit
        used = _number(group / "memory.current") or _number(group / "memory.usage_in_bytes")
        if used is not None:
            left = max(0, limit - used + _forgettable(group))
            free = left if free is None else min(free, left)
    return Memory(total, free)


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no sysconf (Windows), or not these names
        return None


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control groups, each one before those around it."""
    base = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = base / controller if controllers else base  # version 2 has a single tree
        group = top / path.lstrip("/")  # the host's path: in a container, only `top` may exist
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(top))


def _quota(group: Path) -> tuple[int | None, int | None]:
    """Return the microseconds of computing that a group may use in a period, and the period."""
    words = _text(group / "cpu.max").split()
    if len(words) == 2 and all(word.isdigit() for word in words):  # not "max 100000"
        return int(words[0]), int(words[1])
    return _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")


def _forgettable(group: Path) -> int:
    """Return the bytes of cached files, which count as used but make room when memory is needed."""
    names = ["inactive_file"], ["total_inactive_file"]  # the latter: version 1, with children
    lines = (line.split() for line in _text(group / "memory.stat").splitlines())
    return max((int(words[-1]) for words in lines if words[:1] in names), default=0)


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:  # nothing, or "max"
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
