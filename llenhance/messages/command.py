"""Messages of the command itself, `cli/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "arguments-wrong": Message("{problem}", "See the help of the command"),
    "tile-not-a-number": Message(
        "{given!r} is not a size", "Use auto, 0 for the whole picture, or a side in pixels"
    ),
    "json-beside-picture": Message(
        "standard output cannot take both JSON and the picture",
        "Write the picture to a file, or leave the JSON out",
    ),
    "terminal-for-picture": Message(
        "a terminal cannot show a picture file", "Write to a file, or redirect the output: > FILE"
    ),
    "needs-references": Message(
        "it compares with references", "Name the folder of references as well"
    ),
    "options-contradict": Message("it contradicts {other}", "Use only one of them"),
    "part-of-sweep": Message("it is a part of --sweep", "Add --sweep, or leave it out"),
    "for-outputs-only": Message(
        "it is for results of other programs", "Add --outputs-only, or leave it out"
    ),
    "plot-needs-inputs": Message(
        "it needs the mean gray of the inputs", "Name the folder that --write-inputs filled"
    ),
    "option-names-file-of": Message("it names the file of {other}", "Choose another name"),
}
