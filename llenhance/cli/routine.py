"""What is the same for many files of a batch: told for the first one, then counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from llenhance.errors import LlenhanceError
from llenhance.messages.note import Note

ROUTINE: Final = frozenset(
    {
        # What files of this kind have, and results do not.
        "credentials-left-behind", "address-of-credentials-left-behind",
        "gain-map-left-behind", "extended-xmp-left-behind", "iptc-left-behind",
        "photoshop-left-behind", "comments-left-behind", "parts-left-behind",
        "pixel-shape-left-behind",
        "color-profile-left-behind", "extra-channels-left-behind", "main-picture-only",
        "reduced-copies-left-behind", "raw-settings-left-behind", "still-left-behind",
        "maker-note-may-tell-position", "maker-preview-kept", "video-may-tell-position",
        # How they are read.
        "read-with-8-bits", "cmyk-without-profile", "converted-to-srgb", "hdr-cut-off",
        # What people said twice.
        "named-twice", "earlier-result",
        # What the format of the results does not hold.
        "format-not-written", "depth-lost", "depth-reduced", "exif-lost", "xmp-lost", "iptc-lost",
        "texts-lost", "video-lost", "resolution-lost", "quality-ignored", "time-of-no-file",
    }
)  # fmt: skip
"""Codes of losses that come with a kind of file. Warnings, damage, and what concerns the pixels of
one picture are none: they are told for each file."""

ROUTINE_FAILURES: Final[Mapping[str, str]] = {
    "exists": "the result is there already",
    "exists-of-other-settings": "made with other settings",
    "exists-of-changed-input": "changed since they were enhanced",
    "exists-unrecorded": "files of unknown origin are in the way",
    "set-changed": "the set has changed",
    "set-beside-others": "other results are in the folder of the set",
}
"""Codes of errors that all pictures of a run may have, for one reason, and that in a few words. It
is told once; the summary counts them."""

OF_SETS: Final = frozenset({"set-changed", "set-beside-others"})
"""Codes of errors of whole sets (`--consistent`), which each of its pictures has."""

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


class Routine:
    """Decides which notes and errors are told, and counts the other notes.

    Two notes are of one kind if their words differ in numbers at most, such as a size in bytes.

    Args:
        tells_all: Whether every note is told for every file.
    """

    def __init__(self, *, tells_all: bool) -> None:
        self._tells_all = tells_all
        self._first: dict[str, Note] = {}
        self._more: Counter[str] = Counter()
        self._differ: set[str] = set()
        self._failed: set[tuple[str, str]] = set()

    def tells_failure(self, error: LlenhanceError) -> bool:
        """Tell whether an error is to be told now; otherwise the summary counts it."""
        if error.code not in ROUTINE_FAILURES or (self._tells_all and error.code not in OF_SETS):
            return True
        of = error.name if error.code in OF_SETS else ""
        if (error.code, of) in self._failed:
            return False
        self._failed.add((error.code, of))
        return True

    def tells(self, note: Note) -> bool:
        """Tell whether a note of a file is to be told now; otherwise it is counted."""
        if self._tells_all or note.code not in ROUTINE:
            return True
        kind = note.code + _NUMBER.sub("#", str(note))
        if kind not in self._first:
            self._first[kind] = note
            return True
        self._more[kind] += 1
        if note != self._first[kind]:
            self._differ.add(kind)
        return False

    def rest(self) -> Iterator[str]:
        """Yield a line for each kind of note that was told once and holds for more files."""
        for kind, count in self._more.items():
            files = "1 more file" if count == 1 else f"{count} more files"
            alike = " (with other numbers)" if kind in self._differ else ""
            yield f"{files}: {self._first[kind]}{alike}"
