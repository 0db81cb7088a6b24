"""`llenhance train`: from folders of pictures to a weights file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llenhance.cli.options import Quiet
from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError


def train(
    out: Annotated[Path, typer.Option(metavar="DIR", help="State, log and weights of the run.")],
    low: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Dark pictures; may be repeated, each with its --high."),
    ] = None,
    high: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Their references, of the same names.")
    ] = None,
    normal: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Well-lit photographs to darken; may be repeated."),
    ] = None,
    photographs: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="The same, colourful ones; may be repeated."),
    ] = None,
    night: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="The same, meant to stay dark; may be repeated."),
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option(metavar="X", help="Share of each folder, in the order above; else equal."),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(metavar="LIST", help="Names to validate on: one a line, or a split in CSV."),
    ] = None,
    validation_limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Validate on at most N of them.")
    ] = None,
    well_lit_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Of --normal: hardly darkened.")
    ] = 0.125,
    scenic_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Of --normal: what is bright stays so.")
    ] = 0.35,
    uneven_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Of the others: in uneven light.")
    ] = 0.4,
    night_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Of --normal: a part stays black.")
    ] = 0.15,
    lamp_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Of --normal: with lamps in it.")
    ] = 0.2,
    lpips: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of LPIPS (AlexNet), to train on it too."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="nano, small or large; else nano.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Begin with a model, as it is."),
    ] = None,
    new_head: Annotated[
        bool, typer.Option("--new-head", help="With --start: train the brightness head anew.")
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, metavar="M", help="Train for so long.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Or for N steps; 0 for the brightness head alone."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out.")] = False,
    head_steps: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the brightness head, before the rest.")
    ] = 3000,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Crops a step.")] = 6,
    crop: Annotated[int, typer.Option(min=16, metavar="PIXELS", help="Side of a crop.")] = 128,
    rate: Annotated[float, typer.Option(metavar="X", help="Highest learning rate.")] = 8e-4,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.")] = 0,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu, cuda, mps.")] = "auto",
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Processes that share each batch, on a CPU.")
    ] = 1,
    save_minutes: Annotated[
        float, typer.Option(metavar="M", help="Save the state that often.")
    ] = 3.0,
    validate_minutes: Annotated[
        float, typer.Option(metavar="M", help="Validate that often.")
    ] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="The log's lines on stdout too.")] = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on pairs of pictures, or on photographs darkened on the way."""
    terminal = Terminal(json_lines=json, quiet=quiet)
    if (minutes is None) == (steps is None):
        raise UsageError("train", "needs --minutes or --steps", "Give one of the two")
    if crop % 8:
        raise UsageError("--crop", f"{crop} is not a multiple of 8", "Use 128 or 160")

    from llenhance.engine.settings import choose_device  # imports torch
    from llenhance.training import Budget, Recipe, Settings, run_session

    settings = Settings(
        low=low or [],
        high=high or [],
        normal=normal or [],
        photographs=photographs or [],
        night=night or [],
        shares=share or [],
        validation=validation,
        validation_limit=validation_limit,
        lpips=lpips,
        preset=preset,
        start=start,
        new_head=new_head,
        out=out,
        resume=resume,
        device=choose_device(device),
        workers=workers,
        save_every=60 * save_minutes,
        validate_every=60 * validate_minutes,
    )
    recipe = Recipe(
        batch=batch,
        crop=crop,
        rate=rate,
        well_lit_share=well_lit_share,
        scenic_share=scenic_share,
        uneven_share=uneven_share,
        night_share=night_share,
        lamp_share=lamp_share,
        head_steps=head_steps,
        seed=seed,
    )
    with terminal.training() as report:
        run = run_session(settings, recipe, Budget(steps=steps, minutes=minutes), report=report)
    terminal.say(f"{run.step} steps, {run.seconds / 60:.1f} minutes: weights are in {out}")
