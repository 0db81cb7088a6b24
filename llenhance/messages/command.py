"""Messages of the command itself, `cli/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

MESSAGES: Final[Mapping[str, Message]] = {
    "arguments-wrong": Message("{problem}", "See the help of the command"),
    "photo-missing": Message("no picture is named", "Name one, such as photo.jpg"),
    "not-a-failure-file": Message(
        "it is there already, and is not a file of failures", "Choose another name"
    ),
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
    "store-without-cluster": Message(
        "it is in an object store, which is read and written by the workers of a cluster only",
        "Let a cluster do it, which may be on this machine",
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
    # Settings that were not typed
    "config-not-toml": Message("it is no TOML: {problem}", "Correct it, or add --no-config"),
    "config-not-utf8": Message("it is no text in UTF-8", "Save it as UTF-8"),
    "config-too-long": Message("it has more than a megabyte", "Use a file of settings alone"),
    "config-key-unknown": Message(
        "{key} is no option that can be set here", "All that are: llenhance config show"
    ),
    "config-key-misspelled": Message(
        "{key} is no option that can be set here", "Did you mean this: {meant}"
    ),
    "config-key-only-typed": Message(
        "{key} is about a single run, and can only be typed", "Leave it out"
    ),
    "config-key-twice": Message("{key} says again what {other} says", "Use only one of them"),
    "config-key-not-from-project": Message(
        "the file of a project cannot set {key}, since it may come from strangers",
        "Put it into your own file, which llenhance config path names, or type it",
    ),
    "config-table-unknown": Message(
        "[{key}] is no table of settings: they are for llenhance enhance alone",
        "Write options without a table, or in one like [preset.night]",
    ),
    "config-preset-no-table": Message(
        "{key} must be a table of options", "Write presets like this: [preset.night]"
    ),
    "config-value-wrong": Message("{key} cannot be {value}: {problem}"),
    "config-not-used": warning(
        "{path} is not used, since it belongs to another user than you and this folder",
        "If you trust it, make a copy",
    ),
    "config-read": note("its settings were used"),
    "preset-misspelled": Message("there is no preset of this name", "Did you mean this: {meant}"),
    "preset-not-known": Message("there is no preset of this name", "Use one of these: {known}"),
    "variable-wrong": Message("it cannot be {value!r}: {problem}", "Correct or unset it"),
    "variable-unknown": warning("this variable says nothing to llenhance", "Unset it"),
    "variable-misspelled": warning(
        "this variable says nothing to llenhance", "Did you mean this: {meant}"
    ),
    "variable-only-typed": warning(
        "this variable says nothing to llenhance: the option can only be typed", "Unset it"
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
    "preview-needs-terminal": Message(
        "pictures can be shown in a terminal only", "Leave the preview out, or look at the results"
    ),
    "preview-needs-color": Message(
        "this terminal shows no colors", "Leave the preview out, or allow colors: unset NO_COLOR"
    ),
    "preview-needs-files": Message(
        "only pictures in files can be shown", "Leave the preview out, or name files"
    ),
    "needs-references": Message(
        "it compares with references", "Name the folder of references as well"
    ),
    "options-contradict": Message("it contradicts {other}", "Use only one of them"),
    "option-needs-other": Message("it is a part of {other}", "Add {other}, or leave it out"),
    "part-of-sweep": Message("it is a part of --sweep", "Add --sweep, or leave it out"),
    "for-outputs-only": Message(
        "it is for results of other programs", "Add --outputs-only, or leave it out"
    ),
    "plot-needs-inputs": Message(
        "it needs the mean gray of the inputs", "Name the folder that --write-inputs filled"
    ),
    "option-names-file-of": Message("it names the file of {other}", "Choose another name"),
}
