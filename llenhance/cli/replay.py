"""`--replay RESULT`: the settings of an earlier result in place of options."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError, WeightsError
from llenhance.messages.note import Note
from llenhance.version import __version__

if TYPE_CHECKING:
    import typer

    from llenhance.enhancer import Enhancer
    from llenhance.jobs.request import Request
    from llenhance.pictures.provenance import Provenance
    from llenhance.weights.find import FoundModel

_NOT_HERE = ("device-unknown", "device-absent", "precision-needs-gpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What options say of how pictures are enhanced.

    Attributes:
        request: What to make of each picture.
        model: Name or file of the model.
        device: Where to compute, or auto.
        precision: Of the network, or auto.
        tile: Largest side of a tile.
        fast: Whether the network sees a small copy alone.
    """

    request: Request
    model: str
    device: str
    precision: str
    tile: int | Literal["auto"]
    fast: bool


def given_in(context: typer.Context) -> set[str]:
    """Return the names of the options that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def settings_of(record: Provenance, asked: Settings, *, given: Collection[str]) -> Settings:
    """Return the settings of a result, with those options that may be others.

    Args:
        record: Of the result.
        asked: What the options say.
        given: Names of the options that were given.

    Raises:
        UsageError: An option says something else than the record.
    """
    from llenhance.jobs.request import Request

    request = Request.like(record)
    tile: int | Literal["auto"] = "auto" if record.tile is None else record.tile
    wanted_finish, finish = asked.request.wish.finish, request.wish.finish
    bright = replace(asked.request.wish, finish=finish), request.wish
    told = {
        "match": bright,
        "brightness": bright,
        "exposure": bright,
        "target_mean": bright,
        "strength": (wanted_finish.strength, finish.strength),
        "denoise": (wanted_finish.denoise, finish.denoise),
        "protect": (wanted_finish.protect, finish.protect),
        "format": (asked.request.format, request.format),
        "quality": (asked.request.quality, request.quality),
        "tile": (asked.tile, tile),
        "fast": (asked.fast, record.fast),
        "metadata": (asked.request.metadata, request.metadata),
        "no_provenance": (asked.request.provenance, True),
    }
    for name, (wanted, recorded) in told.items():
        if name in given and wanted != recorded:
            option = "--" + name.replace("_", "-")
            raise UsageError("options-contradict", option, other="--replay")
    return Settings(
        request=replace(
            asked.request,
            wish=request.wish,
            format=request.format,
            quality=request.quality,
            metadata=request.metadata,
            replayed=record,
        ),
        model=asked.model if "model" in given else record.model,
        device=asked.device if "device" in given else record.device,
        precision=asked.precision if "precision" in given else record.precision,
        tile=tile,
        fast=record.fast,
    )


def load_again(
    found: FoundModel, settings: Settings, *, record: Provenance, given: Collection[str]
) -> Enhancer:
    """Return an enhancer as the one that made a result, or as near to it as this machine has one.

    Raises:
        WeightsError: The weights are others than those that made it.
        UsageError: An option names a device or precision that is not here.
    """
    from llenhance.enhancer import Enhancer  # imports torch
    from llenhance.weights.digest import sha256

    if (other := sha256(found.path)) != record.model_sha256:
        facts = {"expected": record.model_sha256, "found": other}
        raise WeightsError("model-of-other-weights", found.name, **facts)
    renamed = replace(found, name=record.model) if "model" in given else found
    tile, fast = settings.tile, settings.fast
    try:
        return Enhancer(
            renamed, device=settings.device, precision=settings.precision, tile=tile, fast=fast
        )
    except UsageError as error:
        if error.code not in _NOT_HERE or {"device", "precision"} & set(given):
            raise
        return Enhancer(renamed, tile=tile, fast=fast)


def tell_differences(
    enhancer: Enhancer, record: Provenance, terminal: Terminal, *, result: str
) -> None:
    """Say why the bytes may not be those of the result."""
    if record.version != __version__:
        terminal.note(Note("replayed-by-other-version", version=record.version), about=result)
    if (str(enhancer.device), enhancer.precision) != (record.device, record.precision):
        where = f"{record.device} in {record.precision}"
        terminal.note(Note("replayed-elsewhere", where=where), about=result)
