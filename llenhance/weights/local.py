"""Models on this machine: which there are, and where their files are. Never uses the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llenhance.weights import hub_cache, registry
from llenhance.weights.home import (
    SUFFIX,
    is_model_name,
    is_regular_file,
    models_folder,
    names_in,
)
from llenhance.weights.hub_reference import PREFIX, parse
from llenhance.weights.license import License
from llenhance.weights.registry import entry

DEFAULT_MODEL: Final = "nano"

_PACKAGE: Final = Path(__file__).parents[1]
_SHIPPED: Final = (  # in an installed package, and in a checkout
    _PACKAGE / "shipped",
    _PACKAGE.parent / "weights",
)


def located(model: str | Path) -> Path | None:
    """Return the file of a model, None if it is not on this machine.

    Args:
        model: a name, ``hf:owner/name[@revision][:file]``, or the path of a file.

    Returns:
        A weights file, or an authors' checkpoint where the path or the hub leads to one.

    Raises:
        WeightsError: a folder that cannot be read, or what no file can be called.
        UsageError: ``hf:`` and something that is not a file of a hub.
    """
    if isinstance(model, str):
        if model.startswith(PREFIX):
            return hub_cache.cached(parse(model))
        file = named(model)
        if file is not None:
            return file
    path = Path(model)
    return path if is_regular_file(path) else None


def named(name: str) -> Path | None:
    """Return the file of a shipped or kept model; never a path that reads like the name."""
    if not is_model_name(name):
        return None
    files = (folder / f"{name}{SUFFIX}" for folder in _folders())
    return next(filter(is_regular_file, files), None)


def everything() -> list[tuple[str, Path | None]]:
    """Return every known name and its file, if it is on this machine; the user's models last."""
    own = models_folder()
    names = dict.fromkeys([*shipped_models(), *(known.name for known in registry.REGISTRY)])
    names |= dict.fromkeys(names_in(own) if own else ())
    return [(name, named(name)) for name in names]


def shipped_models() -> list[str]:
    """Return the names of the models that come with llenhance."""
    return sorted({name for folder in _SHIPPED for name in names_in(folder)})


def is_shipped(path: Path) -> bool:
    """Tell whether a file came with llenhance."""
    return path.parent in _SHIPPED


def has_name(path: Path) -> bool:
    """Tell whether a file is what a name of a model stands for."""
    return path.parent in _folders()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of the list of models.

    Attributes:
        name: what users call it.
        architecture: a preset's name; None for a user's own model.
        description: one line; None for a user's own model.
        license: of its weights; None if unknown.
        path: of its file; None if it is not on this machine.
        size: of its file, or of the download, in bytes; None if unknown.
        default: whether it is used where no model is named.
        link: where people download it by hand; None if a program can.
    """

    name: str
    architecture: str | None
    description: str | None
    license: License | None
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
            license=known.license if known else None,
            path=path,
            size=path.stat().st_size if path else known.size if known else None,
            default=name == DEFAULT_MODEL,
            link=known.link if known and by_hand else None,
        )


def _folders() -> Iterator[Path]:
    """Yield the folders in which a name is looked up: shipped models, then the user's own."""
    yield from _SHIPPED
    own = models_folder()
    if own:
        yield own
