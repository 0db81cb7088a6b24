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
    "results-of-earlier-run": note(
        "it was skipped: it is the folder of results of another one that was named",
        "To enhance it, give it alone",
    ),
    "named-twice": note("it was named more than once, and is enhanced once"),
    "one-name-for-many": Message(
        "it names one picture, but there are several results", "Name a folder"
    ),
    "file-in-place-of-folder": Message("it is a file, not a folder", "Choose another folder"),
    "extension-contradicts-format": Message(
        "its extension contradicts the format {format}", "Change one of the two"
    ),
    "naming-of-named-file": Message(
        "the result has this name, so there is no other one to be made up",
        "Name a folder for the results",
    ),
    "suffix-no-name": Message(
        "a name cannot end with it: it has a separator of folders in it", "Name a folder apart"
    ),
    "suffix-leaves-name": Message(
        "without a suffix, the result would have the name of the input, which is never modified",
        "Name a folder for the results, or use a suffix",
    ),
    "template-beside-suffix": Message(
        "there is a suffix too, and only one of them can name results", "Use only one of them"
    ),
    "template-braces": Message(
        "its braces do not match", "Write {{{{ or }}}} for a brace that belongs to the name"
    ),
    "template-without-variant": Message(
        "it names all results of a picture alike", "Put {{variant}} into it"
    ),
    "template-field-unknown": Message("{field} is not known", "Use these: {known}"),
    "template-not-within": Message(
        "it leads out of the folder of the results", "Begin it with {{parent}} or {{stem}}"
    ),
    "template-without-extension": Message(
        "it does not end in {{ext}}, so programs could not tell the format of results",
        "Put {{ext}} at its end, and choose the format apart",
    ),
    "template-brightness-unknown": Message(
        "the brightness is found for each picture only as it is enhanced",
        "Leave {{brightness}} out, or give a brightness instead of a target",
    ),
    "template-gives-no-name": Message(
        "this is no name for the result of {source}", "Choose another template"
    ),
    # Lists of names.
    "list-is-a-folder": Message(
        "it is a folder, not a list of names", "Name it with the pictures to enhance all in it"
    ),
    "list-is-a-picture": Message("it is a picture, not a list of names", "Name it as a picture"),
    "list-no-text": Message(
        "it is no list of names, which is text in UTF-8 with one name a line",
        "If its names end with NUL bytes, say so",
    ),
    "list-name-too-long": Message(
        "it is no list of names: one of them has more than {longest} bytes",
        "Check what ends its names",
    ),
    "list-too-long": Message(
        "it has more than {megabytes} MB, too much to be read at once",
        "Send it through a pipe, or make several of it",
    ),
    "list-of-nothing": Message("it goes on without a name", "Check what it is"),
    "list-without-names": note("there is no name in it, so there is nothing to do"),
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
        "Mend the link or remove it, or choose another name",
    ),
    "not-a-regular-file": Message(
        "it is a device or a pipe, not a file", "Choose the name of a file"
    ),
    "time-not-set": warning(
        "its time could not be set to that of the picture it is made of ({reason})"
    ),
    "time-of-no-file": note("only a file that is made of a file can get the time of it"),
    "folder-not-found": Message("there is no such folder", "Create it, or choose another"),
    "folder-not-made": Message("this folder cannot be made", "Choose another folder"),
    "no-place-for-files": Message(
        "the system lets nobody write files into this folder", "Choose another folder"
    ),
}
