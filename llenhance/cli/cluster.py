"""`--cluster [ADDRESS]`: the same run on the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from llenhance.errors import UsageError

if TYPE_CHECKING:
    import typer

    from llenhance.cli.replay import Settings
    from llenhance.jobs.policy import Policy
    from llenhance.jobs.request import Request
    from llenhance.jobs.results import Result
    from llenhance.weights.find import FoundModel

OPTION: Final = "--cluster"
_HERE: Final = "local"
_ADDRESSES: Final = (_HERE, "auto")  # all others have a colon: HOST:PORT

_ALLOWED: Final = frozenset(
    {
        "photos", "output", "suffix", "name_template", "errors", "recursive",
        "brightness", "exposure", "target_mean", "match",
        "strength", "denoise", "protect",
        "model", "device", "precision", "tile", "fast", "offline",
        "format", "quality", "max_megapixels", "metadata", "no_provenance",
        "overwrite", "skip_existing", "preserve_time", "fail_fast",
        "cluster", "jobs", "threads", "json", "quiet", "verbose", "preset", "no_config",
    }
)  # fmt: skip
"""Options of `enhance` that mean the same on a cluster; all others are refused."""


def with_address(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with an address after each `--cluster` that has none.

    >>> with_address(["--cluster", "photos", "-o", "out"])
    ['--cluster=local', 'photos', '-o', 'out']
    """
    spelled = list(arguments)
    end = spelled.index("--") if "--" in spelled else len(spelled)
    for place, word in enumerate(spelled[:end]):
        if word == OPTION:
            follows = spelled[place + 1] if place + 1 < len(spelled) else ""
            if not _is_address(follows):
                spelled[place] = f"{OPTION}={_HERE}"
    return spelled


def _is_address(word: str) -> bool:
    """Tell whether a word is the address of a cluster, and not the name of a picture or option."""
    host, colon, port = word.rpartition(":")
    return word in _ADDRESSES or (bool(host and colon) and port.isdecimal())


def through_cluster(
    address: str,
    context: typer.Context,
    *,
    found: FoundModel,
    settings: Settings,
    jobs: int,
    threads: int | None,
) -> Callable[..., Iterator[Result]]:
    """Return what takes the place of `jobs.batch.enhance_files`, and has its arguments.

    Args:
        address: Of the cluster.
        context: With the options, of which some are refused.
        found: The model.
        settings: Of the run.
        jobs: How many workers there should be; if nobody said so, the cluster decides.
        threads: Of all of them together.

    Raises:
        UsageError: An option means nothing on a cluster.
        MissingExtraError: Ray is not installed.
    """
    from llenhance.cluster.run import Cluster, enhance_on_cluster
    from llenhance.cluster.worker import Model

    _refuse_others(context)
    source = context.get_parameter_source("jobs")
    workers = None if source is None or source.name == "DEFAULT" else jobs
    model = Model(
        name=found.name,
        weights=found.path.read_bytes(),
        device=settings.device,
        precision=settings.precision,
        tile=settings.tile,
        fast=settings.fast,
        threads=1,
    )

    def enhance_files(
        inputs: Sequence[str], *, request: Request, policy: Policy, **more: Any
    ) -> Iterator[Result]:
        if more["coming"] is not None:  # @- as a name
            raise UsageError("not-on-cluster", "standard input")
        return enhance_on_cluster(
            inputs,
            cluster=Cluster(address=address, workers=workers, threads=threads),
            model=model,
            request=request,
            policy=policy,
            progress=more["progress"],
            begin=more["begin"],
        )

    return enhance_files


def _refuse_others(context: typer.Context) -> None:
    """Raise for an option, wherever its value is from, that means nothing on a cluster."""
    for option in context.command.params:
        name = option.name or ""
        value = context.params.get(name)
        if name not in _ALLOWED and value not in (None, False) and value != option.default:
            raise UsageError("options-contradict", option.opts[0], other=OPTION)
