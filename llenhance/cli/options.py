"""Options that mean the same in several commands."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from llenhance.cli import completion
from llenhance.cli.presets import BUILT_IN
from llenhance.errors import UsageError

Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="Model: a name, hf:owner/name, or a weights file.",
        autocompletion=completion.models,
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Device = Annotated[
    str,
    typer.Option(
        metavar="DEVICE",
        help="Where to compute: auto, cpu, cuda, cuda:1 or mps.",
        autocompletion=completion.devices,
    ),
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "fp16"], typer.Option(help="Precision of the network.")
]
Tile = Annotated[
    str, typer.Option(metavar="PIXELS", help="Largest side of a tile; 0 is the whole picture.")
]
Preset = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Use a preset: {', '.join(BUILT_IN)}, or a [preset.NAME] in llenhance.toml.",
        autocompletion=completion.settings_presets,
    ),
]
NoConfig = Annotated[
    bool,
    typer.Option("--no-config", help="Ignore LLENHANCE_ variables and all llenhance.toml."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def tile_side(text: str) -> int | Literal["auto"]:
    """Return what `--tile` says, as `Enhancer` takes it.

    Raises:
        UsageError: It is neither auto nor a number, or none that the network can compute.
    """
    from llenhance.engine.sides import check_tile

    if text == "auto":
        return "auto"
    try:
        side = int(text)
    except ValueError:
        raise UsageError("tile-not-a-number", "--tile", given=text) from None
    check_tile(side)
    return side
