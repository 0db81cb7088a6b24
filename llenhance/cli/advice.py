"""What to do about a message, in the terms of the command: from its code to options and commands.

The words of a message itself are in `messages/`, for everybody. A code without an entry here keeps
the remedy that it has there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.errors import LlenhanceError
from llenhance.messages.note import Note

_PNG: Final = "Use --format png to keep it"

_ADVICE: Final[Mapping[str, str | Mapping[str, str]]] = {
    # Memory, disks, names
    "out-of-memory": {
        "enhance": "Close other programs, or try a smaller --tile, such as 256",
        "evaluate": "Close other programs, or try a smaller --tile, such as 256",
        "bench": "Close other programs, or try smaller --sizes or a smaller --tile",
    },
    "exists": {
        "enhance": "Add --overwrite, or choose another name with -o",
        "evaluate": "Add --overwrite, or choose another name",
        "export": "Add --overwrite, or choose another name with -o",
        "weights import": "Add --overwrite, or choose another name with -o",
    },
    "output-is-input": {
        "enhance": "Choose another name or folder with -o",
        "evaluate": "Choose another name or folder for what is written",
    },
    "output-replaces-input": {"enhance": "Choose another folder with -o"},
    "one-name-for-many": {
        "enhance": "Name a folder with -o; end it with a slash if it looks like a picture's name"
    },
    "file-in-place-of-folder": {
        "enhance": "Choose another folder with -o",
        "evaluate": "Choose another folder with -o",
        "train": "Choose another folder with --out",
    },
    "not-a-regular-file": {"enhance": "Use -o - to write into a pipe"},
    "disk-read-only": {"enhance": "Choose another folder with -o"},
    "name-too-long": {"enhance": "Choose a shorter name with -o"},
    "disk-full": {"enhance": "Free some space, or choose another folder with -o"},
    "quota-used-up": {"enhance": "Free some space, or choose another folder with -o"},
    "too-large-for-disk": {"enhance": "Choose another folder with -o"},
    "folder-not-found": {"enhance": "Create it, or name a folder that ends in a slash with -o"},
    "two-inputs-one-output": {
        "enhance": "Enhance them one after the other, with different names after -o"
    },
    "extension-contradicts-format": {"enhance": "Change --format, or the name after -o"},
    # What a format cannot hold
    "transparency-lost": {"enhance": _PNG},
    "depth-lost": {"enhance": _PNG},
    "color-profile-lost": {"enhance": _PNG},
    "color-profile-too-long": {"enhance": _PNG},
    "exif-lost": {"enhance": _PNG},
    "exif-too-long": {"enhance": _PNG},
    "xmp-lost": {"enhance": _PNG},
    "xmp-too-long": {"enhance": _PNG},
    "resolution-lost": {"enhance": _PNG},
    # Standard streams
    "stdin-twice": "Give - once",
    "stdin-among-many": "Name a folder with -o",
    "stdout-takes-one": "Name a folder with -o",
    "json-beside-picture": "Write the picture to a file with -o, or leave --json out",
    "terminal-for-picture": "Write to a file with -o, or redirect the output: > FILE",
    # Wishes and options
    "arguments-wrong": "Add --help to see all options",
    "takes-long": "Add --fast to make it in a few seconds, nearly the same",
    "target-mean-out-of-range": "Try --target-mean 0.45",
    # Models
    "license-not-accepted": "Run: llenhance weights download {model} --accept-license",
    "download-by-hand": (
        "Download it with a browser from {link}, "
        "then run: llenhance weights import FILE.pth --as {model}"
    ),
    "model-not-here": {
        "weights path": "Run: llenhance weights download {model}",
        "weights verify": "Run: llenhance weights download {model}",
        "weights remove": "See: llenhance weights list",
    },
    "model-name-taken": {"weights import": "Add --overwrite, or choose another name with --as"},
    "model-name-invalid": {
        "weights import": (
            "Give it a name with --as: letters, digits, '-', '_' and '.', without an extension"
        )
    },
    "model-name-reserved": {"weights import": "Choose another name with --as"},
    "license-unknown": {"weights upload": "Name it with --license"},
    "license-contradicted": {"weights upload": "Leave --license out"},
    "hub-not-cached": "Run it once without --offline",
}
"""From a code to a remedy: one for all commands, or one for each that has something to say."""


def remedy(message: LlenhanceError | Note, *, command: str) -> str:
    """Return what to do about a message, without a full stop; empty if there is nothing to do.

    Args:
        message: An error or a note.
        command: The command that tells it, such as 'enhance'.
    """
    advice = _ADVICE.get(message.code)
    if isinstance(advice, Mapping):
        advice = advice.get(command)
    return message.remedy if advice is None else advice.format(**message.facts)


def sentence(error: LlenhanceError, *, command: str) -> str:
    """Return an error as a person reads it: the name, what is wrong, and what to do."""
    advice = remedy(error, command=command)
    return f"{error.name}: {error.problem}." + (f" {advice}." if advice else "")
