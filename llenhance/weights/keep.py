"""Models come into the user's folder, and go: each file is checked before it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llenhance.errors import UsageError, WeightsError
from llenhance.files.preflight import check_output
from llenhance.files.whole import write_whole
from llenhance.system import system_errors
from llenhance.weights import hub_cache
from llenhance.weights.digest import sha256
from llenhance.weights.home import SUFFIX, home, is_model_name, is_regular_file, keeping_in
from llenhance.weights.hub_reference import PREFIX, parse
from llenhance.weights.local import is_shipped, named, shipped_models
from llenhance.weights.registry import entry

if TYPE_CHECKING:
    from llenhance.model.architecture import Architecture


def add(source: Path, name: str, *, overwrite: bool = False) -> Path:
    """Keep a weights file or an authors' checkpoint under a name, and return the file.

    Args:
        source: the file; it stays where it is.
        name: what the model is called from now on.
        overwrite: whether a model of this name is replaced.

    Raises:
        UsageError: the name is impossible, taken, or that of a model that comes with llenhance.
        WeightsError: the file is damaged or refused, or the folder of models cannot be written.
        ResourceError: the disk is full.
    """
    if not is_model_name(name):
        raise UsageError("model-name-invalid", name)
    if name in shipped_models():
        raise UsageError("model-name-reserved", name)
    target = home() / "models" / f"{name}{SUFFIX}"
    if not overwrite and is_regular_file(target):
        raise UsageError("model-name-taken", name)
    _keep(source, target)
    return target


def imported(checkpoint: Path) -> Path:
    """Return the weights file of an authors' checkpoint; it is made the first time.

    Raises:
        WeightsError: the checkpoint is damaged or refused, or the folder cannot be written.
        ResourceError: the disk is full.
    """
    digest = sha256(checkpoint)
    target = home() / "imported" / f"{digest}{SUFFIX}"
    if not is_regular_file(target):
        _keep(checkpoint, target, digest=digest)
    return target


def remove(name: str) -> int:
    """Delete a model that was downloaded or imported, and return the bytes freed.

    Raises:
        WeightsError: it is not on this machine, comes with llenhance, or cannot be deleted.
        UsageError: ``hf:`` and something that is not a file of a hub.
    """
    if name.startswith(PREFIX):
        freed = hub_cache.remove(parse(name))
    else:
        freed = 0
        path = named(name)
        if path is not None:
            if is_shipped(path):
                raise WeightsError("model-shipped", name)
            with system_errors(path, WeightsError):
                freed = path.stat().st_size
                path.unlink()
        known = entry(name)
        if known is not None and known.source is not None:
            freed += hub_cache.remove(known.source)
    if not freed:
        raise WeightsError("model-not-here", name, model=name)
    return freed


def write_weights(
    source: Path, target: Path, *, overwrite: bool, digest: str | None = None
) -> Architecture:
    """Write a weights file, checked, from one or from an authors' checkpoint.

    Args:
        source: a weights file if it is called so, else a checkpoint; it stays where it is.
        target: the new weights file.
        overwrite: whether an existing file is replaced.
        digest: the SHA-256 of the source, if it is known.

    Returns:
        What network it is.

    Raises:
        UsageError: the target exists, cannot be written, or is not called a weights file.
        WeightsError: the source is damaged or refused.
        ResourceError: the disk is full.
    """
    from llenhance.weights.file import load  # imports torch
    from llenhance.weights.official import import_checkpoint

    if target.suffix != SUFFIX:
        raise UsageError("weights-extension", str(target), extension=SUFFIX)
    check_output(target, overwrite=overwrite, inputs=[source], kind=UsageError)
    if source.suffix != SUFFIX:
        return import_checkpoint(source, target=target, overwrite=overwrite, digest=digest)
    network = load(source)
    with system_errors(source, WeightsError):
        data = source.read_bytes()
    write_whole(target, data, overwrite=overwrite)
    return network.architecture


def _keep(source: Path, target: Path, *, digest: str | None = None) -> None:
    with keeping_in(target.parent):
        write_weights(source, target, overwrite=True, digest=digest)
