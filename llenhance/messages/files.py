"""Messages of `files/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

MESSAGES: Final[Mapping[str, Message]] = {
    # Folders of pictures.
    "not-a-folder": Message("it is not a folder", "Name a folder of pictures"),
    "same-stem-twice": Message("it has two pictures named {stem}", "Rename one of them"),
    "no-pictures-in-folder": Message("it has no pictures", "Name a folder of pictures"),
    # Names of results.
    "output-is-input": Message(
        "it is an input, and inputs are never modified", "Choose another name or folder"
    ),
    "output-replaces-input": Message(
        "it is an input, and the result of {source} would replace it",
        "Choose another name or folder",
    ),
    "two-inputs-one-output": Message(
        "the results of both {first} and {second} have this name",
        "Enhance {second} alone, with another name for its result",
    ),
    "earlier-result": note(
        "it was skipped: by its name it is a result of an earlier run",
        "To enhance it, give it alone",
    ),
    "renamed": note("another picture of this run has a result of the usual name: it is {result}"),
    "folder-without-name": Message(
        "results cannot go beside it: it has no name", "Name a folder for the results"
    ),
    "named-twice": note("it was named more than once, and is enhanced once"),
    "one-name-for-many": Message(
        "it names one picture, but there are several inputs", "Name a folder"
    ),
    "file-in-place-of-folder": Message("it is a file, not a folder", "Choose another folder"),
    "extension-contradicts-format": Message(
        "its extension contradicts the format {format}", "Change one of the two"
    ),
    # Files that are read.
    "file-too-large": Message(
        "it has more than {gigabytes:g} GB, which is more than any picture that can be read",
        "Scale it down or crop it first",
    ),
    "file-longer-than-picture": Message(
        "it goes on for more than {megabytes} MB, far more than its picture needs",
        "Save it again in another program",
    ),
    "pipe-silent": Message(
        "nobody has written into this pipe for {seconds:g} s", "Start the program that writes first"
    ),
    # Files that are written.
    "link-to-nothing": Message(
        "it is a symbolic link to a file that does not exist",
        "Remove the link, or choose another name",
    ),
    "not-a-regular-file": Message(
        "it is a device or a pipe, not a file", "Choose the name of a file"
    ),
    "time-not-set": warning(
        "its time could not be set to that of the picture it is made of ({reason})"
    ),
    "time-of-no-file": note("only a file that is made of a file can get the time of it"),
    "folder-not-found": Message("there is no such folder", "Create it, or choose another"),
}
