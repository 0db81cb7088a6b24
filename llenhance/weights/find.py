"""Names of models to weights files: shipped, downloaded, imported, or anybody's file.

What is not shipped lies in the user's folder of models, `home`: `models/NAME.safetensors` for what
has a name, `imported/SUM.safetensors` for checkpoints that were given as files, by their SHA-256.
Files of a hub stay in the hub client's own cache.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from llenhance.errors import PictureError, UsageError, WeightsError
from llenhance.weights import hub
from llenhance.weights.digest import sha256
from llenhance.weights.registry import REGISTRY, Entry, entry

DEFAULT_MODEL: Final = "nano"

Consent = Callable[[Entry], bool]
"""Asked before a model with a restricting licence is downloaded: whether the user accepts it."""

_PACKAGE: Final = Path(__file__).parents[1]
_SHIPPED: Final = (  # in an installed package, and in a checkout
    _PACKAGE / "shipped",
    _PACKAGE.parent / "weights",
)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def home() -> Path:
    """Return the user's folder of models: $LLENHANCE_HOME, or where the system keeps such data."""
    import platformdirs

    given = os.environ.get("LLENHANCE_HOME")
    return Path(given) if given else platformdirs.user_data_path("llenhance", appauthor=False)


def refuse(_entry: Entry) -> bool:
    """Accept no licence: where nobody can be asked."""
    return False


def find(
    model: str | Path,
    *,
    offline: bool = False,
    consent: Consent = refuse,
    progress: hub.Progress | None = None,
) -> Path:
    """Return the weights file of a model; what is not here yet is downloaded or imported, once.

    Args:
        model: a name from `everything`, ``hf:owner/name[@revision][:file]``, or the path of a
            weights file or of an authors' checkpoint.
        offline: never use the network.
        consent: asked about a licence that was not accepted before.
        progress: called with the bytes downloaded and all of them.

    Raises:
        WeightsError: no such model, or it cannot be had: the sentence says why.
        UsageError: ``hf:`` and something that is no file of a hub.
        ResourceError: the disk is full.
    """
    present = located(model)
    if present is not None:
        return _usable(present)
    if isinstance(model, str) and model.startswith("hf:"):
        return _usable(hub.fetch(hub.parse(model), offline=offline, progress=progress))
    known = entry(model) if isinstance(model, str) else None
    if known is not None:
        return download(known, offline=offline, consent=consent, progress=progress)
    names = ", ".join(name for name, _ in everything())
    problem = "is neither a known model nor a weights file"
    raise WeightsError(
        str(model), problem, f"Use one of: {names}; hf:owner/name; or the path of a file"
    )


def located(model: str | Path) -> Path | None:
    """Return where a model is now, without the network; None where it is not.

    A file from a hub may be an authors' checkpoint, ``.pth``, as may one that is given by its path.
    """
    if isinstance(model, str):
        if model.startswith("hf:"):
            return hub.cached(hub.parse(model))
        for folder in (*_SHIPPED, home() / "models"):
            file = folder / f"{model}.safetensors"
            if Path(model).name == model and file.is_file():
                return file
    path = Path(model)
    return path if path.is_file() else None


def is_on_a_hub(model: str) -> bool:
    """Tell whether a model would be looked for in the network: it can be, and is not here."""
    known = entry(model)
    can_be = model.startswith("hf:") or (known is not None and known.source is not None)
    return can_be and located(model) is None


def everything() -> list[tuple[str, Path | None]]:
    """Return every known name and where its file is, the user's own models last."""
    own = (home() / "models").glob("*.safetensors")
    names = dict.fromkeys([*shipped_models(), *(known.name for known in REGISTRY)])
    names |= dict.fromkeys(sorted(path.stem for path in own))
    return [(name, named(name)) for name in names]


def named(name: str) -> Path | None:
    """Return the file of a name, shipped or in `home`; never a path that reads like the name."""
    found = located(name)
    return found if found is not None and found.parent in (*_SHIPPED, home() / "models") else None


def shipped_models() -> list[str]:
    """Return the names of the models that come with llenhance."""
    return sorted({p.stem for folder in _SHIPPED for p in folder.glob("*.safetensors")})


def is_shipped(path: Path) -> bool:
    """Tell whether a file came with llenhance."""
    return path.parent in _SHIPPED


def download(
    known: Entry,
    *,
    offline: bool = False,
    consent: Consent = refuse,
    progress: hub.Progress | None = None,
) -> Path:
    """Download a model of the registry, check it, and return its weights file.

    Raises:
        WeightsError: it is to be downloaded by hand, its licence was not accepted, or the hub has
            no good file.
        ResourceError: the disk is full.
    """
    if known.source is None:
        command = f"llenhance weights import FILE.pth --as {known.name}"
        problem = "cannot be downloaded by a program"
        raise WeightsError(known.name, problem, f"Get it from {known.link} and run: {command}")
    if known.needs_consent and not has_accepted(known.licence):
        if not consent(known):
            command = f"llenhance weights download {known.name} --accept-license"
            problem = f"has the licence {known.licence}, which was not accepted"
            raise WeightsError(known.name, problem, f"To accept it run: {command}")
        accept(known.licence)
    file = hub.fetch(
        known.source, name=known.name, sha256=known.sha256, offline=offline, progress=progress
    )
    return add(file, known.name, overwrite=True)


def add(source: Path, name: str, *, overwrite: bool = False) -> Path:
    """Keep a weights file or an authors' checkpoint under a name, checked, and return the file.

    Raises:
        UsageError: a name that is none, is taken, or ships with llenhance.
        WeightsError: the file is damaged or refused.
        ResourceError: the disk is full.
    """
    if not _NAME.fullmatch(name) or name.endswith(".safetensors"):
        remedy = "Use letters, digits, '-', '_' and '.', and no extension"
        raise UsageError("--as", f"{name!r} is no name for a model", remedy)
    if name in shipped_models():
        raise UsageError("--as", f"{name} comes with llenhance", "Choose another name")
    target = home() / "models" / f"{name}.safetensors"
    if target.exists() and not overwrite:
        raise UsageError("--as", f"{name} exists", "Add --overwrite or choose another name")
    _write(source, target)
    return target


def remove(name: str) -> int:
    """Take a model that was downloaded or imported off the disk, and return the bytes freed.

    Raises:
        WeightsError: it is not there, or it ships with llenhance.
        UsageError: ``hf:`` and something that is no file of a hub.
    """
    if name.startswith("hf:"):
        freed = hub.remove(hub.parse(name))
    else:
        path = named(name)
        if path is not None and is_shipped(path):
            raise WeightsError(name, "comes with llenhance", "Remove others")
        freed = 0
        if path is not None:
            freed = path.stat().st_size
            path.unlink()
        known = entry(name)
        if known is not None and known.source is not None:
            freed += hub.remove(known.source)
    if not freed:
        raise WeightsError(name, "is not here", "See: llenhance weights list")
    return freed


def has_accepted(licence: str) -> bool:
    """Tell whether the user accepted a licence before."""
    return licence in _accepted()


def accept(licence: str) -> None:
    """Remember that the user accepted a licence."""
    from llenhance.files.whole import write_whole

    licences = sorted({*_accepted(), licence})
    _make_folder(home())
    write_whole(home() / "accepted.json", json.dumps(licences).encode(), overwrite=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of the list of models.

    Attributes:
        name: that `--model` takes.
        architecture: a preset's name; None for a user's own model.
        description: one line; None likewise.
        licence: of the weights; None if unknown.
        path: of its file; None if it is not here.
        size: of that file, or of what would be downloaded, in bytes; None if unknown.
        default: whether it is used where no model is named.
        link: where people download it by hand; None where a program can.
    """

    name: str
    architecture: str | None
    description: str | None
    licence: str | None
    path: Path | None
    size: int | None
    default: bool
    link: str | None


def listed() -> Iterator[Listed]:
    """Yield every known model."""
    for name, path in everything():
        known = entry(name)
        by_hand = known is not None and known.source is None
        yield Listed(
            name=name,
            architecture=known.architecture if known else None,
            description=known.description if known else None,
            licence=known.licence if known else None,
            path=path,
            size=path.stat().st_size if path else known.size if known else None,
            default=name == DEFAULT_MODEL,
            link=known.link if known and by_hand else None,
        )


def _usable(file: Path) -> Path:
    return _imported(file) if file.suffix == ".pth" else file


def _imported(checkpoint: Path) -> Path:
    """Return the weights file of an authors' checkpoint, made the first time it is asked for."""
    target = home() / "imported" / f"{sha256(checkpoint)}.safetensors"
    if not target.is_file():
        _write(checkpoint, target)
    return target


def _write(source: Path, target: Path) -> None:
    """Write a weights file, checked, from one or from an authors' checkpoint."""
    from llenhance.files.whole import read_bytes, write_whole
    from llenhance.weights.file import load
    from llenhance.weights.official import import_checkpoint

    _make_folder(target.parent)
    try:
        if source.suffix == ".safetensors":
            load(source)
            write_whole(target, read_bytes(source), overwrite=True)
        else:
            import_checkpoint(source, target=target, overwrite=True)
    except PictureError as error:  # what files of any kind say
        raise WeightsError(error.name, error.problem, error.remedy) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        problem = f"cannot be made: {reason.strerror}"
        remedy = "Set LLENHANCE_HOME to a folder of yours"
        raise WeightsError(str(folder), problem, remedy) from reason


def _accepted() -> list[str]:
    try:
        licences: Any = json.loads((home() / "accepted.json").read_bytes())
    except (OSError, ValueError):
        return []
    return cast("list[str]", licences) if isinstance(licences, list) else []
