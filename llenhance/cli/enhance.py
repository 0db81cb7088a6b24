"""`llenhance enhance`, which is also `llenhance photo.jpg`: brighten pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from llenhance.cli.obtain import obtain
from llenhance.cli.options import (
    Device,
    Model,
    Offline,
    Overwrite,
    Precision,
    Quiet,
    Tile,
    tile_side,
)
from llenhance.cli.terminal import Terminal


def enhance(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO", show_default=False, help="Pictures; - is standard input."),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR|-",
            help="Where to: a file, a folder, or - for standard output. "
            "Otherwise photo_enhanced.jpg beside photo.jpg.",
        ),
    ] = None,
    brightness: Annotated[
        float,
        typer.Option(min=-1, max=1, metavar="X", help="Darker (-0.4) or brighter (0.4)."),
    ] = 0.0,
    exposure: Annotated[
        float | None,
        typer.Option(
            min=-5, max=5, metavar="EV", help="Stops: 1 is as bright as exposed twice as long."
        ),
    ] = None,
    target_mean: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, metavar="0..1", help="The mean grey that the result shall have."
        ),
    ] = None,
    match: Annotated[
        str | None, typer.Option(metavar="REF", help="A picture whose mean grey it shall have.")
    ] = None,
    model: Model = "nano",
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Large pictures in seconds, by way of a small copy."),
    ] = False,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="jpeg, png, webp, tiff, bmp or avif; else FILE's."
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, metavar="1-100", help="Of formats that compress with loss."),
    ] = None,
    offline: Offline = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write nothing: say what would be done, and how long."),
    ] = False,
    overwrite: Overwrite = False,
    json: Annotated[bool, typer.Option("--json", help="Report as JSON lines on stdout.")] = False,
    quiet: Quiet = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say how it was done.")] = False,
) -> None:
    """Brighten dark photographs."""
    from llenhance.enhancing.wish import wish_for
    from llenhance.jobs import batch

    terminal = Terminal(json_lines=json, quiet=quiet, verbose=verbose)
    if batch.writes_to_stdout(photos, output=output) and not dry_run:
        terminal.expect_picture()
    if warning := batch.unusual_brightness(brightness):
        terminal.warn(warning)
    side = tile_side(tile)
    wish = wish_for(brightness=brightness, exposure=exposure, target_mean=target_mean, match=match)

    obtain(model, terminal=terminal, offline=offline)

    def load() -> batch.Brightener:
        from llenhance.enhancer import Enhancer  # imports torch

        return Enhancer(model, device=device, precision=precision, tile=side, fast=fast)

    with terminal.watching(len(photos)) as progress:
        for result in batch.enhance_files(
            photos,
            enhancer=load,
            output=output,
            file_format=file_format,
            quality=quality,
            overwrite=overwrite,
            wish=wish,
            dry_run=dry_run,
            advise=terminal.say,
            progress=progress,
        ):
            terminal.report(result)
    raise typer.Exit(terminal.exit_code)
