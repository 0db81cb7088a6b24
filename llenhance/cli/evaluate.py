"""`llenhance evaluate`: how good pictures are, measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from llenhance.cli import scores
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Device, Offline, Overwrite, Precision, Quiet, Tile, tile_side
from llenhance.cli.terminal import Terminal
from llenhance.errors import PictureError, UsageError

if TYPE_CHECKING:
    from llenhance.cli.scores import Report
    from llenhance.enhancer import Enhancer
    from llenhance.jobs.evaluate import Failure, Plan, Scored
    from llenhance.jobs.sweep import Plan as SweepPlan

_STDOUT: Final = Path("-")


def evaluate(
    pictures: Annotated[
        Path,
        typer.Argument(metavar="LOW_DIR", show_default=False, help="Folder of dark pictures."),
    ],
    references: Annotated[
        Path | None,
        typer.Argument(
            metavar="HIGH_DIR",
            show_default=False,
            help="Folder of well-lit pictures of the same names. Without it, figures that need no "
            "reference are given.",
        ),
    ] = None,
    outputs_only: Annotated[
        bool,
        typer.Option(
            "--outputs-only", help="The first folder holds results: score them as they are."
        ),
    ] = False,
    outputs: Annotated[
        Path | None,
        typer.Option(
            "--outputs", "-o", metavar="DIR", help="Keep the enhanced pictures there, as PNG."
        ),
    ] = None,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="Score at seven exposures of the dark pictures, and compare."),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the sweep, as PNG or SVG."),
    ] = None,
    write_inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the sweep's inputs there, as PNG, for other programs. They are scored as "
            "they are; no model is used.",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="What --write-inputs wrote, for the mean grey of inputs in a sweep with "
            "--outputs-only.",
        ),
    ] = None,
    lpips: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of LPIPS (AlexNet), to measure that too."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|PATH", help="A model: its name, hf:owner/name, or a file; else nano."
        ),
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    offline: Offline = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, not a table.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A row for each picture; - is standard output."),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Enhance pictures and score them against well-lit ones of the same names."""
    terminal = Terminal(json_lines=json, quiet=quiet)
    side = tile_side(tile)
    if json and csv:
        raise UsageError("--json", "contradicts --csv", "Give one of them")
    for option, given in (("--lpips", lpips), ("--sweep", sweep)):
        if given and references is None:
            raise UsageError(option, "compares with references", "Name their folder as well")
    for option, value in (("--outputs", outputs), ("--model", model)):
        for other, given in (("--outputs-only", outputs_only), ("--write-inputs", write_inputs)):
            if given and value is not None:
                raise UsageError(option, f"contradicts {other}", "Give one of them")
    if outputs_only and write_inputs:
        raise UsageError("--write-inputs", "contradicts --outputs-only", "Give one of them")
    for option, value in (("--plot", plot), ("--write-inputs", write_inputs), ("--inputs", inputs)):
        if value is not None and not sweep:
            raise UsageError(option, "is a part of --sweep", f"Add --sweep, or leave {option} out")
    if inputs and not outputs_only:
        remedy = "Add --outputs-only, or leave --inputs out"
        raise UsageError("--inputs", "is for results of other programs", remedy)
    if plot and plot == csv:
        raise UsageError("--plot", "names the file of --csv", "Choose another name")
    if plot and outputs_only and not inputs:
        remedy = "Name the folder that --write-inputs filled with --inputs"
        raise UsageError("--plot", "needs the mean grey of the inputs", remedy)

    from llenhance.files.whole import write_whole
    from llenhance.jobs import evaluate as evaluation
    from llenhance.jobs import plots
    from llenhance.jobs import sweep as sweeps

    if plot:
        plots.format_of_plot(plot)
        plots.require_matplotlib()

    def load() -> Enhancer:
        from llenhance.enhancer import Enhancer  # imports torch

        return Enhancer(model or "nano", device=device, precision=precision, tile=side)

    name = None if outputs_only or write_inputs else model or "nano"
    if name:
        obtain(name, terminal=terminal, offline=offline)

    def score(plan: Plan | SweepPlan) -> list[Scored | Failure]:
        _check_file("--csv", csv, plan, overwrite=overwrite)
        _check_file("--plot", plot, plan, overwrite=overwrite)
        return _score(
            plan, load if name else None, lpips=lpips, overwrite=overwrite, terminal=terminal
        )

    drawn: bytes | None = None
    if sweep and references:
        if outputs_only:
            swept = sweeps.plan_results(pictures, references, inputs=inputs)
        else:
            swept = sweeps.plan(pictures, references, outputs=write_inputs or outputs)
        points = sweeps.summarise(swept, score(swept))
        report = scores.of_sweep(points, model=name, unpaired=swept.unpaired)
        if write_inputs:
            terminal.say(f"inputs, which are scored as they are -> {write_inputs}")
        if plot and report.scored:
            drawn = plots.plot_of_sweep(points, format=plots.format_of_plot(plot))
    else:
        plan = evaluation.plan(pictures, references, outputs=outputs)
        report = scores.of_pictures(score(plan), model=name, unpaired=plan.unpaired)
    _tell(report, json=json, csv=csv, overwrite=overwrite, terminal=terminal)
    if plot and drawn:
        write_whole(plot, drawn, overwrite=overwrite)
        terminal.say(f"plot -> {plot}")
    raise typer.Exit(terminal.exit_code)


def _score(
    plan: Plan | SweepPlan,
    enhancer: Callable[[], Enhancer] | None,
    *,
    lpips: Path | None,
    overwrite: bool,
    terminal: Terminal,
) -> list[Scored | Failure]:
    """Evaluate what was planned; what fails is told, once where it fails at every exposure."""
    from llenhance.jobs.evaluate import Failure, evaluate

    for error in plan.unpaired:
        terminal.fail(error)
    results: list[Scored | Failure] = []
    told: set[str] = set()
    with terminal.watching(1) as progress:
        for result in evaluate(
            plan.jobs, enhancer=enhancer, lpips=lpips, overwrite=overwrite, progress=progress
        ):
            results.append(result)
            if isinstance(result, Failure) and str(result.error) not in told:
                told.add(str(result.error))
                terminal.fail(result.error)
    return results


def _tell(
    report: Report, *, json: bool, csv: Path | None, overwrite: bool, terminal: Terminal
) -> None:
    from llenhance.files.whole import write_whole

    if json:
        terminal.write_line(report.as_json())
    elif report.scored and csv is None:
        terminal.write_line(report.as_table())
    elif report.scored and csv == _STDOUT:
        terminal.write(report.as_csv())
    elif report.scored and csv is not None:
        write_whole(csv, report.as_csv(), overwrite=overwrite)
        terminal.say(f"scores of {report.scored} pictures -> {csv}")


def _check_file(option: str, file: Path | None, plan: Plan | SweepPlan, *, overwrite: bool) -> None:
    """Refuse, before minutes of work, a file that cannot be written or must not be."""
    from llenhance.files.whole import EXISTS, in_sentences, same_file

    if file is None or file == _STDOUT:
        return
    parts = ((job.picture, job.reference, job.source) for job in plan.jobs)
    inputs = {path for part in parts for path in part if path}
    inputs |= {Path(error.name) for error in plan.unpaired}
    if any(same_file(file, path) for path in inputs):
        problem = "it is an input, and inputs are never modified"
        raise UsageError(str(file), problem, f"Choose another name for {option}")
    with in_sentences(file):
        exists = file.exists()
    if exists and not overwrite:
        remedy = f"Add --overwrite or choose another name for {option}"
        raise PictureError(str(file), EXISTS[0], remedy)
    if not file.parent.is_dir():
        raise UsageError(str(file.parent), "there is no such folder", "Choose one that exists")
