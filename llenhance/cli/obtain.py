"""The file of a model that was named on a command line, downloaded where people can watch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llenhance.cli.terminal import Terminal
from llenhance.weights.registry import Entry

if TYPE_CHECKING:
    from llenhance.weights import find as models


def obtain(model: str, *, terminal: Terminal, offline: bool, accepted: bool = False) -> Path:
    """Return the weights file of a model; the first time, download it.

    Args:
        model: as `models.find` takes it.
        terminal: shows how far the download is, and asks about a licence.
        offline: never use the network.
        accepted: any licence, without asking.

    Raises:
        LlenhanceError: as `models.find` does.
    """
    from llenhance.weights import find as models

    if not models.is_on_a_hub(model):
        return models.find(model, offline=offline)  # no bar: importing Rich's would take 0.1 s
    if not offline:
        terminal.say(f"{model} is not here yet: asking the hub for it")
    with terminal.downloading(model) as progress:
        return models.find(
            model, offline=offline, consent=asking(terminal, accepted=accepted), progress=progress
        )


def asking(terminal: Terminal, *, accepted: bool) -> models.Consent:
    """Return what shows a licence and asks about it."""

    def consent(entry: Entry) -> bool:
        terminal.say(
            f"{entry.name} has the licence {entry.licence}: it is not for commercial use, "
            "and what is made of the weights is passed on under the same terms"
        )
        return accepted or terminal.ask("Do you accept it?")

    return consent
