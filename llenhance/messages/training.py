"""Messages of `training/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message

_NAMES: Final = "Write one name per line, without extension"

MESSAGES: Final[Mapping[str, Message]] = {
    # Settings that contradict each other: `settings.py`, `recipe.py`, `loop.py`.
    "budget-unclear": Message(
        "a run ends after a number of steps or after a number of minutes", "Give one of the two"
    ),
    "crop-not-multiple": Message(
        "{crop} pixels are not a multiple of {stride}", "Use {below} or {above}"
    ),
    "folders-unpaired": Message(
        "{low} folders of dark pictures cannot be paired with {high} folders of references",
        "Give each folder of dark pictures one of references, in the same order",
    ),
    "nothing-to-train-on": Message(
        "no folder of pictures is given",
        "Give dark pictures with their references, or photographs to darken",
    ),
    "shares-unmatched": Message(
        "{shares} shares do not match {folders} folders",
        "Give one share for each folder: of dark pictures, then of photographs, then of nights",
    ),
    "shares-impossible": Message(
        "a share is 0 or more, and not all of them are 0", "Give each folder its part of a batch"
    ),
    "preset-unknown": Message("there is no such preset", "Use one of: {known}"),
    "new-head-without-start": Message(
        "only a run that starts from a model can train its brightness head anew",
        "Name a model to start from, or leave this out: other runs train the head anyway",
    ),
    "workers-uneven": Message(
        "{workers} processes can only share a batch in equal parts, on a CPU",
        "Use a batch that is a multiple of {workers}, and the CPU",
    ),
    # The folder of a run: `settings.py`, `state.py`, `record.py`.
    "run-exists": Message("it already holds a run", "Resume that run, or choose another folder"),
    "nothing-to-resume": Message("it holds no run to resume", "Start a new run in it"),
    "state-damaged": Message("it is damaged", "Start again in another folder"),
    "state-of-other-network": Message(
        "its network is not the preset {preset}", "Resume it with the preset that it started with"
    ),
    "resumed-differently": Message(
        "this run was started with another {option}: {before}, not {now}",
        "Resume it with the options that it was started with, or start a run in another folder",
    ),
    # Pictures: `folders.py`.
    "partner-missing": Message(
        "it has no partner in {folder}", "Add the partner, or move this picture away"
    ),
    "partner-of-other-size": Message(
        "its partner in {folder} has another size", "Crop both to the same size"
    ),
    "pictures-smaller-than-crop": Message(
        "it has pictures that are smaller than the crops of {crop} pixels",
        "Use smaller crops or larger pictures",
    ),
    "all-held-out": Message(
        "all of its pictures are held out for validation", "Check the list of validation pictures"
    ),
    "list-not-text": Message("it is not a text file in UTF-8", _NAMES),
    "list-empty": Message("it names no validation picture", _NAMES),
    "list-unmatched": Message(
        "it names no picture that is there",
        "Compare the list with the names of the dark pictures",
    ),
    # While it runs: `loop.py`, `peers.py`.
    "training-diverges": Message(
        "training diverges again and again", "Resume the run with a lower learning rate"
    ),
    "training-process-lost": Message(
        "one of its processes stopped before the end", "Resume the run"
    ),
}
