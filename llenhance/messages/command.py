"""Messages of the command itself, `cli/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    "arguments-wrong": Message("{problem}", "See the help of the command"),
    "photo-missing": Message("no picture is named", "Name one, such as photo.jpg"),
    "failures-to-stdout": Message(
        "failures are written to a file", "Name one; standard output has JSON for all pictures"
    ),
    # What a person may have meant
    "command-misspelled": Message(
        "there is no such picture or command", "Did you mean this: {meant}"
    ),
    "name-begins-with-dash": Message(
        "it begins with a dash, so it is taken for options", "If it is a file, put ./ before it"
    ),
    "value-empty": Message(
        "it is empty", "If it comes from a variable of the shell, that is not set"
    ),
    "pattern-unmatched": Message(
        "no file has a name like this",
        "If there are such files, write the pattern without quotes, so that the shell replaces it",
    ),
    "name-misspelled": Message("there is no such file or folder", "Did you mean this: {similar}"),
    "stdout-closed": Message("it is closed", "Redirect it to a file or into a pipe"),
    "home-not-replaced": Message(
        "a shell replaces ~ by the home folder only outside of quotes", "Write {path}"
    ),
    "address-not-read": Message(
        "it is an address, and llenhance reads files only",
        "Download it first, or in one go: curl -L ADDRESS | llenhance - > bright.jpg",
    ),
    "result-among-inputs": Message(
        "there is no such picture",
        "If the result should have this name: llenhance {source} -o {result}",
    ),
    # What is around the process
    "current-folder-gone": Message("it was removed", "Change to another folder first, with cd"),
    "variable-not-a-size": Message(
        "OpenCV cannot start, because {value!r} is not a number", "Unset it, or make it a number"
    ),
    "no-home": Message(
        "this user has no home folder to install it in",
        "Print the script with --show-completion, and put it where your shell finds it",
    ),
    "processor-unknown": Message(
        "it cannot find out what the processor can do, because /proc is missing",
        "Run llenhance where /proc is mounted",
    ),
    "terminal-for-input": Message(
        "a keyboard cannot give a picture", "Redirect a file into it: llenhance - < photo.jpg"
    ),
    # Options
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
