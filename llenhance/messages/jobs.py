"""Messages of `jobs/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note, warning

MESSAGES: Final[Mapping[str, Message]] = {
    # Batches
    "stdin-closed": Message("it is closed", "Redirect a file or a pipe into it"),
    "stdin-twice": Message("it can be read only once", "Give it once"),
    "stdin-among-many": Message(
        "it has no folder that several results could go into", "Name a folder for the results"
    ),
    "stdout-takes-one": Message(
        "it takes one picture, but there are several results", "Name a folder for the results"
    ),
    # Series of brightness values
    "series-not-read": Message(
        "it is no FROM:TO:STEP of three numbers", "Write a series as -0.4:0.4:0.2"
    ),
    "series-out-of-range": Message(
        "its values go beyond -{most:g} to {most:g}", "Write a series as -0.4:0.4:0.2"
    ),
    "series-without-step": Message("its step is 0", "Write a series as -0.4:0.4:0.2"),
    "series-leads-nowhere": Message(
        "its step does not lead from its first value to its last one",
        "Write a series as -0.4:0.4:0.2, or 0.4:-0.4:-0.2",
    ),
    "series-too-long": Message("it has more than {most} values", "Use a larger step"),
    "map-not-png": Message(
        "maps of confidence are PNG files", "Choose a name that ends in .png, or a folder"
    ),
    "map-to-stdout": Message("maps do not go to standard output", "Name a PNG file or a folder"),
    "map-is-result": Message("the result has this name too", "Choose another name for the map"),
    "ledger-damaged": Message(
        "the list of what was made in this folder is damaged",
        "Delete the file; results then count as done if they say themselves what made them",
    ),
    "ledger-of-later-version": Message(
        "the list of what was made in this folder is of a later version of llenhance",
        "Use that version, or choose another folder for the results",
    ),
    "ledger-not-used": Message(
        "the list of what was made in this folder cannot be used: {reason}",
        "Choose another folder for the results",
    ),
    "exists-of-other-settings": Message(
        "it already exists, and was made with other settings",
        "Choose another folder for the results, or allow it to be replaced",
    ),
    "exists-of-changed-input": Message(
        "it already exists, and its picture has changed since it was made",
        "Choose another folder for the results, or allow it to be replaced",
    ),
    "exists-edited": Message(
        "it already exists, and was changed since llenhance made it",
        "Choose another folder for the results, or allow it to be replaced",
    ),
    "exists-unrecorded": Message(
        "it already exists, and nothing tells that it was made by llenhance with these settings",
        "Choose another folder for the results, or allow it to be replaced",
    ),
    "set-changed": Message(
        "nothing of the set is written: pictures were added, removed or changed since {result} was "
        "made, so new results would not look like the old ones",
        "Make all of them again, or choose another folder for the results",
    ),
    "set-beside-others": Message(
        "nothing of the set is written: {result} was made otherwise, so new results would not look "
        "like it",
        "Make all of them again, or choose another folder for the results",
    ),
    "well-lit-of-other-format": Message(
        "it is well lit and would be left as it is, but a copy of it is no {format} file",
        "Write to a folder: there it keeps its format",
    ),
    "set-not-known": Message(
        "they are to look alike, but not all of their names are known before the first is done",
        "Name a folder, or all pictures at once",
    ),
    "set-not-readable": Message(
        "none of the pictures that tell how bright its set should be can be read",
        "Take the damaged ones out of the folder",
    ),
    "made-together": Message(
        "its result was made to look like others, so its settings alone do not make it",
        "Enhance all of them again",
    ),
    "watched-is-no-folder": Message(
        "it is no folder, and only folders can be watched", "Name folders alone"
    ),
    "watched-folder-gone": Message(
        "the folder that was watched is gone", "Watch it again when it is back"
    ),
    "watch-refused": Message(
        "the system does not tell of changes in it: {reason}", "Look for them every second instead"
    ),
    "space-too-small": warning(
        "the results take about {megabytes:g} MB of it, and only {free:g} MB are free",
        "Free some space, or choose another folder for the results",
    ),
    "takes-long": note("it takes about {seconds} s; a fast way takes a few, for nearly the same"),
    # Records in results of what made them
    "record-not-added": note(
        "its XMP data cannot be added to, so the result does not say what made it"
    ),
    "record-too-long": note(
        "the result does not say what made it: its XMP data would have {size} bytes, and {format} "
        "holds {most}"
    ),
    "record-damaged": Message(
        "its record of what made it is damaged", "Use a copy that no other program has changed"
    ),
    "no-record": Message(
        "it does not say what made it", "Use a result that llenhance wrote with its record"
    ),
    "original-not-beside": Message(
        "the picture that it was made from, {source}, is not in its folder",
        "Name that picture as well",
    ),
    "original-beside-differs": Message(
        "{source} in its folder is not, or not any more, the picture that it was made from",
        "Name the picture that you want to enhance",
    ),
    "model-of-other-weights": Message(
        "its weights are not those that made the result (SHA-256 {found}, not {expected})",
        "Use the weights file that made it",
    ),
    "original-changed": Message(
        "it is not, or not any more, the picture that {result} was made from",
        "Compare it with a copy from before",
    ),
    "original-missing": Message(
        "the picture that it was made from, {source}, was not found", "Name the folder that has it"
    ),
    "no-results-to-audit": warning("no picture in it says what made it, so nothing was proven"),
    "replayed-by-other-version": note(
        "llenhance {version} made it: the new result may not be the same to the byte"
    ),
    "replayed-elsewhere": note(
        "it was made on {where}: the new result may not be the same to the byte"
    ),
    "settings-of-another-picture": note("the settings are those of another picture, {picture}"),
    # Scores
    "no-pairs": Message(
        "none of its pictures has a partner of the same name in {references}",
        "Give the partners the same names",
    ),
    "no-partner": Message("it has no partner in {folder}", "Add one, or move the picture away"),
    "folder-of-inputs": Message(
        "it holds inputs, and inputs are never modified", "Choose another folder for the results"
    ),
    "exposures-missing": Message(
        "it lacks these subfolders: {missing}", "Each exposure needs a subfolder of its name"
    ),
    "exposures-of-inputs-missing": Message(
        "it lacks these subfolders: {missing}", "Name the folder that holds the inputs of the sweep"
    ),
    "sizes-differ": Message(
        "it is {width}x{height} pixels, but {reference} is {reference_width}x{reference_height}",
        "Crop both to the same size",
    ),
    "too-small-to-score": Message(
        "it is {width}x{height} pixels, too small to be scored",
        "Use pictures of {least}x{least} pixels or more",
    ),
    "plot-format-unknown": Message(
        "plots are written as PNG or SVG", "Use a name that ends in .png or .svg"
    ),
}
