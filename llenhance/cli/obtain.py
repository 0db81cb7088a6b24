"""The model that a command line names, downloaded where people can watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llenhance.cli.bars import downloading
from llenhance.cli.terminal import Terminal

if TYPE_CHECKING:
    from llenhance.weights.consent import Consent
    from llenhance.weights.find import FoundModel
    from llenhance.weights.registry import Entry


def obtain(model: str, *, terminal: Terminal, offline: bool, accepted: bool = False) -> FoundModel:
    """Return a model and its weights file; the first time, download it.

    Args:
        model: a name, ``hf:owner/name``, or a path, as `find` takes it.
        terminal: shows the progress of the download, and asks about a license.
        offline: never use the network.
        accepted: accept any license without asking.

    Raises:
        LlenhanceError: as `find` does.
    """
    from llenhance.weights.find import find, needs_download

    if not needs_download(model):
        return find(model, offline=offline)  # no bar: importing Rich's would take 0.1 s
    if not offline:
        terminal.say(f"{model} is not on this machine yet: asking the hub for it")
    with downloading(terminal, model) as progress:
        return find(
            model, offline=offline, consent=asking(terminal, accepted=accepted), progress=progress
        )


def asking(terminal: Terminal, *, accepted: bool) -> Consent:
    """Return a function that shows a license and asks about it."""

    def consent(entry: Entry) -> bool:
        wanted = entry.license
        about = [f"{entry.name} has the license {wanted.name}: {wanted.summary}"]
        if wanted.url:
            about.append(f"The license is at {wanted.url}")
        if not accepted:
            return terminal.ask("Do you accept it?", about=about)
        for line in about:
            terminal.say(line)
        return True

    return consent
