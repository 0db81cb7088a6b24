"""`llenhance evaluate`: how good pictures are, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from llenhance.cli import scores
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Device, Offline, Overwrite, Precision, Quiet, Tile, tile_side
from llenhance.cli.terminal import Terminal
from llenhance.errors import PictureError, UsageError

if TYPE_CHECKING:
    from llenhance.enhancer import Enhancer
    from llenhance.evaluation import Plan

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
    if lpips and references is None:
        raise UsageError("--lpips", "compares with references", "Name their folder as well")
    for option, value in (("--outputs", outputs), ("--model", model)):
        if outputs_only and value is not None:
            raise UsageError(option, "contradicts --outputs-only", "Give one of them")

    from llenhance import evaluation
    from llenhance.files import write_whole

    def load() -> Enhancer:
        from llenhance.enhancer import Enhancer  # imports torch

        return Enhancer(model or "nano", device=device, precision=precision, tile=side)

    if not outputs_only:
        obtain(model or "nano", terminal=terminal, offline=offline)
    plan = evaluation.plan(pictures, references, outputs=outputs)
    _check_csv(csv, plan, overwrite=overwrite)
    for error in plan.unpaired:
        terminal.fail(error)
    rows: list[evaluation.Scored] = []
    failed: list[evaluation.Failure] = []
    with terminal.watching(1) as progress:
        for result in evaluation.evaluate(
            plan.jobs,
            enhancer=None if outputs_only else load,
            lpips=lpips,
            overwrite=overwrite,
            progress=progress,
        ):
            if isinstance(result, evaluation.Failure):
                failed.append(result)
                terminal.fail(result.error)
            else:
                rows.append(result)
    summary = evaluation.summarise(rows) if rows else None
    if json:
        name = None if outputs_only else model or "nano"
        told = scores.as_json(rows, summary, model=name, unpaired=plan.unpaired, failed=failed)
        terminal.write_line(told)
    elif summary and csv is None:
        terminal.write_line(scores.as_table(rows, summary))
    elif summary and csv == _STDOUT:
        terminal.write(scores.as_csv(rows, summary))
    elif summary and csv is not None:
        write_whole(csv, scores.as_csv(rows, summary), overwrite=overwrite)
        terminal.say(f"scores of {len(rows)} pictures -> {csv}")
    raise typer.Exit(terminal.exit_code)


def _check_csv(csv: Path | None, plan: Plan, *, overwrite: bool) -> None:
    """Refuse, before minutes of work, a file that cannot be written or must not be."""
    from llenhance.files import EXISTS, in_sentences, same_file

    if csv is None or csv == _STDOUT:
        return
    inputs = [path for job in plan.jobs for path in (job.picture, job.reference) if path]
    inputs += [Path(error.name) for error in plan.unpaired]
    if any(same_file(csv, path) for path in inputs):
        problem = "it is an input, and inputs are never modified"
        raise UsageError(str(csv), problem, "Choose another name for --csv")
    with in_sentences(csv):
        exists = csv.exists()
    if exists and not overwrite:
        raise PictureError(str(csv), EXISTS[0], "Add --overwrite or choose another name for --csv")
    if not csv.parent.is_dir():
        raise UsageError(str(csv.parent), "there is no such folder", "Choose one that exists")
