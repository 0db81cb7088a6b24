"""The hub client's own cache: which files it has, whether they are good, and deleting them.

Never uses the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from glob import escape
from pathlib import Path
from typing import Final

from llenhance.errors import WeightsError
from llenhance.weights.digest import sha256 as sha256_of
from llenhance.weights.hub_errors import hub_errors
from llenhance.weights.hub_reference import HubFile

USUAL: Final = "model.safetensors"
"""What a repository's weights file is called if nothing else is said."""

SUFFIXES: Final = (".safetensors", ".pth")
"""Of weights files, the preferred ones first."""

_SUM: Final = re.compile(r"[0-9a-f]{64}")


def cached(source: HubFile) -> Path | None:
    """Return a file if the cache has it.

    Raises:
        WeightsError: the cache cannot be read, or no hub has files of this name.
    """
    from huggingface_hub import try_to_load_from_cache

    with hub_errors(str(source)):
        file = source.file or only_weights_file(cached_files(source))
        if file is None:
            return None
        found = try_to_load_from_cache(
            source.repo, file, revision=source.revision, repo_type=source.kind
        )
    return Path(found) if isinstance(found, str) else None


def remove(source: HubFile) -> int:
    """Delete a file from the cache, in all revisions, and return the bytes freed.

    Raises:
        WeightsError: the cache does not allow it.
    """
    freed = 0
    with hub_errors(str(source)):
        file = source.file or only_weights_file(cached_files(source))
        for link in _snapshots(source).glob(f"*/{escape(file)}") if file else ():
            blob = link.resolve()  # the file itself where links are not possible
            if blob.is_file():
                freed += blob.stat().st_size
                blob.unlink()
            link.unlink(missing_ok=True)
    return freed


def cached_files(source: HubFile) -> Iterator[str]:
    """Yield the paths of the cached files of a revision."""
    snapshots = _snapshots(source)
    revision = source.revision or "main"
    reference = snapshots.parent / "refs" / revision
    commit = reference.read_text() if reference.is_file() else revision
    snapshot = snapshots / commit
    for path in snapshot.rglob("*"):
        if path.is_file():
            yield path.relative_to(snapshot).as_posix()


def only_weights_file(files: Iterable[str]) -> str | None:
    """Return the one weights file among the paths of a repository, None if there is no such one.

    >>> only_weights_file(["README.md", "lamps.safetensors", "lamps.pth"])
    'lamps.safetensors'
    """
    names = list(files)
    if USUAL in names:
        return USUAL
    for suffix in SUFFIXES:
        fitting = [name for name in names if name.endswith(suffix)]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def verify(path: Path, sha256: str | None, *, name: str) -> None:
    """Check the SHA-256 of a cached file; a wrong file is moved away.

    Args:
        path: of the file in the cache.
        sha256: what it must be, 64 hex digits; None for the one that the hub stated, if any.
        name: of the model or file, for errors.

    Raises:
        WeightsError: the file has another SHA-256, or cannot be read or moved.
    """
    # The client names what a link leads to by the hub's sum, for large files a SHA-256. One link:
    # behind it may be another, to a store that several caches share, with names of its own.
    blob = path.parent / path.readlink() if path.is_symlink() else path
    expected = sha256 or (blob.name if _SUM.fullmatch(blob.name) else None)
    if expected is None:
        return
    found = sha256_of(path)
    if found == expected:
        return
    target = cache_folder().parent / "llenhance-quarantine" / found
    with hub_errors(name):
        target.parent.mkdir(parents=True, exist_ok=True)
        blob.replace(target)
        path.unlink(missing_ok=True)
    raise WeightsError("download-damaged", name, found=found, expected=expected, moved=str(target))


def cache_folder() -> Path:
    """Return the folder of the cache.

    Raises:
        WeightsError: the user has no home folder to have it in.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_CACHE.startswith("~"):  # it found no home folder
        raise WeightsError("hub-home-unknown", "HF_HOME")
    return Path(constants.HF_HUB_CACHE)


def _snapshots(source: HubFile) -> Path:
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id=source.repo, repo_type=source.kind)
    return cache_folder() / folder / "snapshots"
