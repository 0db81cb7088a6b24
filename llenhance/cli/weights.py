"""`llenhance weights`: files with the numbers of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from llenhance.cli.options import Overwrite
from llenhance.cli.terminal import Terminal

app: Final = typer.Typer(help="Import the weights of other programs.")


@app.callback()
def weights() -> None:
    """Import the weights of other programs."""


@app.command("import")
def import_weights(
    source: Annotated[
        Path, typer.Argument(metavar="FILE.pth", help="A checkpoint of the authors' release.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.safetensors", help="The file to write.")
    ],
    overwrite: Overwrite = False,
) -> None:
    """Turn a checkpoint of the authors' LLFlow release into a safetensors file."""
    from llenhance.official import import_checkpoint  # imports torch

    network = import_checkpoint(source, target=output, overwrite=overwrite)
    Terminal().say(f"{source} -> {output}  ({network.blocks} blocks, {network.features} features)")
