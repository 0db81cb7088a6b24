"""`llenhance train`: from folders of pictures to a weights file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llenhance.cli import completion
from llenhance.cli.options import Quiet
from llenhance.cli.terminal import Terminal


def train(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the run's state, log and weights.")
    ],
    low: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Dark pictures; repeat it for more, each with a --high."),
    ] = None,
    high: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="References of --low, with the same names."),
    ] = None,
    normal: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Well-lit photographs to darken; may be repeated."),
    ] = None,
    photographs: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Colorful photographs to darken; may be repeated."),
    ] = None,
    night: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Pictures meant to be dark; may be repeated."),
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option(metavar="X", help="Share of each folder, in the order above. Default: equal."),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(
            metavar="LIST", help="Names to validate on: one per line, or a split in a CSV file."
        ),
    ] = None,
    validation_limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Validate on at most N pictures.")
    ] = None,
    well_lit_share: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="X", help="Share of photographs hardly darkened."),
    ] = 0.125,
    scenic_share: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="X", help="Share whose bright things stay bright."),
    ] = 0.35,
    uneven_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Share of the rest in uneven light.")
    ] = 0.4,
    night_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Share of which a part stays black.")
    ] = 0.15,
    lamp_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="X", help="Share that gets lamps.")
    ] = 0.2,
    lpips: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of LPIPS (AlexNet), to train on it too."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Network: nano, small or large. Default: nano.",
            autocompletion=completion.presets,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Start from a model's weights.",
            autocompletion=completion.models,
        ),
    ] = None,
    new_head: Annotated[
        bool, typer.Option("--new-head", help="With --start: train the brightness head anew.")
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, metavar="M", help="Train for M minutes.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Train for N steps; 0 trains only the head."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out, with the same options.")
    ] = False,
    head_steps: Annotated[
        int, typer.Option(min=0, metavar="N", help="Steps of the brightness head, which is first.")
    ] = 3000,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Crops per step.")] = 6,
    crop: Annotated[int, typer.Option(min=16, metavar="PIXELS", help="Side of a crop.")] = 128,
    rate: Annotated[float, typer.Option(metavar="X", help="Highest learning rate.")] = 8e-4,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of everything random.")] = 0,
    device: Annotated[
        str,
        typer.Option(
            metavar="DEVICE",
            help="Where to compute: auto, cpu, cuda or mps.",
            autocompletion=completion.devices,
        ),
    ] = "auto",
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Processes that share each batch on a CPU.")
    ] = 1,
    save_minutes: Annotated[
        float, typer.Option(metavar="M", help="Save the state every M minutes.")
    ] = 3.0,
    validate_minutes: Annotated[
        float, typer.Option(metavar="M", help="Validate every M minutes.")
    ] = 10.0,
    json: Annotated[
        bool, typer.Option("--json", help="Write the log to standard output too, as JSON.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on pairs of pictures, or on photographs that it darkens.

    \b
    Examples:
      llenhance train --low low --high high --out run --minutes 60
      llenhance train --low low --high high --out run --minutes 60 --resume
      llenhance train --normal photos --start nano --out run --steps 5000
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("train", json=json, quiet=quiet)

    from llenhance.cli.bars import training
    from llenhance.engine.settings import choose_device  # imports torch
    from llenhance.training import Budget, Recipe, Settings, run_session

    budget = Budget(steps=steps, minutes=minutes)
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
    with training(terminal) as report:
        run = run_session(settings, recipe, budget, report=report)
    terminal.say(f"{run.step} steps in {run.seconds / 60:.1f} minutes; the weights are in {out}")
