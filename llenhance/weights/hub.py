"""Files of a Hugging Face hub, through its own client: cache, resume, mirrors, tokens, offline.

What is fetched is verified before anybody parses it. What the client raises becomes a sentence in
`hub_errors.py`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from llenhance.errors import UsageError, WeightsError
from llenhance.weights.digest import sha256 as sha256_of
from llenhance.weights.hub_errors import in_sentences

Progress = Callable[[int, int], None]
"""Called with the bytes done and all of them, 0 while unknown."""

_REFERENCE: Final = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[^:@\s]+))?(:(?P<file>[^:\s][^:]*))?", re.ASCII
)
_SUM: Final = re.compile(r"[0-9a-f]{64}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_USUAL: Final = "model.safetensors"
_SUFFIXES: Final = (".safetensors", ".pth")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file in a repository of a hub.

    Attributes:
        repo: ``owner/name``.
        file: its path there; None is the only weights file.
        revision: branch, tag or commit; None is main.
        kind: of the repository.
    """

    repo: str
    file: str | None = None
    revision: str | None = None
    kind: Literal["model", "space", "dataset"] = "model"

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"hf:{self.repo}{revision}" + (f":{self.file}" if self.file else "")


def parse(text: str) -> HubFile:
    """Return what ``hf:owner/name[@revision][:file]`` names.

    Raises:
        UsageError: it is something else.
    """
    match = _REFERENCE.fullmatch(text)
    file = match["file"] if match else None
    leads_out = file is not None and (file.startswith("/") or ".." in file.split("/"))
    if match is None or leads_out or ".." in match["repo"]:
        raise UsageError(text, "is no file of a hub", "Write hf:owner/name[@revision][:file]")
    return HubFile(repo=match["repo"], file=file, revision=match["revision"])


def fetch(
    source: HubFile,
    *,
    name: str | None = None,
    sha256: str | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Download a file, unless the client's cache has it, verify it, and return its path there.

    Args:
        source: which file.
        name: of the model that it is, for sentences.
        sha256: that it must have, 64 hex digits; without it the one that the hub states, if any.
        offline: look into the cache alone.
        progress: called while it is downloaded.

    Raises:
        WeightsError: it cannot be had, or is not what it should be; then it is moved away.
        ResourceError: the disk is full.
    """
    import huggingface_hub

    client: Any = huggingface_hub  # its types are of a tqdm without stubs
    title = f"{name} ({source})" if name else str(source)
    with in_sentences(title), _silent():
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
    _verify(Path(path), sha256, name=title)
    return Path(path)


def cached(source: HubFile) -> Path | None:
    """Return a file if the client's cache has it; the network is never used."""
    from huggingface_hub import try_to_load_from_cache

    file = source.file or _only(_cached_files(source))
    if file is None:
        return None
    found = try_to_load_from_cache(
        source.repo, file, revision=source.revision, repo_type=source.kind
    )
    return Path(found) if isinstance(found, str) else None


def remove(source: HubFile) -> int:
    """Take a file out of the client's cache, in all revisions, and return the bytes freed."""
    file = source.file or _only(_cached_files(source))
    freed = 0
    for link in _snapshots(source).glob(f"*/{file}") if file else ():
        blob = link.resolve()  # the file itself where links are not possible
        if blob.is_file():
            freed += blob.stat().st_size
            blob.unlink()
        link.unlink(missing_ok=True)
    return freed


def upload(path: Path, target: HubFile, *, card: str) -> str:
    """Put a file and a model card into a repository, made if need be, and return its address.

    Args:
        path: of the file.
        target: where to; without a file `model.safetensors`.
        card: Markdown, the repository's README.

    Raises:
        WeightsError: the hub does not take it.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    file = target.file or _USUAL
    operations = [
        CommitOperationAdd(path_in_repo=file, path_or_fileobj=path),
        CommitOperationAdd(path_in_repo="README.md", path_or_fileobj=card.encode()),
    ]
    api = HfApi()
    with in_sentences(str(target)), _silent():
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
    """Ask the hub once about a file, and refuse what it may not answer.

    The client alone would try for half a minute where nobody answers, and makes names of files out
    of the answer, which may lead anywhere.

    Raises:
        WeightsError: the answer would be a path.
    """
    import huggingface_hub

    client: Any = huggingface_hub
    address = client.hf_hub_url(source.repo, file, repo_type=source.kind, revision=source.revision)
    timeout = client.constants.HF_HUB_ETAG_TIMEOUT
    answer = client.get_hf_file_metadata(address, timeout=timeout)
    for text in (answer.etag, answer.commit_hash):
        if text is not None and not _PLAIN.fullmatch(text):
            problem = f"came with a name that no file should have: {text}"
            raise WeightsError(name, problem, "Check HF_ENDPOINT if it is set")


def _only_file(source: HubFile, *, offline: bool) -> str:
    """Return the path of a repository's only weights file."""
    from huggingface_hub import HfApi

    if offline:
        files = list(_cached_files(source))
    else:
        files = HfApi().list_repo_files(
            source.repo, repo_type=source.kind, revision=source.revision
        )
    file = _only(files)
    if file is None:
        candidates = [name for name in files if name.endswith(_SUFFIXES)]
        if not candidates:
            problem = "is not in the cache" if offline else "has no weights file"
            remedy = "Go online once" if offline else "Name a repository with a .safetensors file"
            raise WeightsError(str(source), problem, remedy)
        some = ", ".join(sorted(candidates)[:5])
        remedy = f"Name one of them: {source}:FILE"
        raise WeightsError(str(source), f"has several weights files: {some}", remedy)
    return file


def _only(files: Iterator[str] | list[str]) -> str | None:
    names = list(files)
    if _USUAL in names:
        return _USUAL
    for suffix in _SUFFIXES:
        fitting = [name for name in names if name.endswith(suffix)]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _snapshots(source: HubFile) -> Path:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id=source.repo, repo_type=source.kind)
    return Path(constants.HF_HUB_CACHE) / folder / "snapshots"


def _cached_files(source: HubFile) -> Iterator[str]:
    """Yield the paths of the cached files of a revision."""
    snapshots = _snapshots(source)
    revision = source.revision or "main"
    reference = snapshots.parent / "refs" / revision
    commit = reference.read_text() if reference.is_file() else revision
    snapshot = snapshots / commit
    for path in snapshot.rglob("*"):
        if path.is_file():
            yield path.relative_to(snapshot).as_posix()


def _verify(path: Path, sha256: str | None, *, name: str) -> None:
    """Move a file away whose SHA-256 is not the one it must have, and say so."""
    # The client names what a link leads to by the hub's sum, for large files a SHA-256. One link:
    # behind it may be another, to a store that several caches share, with names of its own.
    blob = path.parent / path.readlink() if path.is_symlink() else path
    expected = sha256 or (blob.name if _SUM.fullmatch(blob.name) else None)
    if expected is None:
        return
    found = sha256_of(path)
    if found == expected:
        return
    from huggingface_hub import constants

    quarantine = Path(constants.HF_HUB_CACHE).parent / "llenhance-quarantine"
    target = quarantine / found
    quarantine.mkdir(parents=True, exist_ok=True)
    blob.replace(target)
    path.unlink(missing_ok=True)
    problem = f"is damaged: its SHA-256 is {found} instead of {expected}"
    raise WeightsError(name, problem, f"It was moved to {target}; try again")


@contextmanager
def _silent() -> Generator[None]:
    """Keep the client's warnings, bars and log off our streams."""
    import logging

    from huggingface_hub.utils import disable_progress_bars

    for module in ("file_download", "hf_api"):  # imported later, they would set the level anew
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
    """Return a class like tqdm that draws nothing, and passes on what it is told."""
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
