"""Messages that any room can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "out-of-memory": Message(
        "there is not enough memory", "Close other programs, or work with smaller tiles"
    ),
    "wrong-type": Message("it is a value of type {given}", "Use one of type {wanted}"),
    # What the operating system says: `system.py`.
    "not-found": Message("there is no such file or folder", "Check the name"),
    "path-through-file": Message("part of its path is a file, not a folder", "Check the name"),
    "is-a-folder": Message("it is a folder, not a file", "Name a file in it"),
    "exists": Message("it already exists", "Choose another name, or allow it to be replaced"),
    "permission-denied": Message("permission is denied", "Check who owns it and its folder"),
    "not-permitted": Message("the operation is not permitted", "Check who owns it and its folder"),
    "disk-read-only": Message("its disk is read-only", "Choose another folder"),
    "name-too-long": Message("its name is too long", "Choose a shorter name"),
    "name-impossible": Message("no file can have this name", "Check the name"),
    "links-in-circle": Message("its symbolic links lead in a circle", "Check the links"),
    "system-refused": Message("the operating system says: {reason}", "Check the file"),
    "disk-full": Message(
        "there is no space left on its disk", "Free some space, or choose another folder"
    ),
    "quota-used-up": Message(
        "the disk quota is used up", "Free some space, or choose another folder"
    ),
    "too-large-for-disk": Message(
        "it is larger than its file system, or a limit of this session, allows",
        "Choose another folder",
    ),
    "extra-missing": Message(
        "this needs the extra {extra} ({package} is not installed)",
        "Run: pip install 'llenhance[{extra}]'",
    ),
}

NEEDS: Final[Mapping[str, str]] = {
    "evaluate": "scores and plots",
    "train": "training",
    "export": "the export",
    "openvino": "the export",
    "watch": "watching folders",
    "preview": "the preview",
    "serve": "the page",
    "cluster": "the cluster",
}
"""From an extra to what it is needed for; those of formats have messages of their own."""
