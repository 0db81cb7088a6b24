"""Options that mean the same in several commands."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from llenhance.errors import UsageError

Model = Annotated[
    str, typer.Option(metavar="NAME|PATH", help="A model: its name, hf:owner/name, or a file.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps, ...")]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "fp16"], typer.Option(help="Numbers to calculate with.")
]
Tile = Annotated[
    str, typer.Option(metavar="PIXELS", help="Side of a tile; 0 is the whole picture.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only say what failed.")]


def tile_side(text: str) -> int | Literal["auto"]:
    """Return what `--tile` says, as `Enhancer` takes it.

    Raises:
        UsageError: neither auto nor a number.
    """
    if text == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        remedy = "Give auto, 0 for the whole picture, or a side in pixels"
        raise UsageError("--tile", f"{text!r} is no size", remedy) from None
