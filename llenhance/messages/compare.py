"""Messages of `compare/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llenhance.messages.message import Message, note

MESSAGES: Final[Mapping[str, Message]] = {
    "nothing-to-compare-with": Message(
        "there is nothing to compare it with", "Name another folder or picture as well"
    ),
    "folders-beside-pictures": Message(
        "it is a picture, but {folder} is a folder", "Name either folders or pictures"
    ),
    "labels-unmatched": Message(
        "there are {labels} for {places} folders or pictures", "Give one for each, in their order"
    ),
    "label-twice": Message("two columns have this name", "Give each another name"),
    "report-extension": Message("pages are HTML files", "Name a file that ends in .html"),
    "report-written": note("compares {rows} in {megabytes} MB"),
    "report-of-nothing": note("was not written, since there is no picture to show"),
    "report-not-finished": note(
        "was not written, since the run was stopped", "The same command goes on, and writes it"
    ),
}
