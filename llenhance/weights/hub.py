"""Download from and upload to a Hugging Face hub, through its own client.

The client brings the cache, resumed downloads, mirrors, tokens and offline mode. What is downloaded
is verified before anybody parses it. `hub_reference.py` reads the names of files, `hub_cache.py`
looks into the cache, `hub_errors.py` tells what the client raises.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from llenhance.errors import WeightsError
from llenhance.weights.hub_cache import (
    SUFFIXES,
    USUAL,
    cache_folder,
    cached,
    cached_files,
    only_weights_file,
    verify,
)
from llenhance.weights.hub_errors import hub_errors
from llenhance.weights.hub_reference import HubFile

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all, 0 while unknown."""

_MOST_NAMED: Final = 5  # files of a repository, in a message

_PLAIN: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


def fetch(
    source: HubFile,
    *,
    name: str | None = None,
    sha256: str | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Return a file's path in the client's cache; if need be, download and verify it.

    Args:
        source: which file.
        name: of the model, for errors.
        sha256: what it must be, 64 hex digits; None for the one that the hub states, if any.
        offline: look into the cache only.
        progress: called during the download.

    Raises:
        WeightsError: it cannot be downloaded, or its SHA-256 is wrong; then it is moved away.
        ResourceError: the disk is full.
    """
    import huggingface_hub

    client: Any = huggingface_hub  # its types are of a tqdm without stubs
    title = f"{name} ({source})" if name else str(source)
    cache_folder()  # the client would make a folder named "~" for a user without a home
    with hub_errors(title), _silent():
        file = source.file or _only_file(source, offline=offline)
        if not offline and cached(replace(source, file=file)) is None:
            _ask(source, file, name=title)
        path = client.hf_hub_download(
            source.repo,
            file,
            repo_type=source.kind,
            revision=source.revision,
            local_files_only=offline,
            tqdm_class=_reporting(progress),
        )
    verify(Path(path), sha256, name=title)
    return Path(path)


def upload(path: Path, target: HubFile, *, card: str) -> str:
    """Upload a file and a model card, and return the address of the repository.

    Args:
        path: of the file.
        target: the repository, made if it does not exist; the file in it is called
            `model.safetensors` if nothing else is said.
        card: Markdown, the repository's README.

    Raises:
        WeightsError: the hub refuses the upload.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    file = target.file or USUAL
    operations = [
        CommitOperationAdd(path_in_repo=file, path_or_fileobj=path),
        CommitOperationAdd(path_in_repo="README.md", path_or_fileobj=card.encode()),
    ]
    api = HfApi()
    with hub_errors(str(target)), _silent():
        address = api.create_repo(target.repo, repo_type=target.kind, exist_ok=True)
        api.create_commit(
            target.repo,
            operations,
            commit_message=f"Upload {file}",
            repo_type=target.kind,
            revision=target.revision,
        )
    return str(address)


def _ask(source: HubFile, file: str, *, name: str) -> None:
    """Ask the hub once about a file, and check the answer.

    The client alone tries for half a minute if nobody answers, and makes file names out of the
    answer, which may lead anywhere.

    Raises:
        WeightsError: the answer holds a path where a name is expected.
    """
    import huggingface_hub

    client: Any = huggingface_hub
    address = client.hf_hub_url(source.repo, file, repo_type=source.kind, revision=source.revision)
    timeout = client.constants.HF_HUB_ETAG_TIMEOUT
    answer = client.get_hf_file_metadata(address, timeout=timeout)
    for text in (answer.etag, answer.commit_hash):
        if text is not None and not _PLAIN.fullmatch(text):
            raise WeightsError("hub-answer-unsafe", name, answer=text)


def _only_file(source: HubFile, *, offline: bool) -> str:
    """Return the path of a repository's only weights file."""
    from huggingface_hub import HfApi

    if offline:
        files = list(cached_files(source))
    else:
        files = HfApi().list_repo_files(
            source.repo, repo_type=source.kind, revision=source.revision
        )
    file = only_weights_file(files)
    if file is not None:
        return file
    candidates = sorted(name for name in files if name.endswith(SUFFIXES))
    if candidates:
        some = ", ".join(candidates[:_MOST_NAMED])
        raise WeightsError("hub-weights-ambiguous", str(source), files=some, example=candidates[0])
    raise WeightsError("hub-not-cached" if offline else "hub-weights-missing", str(source))


@contextmanager
def _silent() -> Generator[None]:
    """Keep the client's warnings, bars and log away from our streams."""
    import logging

    from huggingface_hub.utils import disable_progress_bars

    for module in ("file_download", "hf_api"):  # imported later, they would set the level again
        import_module(f"huggingface_hub.{module}")
    disable_progress_bars()
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _reporting(progress: Progress | None) -> Any:
    """Return a class like tqdm that draws nothing, and reports to `progress`."""
    from tqdm import std

    base: Any = std.tqdm

    class Reporting(base):
        def __init__(self, *args: Any, **options: Any) -> None:
            base.__init__(self, *args, **(options | {"disable": True}))
            self.done = int(options.get("initial") or 0)
            self.whole = int(options.get("total") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.done += int(n or 0)
            if progress is not None:
                progress(self.done, self.whole)
            return None

    return Reporting
