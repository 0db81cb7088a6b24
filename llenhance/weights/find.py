"""How a name becomes a checked file of weights.

    name ──located──► a file on this machine ─┐
      └─not here──► hub: download, verify ────┴─► weights file, or checkpoint ──import──► FoundModel

`local.py` knows what is on this machine, `registry.py` what can be downloaded, `hub.py` downloads,
`keep.py` puts files into the user's folder of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llenhance.errors import WeightsError
from llenhance.weights import hub
from llenhance.weights.consent import Consent, refuse, require_consent
from llenhance.weights.hub_reference import PREFIX, parse
from llenhance.weights.keep import add, imported
from llenhance.weights.license import License
from llenhance.weights.local import DEFAULT_MODEL, everything, has_name, located
from llenhance.weights.registry import entry, license_of

__all__ = ["DEFAULT_MODEL", "FoundModel", "find", "needs_download"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """A model whose weights file is on this machine. Make one with `find`.

    Attributes:
        name: what it was found by: a name, ``hf:owner/name``, or a path.
        path: of its weights file, in the user's folder of models if it was imported.
        license: of its weights; None if unknown, as it is for files and for the user's own models.
    """

    name: str
    path: Path
    license: License | None


def find(
    model: str | Path | FoundModel,
    *,
    offline: bool = False,
    consent: Consent = refuse,
    progress: hub.Progress | None = None,
) -> FoundModel:
    """Return a model and its weights file; what is not here yet is downloaded or imported, once.

    >>> find("nano").path.name
    'nano.safetensors'

    Args:
        model: a name from `everything`, ``hf:owner/name[@revision][:file]``, or the path of a
            weights file or of an authors' checkpoint. What was found before stays as it is.
        offline: never use the network.
        consent: asked about a license that was not accepted before.
        progress: called with the bytes downloaded and all of them.

    Raises:
        WeightsError: there is no such model, or its file cannot be used; the message says why.
        UsageError: ``hf:`` and something that is not a file of a hub.
        ResourceError: the disk is full.
    """
    if isinstance(model, FoundModel):
        return model
    file = located(model)
    if file is None:
        file = _downloaded(model, offline=offline, consent=consent, progress=progress)
    known = license_of(file.stem) if has_name(file) else None
    path = imported(file) if file.suffix == ".pth" else file
    return FoundModel(name=str(model), path=path, license=known)


def needs_download(model: str) -> bool:
    """Tell whether `find` would use the network: the model is on a hub, and not on this machine."""
    known = entry(model)
    on_a_hub = model.startswith(PREFIX) or (known is not None and known.source is not None)
    return on_a_hub and located(model) is None


def _downloaded(
    model: str | Path, *, offline: bool, consent: Consent, progress: hub.Progress | None
) -> Path:
    """Download what is not on this machine, and return the file."""
    if isinstance(model, str) and model.startswith(PREFIX):
        return hub.fetch(parse(model), offline=offline, progress=progress)
    known = entry(model) if isinstance(model, str) else None
    if known is None:
        names = ", ".join(name for name, _ in everything())
        raise WeightsError("model-unknown", str(model), names=names)
    if known.source is None:
        if known.link is None:
            raise WeightsError("shipped-missing", known.name)
        raise WeightsError("download-by-hand", known.name, model=known.name, link=known.link)
    require_consent(known, consent)
    file = hub.fetch(
        known.source, name=known.name, sha256=known.sha256, offline=offline, progress=progress
    )
    return add(file, known.name, overwrite=True)
