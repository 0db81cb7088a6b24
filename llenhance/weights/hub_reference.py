"""Names of files on a Hugging Face hub: ``hf:owner/name[@revision][:file]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from llenhance.errors import UsageError

PREFIX: Final = "hf:"

_REFERENCE: Final = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[^:@\s]+))?(:(?P<file>[^:\s][^:]*))?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file in a repository of a hub.

    Attributes:
        repo: ``owner/name``.
        file: its path in the repository; None means the only weights file there.
        revision: branch, tag or commit; None means main.
        kind: what the repository is.
    """

    repo: str
    file: str | None = None
    revision: str | None = None
    kind: Literal["model", "space", "dataset"] = "model"

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{PREFIX}{self.repo}{revision}" + (f":{self.file}" if self.file else "")


def parse(text: str) -> HubFile:
    """Return the file that ``hf:owner/name[@revision][:file]`` names.

    Raises:
        UsageError: the text is something else, or its paths lead out of the repository.
    """
    match = _REFERENCE.fullmatch(text) if text.isprintable() else None
    if match is None or any(_leads_out(part) for part in match.group("repo", "revision", "file")):
        raise UsageError("hub-reference-invalid", text)
    return HubFile(repo=match["repo"], file=match["file"], revision=match["revision"])


def _leads_out(part: str | None) -> bool:
    return part is not None and (part.startswith("/") or ".." in part.split("/"))
