"""`llenhance evaluate`: how good pictures are, measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from llenhance.cli import completion, scores
from llenhance.cli.obtain import obtain
from llenhance.cli.options import Device, Offline, Overwrite, Precision, Quiet, Tile, tile_side
from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError

if TYPE_CHECKING:
    from llenhance.cli.scores import ScoreReport
    from llenhance.enhancer import Enhancer
    from llenhance.jobs.evaluate import Failure, Scored, ScorePlan
    from llenhance.jobs.sweep import SweepPlan
    from llenhance.weights.find import FoundModel

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
            "--outputs",
            "-o",
            metavar="DIR",
            help="Keep the enhanced pictures in this folder, as PNG.",
        ),
    ] = None,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="Score at seven exposures of the dark pictures, and compare."),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the sweep into this file, as PNG or SVG."),
    ] = None,
    write_inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the inputs of the sweep into this folder, as PNG, for other programs. They "
            "are scored as they are; no model is used.",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that --write-inputs filled: a sweep with --outputs-only takes the mean "
            "gray of its inputs from there.",
        ),
    ] = None,
    lpips: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of LPIPS (AlexNet), to measure LPIPS too."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Model: a name, hf:owner/name, or a weights file. Without it, nano is used.",
            autocompletion=completion.models,
        ),
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    offline: Offline = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a row for each picture; - is standard output."),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Enhance pictures and score them against well-lit ones of the same names.

    \b
    Examples:
      llenhance evaluate dark/ reference/
      llenhance evaluate dark/ reference/ --sweep --plot sweep.png
      llenhance evaluate results/ reference/ --outputs-only --csv scores.csv
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    terminal = Terminal("evaluate", json=json, quiet=quiet)
    side = tile_side(tile)
    given = {
        "--json": json,
        "--csv": csv,
        "--outputs": outputs,
        "--model": model,
        "--outputs-only": outputs_only,
        "--write-inputs": write_inputs,
        "--sweep": sweep,
        "--plot": plot,
        "--inputs": inputs,
        "--lpips": lpips,
    }
    _check_options({option for option, value in given.items() if value}, references)
    if plot and plot == csv:
        raise UsageError("option-names-file-of", "--plot", other="--csv")

    from llenhance.jobs import evaluate as evaluation
    from llenhance.jobs import plots
    from llenhance.jobs import sweep as sweeps

    if plot:
        plots.format_of_plot(plot)
        plots.require_matplotlib()
    found = None
    if not outputs_only and not write_inputs:
        found = obtain(model or "nano", terminal=terminal, offline=offline)
    scoring = _Scoring(
        model=found,
        device=device,
        precision=precision,
        tile=side,
        lpips=lpips,
        files={"--csv": csv, "--plot": plot},
        overwrite=overwrite,
        terminal=terminal,
    )
    name = found.name if found else None
    drawn: bytes | None = None
    if sweep and references:
        if outputs_only:
            swept = sweeps.plan_results(pictures, references, inputs=inputs)
        else:
            swept = sweeps.plan(pictures, references, outputs=write_inputs or outputs)
        points = sweeps.summarise(swept, scoring.score(swept))
        report = scores.of_sweep(points, model=name, unpaired=swept.unpaired)
        if write_inputs and report.scored:
            terminal.say(f"inputs, which are scored as they are -> {write_inputs}")
        if plot and report.scored:
            drawn = plots.plot_of_sweep(points, format=plots.format_of_plot(plot))
    else:
        plan = evaluation.plan(pictures, references, outputs=outputs)
        report = scores.of_pictures(scoring.score(plan), model=name, unpaired=plan.unpaired)
    _tell(report, csv=csv, overwrite=overwrite, terminal=terminal)
    if plot and drawn:
        _write(plot, drawn, overwrite=overwrite)
        terminal.say(f"plot -> {plot}")
    raise typer.Exit(terminal.exit_code)


_CONTRADICTIONS: Final = (
    ("--json", "--csv"),
    ("--outputs", "--outputs-only"),
    ("--outputs", "--write-inputs"),
    ("--model", "--outputs-only"),
    ("--model", "--write-inputs"),
    ("--write-inputs", "--outputs-only"),
)


def _check_options(given: set[str], references: Path | None) -> None:
    """Refuse options that make no sense together."""
    for option, other in _CONTRADICTIONS:
        if option in given and other in given:
            raise UsageError("options-contradict", option, other=other)
    for option in ("--lpips", "--sweep"):
        if option in given and references is None:
            raise UsageError("needs-references", option)
    for option in ("--plot", "--write-inputs", "--inputs"):
        if option in given and "--sweep" not in given:
            raise UsageError("part-of-sweep", option)
    if "--inputs" in given and "--outputs-only" not in given:
        raise UsageError("for-outputs-only", "--inputs")
    if {"--plot", "--outputs-only"} <= given and "--inputs" not in given:
        raise UsageError("plot-needs-inputs", "--plot")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scoring:
    """How pictures are scored, whatever was planned."""

    model: FoundModel | None
    device: str
    precision: str
    tile: int | Literal["auto"]
    lpips: Path | None
    files: Mapping[str, Path | None]
    overwrite: bool
    terminal: Terminal

    def score(self, plan: ScorePlan | SweepPlan) -> list[Scored | Failure]:
        """Score what was planned; what fails is told, once if it fails at every exposure."""
        from llenhance.cli.bars import watching
        from llenhance.files.preflight import check_output
        from llenhance.jobs.evaluate import evaluate
        from llenhance.jobs.loop import Failed

        parts = ((job.picture, job.reference, job.source) for job in plan.jobs)
        inputs = [path for part in parts for path in part if path]
        inputs += [Path(error.name) for error in plan.unpaired]
        for file in self.files.values():
            if file is not None and file != _STDOUT:
                check_output(file, overwrite=self.overwrite, inputs=inputs, kind=UsageError)
        for error in plan.unpaired:
            self.terminal.fail(error)
        results: list[Scored | Failure] = []
        told: set[str] = set()
        with watching(self.terminal, 1) as progress:
            for result in evaluate(
                plan.jobs,
                enhancer=self._load if self.model else None,
                lpips=self.lpips,
                overwrite=self.overwrite,
                progress=progress,
            ):
                results.append(result)
                if isinstance(result, Failed) and str(result.error) not in told:
                    told.add(str(result.error))
                    self.terminal.fail(result.error)
        return results

    def _load(self) -> Enhancer:
        from llenhance.enhancer import Enhancer  # imports torch

        assert self.model is not None
        return Enhancer(self.model, device=self.device, precision=self.precision, tile=self.tile)


def _tell(report: ScoreReport, *, csv: Path | None, overwrite: bool, terminal: Terminal) -> None:
    if terminal.json:
        terminal.document(report.as_json())
        return
    if not report.scored:
        return
    if csv == _STDOUT:
        terminal.write(report.as_csv())
        return
    terminal.write_line(report.as_table())
    if csv is not None:
        _write(csv, report.as_csv(), overwrite=overwrite)
        terminal.say(f"scores of {report.scored} pictures -> {csv}")


def _write(file: Path, data: bytes, *, overwrite: bool) -> None:
    from llenhance.files.whole import write_whole

    write_whole(file, data, overwrite=overwrite)
